package import HostABI

extension TestHost {
  /// The path of a `file:` or `dir:` URI.
  private func path(_ uri: StreamURI) throws(HostError) -> [UInt8] {
    guard uri.scheme == .file || uri.scheme == .dir else { throw .invalid }
    return uri.path
  }

  package func attributes(at uri: StreamURI) throws(HostError) -> FileAttributes {
    try begin(.attributesAtName)
    return try files.node(at: try path(uri)).attributes
  }

  package func setAttributes(at uri: StreamURI, _ change: AttributeChange) throws(HostError) {
    try begin(.setAttributes)
    let node = try files.node(at: try path(uri))
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

  package func entries(of uri: StreamURI) throws(HostError) -> [DirectoryEntry] {
    try begin(.entries)
    guard let entries = try files.node(at: try path(uri)).entries else { throw .notDirectory }
    return entries.map { DirectoryEntry(name: $0.key, kind: $0.value.attributes.kind) }
      .sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  package func makeDirectory(at uri: StreamURI, permissions: UInt16) throws(HostError) {
    try begin(.makeDirectory)
    _ = try files.make(try path(uri), .directory([:]), permissions: permissions)
  }

  package func makeSymbolicLink(at uri: StreamURI, to target: [UInt8]) throws(HostError) {
    try begin(.makeSymbolicLink)
    if target.isEmpty { throw .notFound }
    if target.contains(0) { throw .invalid }
    if target.count >= 4096 { throw .nameTooLong }
    _ = try files.make(try path(uri), .symbolicLink(target), permissions: 0o777)
  }

  package func readSymbolicLink(at uri: StreamURI) throws(HostError) -> [UInt8] {
    try begin(.readSymbolicLink)
    guard case .symbolicLink(let target) = try files.node(at: try path(uri)).content else {
      throw .invalid
    }
    return target
  }

  package func makeLink(at uri: StreamURI, to existing: StreamURI) throws(HostError) {
    try begin(.makeLink)
    let node = try files.node(at: try path(existing))
    let place = try files.find(try path(uri))
    if place.node != nil { throw .exists }
    if node.entries != nil { throw .notPermitted }
    files.set(place.directory, place.name!, node)
    node.attributes.linkCount += 1
    node.attributes.changed = files.now
  }

  package func rename(_ from: StreamURI, to: StreamURI, exclusive: Bool) throws(HostError) {
    try begin(.rename)
    let source = try files.find(try path(from))
    let target = try files.find(try path(to))
    guard let sourceName = source.name, let targetName = target.name else { throw .busy }
    guard let node = source.node else { throw .notFound }
    if exclusive && target.node != nil { throw .exists }
    if node.entries != nil && files.contains(node, target.directory) { throw .invalid }
    if let old = target.node {
      if old === node { return }
      switch (node.entries, old.entries) {
      case (nil, .some): throw .isDirectory
      case (.some, nil): throw .notDirectory
      case (.some, .some(let entries)) where !entries.isEmpty: throw .notEmpty
      default: files.unlinked(old, from: target.directory)
      }
    }
    files.set(source.directory, sourceName, nil)
    files.set(target.directory, targetName, node)
    if node.entries != nil {
      source.directory.attributes.linkCount -= 1
      target.directory.attributes.linkCount += 1
    }
    node.attributes.changed = files.now
  }

  package func remove(at uri: StreamURI, isDirectory: Bool) throws(HostError) {
    try begin(.remove)
    let place = try files.find(try path(uri))
    guard let node = place.node else { throw .notFound }
    if isDirectory {
      guard let entries = node.entries else { throw .notDirectory }
      guard place.name != nil else { throw .busy }
      guard entries.isEmpty else { throw .notEmpty }
    } else if node.entries != nil {
      throw .isDirectory
    }
    files.set(place.directory, place.name!, nil)
    files.unlinked(node, from: place.directory)
  }

  package func volume(of uri: StreamURI) throws(HostError) -> VolumeAttributes {
    try begin(.volume)
    _ = try files.node(at: try path(uri))
    let free = UInt64(files.capacity - files.used) / 4096
    return VolumeAttributes(
      blockSize: 4096, blocks: UInt64(files.capacity) / 4096, blocksFree: free,
      blocksAvailable: free, files: 1 << 20, filesFree: 1 << 19)
  }
}
