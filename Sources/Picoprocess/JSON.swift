import FoundationEssentials
import HostABI

/// JSON texts (RFC 8259): what control connections speak, and what reports are written in.
package enum JSON {
  /// `value` on one line, members in the order of their names.
  package static func line(_ value: some Encodable) -> String { text(value, []) }

  /// `value` on many lines, for people.
  package static func pretty(_ value: some Encodable) -> String { text(value, .prettyPrinted) }

  /// Reads one value; nil for what is no JSON, or lacks a part of `T`.
  static func decode<T: Decodable>(_ type: T.Type, from text: [UInt8]) -> T? {
    try? JSONDecoder().decode(type, from: Data(text))
  }

  /// JSON escapes C0 alone, and only in strings is there anything else that a terminal would act on.
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
    // Only infinities and recursion could fail, and no message has them.
    guard let data = try? encoder.encode(value) else {
      preconditionFailure("\(T.self) can't be written as JSON")
    }
    return harmless(String(decoding: data, as: UTF8.self))
  }
}
