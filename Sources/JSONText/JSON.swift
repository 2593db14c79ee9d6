import FoundationEssentials
import HostABI

/// JSON (RFC 8259), used by control connections and reports.
package enum JSON {
  /// `value` on one line, with members ordered by name.
  package static func line(_ value: some Encodable) -> String { text(value, []) }

  /// `value` on several lines, for people.
  package static func pretty(_ value: some Encodable) -> String { text(value, .prettyPrinted) }

  /// Decodes one value; nil if the text is not JSON or does not fit `T`.
  package static func decode<T: Decodable>(_ type: T.Type, from text: [UInt8]) -> T? {
    try? JSONDecoder().decode(type, from: Data(text))
  }

  /// JSON itself escapes only C0. Other characters that a terminal would interpret can occur only in strings.
  private static func harmless(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x7f }) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar.value >= 0x7f, HostABI.escape(scalar) != nil {
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func text<T: Encodable>(_ value: T, _ form: JSONEncoder.OutputFormatting) -> String
  {
    let encoder = JSONEncoder()
    encoder.outputFormatting = form.union([.sortedKeys, .withoutEscapingSlashes])
    // Encoding fails only for infinities and recursion, which no message has.
    guard let data = try? encoder.encode(value) else {
      preconditionFailure("\(T.self) can't be written as JSON")
    }
    return harmless(String(decoding: data, as: UTF8.self))
  }
}
