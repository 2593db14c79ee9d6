package import HostABI

/// A file system in memory.
package final class FileTree {
  /// A file, whatever names it has.
  package final class Node {
    package enum Content {
      case file([UInt8])
      case directory([[UInt8]: Node])
      case symbolicLink([UInt8])
    }
    package var content: Content
    package var attributes: FileAttributes
    package var extended: [[UInt8]: [UInt8]] = [:]
    /// Made without a name, so that one may be given to it.
    var isUnnamed = false

    init(_ content: Content, _ attributes: FileAttributes) {
      self.content = content
      self.attributes = attributes
    }

    /// The entries of a directory; nil for anything else.
    var entries: [[UInt8]: Node]? {
      if case .directory(let entries) = content { entries } else { nil }
    }
  }

  /// Where a path leads: the directory, the name in it (nil for the directory itself), and what is there.
  struct Place {
    var directory: Node
    var name: [UInt8]?
    var node: Node?
  }

  package let root: Node
  /// The time that changes are stamped with.
  package var now = HostTime()
  /// Bytes that all files together may have.
  package var capacity = 1 << 30
  /// Bytes that one file may have.
  package var fileLimit: UInt64 = 1 << 28
  package private(set) var used = 0
  private var nextInode: UInt64 = 2
  /// Numbers of files that are gone: a test puts them here to have them given again.
  package var freeInodes: [UInt64] = []

  init() {
    root = Node(
      .directory([:]),
      FileAttributes(kind: .directory, permissions: 0o755, linkCount: 2, device: 1, inode: 1))
  }

  // MARK: Finding

  /// Goes down from `start`, following no link.
  func find(_ path: RelativePath, from start: Node) throws(HostError) -> Place {
    if path.bytes.count >= 4096 { throw .nameTooLong }
    var place = Place(directory: start, name: nil, node: start)
    for name in path.names {
      guard let node = place.node else { throw .notFound }
      if case .symbolicLink = node.content { throw .tooManySymbolicLinks }
      guard let entries = node.entries else { throw .notDirectory }
      if name.count > 255 { throw .nameTooLong }
      place = Place(directory: node, name: name, node: entries[name])
    }
    return place
  }

  /// The absolute `path`, for tests: links are not followed.
  func find(_ path: String) throws(HostError) -> Place {
    guard let path = RelativePath(path.utf8.drop { $0 == UInt8(ascii: "/") }) else {
      throw .invalid
    }
    return try find(path, from: root)
  }

  // MARK: Changing names

  /// Makes something new at `place`, where nothing may be.
  func make(_ place: Place, _ content: Node.Content, permissions: UInt16) throws(HostError) -> Node
  {
    guard let name = place.name else { throw .exists }
    if place.node != nil { throw .exists }
    if place.directory.attributes.linkCount == 0 { throw .notFound }
    let node = makeNode(content, permissions: permissions)
    if node.entries != nil { place.directory.attributes.linkCount += 1 }
    set(place.directory, name, node)
    return node
  }

  /// A node without a name.
  func makeNode(_ content: Node.Content, permissions: UInt16) -> Node {
    var attributes = FileAttributes(
      kind: .regular, permissions: permissions & 0o7777, device: 1, inode: takeInode(),
      created: now, accessed: now, modified: now, changed: now)
    switch content {
    case .file: break
    case .directory:
      attributes.kind = .directory
      attributes.linkCount = 2
    case .symbolicLink(let target):
      attributes.kind = .symbolicLink
      attributes.size = UInt64(target.count)
    }
    return Node(content, attributes)
  }

  private func takeInode() -> UInt64 {
    if !freeInodes.isEmpty { return freeInodes.removeFirst() }
    nextInode += 1
    return nextInode - 1
  }

  /// Makes `name` in `directory` stand for `node`, or for nothing.
  func set(_ directory: Node, _ name: [UInt8], _ node: Node?) {
    guard case .directory(var entries) = directory.content else { return }
    directory.content = .directory([:])
    entries[name] = node
    directory.content = .directory(entries)
    directory.attributes.modified = now
    directory.attributes.changed = now
  }

  /// Notes that a name of `node` is gone.
  func unlinked(_ node: Node, from directory: Node) {
    if node.entries != nil {
      node.attributes.linkCount = 0
      directory.attributes.linkCount -= 1
    } else {
      node.attributes.linkCount -= 1
      if node.attributes.linkCount == 0, case .file(let bytes) = node.content {
        used -= bytes.count
      }
    }
    node.attributes.changed = now
  }

  /// Notes that `node` lies in another directory.
  func moved(_ node: Node, from old: Node, to new: Node) {
    if node.entries != nil {
      old.attributes.linkCount -= 1
      new.attributes.linkCount += 1
    }
    node.attributes.changed = now
  }

  /// Whether `node` is `directory` or lies below it.
  func contains(_ directory: Node, _ node: Node) -> Bool {
    if directory === node { return true }
    return directory.entries?.values.contains { contains($0, node) } ?? false
  }

  // MARK: Changing content

  /// Gives a file `length` bytes: cut off, or filled up with zeroes.
  func setLength(_ node: Node, _ length: UInt64) throws(HostError) {
    guard case .file(var bytes) = node.content else { throw .invalid }
    guard length <= fileLimit else { throw .fileTooLarge }
    let growth = Int(length) - bytes.count
    if node.attributes.linkCount > 0 {
      guard used + growth <= capacity else { throw .noSpace }
      used += growth
    }
    node.content = .file([])
    if growth > 0 {
      bytes += [UInt8](repeating: 0, count: growth)
    } else {
      bytes.removeLast(-growth)
    }
    finish(node, bytes)
  }

  /// Puts `new` at `offset`. Returns how many bytes fitted.
  func write(_ node: Node, at offset: UInt64, _ new: [UInt8]) throws(HostError) -> Int {
    if new.isEmpty { return 0 }
    guard offset < fileLimit else { throw .fileTooLarge }
    let count = min(new.count, Int(fileLimit - offset))
    let end = Int(offset) + count
    if end > Int(node.attributes.size) { try setLength(node, UInt64(end)) }
    guard case .file(var bytes) = node.content else { throw .isDirectory }
    node.content = .file([])
    bytes.replaceSubrange(Int(offset)..<end, with: new[..<count])
    finish(node, bytes)
    return count
  }

  private func finish(_ node: Node, _ bytes: [UInt8]) {
    node.content = .file(bytes)
    node.attributes.size = UInt64(bytes.count)
    node.attributes.blocks = UInt64((bytes.count + 4095) / 4096 * 8)
    node.attributes.modified = now
    node.attributes.changed = now
  }
}
