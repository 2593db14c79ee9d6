import LinuxABI
import Machine

extension SyscallContext {
  var vfs: VFS { kernel.vfs }

  /// On whose behalf this call walks paths.
  var pathCaller: PathCaller {
    PathCaller(fs: fs, credentials: credentials)
  }

  /// The open file in argument `index`, for calls that O_PATH files refuse (EBADF).
  func usableFile(_ index: Int) throws(Errno) -> OpenFile {
    let file = try file(index)
    if file.flags.contains(.O_PATH) { throw .EBADF }
    return file
  }

  /// Where the path in a call starts: the directory behind descriptor argument `index`, which an
  /// absolute path does not need.
  func start(_ index: Int, _ path: [UInt8]) throws(Errno) -> Dentry {
    let descriptor = int(index)
    if descriptor == AtFlags.AT_FDCWD || path.first == UInt8(ascii: "/") { return fs.cwd }
    if path.isEmpty { throw .ENOENT }
    guard let dentry = try files.file(descriptor).dentry else { throw .ENOTDIR }
    return dentry
  }

  /// What a path and descriptor name: a place in the tree, or an open file without one.
  enum Target {
    case dentry(Dentry)
    case file(OpenFile)

    func status() throws(Errno) -> FileStatus {
      switch self {
      case .dentry(let dentry): try dentry.status()
      case .file(let file): try file.status()
      }
    }

    var inode: Inode {
      get throws(Errno) {
        switch self {
        case .dentry(let dentry): dentry.inode
        case .file(let file): try file.inode
        }
      }
    }

    /// Reports something to whoever watches it.
    func report(_ event: InotifyMask) {
      switch self {
      case .dentry(let dentry): dentry.report(event)
      case .file(let file): (try? file.inode)?.report(event)
      }
    }

    var mount: Mount? {
      switch self {
      case .dentry(let dentry): dentry.mount
      case .file: nil
      }
    }
  }

  /// The target of descriptor argument `index` and `path`, which may be empty with `AT_EMPTY_PATH`.
  func target(_ index: Int, _ path: [UInt8], _ flags: AtFlags, follow: Bool? = nil)
    throws(Errno) -> Target
  {
    if path.isEmpty, flags.contains(.AT_EMPTY_PATH) {
      if int(index) == AtFlags.AT_FDCWD { return .dentry(fs.cwd) }
      let file = try file(index)
      if let dentry = file.dentry { return .dentry(dentry) }
      return .file(file)
    }
    var walker = Walker(pathCaller, from: try start(index, path))
    let follow = follow ?? !flags.contains(.AT_SYMLINK_NOFOLLOW)
    let dentry = try walker.find(path, follow: follow)
    if let stand = dentry.inode as? OpenFileInode { return .file(stand.file) }
    return .dentry(dentry)
  }

  /// The target of a path relative to the current directory.
  func target(_ path: [UInt8], follow: Bool = true) throws(Errno) -> Target {
    var walker = Walker(pathCaller, from: fs.cwd)
    let dentry = try walker.find(path, follow: follow)
    if let stand = dentry.inode as? OpenFileInode { return .file(stand.file) }
    return .dentry(dentry)
  }

  /// The target of an open file.
  func target(of file: OpenFile) -> Target {
    file.dentry.map { .dentry($0) } ?? .file(file)
  }

  /// The path in argument `index`, empty for NULL with `AT_EMPTY_PATH`.
  func path(_ index: Int, _ flags: AtFlags) throws(Errno) -> [UInt8] {
    if flags.contains(.AT_EMPTY_PATH), address(index).isNull { return [] }
    return try path(index)
  }

  /// `AT_*` flags in argument `index`; EINVAL for any beside those allowed.
  func atFlags(_ index: Int, _ allowed: AtFlags) throws(Errno) -> AtFlags {
    let flags = AtFlags(rawValue: uint(index))
    guard flags.subtracting(allowed).isEmpty else { throw .EINVAL }
    return flags
  }
}
