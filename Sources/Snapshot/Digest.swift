internal import Crypto
internal import Zstd

/// A SHA-256 digest.
package struct Digest: Hashable, Sendable {
  private let words: InlineArray<4, UInt64>

  /// The 32 bytes of a digest, as they stand in a file.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Digest.size else { return nil }
    self.init(bytes: bytes[...])
  }

  /// - Parameter bytes: 32 of them.
  init(bytes: ArraySlice<UInt8>) { self.init(bytes) }

  private init(words: InlineArray<4, UInt64>) { self.words = words }

  private init(_ bytes: some Sequence<UInt8>) {
    var words = InlineArray<4, UInt64>(repeating: 0)
    for (index, byte) in bytes.enumerated() {
      words[index / 8] = words[index / 8] << 8 | UInt64(byte)
    }
    self.words = words
  }

  /// The digest of all `parts` as if they were one.
  package init(of parts: ArraySlice<UInt8>...) {
    var hash = SHA256()
    for part in parts { hash.update(data: part) }
    self.init(hash.finalize())
  }

  /// What only somebody who has `key` can make of `message`: HMAC-SHA-256 (RFC 2104).
  package init(authenticating message: [UInt8], with key: [UInt8]) {
    self.init(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
  }

  /// The digest of a page; `zeroPage`, which costs less, for one of zeroes.
  package init(ofPage page: RawSpan) {
    guard !page.isZero else {
      self = .zeroPage
      return
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(page.byteCount)
    bytes.append(page)
    self.init(of: bytes[...])
  }

  /// Stands for a page of zeroes: no digest that SHA-256 is known to give.
  package static var zeroPage: Digest { Digest(words: InlineArray(repeating: 0)) }

  /// Bytes of a digest.
  package static var size: Int { 32 }

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Digest.size)
    append(to: &bytes)
    return bytes
  }

  /// Adds the 32 bytes to `buffer`.
  package func append(to buffer: inout [UInt8]) {
    for index in 0..<4 { buffer.append(littleEndian: words[index].byteSwapped) }
  }

  package static func == (a: Digest, b: Digest) -> Bool {
    a.words[0] == b.words[0] && a.words[1] == b.words[1] && a.words[2] == b.words[2]
      && a.words[3] == b.words[3]
  }

  /// The whole digest takes part, lest a hostile guest fill one bucket.
  package func hash(into hasher: inout Hasher) {
    for index in 0..<4 { hasher.combine(words[index]) }
  }
}

/// A digest that is made piece by piece.
package struct DigestBuilder {
  private var hash = SHA256()

  package init() {}

  package mutating func append(_ bytes: ArraySlice<UInt8>) { hash.update(data: bytes) }

  package func finish() -> Digest { Digest(Array(hash.finalize()))! }
}

extension Digest: CustomStringConvertible {
  /// 64 hexadecimal digits.
  package var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
