package import LinuxABI

// Making, linking, renaming and removing names: what all filesystems share of it.
extension FileMode {
  fileprivate var isDevice: Bool { type == .S_IFCHR || type == .S_IFBLK }
}

extension VFS {
  /// Throws unless `caller` may add names to and remove names from `directory`.
  package func requireWritable(_ directory: Dentry, _ caller: PathCaller) throws(Errno) {
    if directory.mount.isReadOnly { throw .EROFS }
    if directory.isDeleted { throw .ENOENT }
    try caller.credentials.require([.W_OK, .X_OK], directory.inode)
  }

  /// Who owns what `caller` makes in `directory`: a set-group-id directory hands its group down.
  package func owner(in directory: Dentry, _ caller: PathCaller) throws(Errno) -> Ownership {
    var owner = caller.credentials.ownership
    let status = try directory.inode.status()
    if status.mode.permissions & FileMode.S_ISGID != 0 { owner.gid = status.gid }
    return owner
  }

  /// The place for a new name: EEXIST when it is taken.
  private func vacancy(
    _ path: [UInt8], from start: Dentry, _ caller: PathCaller, isDirectory: Bool
  ) throws(Errno) -> LastComponent {
    var walker = Walker(caller, from: start)
    let last = try walker.parent(of: path)
    guard last.kind == .name else { throw .EEXIST }
    var missing = false
    do { _ = try walker.step(last) } catch {
      guard error == .ENOENT else { throw error }
      missing = true
    }
    guard missing else { throw .EEXIST }
    // Only a directory may be made by a name that ends in a slash.
    if last.hasSlash, !isDirectory { throw .ENOENT }
    try requireWritable(last.directory, caller)
    return last
  }

  package func makeDirectory(
    _ path: [UInt8], from start: Dentry, permissions: UInt32, caller: PathCaller
  ) throws(Errno) {
    let last = try vacancy(path, from: start, caller, isDirectory: true)
    var permissions = permissions & 0o1777 & ~UInt32(caller.fs.umask)
    permissions |= try last.directory.inode.status().mode.permissions & FileMode.S_ISGID
    _ = try last.directory.inode.makeDirectory(
      last.name, permissions: permissions, owner: try owner(in: last.directory, caller))
    last.directory.inode.report([.IN_CREATE, .IN_ISDIR], entry: last.name)
  }

  package func makeNode(
    _ path: [UInt8], from start: Dentry, mode: FileMode, device: DeviceNumber, caller: PathCaller
  ) throws(Errno) {
    switch mode.rawValue & FileMode.S_IFMT {
    case 0, FileType.S_IFREG.rawValue, FileType.S_IFIFO.rawValue, FileType.S_IFSOCK.rawValue,
      FileType.S_IFCHR.rawValue, FileType.S_IFBLK.rawValue:
      break
    case FileType.S_IFDIR.rawValue: throw .EPERM
    default: throw .EINVAL
    }
    let last = try vacancy(path, from: start, caller, isDirectory: false)
    if mode.isDevice, !caller.credentials.has(.CAP_MKNOD) {
      // A whiteout harms nobody (mknod(2)).
      guard mode.type == .S_IFCHR, device.rawValue == 0 else { throw .EPERM }
    }
    let owner = try owner(in: last.directory, caller)
    var mode = mode
    mode.permissions &= ~UInt32(caller.fs.umask)
    switch mode.rawValue & FileMode.S_IFMT {
    case 0, FileType.S_IFREG.rawValue:
      _ = try last.directory.inode.create(last.name, permissions: mode.permissions, owner: owner)
    default:
      _ = try last.directory.inode.makeNode(last.name, mode: mode, device: device, owner: owner)
    }
    last.directory.inode.report(.IN_CREATE, entry: last.name)
  }

  /// Makes a socket of the filesystem and returns its name, for `bind(2)`.
  package func makeSocket(_ path: [UInt8], mode: FileMode, caller: PathCaller)
    throws(Errno) -> Dentry
  {
    let last = try vacancy(path, from: caller.fs.cwd, caller, isDirectory: false)
    var mode = mode
    mode.permissions &= ~UInt32(caller.fs.umask)
    let inode = try last.directory.inode.makeNode(
      last.name, mode: mode, device: DeviceNumber(major: 0, minor: 0),
      owner: try owner(in: last.directory, caller))
    return last.directory.child(last.name, inode)
  }

  package func makeSymbolicLink(
    _ path: [UInt8], from start: Dentry, to target: [UInt8], caller: PathCaller
  ) throws(Errno) {
    if target.isEmpty { throw .ENOENT }
    let last = try vacancy(path, from: start, caller, isDirectory: false)
    _ = try last.directory.inode.makeSymbolicLink(
      last.name, to: target, owner: try owner(in: last.directory, caller))
    last.directory.inode.report(.IN_CREATE, entry: last.name)
  }

  package func link(_ existing: Dentry, to path: [UInt8], from start: Dentry, caller: PathCaller)
    throws(Errno)
  {
    let last = try vacancy(path, from: start, caller, isDirectory: false)
    guard existing.mount === last.directory.mount else { throw .EXDEV }
    if existing.isDirectory { throw .EPERM }
    try last.directory.inode.link(last.name, to: existing.inode)
    existing.inode.report(.IN_ATTRIB)
    last.directory.inode.report(.IN_CREATE, entry: last.name)
  }

