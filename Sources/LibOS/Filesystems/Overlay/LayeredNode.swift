package import HostABI
package import LinuxABI
package import Machine

/// The attributes of a node that no longer come from the host.
package struct OwnStatus: Hashable, Sendable {
  package var permissions: UInt32
  package var uid: UInt32
  package var gid: UInt32
  package var linkCount: UInt64
  package var accessed: Timespec
  package var modified: Timespec
  package var changed: Timespec

  package init(permissions: UInt32, owner: Ownership, now: Timespec, linkCount: UInt64 = 1) {
    self.permissions = permissions
    uid = owner.uid
    gid = owner.gid
    self.linkCount = linkCount
    accessed = now
    modified = now
    changed = now
  }

  mutating func apply(_ wanted: StatusChange, at now: Timespec) {
    if let permissions = wanted.permissions { self.permissions = permissions }
    if let uid = wanted.uid { self.uid = uid }
    if let gid = wanted.gid { self.gid = gid }
    if let accessed = wanted.accessed { self.accessed = accessed }
    if let modified = wanted.modified { self.modified = modified }
    changed = now
  }

  init(_ status: FileStatus) {
    permissions = status.mode.permissions
    uid = status.uid
    gid = status.gid
    linkCount = status.linkCount
    accessed = status.accessed
    modified = status.modified
    changed = status.changed
  }
}

