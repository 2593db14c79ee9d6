import HostABI
package import LinuxABI
package import Machine

/// A file or directory of a `HostFS`: which one it is on the host, and the names it was found under.
///
/// What is asked of it is asked of a handle where there is one, else of a name in the directory that holds
/// it, and then only of the file that was meant (`HostNode+Handles.swift`). So another file under the same
/// name is never taken for this one.
package final class HostNode: Inode {
  /// A name in a directory.
  struct Place: Equatable {
    let directory: HostNode
    let name: FileName

    static func == (a: Place, b: Place) -> Bool {
      a.directory === b.directory && a.name == b.name
    }
  }

  package unowned let mount: HostFS
  let kind: FileType
  let key: HostFileKey
  let table: HostNodeTable
  var host: any Host { table.host }

  /// Where it was found, latest last: one place for a directory, a few for a file with several names. Empty
  /// for the root, and for what has no name any more.
  var places: [Place]
  let isRoot: Bool

  /// A handle for names alone. A directory's may be closed at any time and opened again, unless it has lost
  /// its name; a file has one when it has lost a name.
  var ownHandle: HostHandle?
  /// Where the table knows of the handle; `nil` for one that stays.
  var slot: Int?
  /// The handle was used since the table looked last.
  var wasUsed = false
  /// Handles of open files.
  var openHandles: [HostHandle] = []

  /// The bytes, while they are mapped somewhere.
  weak var pages: MemoryObject?

  init(_ mount: HostFS, _ attributes: FileAttributes, at place: Place?) {
    self.mount = mount
    table = mount.nodes
    isRoot = place == nil
    places = place.map { [$0] } ?? []
    kind = attributes.kind.type
    key = HostFileKey(attributes)
    // The host's numbers are not the guest's business: the first name gives the number.
    let path = place.map { Self.numberedPath($0) } ?? [UInt8(ascii: "/")]
    super.init(number: table.takeNumber(mount.number(ofPath: path)))
  }

  /// One node after the other: a chain of directories may be longer than the host's stack is deep.
  deinit {
    table.forget(key, number: number)
    if let slot { table.leaveSlot(slot) }
    if let ownHandle { host.close(ownHandle) }
    var rest = places.map(\.directory)
    places = []
    while var node = rest.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      rest += node.places.map(\.directory)
      node.places = []
    }
  }

  package override var filesystem: Filesystem? { mount }
  package override var type: FileType { kind }

  // MARK: Attributes

  package override func status() throws(Errno) -> FileStatus { status(try attributes()) }

  func status(_ attributes: FileAttributes) -> FileStatus {
    var status = FileStatus(attributes, inode: number)
    if mount.hidesHost { status.hideHost() }
    if let pages { status.size = pages.size }
    return status
  }

  package override func setAttributes(_ change: StatusChange) throws(Errno) {
    var wanted = AttributeChange()
    wanted.permissions = change.permissions.map { UInt16(truncatingIfNeeded: $0) }
    wanted.userID = change.uid
    wanted.groupID = change.gid
    wanted.accessed = change.accessed?.hostTime
    wanted.modified = change.modified?.hostTime
    try withHandle { (handle) throws(HostError) in
      try host.setAttributes(at: HostName(handle), wanted)
    }
  }

  package override func readLink() throws(Errno) -> [UInt8] {
    guard kind == .S_IFLNK else { throw .EINVAL }
    return try withHandle { (handle) throws(HostError) in
      try host.readSymbolicLink(at: HostName(handle))
    }
  }

  // MARK: Directories

  package override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    let place = try place(name)
    let hostName = try self.name(place.name)
    let attributes = try hosted { () throws(HostError) in try host.attributes(at: hostName) }
    return mount.node(attributes, at: place)
  }

  package override func entries() throws(Errno) -> [InodeEntry] {
    let directory = HostName(try directoryHandle())
    let front = (path?.bytes ?? []) + [UInt8(ascii: "/")]
    return try hosted { () throws(HostError) in try host.entries(of: directory) }.map {
      InodeEntry(
        name: $0.name, number: mount.number(ofPath: front + $0.name), type: $0.kind.type)
    }
  }

  package override func create(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    let hostName = try self.name(name)
    try hosted { () throws(HostError) in
      host.close(
        try host.open(
          hostName, [.write, .create, .exclusive],
          permissions: UInt16(truncatingIfNeeded: permissions)))
    }
    return try lookup(name)
  }

  package override func makeDirectory(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    let hostName = try self.name(name)
    try hosted { () throws(HostError) in
      try host.makeDirectory(
        at: hostName, permissions: UInt16(truncatingIfNeeded: permissions))
    }
    return try lookup(name)
  }

  package override func makeSymbolicLink(_ name: [UInt8], to target: [UInt8], owner: Ownership)
    throws(Errno) -> Inode
  {
    let hostName = try self.name(name)
    try hosted { () throws(HostError) in try host.makeSymbolicLink(at: hostName, to: target) }
    return try lookup(name)
  }

  package override func link(_ name: [UInt8], to inode: Inode) throws(Errno) {
    guard let node = inode as? HostNode, node.mount === mount else { throw .EXDEV }
    let place = try place(name)
    // Held, since the directory's may be closed while the file is looked for.
    let own = try directoryHandle()
    let directory = try hosted { () throws(HostError) in
      try host.open(HostName(own), .path, permissions: 0)
    }
    defer { host.close(directory) }
    let target = HostName(directory, RelativePath(place.name))
    try node.withHandle { (handle) throws(HostError) in
      try host.makeLink(at: target, to: HostName(handle))
    }
  }

  package override func unlink(_ name: [UInt8]) throws(Errno) {
    try remove(name, isDirectory: false)
  }

  package override func removeDirectory(_ name: [UInt8]) throws(Errno) {
    try remove(name, isDirectory: true)
  }

  private func remove(_ name: [UInt8], isDirectory: Bool) throws(Errno) {
    let place = try place(name)
    let pinned = try pin(place)
    var lost: Place?
    defer { unpin(pinned, hasLost: lost) }
    let hostName = try self.name(place.name)
    try hosted { () throws(HostError) in try host.remove(at: hostName, isDirectory: isDirectory) }
    lost = place
  }

  package override func rename(
    _ name: [UInt8], to directory: Inode, as newName: [UInt8], flags: RenameFlags
  ) throws(Errno) {
    guard let target = directory as? HostNode, target.mount === mount else { throw .EXDEV }
    let how: RenameKind
    switch flags {
    case []: how = .replacing
    case .RENAME_NOREPLACE: how = .exclusive
    case .RENAME_EXCHANGE: how = .exchanging
    default: throw .EINVAL
    }
    let (from, to) = (try place(name), try target.place(newName))
    let moving = try lookup(name) as? HostNode
    let replaced = how == .replacing ? try pin(to) : nil
    let exchanged = how == .exchanging ? try target.lookup(newName) as? HostNode : nil
    var lost: Place?
    defer { unpin(replaced, hasLost: lost) }
    let (source, destination) = try Self.handles(of: self, target)
    try hosted { () throws(HostError) in
      try host.rename(
        HostName(source, RelativePath(from.name)),
        to: HostName(destination, RelativePath(to.name)), how)
    }
    lost = to
    moving?.lost(from)
    exchanged?.lost(to)
    moving?.found(at: to)
    exchanged?.found(at: from)
  }

  // MARK: Content

  package override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    guard kind == .S_IFREG else { throw kind == .S_IFLNK ? .ELOOP : .ENXIO }
    return HostFile(self, dentry, flags, try openContent(flags))
  }

  package override func truncate(to size: UInt64) throws(Errno) {
    guard kind == .S_IFREG else { throw kind == .S_IFDIR ? .EISDIR : .EINVAL }
    let handle = try openContent(.O_WRONLY)
    defer { host.close(handle) }
    try truncate(handle, to: size)
  }

  func truncate(_ handle: HostHandle, to size: UInt64) throws(Errno) {
    try hosted { () throws(HostError) in try host.setLength(handle, to: size) }
    pages?.resize(to: size)
  }

  func allocate(_ handle: HostHandle, _ range: Range<UInt64>, _ mode: FallocateMode)
    throws(Errno)
  {
    let how: Allocation
    switch mode {
    case []: how = .reserve(keepSize: false)
    case .FALLOC_FL_KEEP_SIZE: how = .reserve(keepSize: true)
    case [.FALLOC_FL_PUNCH_HOLE, .FALLOC_FL_KEEP_SIZE]: how = .punchHole
    default: throw .EOPNOTSUPP
    }
    try hosted { () throws(HostError) in try host.allocate(handle, range, how) }
    guard let pages else { return }
    if mode.contains(.FALLOC_FL_PUNCH_HOLE) {
      guard pages.zero(range) else { throw .ENOSPC }
    } else if mode.isEmpty, range.upperBound > pages.size {
      pages.resize(to: range.upperBound)
    }
  }

  /// The bytes as mappings share them; `nil` while nothing is mapped.
  var mapped: MemoryObject? { pages }

  package override func memoryObject(writable: Bool) throws(Errno) -> MemoryObject {
    guard kind == .S_IFREG else { throw .ENODEV }
    if let pages, let source = pages.source as? HostPages {
      if !writable || source.isWritable { return pages }
      source.reopen(try openContent(.O_RDWR))
      return pages
    }
    let handle = try openContent(writable ? .O_RDWR : [])
    let source = HostPages(self, host, handle, isWritable: writable)
    let size = try hosted { () throws(HostError) in try host.attributes(of: handle).size }
    let object = MemoryObject(arena: mount.vfs.arena, source: source, size: size)
    object.owner = self
    pages = object
    return object
  }

  func writeBack() {
    guard let pages, let source = pages.source as? HostPages else { return }
    source.writeBack(pages)
  }
}
