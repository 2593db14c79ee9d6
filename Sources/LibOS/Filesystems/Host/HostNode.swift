import HostABI
package import LinuxABI
package import Machine

/// A file or directory of a `HostFS`, known by the name it was last found under.
package final class HostNode: Inode {
  package unowned let mount: HostFS
  private let kind: FileType
  private let key: HostFS.Key
  private let table: HostFS.Nodes
  private var parent: HostNode?
  private var name: [UInt8]
  /// The bytes, while they are mapped somewhere.
  private weak var pages: MemoryObject?

  init(_ mount: HostFS, _ attributes: FileAttributes, parent: HostNode?, name: [UInt8]) {
    self.mount = mount
    table = mount.nodes
    self.parent = parent
    self.name = name
    kind = attributes.kind.type
    key = HostFS.Key(device: attributes.device, inode: attributes.inode)
    // The host's numbers are not the guest's business: the first name gives the number.
    super.init(number: mount.number(ofPath: (parent.map { $0.path } ?? []) + [47] + name))
  }

  deinit { table.forget(key) }

  func found(in parent: HostNode, _ name: [UInt8]) {
    self.parent = parent
    self.name = name
  }

  package override var filesystem: Filesystem? { mount }
  package override var type: FileType { kind }
  private var host: any Host { mount.vfs.host }

  /// Relative to the mounted directory.
  package var path: [UInt8] {
    guard let parent else { return [] }
    return parent.parent == nil ? name : parent.path + [UInt8(ascii: "/")] + name
  }

  var uri: StreamURI {
    let path = path
    if path.isEmpty { return StreamURI(.file, mount.base.path) }
    return mount.base.child(path)
  }

  private func child(_ name: [UInt8]) -> StreamURI { uri.child(name) }

  /// The host still has this file under the name that is known here.
  var isWhereItWas: Bool {
    guard let attributes = try? host.attributes(at: uri) else { return false }
    return HostFS.Key(device: attributes.device, inode: attributes.inode) == key
  }

  /// The path by which its number is made.
  var numberedPath: [UInt8] { (parent.map { $0.path } ?? []) + [47] + name }

  // MARK: Attributes

  package override func status() throws(Errno) -> FileStatus {
    let uri = uri
    var status = FileStatus(
      try hosted { () throws(HostError) in try host.attributes(at: uri) }, inode: number)
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
    let uri = uri
    try hosted { () throws(HostError) in try host.setAttributes(at: uri, wanted) }
  }

  package override func readLink() throws(Errno) -> [UInt8] {
    let uri = uri
    return try hosted { () throws(HostError) in try host.readSymbolicLink(at: uri) }
  }

  // MARK: Directories

  package override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    guard kind == .S_IFDIR else { throw .ENOTDIR }
    let uri = child(name)
    let attributes = try hosted { () throws(HostError) in try host.attributes(at: uri) }
    return mount.node(attributes, parent: self, name: name)
  }

  package override func entries() throws(Errno) -> [InodeEntry] {
    guard kind == .S_IFDIR else { throw .ENOTDIR }
    let uri = StreamURI(.dir, uri.path)
    let front = path + [47]
    return try hosted { () throws(HostError) in try host.entries(of: uri) }.map {
      InodeEntry(
        name: $0.name, number: mount.number(ofPath: front + $0.name), type: $0.kind.type)
    }
  }

  package override func create(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    let uri = child(name)
    try hosted { () throws(HostError) in
      host.close(
        try host.open(
          uri, [.write, .create, .exclusive], permissions: UInt16(truncatingIfNeeded: permissions)))
    }
    return try lookup(name)
  }

  package override func makeDirectory(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    let uri = child(name)
    try hosted { () throws(HostError) in
      try host.makeDirectory(at: uri, permissions: UInt16(truncatingIfNeeded: permissions))
    }
    return try lookup(name)
  }

  package override func makeSymbolicLink(_ name: [UInt8], to target: [UInt8], owner: Ownership)
    throws(Errno) -> Inode
  {
    let uri = child(name)
    try hosted { () throws(HostError) in try host.makeSymbolicLink(at: uri, to: target) }
    return try lookup(name)
  }

  package override func link(_ name: [UInt8], to inode: Inode) throws(Errno) {
    guard let node = inode as? HostNode, node.mount === mount else { throw .EXDEV }
    let uri = child(name)
    let existing = node.uri
    try hosted { () throws(HostError) in try host.makeLink(at: uri, to: existing) }
  }

  package override func unlink(_ name: [UInt8]) throws(Errno) {
    let uri = child(name)
    try hosted { () throws(HostError) in try host.remove(at: uri, isDirectory: false) }
  }

  package override func removeDirectory(_ name: [UInt8]) throws(Errno) {
    let uri = child(name)
    try hosted { () throws(HostError) in try host.remove(at: uri, isDirectory: true) }
  }

  package override func rename(
    _ name: [UInt8], to directory: Inode, as newName: [UInt8], flags: RenameFlags
  ) throws(Errno) {
    guard let target = directory as? HostNode, target.mount === mount else { throw .EXDEV }
    // The host ABI cannot exchange.
    guard flags.isSubset(of: .RENAME_NOREPLACE) else { throw .EINVAL }
    let moving = try lookup(name) as? HostNode
    let from = child(name)
    let to = target.child(newName)
    try hosted { () throws(HostError) in
      try host.rename(from, to: to, exclusive: flags.contains(.RENAME_NOREPLACE))
    }
    moving?.found(in: target, newName)
  }

  // MARK: Content

  package override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    guard kind == .S_IFREG else { throw kind == .S_IFLNK ? .ELOOP : .ENXIO }
    return HostFile(self, dentry, flags, try openHandle(flags))
  }

  private func openHandle(_ flags: OpenFlags) throws(Errno) -> HostHandle {
    var options: OpenOptions = []
    if flags.isReadable || !flags.isWritable { options.insert(.read) }
    if flags.isWritable { options.insert(.write) }
    let uri = uri
    return try hosted { () throws(HostError) in
      try host.open(uri, options, permissions: 0)
    }
  }

  package override func truncate(to size: UInt64) throws(Errno) {
    guard kind == .S_IFREG else { throw kind == .S_IFDIR ? .EISDIR : .EINVAL }
    let handle = try openHandle(.O_WRONLY)
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
      source.reopen(try openHandle(.O_RDWR))
      return pages
    }
    let handle = try openHandle(writable ? .O_RDWR : [])
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

