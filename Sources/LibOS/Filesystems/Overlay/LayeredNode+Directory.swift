import HostABI
import LinuxABI

// Directories of a `LayeredFS`: what lies beneath, what was made here, what was removed.
extension LayeredNode {
  /// The lower path of the entry `name`, were there one.
  func lowerPath(_ name: [UInt8]) -> RelativePath? {
    guard let lower, let name = FileName(name) else { return nil }
    return lower.appending(name)
  }

  /// The entry `name`, or `nil`.
  func entry(_ name: [UInt8]) throws(Errno) -> LayeredNode? {
    guard kind == .S_IFDIR else { throw .ENOTDIR }
    if let node = children[name] { return node }
    guard let path = lowerPath(name), !whiteouts.contains(name) else { return nil }
    let host = vfs.host
    let kind: FileKind
    do { kind = try host.attributes(at: layers.lowerName(path)).kind } catch {
      if error == .notFound { return nil }
      throw Errno(error)
    }
    let node = LayeredNode(layers, kind.type, lower: path)
    children[name] = node
    account(entries: Self.entrySize(name))
    return node
  }

  /// The entries, sorted by name.
  func allEntries() throws(Errno) -> [InodeEntry] {
    guard kind == .S_IFDIR else { throw .ENOTDIR }
    var entries: [InodeEntry] = []
    if let lower {
      let name = layers.lowerName(lower)
      for entry in try hosted({ () throws(HostError) in try vfs.host.entries(of: name) })
      where children[entry.name] == nil && !whiteouts.contains(entry.name) {
        guard let path = lowerPath(entry.name) else { continue }
        entries.append(
          InodeEntry(
            name: entry.name, number: LayeredFS.number(ofLower: path.bytes), type: entry.kind.type))
      }
    }
    entries += ownEntries
    entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
    return entries
  }

  /// The entries that have nodes, in no order.
  var ownEntries: [InodeEntry] {
    children.map { InodeEntry(name: $0.key, number: $0.value.number, type: $0.value.kind) }
  }

  /// Puts a new node in place. EEXIST when the name is taken, ENOENT in a directory that was removed.
  func add(_ name: [UInt8], _ node: LayeredNode) throws(Errno) {
    guard try entry(name) == nil else { throw .EEXIST }
    if let own, own.linkCount == 0 { throw .ENOENT }
    try requireRoom(for: Self.entrySize(name))
    children[name] = node
    account(entries: Self.entrySize(name))
    if node.kind == .S_IFDIR { try change { $0.linkCount += 1 } }
    try contentChanged()
  }

  /// Takes the entry `name` out, hiding what lies beneath it.
  func detach(_ name: [UInt8], _ node: LayeredNode) throws(Errno) {
    children[name] = nil
    if let path = lowerPath(name), node.lower == path {
      whiteouts.insert(name)
    } else {
      account(entries: -Self.entrySize(name))
    }
    if node.kind == .S_IFDIR {
      try change { $0.linkCount = max($0.linkCount, 3) - 1 }
    }
    try contentChanged()
  }

  /// Notes that one of the node's names is gone.
  func nameRemoved() throws(Errno) {
    let now = vfs.now
    try change {
      $0.linkCount = kind == .S_IFDIR || $0.linkCount == 0 ? 0 : $0.linkCount - 1
      $0.changed = now
    }
  }

  func node(
    _ kind: FileType, permissions: UInt32, owner: Ownership
  ) -> LayeredNode {
    let node = LayeredNode(layers, kind, number: layers.takeNumber())
    node.own = OwnStatus(
      permissions: permissions, owner: owner, now: vfs.now, linkCount: kind == .S_IFDIR ? 2 : 1)
    return node
  }
}
