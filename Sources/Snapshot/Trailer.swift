/// The last 48 bytes of a snapshot: where the table of contents is, and the digest from which all
/// other digests follow.
struct Trailer {
  static let size = 48
  static let magic = Array("\nGODEND".utf8) + [0x89]

  /// Bytes of the table of contents, which ends where the trailer begins.
  var tableSize: UInt64
  var contentDigest: Digest

  /// The digest of the whole snapshot: of header, table of contents and the latter's length. The
  /// table holds the digests of everything between.
  static func digest(header: [UInt8], table: [UInt8]) -> Digest {
    var length: [UInt8] = []
    length.append(littleEndian: UInt64(table.count))
    return Digest(of: header[...], table[...], length[...])
  }

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: tableSize)
    return bytes + contentDigest.bytes + Trailer.magic
  }

  init(tableSize: Int, contentDigest: Digest) {
    self.tableSize = UInt64(tableSize)
    self.contentDigest = contentDigest
  }

  /// Reads all but the magic number, which the reader judges by the digest.
  init(decoding bytes: [UInt8]) throws(SnapshotError) {
    var cursor = ByteCursor(bytes[...], of: "trailer")
    tableSize = try cursor.integer()
    guard let digest = Digest(Array(try cursor.take(Digest.size))) else {
      throw .malformed("its trailer ends early")
    }
    contentDigest = digest
  }
}
