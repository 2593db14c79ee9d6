/// The last 64 bytes of a snapshot: its id, where the table of contents is, and the digest from which all
/// other digests follow.
struct Trailer {
  static let size = 64
  static let magic = Array("\nGODEND".utf8) + [0x89]

  /// Bytes of the table of contents, which ends where the trailer begins.
  let tableSize: UInt64
  let id: SnapshotID
  /// Covers the header, the table of contents and the fields above. The table has the digests of all blocks.
  let contentDigest: Digest

  /// - Parameter digest: covers the header and the table of contents.
  init(tableSize: UInt64, id: SnapshotID, after digest: DigestBuilder) {
    self.tableSize = tableSize
    self.id = id
    var digest = digest
    digest.append(Trailer.front(tableSize, id)[...])
    contentDigest = digest.finish()
  }

  /// The part of the trailer that the content digest covers.
  private static func front(_ tableSize: UInt64, _ id: SnapshotID) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: tableSize)
    return bytes + id.bytes
  }

  var encoded: [UInt8] {
    Trailer.front(tableSize, id) + contentDigest.bytes + Trailer.magic
  }

  /// The fields of a trailer whose digest is not yet checked.
  static func claims(_ bytes: [UInt8]) throws(SnapshotError) -> (tableSize: UInt64, id: SnapshotID)
  {
    var cursor = ByteCursor(bytes[...], of: "trailer")
    return (try cursor.integer(), try SnapshotID(from: &cursor))
  }
}