/// A node of a `LayeredFS`.
///
/// A node with a `lower` path takes from there whatever it has no value of its own for. A directory
/// with one shows the entries beneath that are neither in `children` nor in `whiteouts`; one without
/// hides nothing because nothing is beneath (what overlayfs calls opaque).
package final class LayeredNode: Inode {
  package unowned let layers: LayeredFS
  package let kind: FileType
  /// The path of what lies beneath, relative to the lower directory; it stays when the node moves.
  package let lower: RelativePath?
  /// `nil` while they are the host's.
  package var own: OwnStatus?

  /// The entries of a directory that were made here, or looked up.
  package internal(set) var children: [[UInt8]: LayeredNode] = [:]
  /// Names in the lower directory that were removed.
  package internal(set) var whiteouts: Set<[UInt8]> = []

  /// Bytes that the library OS has for the entries of a directory, and for what else is the node's own.
  private var entryBytes = 0
  private var memory: MemoryCharge?

  /// The bytes of a file that was, or may at any time be, changed.
  package internal(set) var content: MemoryObject? {
    didSet {
      content?.owner = self
      content?.onMappedWrite = { [weak self] in try? self?.contentChanged() }
    }
  }
  /// The bytes of an unchanged file, as long as somebody has it open or mapped.
  package private(set) weak var unchanged: MemoryObject?
  private var fifo = FIFO()
  /// Seals of a `memfd_create` file; `nil` where sealing is not for.
  package var seals: SealFlags?
  /// The text of a symbolic link made here.
  package var target: [UInt8] = []
  /// The device of a device node, once its attributes are its own.
  package var represents = DeviceNumber(major: 0, minor: 0)
  /// What lies beneath has none.
  package internal(set) var extended: [[UInt8]: [UInt8]] = [:]

  /// A node for what lies beneath.
  package init(_ layers: LayeredFS, _ kind: FileType, lower: RelativePath) {
    self.layers = layers
    self.kind = kind
    self.lower = lower
    super.init(number: LayeredFS.number(ofLower: lower.bytes))
  }

  /// A node of the upper layer.
  package init(_ layers: LayeredFS, _ kind: FileType, number: UInt64) {
    self.layers = layers
    self.kind = kind
    lower = nil
    super.init(number: number)
  }

  /// One node after the other: a tree may be deeper than the host's stack.
  deinit {
    var rest = Array(children.values)
    children = [:]
    while var node = rest.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      rest += node.children.values
      node.children = [:]
    }
  }

  // MARK: Memory

  /// Bytes that the library OS has for an entry of a directory, with the node that it names.
  static func entrySize(_ name: [UInt8]) -> Int { 640 + name.count }

  /// Notes that entries were added, or removed, and charges for what the node holds now.
  func account(entries change: Int = 0) {
    entryBytes = max(0, entryBytes + change)
    let bytes = entryBytes + target.count + XattrName.footprint(of: extended)
    if memory == nil, bytes > 0 { memory = MemoryCharge(vfs.arena, .names) }
    memory?.set(bytes)
  }

  /// The same of a node that was saved.
  func accountForAll() {
    entryBytes = 0
    account(
      entries: children.keys.reduce(0) { $0 + Self.entrySize($1) }
        + whiteouts.reduce(0) { $0 + Self.entrySize($1) })
  }

  /// - Throws: ENOSPC without room for `bytes` more.
  func requireRoom(for bytes: Int) throws(Errno) {
    guard vfs.arena.hasRoom(forKernel: bytes) else { throw .ENOSPC }
  }

  package override var filesystem: Filesystem? { layers }
  package override var isRemoved: Bool { own?.linkCount == 0 && !isTemporary }
  package override var type: FileType { kind }

  var vfs: VFS { layers.vfs }
  /// What is in it was made here, and is not the lower directory's.
  var hasOwnContent: Bool { lower == nil || content != nil }

  // MARK: Attributes

  private func hostStatus(_ lower: RelativePath) throws(Errno) -> FileStatus {
    let name = layers.lowerName(lower)
    var status = FileStatus(
      try hosted { () throws(HostError) in try vfs.host.attributes(at: name) }, inode: number)
    // Each path beneath is a file of its own here.
    if kind != .S_IFDIR { status.linkCount = 1 }
    guard vfs.hidesHost else { return status }
    status.hideHost()
    if kind == .S_IFDIR {
      // Some hosts count a directory's subdirectories, some don't.
      let entries = try hosted { () throws(HostError) in try vfs.host.entries(of: name) }
      status.linkCount = 2 + UInt64(entries.count { $0.kind == .directory })
    }
    return status
  }

  package override func status() throws(Errno) -> FileStatus {
    var status: FileStatus
    if let lower, own == nil || kind == .S_IFREG && content == nil || kind == .S_IFLNK {
      status = try hostStatus(lower)
    } else {
      status = FileStatus(inode: number, mode: FileMode(type: kind, permissions: 0))
      switch kind {
      case .S_IFREG:
        status.size = content?.size ?? 0
        let pages =
          lower == nil ? UInt64(content?.dirtyPageCount ?? 0) : (status.size + 4095) >> 12
        status.blocks = pages * 8
      case .S_IFLNK: status.size = UInt64(target.count)
      case .S_IFDIR: status.size = 4096
      default: break
      }
      status.represents = represents
    }
    guard let own else { return status }
    status.mode = FileMode(type: kind, permissions: own.permissions)
    status.uid = own.uid
    status.gid = own.gid
    status.linkCount = own.linkCount
    status.accessed = own.accessed
    status.modified = own.modified
    status.changed = own.changed
    return status
  }

  /// Makes the attributes the node's own, then changes them.
  func change(_ body: (inout OwnStatus) -> Void) throws(Errno) {
    var values: OwnStatus
    if let own {
      values = own
    } else {
      let status = try status()
      values = OwnStatus(status)
      represents = status.represents
    }
    body(&values)
    own = values
  }

  /// Notes that the content (of a directory too) changed now.
  func contentChanged() throws(Errno) {
    let now = vfs.now
    try change {
      $0.modified = now
      $0.changed = now
    }
  }

  /// Notes a read as a `relatime` mount does: when the last one noted is older than the last change,
  /// or than a day. Reads of what is still the host's leave no trace.
  func contentRead() {
    guard let own else { return }
    let now = vfs.now
    guard
      own.accessed.nanoseconds <= own.modified.nanoseconds
        || own.accessed.nanoseconds <= own.changed.nanoseconds
        || own.accessed.tv_sec <= now.tv_sec - 86400
    else { return }
    self.own!.accessed = now
  }

  package override func setAttributes(_ wanted: StatusChange) throws(Errno) {
    let now = vfs.now
    try change { $0.apply(wanted, at: now) }
  }

  package override func readLink() throws(Errno) -> [UInt8] {
    guard kind == .S_IFLNK else { throw .EINVAL }
    guard let lower else { return target }
    return try hosted { () throws(HostError) in
      try vfs.host.readSymbolicLink(at: layers.lowerName(lower))
    }
  }

  // MARK: Content

  override func connect(_ pipe: Pipe) -> Bool {
    fifo.pipe = pipe
    return kind == .S_IFIFO
  }

  /// Goes on with the bytes of an unchanged file that others hold.
  func restoreUnchanged(_ object: MemoryObject) {
    object.owner = self
    unchanged = object
  }

  /// The file's bytes, to be read.
  package func object() throws(Errno) -> MemoryObject {
    if let object = content ?? unchanged { return object }
    guard kind == .S_IFREG else { throw .ENODEV }
    let object: MemoryObject
    if let lower {
      let source = LowerSource(layers, path: lower)
      let size = try hosted { () throws(HostError) in try source.openSize() }
      object = MemoryObject(arena: vfs.arena, source: source, size: size)
      object.owner = self
      unchanged = object
    } else {
      object = MemoryObject(arena: vfs.arena)
      content = object
    }
    return object
  }

  /// The file's bytes, to be changed: from now on they are the node's own.
  package func objectForWriting() throws(Errno) -> MemoryObject {
    if let content { return content }
    let object = try object()
    if own == nil { try change { _ in } }
    content = object
    return object
  }

  package override func memoryObject(writable: Bool) throws(Errno) -> MemoryObject {
    if writable {
      if let seals, !seals.isDisjoint(with: [.F_SEAL_WRITE, .F_SEAL_FUTURE_WRITE]) { throw .EPERM }
      return try objectForWriting()
    }
    return try object()
  }

  package override func truncate(to size: UInt64) throws(Errno) {
    switch kind {
    case .S_IFREG: break
    case .S_IFDIR: throw .EISDIR
    default: throw .EINVAL
    }
    if size > UInt64(Int64.max) { throw .EFBIG }
    if let seals {
      let old = content?.size ?? 0
      if size < old, seals.contains(.F_SEAL_SHRINK) { throw .EPERM }
      if size > old, seals.contains(.F_SEAL_GROW) { throw .EPERM }
    }
    if size == 0, content == nil, unchanged == nil {
      // Nothing of what lies beneath is needed any more.
      if own == nil { try change { _ in } }
      content = MemoryObject(arena: vfs.arena)
    } else {
      try objectForWriting().resize(to: size)
    }
    try contentChanged()
  }

  package override func allocate(_ range: Range<UInt64>, mode: FallocateMode) throws(Errno) {
    guard kind == .S_IFREG else { throw kind == .S_IFDIR ? .EISDIR : .ENODEV }
    if !mode.isDisjoint(with: [.FALLOC_FL_COLLAPSE_RANGE, .FALLOC_FL_INSERT_RANGE]) {
      throw .EOPNOTSUPP
    }
    if range.upperBound > UInt64(Int64.max) { throw .EFBIG }
    let object = try objectForWriting()
    let zeroes = !mode.isDisjoint(with: [.FALLOC_FL_PUNCH_HOLE, .FALLOC_FL_ZERO_RANGE])
    if let seals {
      if zeroes, !seals.isDisjoint(with: [.F_SEAL_WRITE, .F_SEAL_FUTURE_WRITE]) { throw .EPERM }
      if range.upperBound > object.size, !mode.contains(.FALLOC_FL_KEEP_SIZE),
        seals.contains(.F_SEAL_GROW)
      {
        throw .EPERM
      }
    }
    if zeroes, !object.zero(range) { throw .ENOSPC }
    if !mode.contains(.FALLOC_FL_KEEP_SIZE), range.upperBound > object.size {
      guard range.upperBound - object.size <= UInt64(vfs.arena.byteLimit) else { throw .ENOSPC }
      object.resize(to: range.upperBound)
    }
    try contentChanged()
  }

  package override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    switch kind {
    case .S_IFREG:
      // What the host refuses to open is refused now, not at the first read.
      let object = try object()
      return LayeredFile(self, dentry, flags, object)
    case .S_IFIFO: return try fifo.open(flags, at: dentry, number: number, now: vfs.now, vfs.arena)
    case .S_IFLNK: throw .ELOOP
    case .S_IFCHR: return try vfs.openDevice(try status().represents, flags, at: dentry)
    default: throw .ENXIO
    }
  }

  // MARK: Extended attributes

  /// Bytes of all names and values together.
  private static let extendedLimit = 128 << 10

  package override func extendedAttributes() throws(Errno) -> [[UInt8]: [UInt8]] { extended }

  package override func setExtendedAttribute(_ name: [UInt8], _ value: [UInt8]?) throws(Errno) {
    if let value {
      let others = extended.reduce(0) { $0 + ($1.key == name ? 0 : $1.key.count + $1.value.count) }
      guard others + name.count + value.count <= Self.extendedLimit else { throw .ENOSPC }
      try requireRoom(for: name.count + value.count)
    }
    let now = vfs.now
    try change { $0.changed = now }
    extended[name] = value
    account()
  }

  // MARK: Directories

  package override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let node = try entry(name) else { throw .ENOENT }
    return node
  }

  package override func entries() throws(Errno) -> [InodeEntry] { try allEntries() }

  /// All directories above a file that was made here are nodes in memory: the lower directory, which may be a whole
  /// machine's, need not be searched for it.
  package override func entries(leadingTo number: UInt64) throws(Errno) -> [InodeEntry] {
    LayeredFS.isOfLower(number) ? try allEntries() : ownEntries
  }

  package override func create(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    let node = node(.S_IFREG, permissions: permissions, owner: owner)
    try add(name, node)
    return node
  }

  package override func makeDirectory(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    let node = node(.S_IFDIR, permissions: permissions, owner: owner)
    try add(name, node)
    return node
  }

  package override func makeNode(
    _ name: [UInt8], mode: FileMode, device: DeviceNumber, owner: Ownership
  ) throws(Errno) -> Inode {
    guard let kind = mode.type else { throw .EINVAL }
    let node = node(kind, permissions: mode.permissions, owner: owner)
    if kind == .S_IFCHR || kind == .S_IFBLK { node.represents = device }
    try add(name, node)
    return node
  }

  package override func makeSymbolicLink(_ name: [UInt8], to target: [UInt8], owner: Ownership)
    throws(Errno) -> Inode
  {
    let node = node(.S_IFLNK, permissions: 0o777, owner: owner)
    try requireRoom(for: target.count)
    node.target = target
    node.account()
    try add(name, node)
    return node
  }

  package override func link(_ name: [UInt8], to inode: Inode) throws(Errno) {
    guard let node = inode as? LayeredNode, node.layers === layers else { throw .EXDEV }
    // A file without a name may be given one only if it was made so (`O_TMPFILE`).
    if let own = node.own, own.linkCount == 0, !node.isTemporary { throw .ENOENT }
    try add(name, node)
    node.isTemporary = false
    let now = vfs.now
    try node.change {
      $0.linkCount += 1
      $0.changed = now
    }
  }

  package override func unlink(_ name: [UInt8]) throws(Errno) {
    guard let node = try entry(name) else { throw .ENOENT }
    if node.kind == .S_IFDIR { throw .EISDIR }
    try detach(name, node)
    try node.nameRemoved()
  }

  package override func removeDirectory(_ name: [UInt8]) throws(Errno) {
    guard let node = try entry(name) else { throw .ENOENT }
    guard node.kind == .S_IFDIR else { throw .ENOTDIR }
    guard try node.allEntries().isEmpty else { throw .ENOTEMPTY }
    try detach(name, node)
    try node.nameRemoved()
  }

  package override func makeTemporaryFile(permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    guard kind == .S_IFDIR else { throw .ENOTDIR }
    let node = node(.S_IFREG, permissions: permissions, owner: owner)
    node.own!.linkCount = 0
    node.isTemporary = true
    return node
  }

  package override func rename(
    _ name: [UInt8], to directory: Inode, as newName: [UInt8], flags: RenameFlags
  ) throws(Errno) {
    guard let target = directory as? LayeredNode, target.layers === layers else { throw .EXDEV }
    guard let node = try entry(name) else { throw .ENOENT }
    let replaced = try target.entry(newName)
    // In an overlay they are its own affair.
    let leavesWhiteout = flags.contains(.RENAME_WHITEOUT)
    if leavesWhiteout, layers.lower != nil { throw .EINVAL }
    if let own = target.own, own.linkCount == 0 { throw .ENOENT }
    if flags.contains(.RENAME_EXCHANGE) {
      guard let replaced else { throw .ENOENT }
      try detach(name, node)
      try target.detach(newName, replaced)
      try add(name, replaced)
      try target.add(newName, node)
    } else {
      if let replaced {
        if flags.contains(.RENAME_NOREPLACE) { throw .EEXIST }
        if replaced.kind == .S_IFDIR {
          guard node.kind == .S_IFDIR else { throw .EISDIR }
          guard try replaced.allEntries().isEmpty else { throw .ENOTEMPTY }
        } else if node.kind == .S_IFDIR {
          throw .ENOTDIR
        }
        try target.detach(newName, replaced)
        try replaced.nameRemoved()
      }
      try detach(name, node)
      // What lies beneath the new name, should it be the node itself, is shown by the node.
      try target.add(newName, node)
      if leavesWhiteout {
        try add(name, self.node(.S_IFCHR, permissions: 0, owner: Ownership()))
      }
    }
    let now = vfs.now
    try node.change { $0.changed = now }
  }
}
