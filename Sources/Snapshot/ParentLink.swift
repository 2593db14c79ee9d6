/// Names the snapshot that another one is an increment to.
package struct ParentLink: Hashable, Sendable {
  package let id: SnapshotID
  /// Of the parent's file. It stands for the whole chain behind the parent, since that file names its
  /// own parent in the same way: no chain can be a cycle.
  package let contentDigest: Digest
  /// Pages in the chain up to the parent: the pages of this file are numbered from there on.
  package let pageCount: UInt64
  /// The parent's file name, without a directory: a hint where to look.
  package let name: String

  /// Far beyond what can be stored; keeps page numbers clear of overflow.
  private static var pageLimit: UInt64 { 1 << 52 }

  /// - Throws: `malformed` when there can be no such parent: one without an id or a name, or with too many
  ///   pages.
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
  /// A link as it stands in the header, or what stands in the place of one.
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
