/// Base64 with padding (RFC 4648, section 4), in which the files of SSH hold keys and signatures.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let padding = UInt8(ascii: "=")

  static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let group = rest.prefix(3)
      rest = rest.dropFirst(3)
      var word = group.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      word <<= UInt32(8 * (3 - group.count))
      for index in 0..<4 {
        let digit = alphabet[Int(word >> UInt32(18 - 6 * index) & 63)]
        text.append(index <= group.count ? digit : padding)
      }
    }
    return text
  }

  /// The bytes that `text` stands for; nil for any other text than `encode` gives.
  static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let digits = text.prefix { $0 != padding }
    guard text.count - digits.count <= 2, text.dropFirst(digits.count).allSatisfy({ $0 == padding })
    else { return nil }
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

/// Base64 in lines between `-----BEGIN LABEL-----` and `-----END LABEL-----`.
enum Armor {
  /// Characters in a line, as OpenSSH writes them.
  private static let width = 70

  static func encode(_ bytes: [UInt8], label: String) -> String {
    var text = "-----BEGIN \(label)-----\n"
    var rest = Base64.encode(bytes)[...]
    while !rest.isEmpty {
      text += String(decoding: rest.prefix(width), as: UTF8.self) + "\n"
      rest = rest.dropFirst(width)
    }
    return text + "-----END \(label)-----\n"
  }

  /// What the armor `label` that `text` begins with encloses; nil for no such text. What follows it is
  /// left alone.
  static func decode(_ text: [UInt8], label: String) -> [UInt8]? {
    let lines = text.split(separator: UInt8(ascii: "\n")).map { line in
      line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
    guard let first = lines.first, first.elementsEqual("-----BEGIN \(label)-----".utf8),
      let end = lines.firstIndex(where: { $0.elementsEqual("-----END \(label)-----".utf8) })
    else { return nil }
    return Base64.decode(lines[1..<end].flatMap { $0 })
  }
}
