/// Base64 (RFC 4648, section 4).
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let padding = UInt8(ascii: "=")

  /// - Parameter isPadded: whether the text is filled up to a multiple of four characters.
  package static func encode(_ bytes: some Collection<UInt8>, isPadded: Bool = true) -> [UInt8] {
    var text: [UInt8] = []
    var word: UInt32 = 0
    var bits: UInt32 = 0
    for byte in bytes {
      word = (word << 8 | UInt32(byte)) & 0xffff
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(alphabet[Int(word >> bits & 63)])
      }
    }
    if bits > 0 { text.append(alphabet[Int(word << (6 - bits) & 63)]) }
    if isPadded { text += repeatElement(padding, count: (4 - text.count % 4) % 4) }
    return text
  }

  /// The bytes that `text` stands for; nil for any other text than `encode` gives.
  package static func decode(_ text: some Collection<UInt8>, isPadded: Bool = true) -> [UInt8]? {
    let digits = isPadded ? text.prefix { $0 != padding } : text.prefix(text.count)
    if isPadded {
      guard text.count % 4 == 0, text.count - digits.count <= 2,
        text.dropFirst(digits.count).allSatisfy({ $0 == padding })
      else { return nil }
    }
    guard digits.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    var word: UInt32 = 0
    var bits: UInt32 = 0
    for digit in digits {
      guard let value = value(of: digit) else { return nil }
      word = (word << 6 | value) & 0xffff
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> bits))
      }
    }
    // What is left over is zero in the only legal encoding of these bytes.
    guard word & (1 << bits - 1) == 0 else { return nil }
    return bytes
  }

  private static func value(of digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a") + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0") + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