/// The pages of a mapped host file. Keeps its own handle, so that mappings outlive descriptors.
package final class HostPages: PageSource {
  /// Keeps the node, which knows the pages, alive as long as they are mapped.
  let node: HostNode
  private let host: any Host
  private var handle: HostHandle
  private(set) var isWritable: Bool

  init(_ node: HostNode, _ host: any Host, _ handle: HostHandle, isWritable: Bool) {
    self.node = node
    self.host = host
    self.handle = handle
    self.isWritable = isWritable
  }

  deinit { host.close(handle) }

  /// Goes on with a handle that may write.
  func reopen(_ handle: HostHandle) {
    host.close(self.handle)
    self.handle = handle
    isWritable = true
  }

  package func readPages(at offset: UInt64, into buffer: inout MutableRawSpan) -> Bool {
    do throws(HostError) {
      var done = 0
      while done < buffer.byteCount {
        var rest = buffer._mutatingExtracting(done..<buffer.byteCount)
        let count = try host.read(handle, at: offset + UInt64(done), into: &rest)
        if count == 0 { break }
        done += count
      }
      return true
    } catch {
      return false
    }
  }

  /// Writes the pages that differ to the host. They stay marked: a mapping may change them again
  /// without asking.
  package func writeBack(_ object: MemoryObject) {
    guard isWritable else { return }
    for index in object.dirtyPages {
      let offset = index << 12
      guard offset < object.size, let frame = object.heldFrame(index) else { continue }
      let count = Int(min(UInt64(Frame.size), object.size - offset))
      object.arena.withBytes(frame, offset: 0, count: count) { bytes in
        var done = 0
        while done < count {
          guard
            let moved = try? host.write(
              handle, at: offset + UInt64(done), from: bytes.extracting(done..<count)), moved > 0
          else { return }
          done += moved
        }
      }
    }
  }
}
