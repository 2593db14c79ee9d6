/// The pages of a snapshot that a guest needed after a resume, in the order in which it touched them first.
///
/// It lies beside the snapshot, not in it: it is recorded later, and the snapshot may be signed. It only says what to
/// read first, so a wrong one does no harm.
///
/// In a file: eight bytes `GODWITWS`, the version (1) in 32 bits, the snapshot's id (16 bytes), the number of pages
/// in 32 bits, the number of each page in 32 bits, and the SHA-256 digest of all that. Numbers are little-endian.
package struct WorkingSet: Sendable, Hashable {
  package let snapshot: SnapshotID
  /// The pages' numbers, from 1, each once.
  package let pages: [UInt32]

  private static let magic = Array("GODWITWS".utf8)
  private static let version: UInt32 = 1

  /// - Parameter touches: what was touched, in order; pages may occur more than once.
  package init(_ snapshot: SnapshotID, touches: [UInt32]) {
    self.snapshot = snapshot
    var known: Set<UInt32> = []
    pages = touches.filter { known.insert($0).inserted }
  }

  package init(decoding bytes: [UInt8]) throws(SnapshotError) {
    guard bytes.count >= Digest.size else { throw .malformed("it ends early") }
    let contents = bytes.dropLast(Digest.size)
    guard Digest(Array(bytes.suffix(Digest.size))) == Digest(of: contents) else {
      throw .malformed("its digest is wrong")
    }
    var cursor = ByteCursor(contents, of: "working set")
    guard try cursor.take(Self.magic.count).elementsEqual(Self.magic) else {
      throw .malformed("it is no working set")
    }
    let version = try cursor.integer(UInt32.self)
    guard version == Self.version else {
      throw .malformed("its version \(version) is not known")
    }
    snapshot = try SnapshotID(from: &cursor)
    let count = Int(try cursor.integer(UInt32.self))
    guard cursor.remaining == count * 4 else { throw .malformed("its length is wrong") }
    var pages: [UInt32] = []
    pages.reserveCapacity(count)
    while cursor.remaining > 0 { pages.append(try cursor.integer()) }
    self.pages = pages
  }

  package var encoded: [UInt8] {
    var bytes = Self.magic
    bytes.append(littleEndian: Self.version)
    bytes += snapshot.bytes
    bytes.append(littleEndian: UInt32(pages.count))
    for page in pages { bytes.append(littleEndian: page) }
    return bytes + Digest(of: bytes[...]).bytes
  }
}
