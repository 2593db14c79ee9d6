/// Identifies the snapshot that another one is an increment to.
package struct ParentLink: Hashable, Sendable {
  package let id: SnapshotID
  /// The content digest of the parent's file. It covers the parent's own link and so the whole chain; no
  /// chain can be a cycle.
  package let contentDigest: Digest
  /// Pages in the chain up to and including the parent. The pages of this file follow them.
  package let pageCount: UInt64
  /// The parent's file name, without a directory: a hint where to find it.
  package let name: String

  /// More than can be stored. Page numbers below it cannot overflow.
  private static var pageLimit: UInt64 { 1 << 52 }

  /// - Throws: `malformed` if there can be no such parent: without an id, a digest or a file name, or with too
  ///   many pages.
  package init(id: SnapshotID, contentDigest: Digest, pageCount: UInt64, name: String)
    throws(SnapshotError)
  {
    guard id != .none, contentDigest != .zeroPage, pageCount <= ParentLink.pageLimit else {
      throw .malformed("it names a parent that cannot be")
    }
    guard (1...255).contains(name.utf8.count), name != ".", name != "..",
      !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 })
    else { throw .malformed("the name of its parent is not a file name") }
    self.id = id
    self.contentDigest = contentDigest
    self.pageCount = pageCount
    self.name = name
  }
}

extension ParentLink {
  /// The link as it stands in the header; all zero if there is none.
  static func encoded(_ link: ParentLink?) -> [UInt8] {
    var bytes = (link?.id ?? .none).bytes + (link?.contentDigest ?? .zeroPage).bytes
    bytes.append(littleEndian: link?.pageCount ?? 0)
    bytes.append(counted: link?.name ?? "")
    return bytes
  }

  /// Reads a link; nil when the snapshot stands alone.
  static func decode(from cursor: inout ByteCursor) throws(SnapshotError) -> ParentLink? {
    let id = try SnapshotID(from: &cursor)
    let digest = try cursor.digest()
    let pageCount = try cursor.integer(UInt64.self)
    let name = try cursor.text()
    if id == .none, digest == .zeroPage, pageCount == 0, name.isEmpty { return nil }
    return try ParentLink(id: id, contentDigest: digest, pageCount: pageCount, name: name)
  }
}
