/// Bech32 (BIP 173) without its limit of length: how the format writes keys.
enum Bech32 {
  private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
  private static let checksumSize = 6

  /// - Parameter prefix: in lower case, as is the result.
  static func encode(_ bytes: some Sequence<UInt8>, prefix: String) -> String {
    var digits: [UInt8] = []
    var word: UInt32 = 0
    var bits: UInt32 = 0
    for byte in bytes {
      word = (word << 8 | UInt32(byte)) & 0xfff
      bits += 8
      while bits >= 5 {
        bits -= 5
        digits.append(UInt8(word >> bits & 31))
      }
    }
    if bits > 0 { digits.append(UInt8(word << (5 - bits) & 31)) }
    let zeroes = [UInt8](repeating: 0, count: checksumSize)
    let check = polymod(expanded(prefix.utf8) + digits + zeroes) ^ 1
    digits += (0..<UInt32(checksumSize)).map { UInt8(check >> (5 * (5 - $0)) & 31) }
    return prefix + "1" + String(decoding: digits.map { alphabet[Int($0)] }, as: UTF8.self)
  }

  /// The bytes that `text` stands for; nil unless it is valid and has this prefix (in lower case). Upper case
  /// is as good as lower case, but not both.
  static func decode(_ text: some Sequence<UInt8>, prefix: String) -> [UInt8]? {
    var text = Array(text)
    defer { wipe(&text) }
    var hasUpper = false
    var hasLower = false
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        hasUpper = true
        text[index] += 32
      case UInt8(ascii: "a")...UInt8(ascii: "z"): hasLower = true
      default: break
      }
    }
    // The last 1 separates prefix and data, whose digits do not include it.
    guard !(hasUpper && hasLower), let separator = text.lastIndex(of: UInt8(ascii: "1")),
      text[..<separator].elementsEqual(prefix.utf8)
    else { return nil }
    var digits: [UInt8] = []
    digits.reserveCapacity(text.count)
    defer { wipe(&digits) }
    for character in text[(separator + 1)...] {
      guard let digit = alphabet.firstIndex(of: character) else { return nil }
      digits.append(UInt8(digit))
    }
    var checked = expanded(prefix.utf8) + digits
    defer { wipe(&checked) }
    guard digits.count >= checksumSize, polymod(checked) == 1 else { return nil }
    return bytes(digits.dropLast(checksumSize))
  }

  /// Nil if the digits are too many for whole bytes, or the bits left over are not zero.
  private static func bytes(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count)
    var word: UInt32 = 0
    var bits: UInt32 = 0
    for digit in digits {
      word = (word << 5 | UInt32(digit)) & 0xfff
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> bits))
      }
    }
    guard bits < 5, word & (1 << bits - 1) == 0 else { return nil }
    return bytes
  }

  /// The prefix as the checksum covers it.
  private static func expanded(_ prefix: String.UTF8View) -> [UInt8] {
    prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 }
  }

  private static func polymod(_ digits: [UInt8]) -> UInt32 {
    let generator: [UInt32] = [
      0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3,
    ]
    var check: UInt32 = 1
    for digit in digits {
      let top = check >> 25
      check = (check & 0x1ff_ffff) << 5 ^ UInt32(digit)
      for bit in 0..<5 where top >> UInt32(bit) & 1 == 1 { check ^= generator[bit] }
    }
    return check
  }
}