  package func unlink(_ path: [UInt8], from start: Dentry, caller: PathCaller) throws(Errno) {
    var walker = Walker(caller, from: start)
    let last = try walker.parent(of: path)
    guard last.kind == .name else { throw .EISDIR }
    let found = try walker.step(last)
    if last.hasSlash {
      throw found.isDirectory ? .EISDIR : .ENOTDIR
    }
    try requireWritable(last.directory, caller)
    try caller.credentials.requireRemovable(found.inode, from: last.directory.inode)
    if found.isDirectory { throw .EISDIR }
    if found.mount !== last.directory.mount { throw .EBUSY }
    let isLast = isLastName(found)
    try last.directory.inode.unlink(last.name)
    last.directory.forget(last.name)
    found.inode.report(.IN_ATTRIB)
    reportRemoved(found, isLast)
    last.directory.inode.report(.IN_DELETE, entry: last.name)
  }

  package func removeDirectory(_ path: [UInt8], from start: Dentry, caller: PathCaller)
    throws(Errno)
  {
    var walker = Walker(caller, from: start)
    let last = try walker.parent(of: path)
    switch last.kind {
    case .dot: throw .EINVAL
    case .dotDot: throw .ENOTEMPTY
    case .root: throw .EBUSY
    case .name: break
    }
    let found = try walker.step(last)
    try requireWritable(last.directory, caller)
    try caller.credentials.requireRemovable(found.inode, from: last.directory.inode)
    guard found.isDirectory else { throw .ENOTDIR }
    if found.mount !== last.directory.mount || found === caller.fs.root { throw .EBUSY }
    let isLast = isLastName(found)
    try last.directory.inode.removeDirectory(last.name)
    last.directory.forget(last.name)
    reportRemoved(found, isLast)
    last.directory.inode.report([.IN_DELETE, .IN_ISDIR], entry: last.name)
  }

  /// Whether somebody wants to know when the file is gone, and it goes with this name.
  private func isLastName(_ dentry: Dentry) -> Bool {
    guard !dentry.inode.watchList.isEmpty else { return false }
    return dentry.isDirectory || ((try? dentry.inode.status().linkCount) ?? 1) <= 1
  }

  private func reportRemoved(_ dentry: Dentry, _ isLast: Bool) {
    if isLast { dentry.inode.wasRemoved = true }
    dentry.inode.reportNameRemoved()
  }

  package func rename(
    _ path: [UInt8], from start: Dentry, to newPath: [UInt8], from newStart: Dentry,
    flags: RenameFlags, caller: PathCaller
  ) throws(Errno) {
    var walker = Walker(caller, from: start)
    var newWalker = Walker(caller, from: newStart)
    let from = try walker.parent(of: path)
    let to = try newWalker.parent(of: newPath)
    guard from.directory.mount === to.directory.mount else { throw .EXDEV }
    guard from.kind == .name else { throw .EBUSY }
    guard to.kind == .name else { throw flags.contains(.RENAME_NOREPLACE) ? .EEXIST : .EBUSY }
    let moving = try walker.step(from)
    let isDirectory = moving.isDirectory
    var target: Dentry?
    do { target = try newWalker.step(to) } catch { if error != .ENOENT { throw error } }
    if flags.contains(.RENAME_NOREPLACE), target != nil { throw .EEXIST }
    if flags.contains(.RENAME_EXCHANGE), target == nil { throw .ENOENT }
    // Only directories have names with a slash at the end.
    if from.hasSlash, !isDirectory { throw .ENOTDIR }
    if to.hasSlash, !isDirectory {
      if !flags.contains(.RENAME_EXCHANGE) || target?.isDirectory != true { throw .ENOTDIR }
    }
    if isDirectory, moving.contains(to.directory) { throw .EINVAL }
    if let target, target.isDirectory, target.contains(from.directory) {
      throw flags.contains(.RENAME_EXCHANGE) ? .EINVAL : .ENOTEMPTY
    }
    try requireWritable(from.directory, caller)
    try requireWritable(to.directory, caller)
    try caller.credentials.requireRemovable(moving.inode, from: from.directory.inode)
    if let target {
      try caller.credentials.requireRemovable(target.inode, from: to.directory.inode)
      // Two names of one file: nothing happens (rename(2)).
      if target.inode === moving.inode { return }
      if target.mount !== to.directory.mount { throw .EBUSY }
      if !flags.contains(.RENAME_EXCHANGE) {
        if target.isDirectory, !isDirectory { throw .EISDIR }
        if !target.isDirectory, isDirectory { throw .ENOTDIR }
      }
    }
    if moving.mount !== from.directory.mount { throw .EBUSY }
    let isExchange = flags.contains(.RENAME_EXCHANGE)
    let isLast = target.map { isLastName($0) } ?? false
    try from.directory.inode.rename(
      from.name, to: to.directory.inode, as: to.name, flags: flags)
    from.directory.moved(from.name, to: to.directory, as: to.name, exchange: isExchange)
    reportMoved(moving, from, to, replacing: isExchange ? nil : target)
    guard let target else { return }
    if isExchange {
      reportMoved(target, to, from, replacing: nil)
    } else {
      reportRemoved(target, isLast)
    }
  }

  private func reportMoved(
    _ moved: Dentry, _ from: LastComponent, _ to: LastComponent, replacing target: Dentry?
  ) {
    lastRenameCookie &+= 1
    let kind: InotifyMask = moved.isDirectory ? .IN_ISDIR : []
    from.directory.inode.report(
      kind.union(.IN_MOVED_FROM), entry: from.name, cookie: lastRenameCookie)
    to.directory.inode.report(kind.union(.IN_MOVED_TO), entry: to.name, cookie: lastRenameCookie)
    if from.directory === to.directory { from.directory.inode.watchList.tellNotices(.DN_RENAME) }
    target?.inode.report(.IN_ATTRIB)
    moved.inode.report(.IN_MOVE_SELF)
  }
}
