// All text from guests, snapshots and peers passes here before it reaches a terminal or a log: names of
// files, programs and tasks, and messages that contain them.

/// `text` in one line, without anything that a terminal interprets: control characters (C0, DEL, C1), line
/// and paragraph separators, and marks that change the writing direction are shown as escapes. Printable text
/// is unchanged, so quoting twice equals quoting once.
package func printable(_ text: some StringProtocol) -> String {
  if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return String(text) }
  var result = ""
  for scalar in text.unicodeScalars {
    if let escape = escape(scalar) {
      result += escape
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// The same for bytes; bytes that are not valid UTF-8 are shown as `\xNN`.
package func printable(_ bytes: some Collection<UInt8>) -> String {
  var result = ""
  var rest = bytes[...]
  while let first = rest.first {
    let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    let sequence = rest.prefix(length)
    if let text = String(validating: sequence, as: UTF8.self), text.unicodeScalars.count == 1 {
      result += printable(text)
      rest = rest.dropFirst(length)
    } else {
      result += "\\x" + hexadecimal(UInt32(first))
      rest = rest.dropFirst()
    }
  }
  return result
}

/// The escape for a scalar that a terminal would interpret; nil for all others.
package func escape(_ scalar: Unicode.Scalar) -> String? {
  switch scalar.value {
  case 0x09: "\\t"
  case 0x0a: "\\n"
  case 0x0d: "\\r"
  case 0x00..<0x20, 0x7f..<0xa0: "\\x" + hexadecimal(scalar.value)
  case 0x61c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff:
    "\\u" + hexadecimal(scalar.value >> 8) + hexadecimal(scalar.value & 0xff)
  default: nil
  }
}

/// Two digits, of a value below 256.
private func hexadecimal(_ value: UInt32) -> String {
  (value < 16 ? "0" : "") + String(value, radix: 16)
}
