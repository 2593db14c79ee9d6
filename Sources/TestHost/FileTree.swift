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

    init(_ content: Content, _ attributes: FileAttributes) {
      self.content = content
      self.attributes = attributes
    }

    /// The entries of a directory; nil for anything else.
    var entries: [[UInt8]: Node]? {
      if case .directory(let entries) = content { entries } else { nil }
    }
  }

  /// Where a path leads: the directory, the name in it (nil for the root, `.` and `..`), and what is there.
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

  init() {
    root = Node(
      .directory([:]),
      FileAttributes(kind: .directory, permissions: 0o755, linkCount: 2, device: 1, inode: 1))
  }

  // MARK: Finding

  /// Follows `path` without following a symbolic link at its end (unless a slash comes after it, as
  /// path_resolution(7) has it).
  func find(_ path: [UInt8]) throws(HostError) -> Place {
    if path.isEmpty { throw .notFound }
    guard path[0] == UInt8(ascii: "/"), !path.contains(0) else { throw .invalid }
    if path.count >= 4096 { throw .nameTooLong }
    var links = 0
    return try walk(
      from: [root], path, followsLast: path.last == UInt8(ascii: "/"), links: &links
    ).place
  }

  /// - Parameter stack: the directories from the root to where the walk begins.
  private func walk(
    from stack: [Node], _ path: [UInt8], followsLast: Bool, links: inout Int
  ) throws(HostError) -> (place: Place, stack: [Node]) {
    var stack = path.first == UInt8(ascii: "/") ? [root] : stack
    var place = Place(directory: stack.last!, name: nil, node: stack.last!)
    let components = path.split(separator: UInt8(ascii: "/")).map(Array.init)
    for (index, component) in components.enumerated() {
      guard let node = place.node else { throw .notFound }
      guard let entries = node.entries else { throw .notDirectory }
      if component.count > 255 { throw .nameTooLong }
      if component == [46] { continue }
      if component == [46, 46] {
        if stack.count > 1 { stack.removeLast() }
        place = Place(directory: stack.last!, name: nil, node: stack.last!)
        continue
      }
      place = Place(directory: node, name: component, node: entries[component])
      if case .symbolicLink(let target)? = place.node?.content,
        index < components.count - 1 || followsLast
      {
        links += 1
        if links > 40 { throw .tooManySymbolicLinks }
        (place, stack) = try walk(from: stack, target, followsLast: true, links: &links)
      } else if let next = place.node, next.entries != nil {
        stack.append(next)
      }
    }
    if path.last == UInt8(ascii: "/"), let node = place.node, node.entries == nil {
      throw .notDirectory
    }
    return (place, stack)
  }

  /// The file at `path`, which must be there.
  func node(at path: [UInt8]) throws(HostError) -> Node {
    guard let node = try find(path).node else { throw .notFound }
    return node
  }

  // MARK: Changing names

  /// Makes something new at `path`, where nothing may be.
  func make(_ path: [UInt8], _ content: Node.Content, permissions: UInt16) throws(HostError) -> Node
  {
    let place = try find(path)
    if place.node != nil { throw .exists }
    let isDirectory = if case .directory = content { true } else { false }
    if path.last == UInt8(ascii: "/"), !isDirectory { throw .isDirectory }
    var attributes = FileAttributes(
      kind: .regular, permissions: permissions & 0o7777, device: 1, inode: nextInode,
      accessed: now, modified: now, changed: now)
    switch content {
    case .file: break
    case .directory:
      attributes.kind = .directory
      attributes.linkCount = 2
      place.directory.attributes.linkCount += 1
    case .symbolicLink(let target):
      attributes.kind = .symbolicLink
      attributes.size = UInt64(target.count)
    }
    nextInode += 1
    let node = Node(content, attributes)
    set(place.directory, place.name!, node)
    return node
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
