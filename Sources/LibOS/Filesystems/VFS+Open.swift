package import LinuxABI

extension VFS {
  /// Opens what `path` names as open(2) does. `permissions` are those of a file that `O_CREAT` makes,
  /// before the umask.
  package func open(
    _ path: [UInt8], from start: Dentry, _ flags: OpenFlags, permissions: UInt32 = 0,
    caller: PathCaller, resolve: ResolveFlags = []
  ) throws(Errno) -> OpenFile {
    var walker = Walker(caller, from: start, resolve: resolve)
    if flags.contains(.O_PATH) {
      let dentry = try walker.find(path, follow: !flags.contains(.O_NOFOLLOW))
      if flags.contains(.O_DIRECTORY), !dentry.isDirectory { throw .ENOTDIR }
      return PathFile(dentry, flags)
    }
    if flags.contains(.temporary) {
      return try openTemporary(path, &walker, flags, permissions)
    }
    guard flags.contains(.O_CREAT) else {
      let dentry = try walker.find(path, follow: !flags.contains(.O_NOFOLLOW))
      return try open(dentry, flags, caller)
    }
    if flags.contains(.O_DIRECTORY) { throw .EINVAL }
    return try openOrCreate(path, &walker, flags, permissions)
  }

  /// Opens `dentry`, checking that `caller` may.
  package func open(_ dentry: Dentry, _ flags: OpenFlags, _ caller: PathCaller)
    throws(Errno) -> OpenFile
  {
    let type = dentry.inode.type
    if flags.contains(.O_DIRECTORY), type != .S_IFDIR { throw .ENOTDIR }
    if type == .S_IFLNK { throw .ELOOP }
    let truncates = flags.contains(.O_TRUNC)
    if type == .S_IFDIR, flags.isWritable || truncates || flags.contains(.O_CREAT) {
      throw .EISDIR
    }
    var wanted: AccessMode = []
    // Access mode 3 asks for both permissions (open(2)).
    if flags.isReadable || flags.accessMode == .O_ACCMODE { wanted.insert(.R_OK) }
    if flags.isWritable || flags.accessMode == .O_ACCMODE || truncates { wanted.insert(.W_OK) }
    try caller.credentials.require(wanted, dentry.inode)
    if wanted.contains(.W_OK), dentry.mount.isReadOnly, type == .S_IFREG { throw .EROFS }
    if flags.contains(.O_NOATIME), !caller.credentials.has(.CAP_FOWNER),
      !caller.credentials.owns(try dentry.inode.status())
    {
      throw .EPERM
    }
    if wanted.contains(.W_OK) { try requireNotRunning(dentry.inode) }
    if type == .S_IFREG { try breakLeases(dentry.inode, forWriting: wanted.contains(.W_OK)) }
    let file = try openNode(dentry, flags)
    if truncates, type == .S_IFREG {
      try caller.credentials.removeSetIDs(from: dentry.inode)
      try dentry.inode.truncate(to: 0)
      dentry.report(.IN_MODIFY)
    }
    file.reportOpened()
    return file
  }

  /// EWOULDBLOCK while others have leases on the file: see `awaitedLease`.
  func breakLeases(_ inode: Inode, forWriting: Bool) throws(Errno) {
    guard inode.locksInUse?.leases.isEmpty == false,
      let lease = leaseInTheWay(inode, forWriting)
    else { return }
    awaitedLease = lease
    throw .EWOULDBLOCK
  }

  /// The program of a process may not be written to: ETXTBSY.
  func requireNotRunning(_ inode: Inode) throws(Errno) {
    if inode.wasRun, isRunning(inode) { throw .ETXTBSY }
  }

  private func openNode(_ dentry: Dentry, _ flags: OpenFlags) throws(Errno) -> OpenFile {
    var kept = flags.subtracting(.creation).subtracting(.O_CLOEXEC)
    // What every 64-bit kernel adds (`force_o_largefile`).
    kept.insert(.O_LARGEFILE)
    try dentry.inode.requireOpenable()
    if dentry.isDirectory { return DirectoryFile(dentry, kept) }
    return try dentry.inode.open(kept, at: dentry)
  }

  private func openOrCreate(
    _ path: [UInt8], _ walker: inout Walker, _ flags: OpenFlags, _ permissions: UInt32
  ) throws(Errno) -> OpenFile {
    let caller = walker.caller
    var last = try walker.parent(of: path)
    while true {
      guard last.kind == .name, !last.hasSlash else {
        throw last.kind != .name && flags.contains(.O_EXCL) ? .EEXIST : .EISDIR
      }
      let found: Dentry
      do { found = try walker.step(last) } catch {
        guard error == .ENOENT else { throw error }
        return try createFile(last, flags, permissions, caller)
      }
      if flags.contains(.O_EXCL) { throw .EEXIST }
      guard found.inode.type == .S_IFLNK else { return try open(found, flags, caller) }
      if flags.contains(.O_NOFOLLOW) || walker.resolve.contains(.RESOLVE_NO_SYMLINKS) {
        throw .ELOOP
      }
      if try found.inode.followMagicLink() != nil {
        return try open(try walker.follow(found, in: last.directory), flags, caller)
      }
      // A link to nothing: the file it names is made.
      let target = try walker.readLink(found)
      last = try walker.parent(of: target, from: last.directory)
    }
  }

  private func createFile(
    _ last: LastComponent, _ flags: OpenFlags, _ permissions: UInt32, _ caller: PathCaller
  ) throws(Errno) -> OpenFile {
    try requireWritable(last.directory, caller)
    let inode = try last.directory.inode.create(
      last.name, permissions: permissions & 0o7777 & ~UInt32(caller.fs.umask),
      owner: try owner(in: last.directory, caller))
    last.directory.inode.report(.IN_CREATE, entry: last.name)
    let file = try openNode(last.directory.child(last.name, inode), flags)
    file.reportOpened()
    return file
  }

  private func openTemporary(
    _ path: [UInt8], _ walker: inout Walker, _ flags: OpenFlags, _ permissions: UInt32
  ) throws(Errno) -> OpenFile {
    guard flags.isValidTemporary else { throw .EINVAL }
    let directory = try walker.find(path, follow: true)
    guard directory.isDirectory else { throw .ENOTDIR }
    try requireWritable(directory, walker.caller)
    let inode = try directory.inode.makeTemporaryFile(
      permissions: permissions & 0o7777 & ~UInt32(walker.caller.fs.umask),
      owner: try owner(in: directory, walker.caller))
    // It never gets a name (open(2)).
    if flags.contains(.O_EXCL) { inode.isTemporary = false }
    let file = try openNode(Dentry(unnamed: inode, in: directory), flags)
    file.reportOpened()
    return file
  }
}
