// Text of a guest's, a snapshot's or a peer's, before it reaches a terminal or a log: file names, names of
// programs and tasks, messages with such in them. All of it passes here.

/// `text` in one line, without anything that a terminal acts on: control characters (C0, DEL, C1), breaks of
/// lines and paragraphs, and marks that change the direction of writing are shown as escapes. What is
/// printable already stays as it is, so quoting twice is quoting once.
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

/// The same of bytes: those that are no UTF-8 are shown as `\xNN`.
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

/// What a scalar is shown as that a terminal would act on; nil for all others.
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
