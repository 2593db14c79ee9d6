extension JSON {
  /// Reads one value. `nil` for what is no JSON, nests deeper than 32 levels, or has a number that is no
  /// 64-bit integer.
  package init?(parsing text: [UInt8]) {
    var parser = Parser(text: text)
    guard let value = parser.value(depth: 0) else { return nil }
    parser.skipSpace()
    guard parser.isAtEnd else { return nil }
    self = value
  }

  private struct Parser {
    let text: [UInt8]
    var position = 0

    init(text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    mutating func skipSpace() {
      while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 { position += 1 }
    }

    private mutating func take(_ expected: String) -> Bool {
      guard text[position...].starts(with: expected.utf8) else { return false }
      position += expected.utf8.count
      return true
    }

    mutating func value(depth: Int) -> JSON? {
      guard depth < 32 else { return nil }
      skipSpace()
      switch next {
      case UInt8(ascii: "{"): return object(depth)
      case UInt8(ascii: "["): return array(depth)
      case UInt8(ascii: "\""): return string().map { .string($0) }
      case UInt8(ascii: "t"): return take("true") ? .bool(true) : nil
      case UInt8(ascii: "f"): return take("false") ? .bool(false) : nil
      case UInt8(ascii: "n"): return take("null") ? .null : nil
      default: return integer().map { .integer($0) }
      }
    }

    private mutating func integer() -> Int64? {
      let start = position
      while let byte = next, byte == UInt8(ascii: "-") || (48...57).contains(byte) { position += 1 }
      return Int64(String(decoding: text[start..<position], as: UTF8.self))
    }

    private mutating func array(_ depth: Int) -> JSON? {
      position += 1
      var values: [JSON] = []
      skipSpace()
      if take("]") { return .array([]) }
      while let element = value(depth: depth + 1) {
        values.append(element)
        skipSpace()
        if take("]") { return .array(values) }
        guard take(",") else { return nil }
      }
      return nil
    }

    private mutating func object(_ depth: Int) -> JSON? {
      position += 1
      var members: [(String, JSON)] = []
      skipSpace()
      if take("}") { return .object([]) }
      while true {
        skipSpace()
        guard next == UInt8(ascii: "\""), let key = string() else { return nil }
        skipSpace()
        guard take(":"), let element = value(depth: depth + 1) else { return nil }
        members.append((key, element))
        skipSpace()
        if take("}") { return .object(members) }
        guard take(",") else { return nil }
      }
    }

    private mutating func string() -> String? {
      position += 1
      var bytes: [UInt8] = []
      while let byte = next {
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
        case UInt8(ascii: "\\"):
          guard let scalar = escape() else { return nil }
          bytes += Array(String(Character(scalar)).utf8)
        case 0..<32: return nil
        default: bytes.append(byte)
        }
      }
      return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
      guard let byte = next else { return nil }
      position += 1
      switch byte {
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{c}"
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
      case UInt8(ascii: "u"):
        guard let high = unit() else { return nil }
        guard (0xd800..<0xdc00).contains(high) else { return Unicode.Scalar(high) }
        guard take("\\u"), let low = unit(), (0xdc00..<0xe000).contains(low) else { return nil }
        return Unicode.Scalar(0x1_0000 + (UInt32(high - 0xd800) << 10 | UInt32(low - 0xdc00)))
      default: return nil
      }
    }

    private mutating func unit() -> UInt16? {
      guard position + 4 <= text.count else { return nil }
      defer { position += 4 }
      return UInt16(String(decoding: text[position..<(position + 4)], as: UTF8.self), radix: 16)
    }
  }
}
