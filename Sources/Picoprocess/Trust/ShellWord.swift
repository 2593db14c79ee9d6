extension String {
  /// The text as one word of a shell command line, safe to print on a terminal and to paste: quoted in the
  /// syntax of bash, zsh and ksh if any character has a meaning to shells.
  var shellWord: String { utf8.shellWord }
}

extension Collection<UInt8> {
  /// The bytes as one word of a shell's command line; see `String.shellWord`.
  var shellWord: String {
    let isPlain = allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "/:._-+,@".utf8.contains(byte)
      }
    }
    if isPlain, !isEmpty { return String(decoding: self, as: UTF8.self) }
    let isPrintable = allSatisfy { (0x20..<0x7f).contains($0) }
    if isPrintable, !contains(UInt8(ascii: "'")) {
      return "'" + String(decoding: self, as: UTF8.self) + "'"
    }
    return "$'" + map(escaped).joined() + "'"
  }
}

/// A byte within `$'…'`.
private func escaped(_ byte: UInt8) -> String {
  switch byte {
  case UInt8(ascii: "'"), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
  case 0x20..<0x7f: String(UnicodeScalar(byte))
  default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
