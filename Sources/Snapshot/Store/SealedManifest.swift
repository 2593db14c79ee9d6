/// The manifest of a snapshot in a sealed store. Anybody can read which blocks it refers to, by their names, which are
/// keyed digests: so much is needed to collect the others. The manifest itself is sealed for the snapshot's name.
package struct SealedManifest: Sendable {
  /// The names of all blocks that it refers to, each once, ascending, so that their order tells nothing.
  package let references: [Digest]
  /// All bytes up to what is sealed.
  private let prefix: [UInt8]
  private let sealed: [UInt8]

  private static var magic: [UInt8] { [0x89] + Array("GODMAN\n".utf8) }
  private static var version: UInt32 { 2 }

  /// Seals the manifest of the snapshot `name`.
  package init(_ manifest: SnapshotManifest, of name: String, with key: StoreKey) {
    references = Set(manifest.blocks.map { key.name(of: $0.digest) })
      .map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }.map { Digest($0)! }
    var prefix = Self.magic
    prefix.append(littleEndian: Self.version)
    prefix.append(littleEndian: UInt32(references.count))
    for reference in references { prefix += reference.bytes }
    self.prefix = prefix
    sealed = key.seal(manifest.encoded, .manifest(name, Digest(of: prefix[...])))
  }

  /// The manifest as a file; `Docs/Store.md` lays it out.
  package var encoded: [UInt8] {
    let bytes = prefix + sealed
    return bytes + Digest(of: bytes[...]).bytes
  }

  /// Reads what anybody can read.
  package init(decoding bytes: [UInt8]) throws(SnapshotError) {
    guard bytes.starts(with: Self.magic) else { throw .malformed("it is not a manifest") }
    let end = bytes.count - Digest.size
    guard end >= Self.magic.count, Digest(of: bytes[..<end]) == Digest(Array(bytes[end...])) else {
      throw .malformed("its manifest is damaged")
    }
    var cursor = ByteCursor(bytes[Self.magic.count..<end], of: "manifest")
    let version = try cursor.integer(UInt32.self)
    guard version == Self.version else {
      throw .malformed("its manifest has version \(version), not \(Self.version)")
    }
    let count = Int(try cursor.integer(UInt32.self))
    guard count <= cursor.remaining / Digest.size else {
      throw .malformed("its manifest ends early")
    }
    var references: [Digest] = []
    references.reserveCapacity(count)
    for _ in 0..<count { references.append(try cursor.digest()) }
    self.references = references
    prefix = Array(bytes[..<(end - cursor.remaining)])
    sealed = Array(try cursor.take(cursor.remaining))
  }

  /// The manifest of the snapshot `name`, for who has the key.
  package func opened(as name: String, with key: StoreKey) throws(SnapshotError)
    -> SnapshotManifest
  {
    guard let bytes = key.open(sealed, .manifest(name, Digest(of: prefix[...]))) else {
      throw .malformed("its manifest was altered, or is another snapshot's or store's")
    }
    return try SnapshotManifest(decoding: bytes)
  }
}
