import HostABI
import LinuxABI
import Machine

extension SyscallTable {
  static let nativeStreamRows: [SyscallRow] = [
    nativeCall(1, "open(_:_:)", [.inBuffer(length: 1), .size, .hex]) { call throws(Errno) in
      try open(call)
    },
    nativeCall(2, "open(_:_:permissions:)", [.address, .hex, .octal]) { call throws(Errno) in
      try openBeneath(call)
    },
    nativeCall(3, "close(_:)", [.fd]) { call throws(Errno) in
      if let file = try? call.handle(0) {
        releaseClaims(call.process, file)
        call.process.native.readOnly.remove(call.int(0))
        try call.files.close(call.int(0))
      }
      return .success
    },
    nativeCall(4, "kind(of:)", [.fd]) { call throws(Errno) in
      .value(try kind(try call.handle(0)))
    },
    nativeCall(5, "options(of:)", [.fd]) { call throws(Errno) in
      .value(UInt64(options(try call.handle(0)).rawValue))
    },
    nativeCall(6, "read(_:at:into:)", [.fd, .hex, .outBuffer, .size]) { call throws(Errno) in
      let file = try movable(call)
      return try call.read(
        file, try call.buffer(2), at: try place(call, file), isNonBlocking: true)
    },
    nativeCall(7, "write(_:at:from:)", [.fd, .hex, .inBuffer(length: 3), .size]) {
      call throws(Errno) in
      let file = try movable(call)
      return try call.write(
        file, try call.buffer(2), at: try place(call, file), isNonBlocking: true)
    },
    nativeCall(8, "position(of:)", [.fd]) { call throws(Errno) in
      .value(try seekable(call).position())
    },
    nativeCall(9, "setPosition(of:to:)", [.fd, .hex]) { call throws(Errno) in
      guard call.signed(1) >= 0 else { throw .EINVAL }
      try seekable(call).setPosition(call[1])
      return .success
    },
    nativeCall(10, "flush(_:metadata:)", [.fd, .int]) { call throws(Errno) in
      try call.handle(0).flush(metadata: call[1] != 0)
      return .success
    },
    nativeCall(11, "setLength(_:to:)", [.fd, .hex]) { call throws(Errno) in
      _ = try call.handle(0)
      return try sys_ftruncate(call)
    },
    nativeCall(12, "allocate(_:_:_:)", [.fd, .hex, .hex, .int]) { call throws(Errno) in
      _ = try call.handle(0)
      guard call.signed(1) >= 0, call[1] < call[2], call.signed(2) >= 0 else { throw .EINVAL }
      let mode: FallocateMode
      switch call[3] {
      case 0: mode = []
      case 1: mode = .FALLOC_FL_KEEP_SIZE
      case 2: mode = [.FALLOC_FL_PUNCH_HOLE, .FALLOC_FL_KEEP_SIZE]
      default: throw .EINVAL
      }
      return try sys_fallocate(
        call.with(call[0], UInt64(mode.rawValue), call[1], call[2] - call[1]))
    },
  ]
}

// MARK: Opening

/// `open(_:_:)`: what the run's options give, and nothing of the host's own.
private func open(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let text = try call.bytes(0, limit: Limits.PATH_MAX + 8, orElse: .ENAMETOOLONG)
  let options = OpenOptions(rawValue: call.uint(2))
  guard call[2] >> 10 == 0, let colon = text.firstIndex(of: UInt8(ascii: ":")),
    let scheme = StreamURI.Scheme(rawValue: String(decoding: text[..<colon], as: UTF8.self))
  else { throw .EINVAL }
  let path = Array(text[(colon + 1)...])
  switch scheme {
  case .file: return try openGrant(call, path, options, mustBeDirectory: false)
  case .dir: return try openGrant(call, path, options, mustBeDirectory: true)
  case .stdio:
    guard !path.isEmpty, let number = Int32(String(decoding: path, as: UTF8.self)), number >= 0
    else { throw .EINVAL }
    // No others are given to a program, whatever the process has open.
    guard number < NativeProcess.firstHandle else { throw .EACCES }
    guard let file = try? call.files.file(number) else { throw .ENOENT }
    return try call.giveHandle(file)
  case .tty:
    guard path.isEmpty else { throw .EINVAL }
    let caller = call.exactCaller
    return try call.giveHandle(
      try call.vfs.open(
        Array("/dev/tty".utf8), from: caller.fs.root, [.O_RDWR, .O_NOCTTY, .O_NONBLOCK],
        caller: caller))
  case .tcp, .udp:
    guard let address = NetworkAddress(String(decoding: path, as: UTF8.self)) else {
      throw .EINVAL
    }
    return try call.openSocket(address, options, isStream: scheme == .tcp)
  case .pipe: throw .EOPNOTSUPP
  }
}

