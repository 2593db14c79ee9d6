package import HostABI

extension TestHost {
  /// Where `name` leads; with `changes`, only where things may be changed.
  func place(_ name: HostName, changes: Bool = false) throws(HostError) -> FileTree.Place {
    let stream = try stream(name.directory)
    if changes { try stream.reach.requireChanging() }
    guard case .file(let node, _) = stream.target else {
      throw name.path.isEmpty ? .invalid : .permissionDenied
    }
    if case .nothing = stream.reach, !name.path.isEmpty { throw .permissionDenied }
    return try files.find(name.path, from: node)
  }

  /// The same for what only a name can stand for, not an open file.
  private func namedPlace(_ name: HostName, changes: Bool = false) throws(HostError)
    -> FileTree.Place
  {
    if name.path.isEmpty { throw .invalid }
    return try place(name, changes: changes)
  }

  private func node(_ name: HostName, changes: Bool = false) throws(HostError) -> FileTree.Node {
    guard let node = try place(name, changes: changes).node else { throw .notFound }
    return node
  }

  package func attributes(at name: HostName) throws(HostError) -> FileAttributes {
    try begin(name.path.isEmpty ? .attributesOfHandle : .attributesAtName)
    let stream = try stream(name.directory)
    if name.path.isEmpty {
      switch stream.target {
      case .file: break
      case .connection, .connecting, .listener, .datagrams:
        return FileAttributes(kind: .socket, permissions: 0o777)
      case .stream(let stream):
        return FileAttributes(
          kind: stream.isTerminal ? .characterDevice : .fifo, permissions: 0o600)
      }
    }
    return try node(name).attributes
  }

  package func setAttributes(at name: HostName, _ change: AttributeChange) throws(HostError) {
    try begin(.setAttributes)
    let node = try node(name, changes: true)
    if let user = change.userID { node.attributes.userID = user }
    if let group = change.groupID { node.attributes.groupID = group }
    if let permissions = change.permissions {
      if node.attributes.kind == .symbolicLink { throw .notSupported }
      node.attributes.permissions = permissions & 0o7777
    }
    if let accessed = change.accessed { node.attributes.accessed = accessed }
    if let modified = change.modified { node.attributes.modified = modified }
    node.attributes.changed = files.now
  }

  package func extendedAttribute(_ attribute: [UInt8], at name: HostName)
    throws(HostError) -> [UInt8]?
  {
    try begin(.extendedAttribute)
    return try node(name).extended[attribute]
  }

  package func extendedAttributes(at name: HostName) throws(HostError) -> [[UInt8]] {
    try begin(.extendedAttributes)
    return try node(name).extended.keys.sorted { $0.lexicographicallyPrecedes($1) }
  }

  package func setExtendedAttribute(_ attribute: [UInt8], at name: HostName, to value: [UInt8]?)
    throws(HostError)
  {
    try begin(.setExtendedAttribute)
    let node = try node(name, changes: true)
    if node.attributes.kind == .symbolicLink, value != nil { throw .notPermitted }
    node.extended[attribute] = value
    node.attributes.changed = files.now
  }

  package func entries(of name: HostName) throws(HostError) -> [DirectoryEntry] {
    try begin(.entries)
    let node = try node(name)
    guard let entries = node.entries else { throw .notDirectory }
    if node.attributes.linkCount == 0 { throw .notFound }
    return entries.map { DirectoryEntry(name: $0.key, kind: $0.value.attributes.kind) }
      .sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  package func makeDirectory(at name: HostName, permissions: UInt16) throws(HostError) {
    try begin(.makeDirectory)
    let place = try namedPlace(name, changes: true)
    _ = try files.make(place, .directory([:]), permissions: permissions)
  }

  package func makeSymbolicLink(at name: HostName, to target: [UInt8]) throws(HostError) {
    try begin(.makeSymbolicLink)
    if target.isEmpty { throw .notFound }
    if target.contains(0) { throw .invalid }
    if target.count >= 4096 { throw .nameTooLong }
    let place = try namedPlace(name, changes: true)
    _ = try files.make(place, .symbolicLink(target), permissions: 0o777)
  }

  package func readSymbolicLink(at name: HostName) throws(HostError) -> [UInt8] {
    try begin(.readSymbolicLink)
    guard case .symbolicLink(let target) = try node(name).content else { throw .invalid }
    return target
  }

  package func makeLink(at name: HostName, to existing: HostName) throws(HostError) {
    try begin(.makeLink)
    let node = try node(existing, changes: true)
    let place = try namedPlace(name, changes: true)
    if place.node != nil { throw .exists }
    if node.entries != nil { throw .notPermitted }
    // One that had a name, and has none any more, gets none again.
    if node.attributes.linkCount == 0, !node.isUnnamed { throw .notFound }
    if place.directory.attributes.linkCount == 0 { throw .notFound }
    files.set(place.directory, place.name!, node)
    node.isUnnamed = false
    node.attributes.linkCount += 1
    node.attributes.changed = files.now
  }

  package func rename(_ from: HostName, to: HostName, _ how: RenameKind) throws(HostError) {
    try begin(.rename)
    let source = try namedPlace(from, changes: true)
    let target = try namedPlace(to, changes: true)
    guard let node = source.node else { throw .notFound }
    if target.directory.attributes.linkCount == 0 { throw .notFound }
    if how == .exclusive && target.node != nil { throw .exists }
    if how == .exchanging && target.node == nil { throw .notFound }
    if node.entries != nil && files.contains(node, target.directory) { throw .invalid }
    if let old = target.node {
      if old === node { return }
      if how == .exchanging {
        if old.entries != nil && files.contains(old, source.directory) { throw .invalid }
        files.set(source.directory, source.name!, old)
        files.set(target.directory, target.name!, node)
        files.moved(old, from: target.directory, to: source.directory)
        files.moved(node, from: source.directory, to: target.directory)
        return
      }
      switch (node.entries, old.entries) {
      case (nil, .some): throw .isDirectory
      case (.some, nil): throw .notDirectory
      case (.some, .some(let entries)) where !entries.isEmpty: throw .notEmpty
      default: files.unlinked(old, from: target.directory)
      }
    }
    files.set(source.directory, source.name!, nil)
    files.set(target.directory, target.name!, node)
    files.moved(node, from: source.directory, to: target.directory)
  }

  package func remove(at name: HostName, isDirectory: Bool) throws(HostError) {
    try begin(.remove)
    let place = try namedPlace(name, changes: true)
    guard let node = place.node else { throw .notFound }
    if isDirectory {
      guard let entries = node.entries else { throw .notDirectory }
      guard entries.isEmpty else { throw .notEmpty }
    } else if node.entries != nil {
      throw .isDirectory
    }
    files.set(place.directory, place.name!, nil)
    files.unlinked(node, from: place.directory)
  }

  package func volume(of name: HostName) throws(HostError) -> VolumeAttributes {
    try begin(.volume)
    _ = try node(name)
    let free = UInt64(files.capacity - files.used) / 4096
    return VolumeAttributes(
      blockSize: 4096, blocks: UInt64(files.capacity) / 4096, blocksFree: free,
      blocksAvailable: free, files: 1 << 20, filesFree: 1 << 19)
  }
}
