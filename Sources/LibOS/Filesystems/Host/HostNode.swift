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
  /// What it is to the guest, and what it is on the host.
  let kind: FileType
  let hostKind: FileKind
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
  /// What the guest has made of it, where the host can't tell.
  var kept = HostFileKept()
  var keptMemory: MemoryCharge?
  private var fifo = FIFO()

  /// - Parameters:
  ///   - place: where it was found; `nil` for the root, and for what has no name.
  ///   - number: its `st_ino`, when it had one before.
  init(
    _ mount: HostFS, _ attributes: FileAttributes, _ mark: HostFileMark?, at place: Place?,
    isRoot: Bool = false, number: UInt64? = nil
  ) {
    self.mount = mount
    table = mount.nodes
    self.isRoot = isRoot
    places = place.map { [$0] } ?? []
    hostKind = attributes.kind
    kind = mark?.standsFor ?? attributes.kind.type
    key = HostFileKey(attributes)
    // The host's numbers are not the guest's business: the first name gives the number.
    let path = place.map { Self.numberedPath($0) } ?? [UInt8(ascii: "/")]
    super.init(number: table.takeNumber(number ?? mount.number(ofPath: path)))
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

  /// Having no name that is known here, it may have one elsewhere: the host tells.
  package override var isRemoved: Bool {
    if wasRemoved { return true }
    guard places.isEmpty, !isRoot, !isTemporary else { return false }
    return (try? attributes().0.linkCount) == 0
  }

  // MARK: Attributes

  package override func status() throws(Errno) -> FileStatus {
    let (attributes, mark) = try attributes()
    return status(attributes, mark)
  }

  package override func setAttributes(_ change: StatusChange) throws(Errno) {
    var times = AttributeChange()
    times.accessed = change.accessed?.hostTime
    times.modified = change.modified?.hostTime
    try withHandle { (handle) throws(HostError) in
      let name = HostName(handle)
      if change.permissions != nil || change.uid != nil || change.gid != nil {
        try changeMark(at: name, change)
      }
      // Changing nothing needs the file, too.
      try host.setAttributes(at: name, times)
    }
  }

  package override func extendedAttributes() throws(Errno) -> [[UInt8]: [UInt8]] {
    guard canHaveAttributes else { return kept.attributes }
    return try withHandle { (handle) throws(HostError) in
      var all: [[UInt8]: [UInt8]] = [:]
      for name in try host.extendedAttributes(at: HostName(handle)) {
        guard let shown = Self.guestAttribute(name),
          let value = try host.extendedAttribute(name, at: HostName(handle))
        else { continue }
        all[shown] = value
      }
      return all
    }
  }

  package override func setExtendedAttribute(_ name: [UInt8], _ value: [UInt8]?) throws(Errno) {
    guard canHaveAttributes else { return try keepAttribute(name, value) }
    try withHandle { (handle) throws(HostError) in
      try host.setExtendedAttribute(Self.hostAttribute(name), at: HostName(handle), to: value)
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
    let mark = attributes.kind == .regular ? table.mark(at: hostName, attributes.kind) : nil
    return mount.node(attributes, mark, at: place)
  }

  /// The node of what was just made at `place`, open as `handle`.
  private func made(
    _ handle: HostHandle, at place: Place?, owner: Ownership,
    _ change: (inout HostFileMark) -> Void = { _ in }
  ) throws(Errno) -> HostNode {
    try hosted { () throws(HostError) in
      let attributes = try host.attributes(of: handle)
      var mark = HostFileMark(attributes)
      mark.owner = owner
      change(&mark)
      let node = HostNode(mount, attributes, mark, at: place)
      table[node.key] = node
      if !mark.isNeedless(attributes) { try node.setMark(mark, at: HostName(handle)) }
      return node
    }
  }

  /// Makes a regular file, and what it stands for.
  private func makeFile(
    _ name: [UInt8], permissions: UInt32, owner: Ownership,
    _ change: (inout HostFileMark) -> Void = { _ in }
  ) throws(Errno) -> Inode {
    let place = try place(name)
    let hostName = try self.name(place.name)
    let handle = try hosted { () throws(HostError) in
      try host.open(
        hostName, [.write, .create, .exclusive],
        permissions: HostFileMark.hostPermissions(permissions, isDirectory: false))
    }
    defer { host.close(handle) }
    return try made(handle, at: place, owner: owner) {
      $0.permissions = permissions & 0o7777
      change(&$0)
    }
  }

  package override func entries() throws(Errno) -> [InodeEntry] {
    let directory = HostName(try directoryHandle())
    let front = (path?.bytes ?? []) + [UInt8(ascii: "/")]
    return try hosted { () throws(HostError) in
      try host.entries(of: directory).map { (entry) throws(HostError) in
        let mark =
          entry.kind == .regular ? table.mark(at: try directory.child(entry.name), .regular) : nil
        return InodeEntry(
          name: entry.name, number: mount.number(ofPath: front + entry.name),
          type: mark?.standsFor ?? entry.kind.type)
      }
    }
  }

  package override func create(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    try makeFile(name, permissions: permissions, owner: owner)
  }

  package override func makeNode(
    _ name: [UInt8], mode: FileMode, device: DeviceNumber, owner: Ownership
  ) throws(Errno) -> Inode {
    guard let type = mode.type else { throw .EINVAL }
    return try makeFile(name, permissions: mode.permissions, owner: owner) {
      $0.standsFor = type == .S_IFREG ? nil : type
      if type == .S_IFCHR || type == .S_IFBLK { $0.represents = device }
    }
  }

  package override func makeTemporaryFile(permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    let directory = HostName(try directoryHandle())
    let handle = try hosted { () throws(HostError) in
      try host.open(
        directory, [.read, .write, .unnamed],
        permissions: HostFileMark.hostPermissions(permissions, isDirectory: false))
    }
    do throws(Errno) {
      let node = try made(handle, at: nil, owner: owner) { $0.permissions = permissions & 0o7777 }
      node.ownHandle = handle
      node.isTemporary = true
      return node
    } catch {
      host.close(handle)
      throw error
    }
  }

  package override func makeDirectory(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    let place = try place(name)
    let hostName = try self.name(place.name)
    let handle = try hosted { () throws(HostError) in
      try host.makeDirectory(
        at: hostName,
        permissions: HostFileMark.hostPermissions(permissions, isDirectory: true))
      return try host.open(hostName, [.path, .directory], permissions: 0)
    }
    defer { host.close(handle) }
    return try made(handle, at: place, owner: owner) { $0.permissions = permissions & 0o7777 }
  }

  package override func makeSymbolicLink(_ name: [UInt8], to target: [UInt8], owner: Ownership)
    throws(Errno) -> Inode
  {
    let place = try place(name)
    let hostName = try self.name(place.name)
    let handle = try hosted { () throws(HostError) in
      try host.makeSymbolicLink(at: hostName, to: target)
      return try host.open(hostName, .path, permissions: 0)
    }
    defer { host.close(handle) }
    return try made(handle, at: place, owner: owner)
  }

  package override func link(_ name: [UInt8], to inode: Inode) throws(Errno) {
    guard let node = inode as? HostNode, node.mount === mount else { throw .EXDEV }
    // Having lost its last name it gets none again, unless it never had one.
    if node.places.isEmpty, !node.isTemporary { throw .ENOENT }
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
    node.isTemporary = false
    node.found(at: place)
    table.keep(node)
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
    switch kind {
    case .S_IFREG: return HostFile(self, dentry, flags, try openContent(flags))
    case .S_IFLNK: throw .ELOOP
    // What is such a file on the host itself is the host's business.
    case .S_IFIFO where hostKind == .regular:
      return try fifo.open(flags, at: dentry, number: number, now: mount.vfs.now, mount.vfs.arena)
    case .S_IFCHR where hostKind == .regular:
      return try mount.vfs.openDevice(try status().represents, flags, at: dentry)
    default: throw .ENXIO
    }
  }

  override func connect(_ pipe: Pipe) -> Bool {
    fifo.pipe = pipe
    return kind == .S_IFIFO
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
      guard pages.zero(range, isZeroInSource: true) else { throw .ENOSPC }
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