/// The root, and each place in the tree where something is mounted, are what a guest was granted.
private func openGrant(
  _ call: SyscallContext, _ path: [UInt8], _ options: OpenOptions, mustBeDirectory: Bool
) throws(Errno) -> SyscallResult {
  guard options == [.read] || options == [.read, .write], path.first == UInt8(ascii: "/"),
    !path.contains(0)
  else { throw .EINVAL }
  let caller = call.exactCaller
  let grant =
    path == [UInt8(ascii: "/")]
    ? caller.fs.root : call.vfs.shownMounts.first { $0.path == path }?.root.crossed
  guard let grant, call.vfs.path(of: grant, in: caller.fs) != nil else { throw .EACCES }
  if mustBeDirectory, !grant.isDirectory { throw .ENOTDIR }
  if options.contains(.write), grant.mount.isReadOnly { throw .EROFS }
  return try call.giveHandle(PathFile(grant), isReadOnly: !options.contains(.write))
}

/// `open(_:_:permissions:)`.
private func openBeneath(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let name = try NativeName(call, 0)
  let options = OpenOptions(rawValue: call.uint(1))
  let isReadOnly = call.process.native.readOnly.contains(name.directory)
  guard call[1] >> 10 == 0, call[2] & ~0o7777 == 0 else { throw .EINVAL }
  let flags = try openFlags(options)
  if isReadOnly, !options.isDisjoint(with: [.write, .create, .unnamed]) { throw .EROFS }
  let caller = call.exactCaller
  let file: OpenFile
  switch try call.place(name) {
  case .file: throw .EACCES
  case .dentry(let start) where name.path.isEmpty:
    file =
      options.contains(.path)
      ? PathFile(start)
      : flags.contains(.temporary)
        ? try call.vfs.open(
          [UInt8(ascii: ".")], from: start, flags, permissions: call.uint(2), caller: caller)
        : try call.vfs.open(start, flags, caller)
  case .dentry(let start):
    file = try call.vfs.open(
      name.path.bytes, from: start, flags, permissions: call.uint(2), caller: caller,
      resolve: .beneath)
  }
  if options.contains(.directory), (try file.inode).type != .S_IFDIR {
    file.retain()
    file.release()
    throw .ENOTDIR
  }
  return try call.giveHandle(file, isReadOnly: isReadOnly)
}

/// The flags of open(2) for a set of options: EINVAL for those that do not go together.
private func openFlags(_ options: OpenOptions) throws(Errno) -> OpenFlags {
  if options.contains(.path) {
    guard options.subtracting(.directory) == .path else { throw .EINVAL }
    return [.O_PATH, .O_NOFOLLOW]
  }
  let reads = options.contains(.read)
  let writes = options.contains(.write)
  guard reads || writes, options.isDisjoint(with: [.append, .listen]),
    !options.contains(.exclusive) || options.contains(.create),
    !options.contains(.truncate) || writes,
    !options.contains(.directory) || options.isDisjoint(with: [.create, .unnamed]),
    !options.contains(.unnamed) || writes && options.isDisjoint(with: [.create, .truncate])
  else { throw .EINVAL }
  var flags: OpenFlags = [.O_NOFOLLOW, .O_NONBLOCK, .O_NOCTTY]
  if writes { flags.insert(reads ? .O_RDWR : .O_WRONLY) }
  if options.contains(.create) { flags.insert(.O_CREAT) }
  if options.contains(.exclusive) { flags.insert(.O_EXCL) }
  if options.contains(.truncate) { flags.insert(.O_TRUNC) }
  if options.contains(.directory) { flags.insert(.O_DIRECTORY) }
  if options.contains(.unnamed) { flags.formUnion([.temporary, .O_DIRECTORY]) }
  return flags
}

// MARK: What is open

/// The number of a stream's kind: a file's, or beyond those of files.
private func kind(_ file: OpenFile) throws(Errno) -> UInt64 {
  if let stream = file as? HostStreamFile {
    switch stream.kind {
    case .file(let kind): return UInt64(kind.rawValue)
    case .terminal: return 16
    case .pipe: return 17
    case .other: return 18
    }
  }
  if file.flags.contains(.O_PATH) { return UInt64(FileKind((try file.inode).type).rawValue) }
  if file.terminal != nil { return 16 }
  if file.socket != nil { return 17 }
  let kind = FileKind(try file.status().type)
  return kind == .fifo ? 17 : UInt64(kind.rawValue)
}

private func options(_ file: OpenFile) -> OpenOptions {
  if file.flags.contains(.O_PATH) { return .path }
  var options: OpenOptions = []
  if file.isReadable { options.insert(.read) }
  if file.isWritable { options.insert(.write) }
  if file.flags.contains(.O_APPEND) { options.insert(.append) }
  return options
}

/// What bytes can be read from or written to in order, or at an offset.
private func movable(_ call: SyscallContext) throws(Errno) -> OpenFile {
  let file = try call.handle(0)
  if file.flags.contains(.O_PATH) || file.socket.map({ !$0.isStream }) == true { throw .EBADF }
  return file
}

private func place(_ call: SyscallContext, _ file: OpenFile) throws(Errno) -> UInt64? {
  let offset = try call.offset(1)
  if offset != nil, !file.isSeekable { throw .ESPIPE }
  return offset
}

private func seekable(_ call: SyscallContext) throws(Errno) -> OpenFile {
  let file = try movable(call)
  guard file.isSeekable else { throw .ESPIPE }
  return file
}
