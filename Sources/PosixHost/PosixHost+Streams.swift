internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension PosixHost {
  /// The regular file that is open as `handle`, for another thread.
  package func input(of handle: HostHandle) throws(HostError) -> InputFile {
    try InputFile(sharing: handle.rawValue)
  }

  // MARK: Opening

  package func open(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle {
    switch uri.scheme {
    case .file, .dir: try openGranted(uri, options)
    case .stdio: try openInherited(uri.path)
    case .tty where !permitsTerminal: throw .noDevice
    case .tty:
      try adopt(
        system_open(Array("/dev/tty".utf8), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK))
    case .tcp, .udp: try openNetwork(uri, options)
    case .pipe: throw .notSupported
    }
  }

  package func open(
    _ name: HostName, _ options: OpenOptions, permissions: UInt16
  ) throws(HostError) -> HostHandle {
    let flags = try PosixHost.flags(options)
    let changes = !options.isDisjoint(with: [.write, .create, .unnamed])
    let place = try place(name, changes: changes)
    // A file opened beneath a directory has the same access as the directory.
    let reach = try stream(name.directory).reach
    if case .nothing = reach { throw .permissionDenied }
    let descriptor =
      if options.contains(.unnamed) {
        try makeUnnamed(place, flags, permissions)
      } else if place.name.isEmpty {
        try reopen(place.descriptor, options, flags)
      } else if options.contains(.create) {
        try create(place, flags, options.contains(.exclusive), permissions)
      } else {
        try system_openat(place.descriptor, place.name, flags)
      }
    return try adopt(descriptor, reach: reach)
  }

  /// The flags of open(2). Throws `invalid` for options that make no sense together.
  private static func flags(_ options: OpenOptions) throws(HostError) -> Int32 {
    // Non-blocking, so that opening a FIFO or a device doesn't wait.
    var flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    let bytes = options.intersection([.read, .write])
    switch bytes {
    case [.read, .write]: flags |= O_RDWR
    case .read: flags |= O_RDONLY
    case .write: flags |= O_WRONLY
    default:
      guard options.subtracting(.directory) == .path else { throw .invalid }
      flags = O_CLOEXEC | system_O_PATH
    }
    if options.contains(.path), !bytes.isEmpty { throw .invalid }
    if options.contains(.directory) {
      guard options.isDisjoint(with: [.create, .unnamed]) else { throw .invalid }
      flags |= O_DIRECTORY
    }
    if !options.isDisjoint(with: [.truncate, .unnamed]), !options.contains(.write) {
      throw .invalid
    }
    if options.contains(.unnamed), options.contains(.create) { throw .invalid }
    if options.contains(.truncate) { flags |= O_TRUNC }
    return flags
  }

  /// Reopens the file that is open as `descriptor` with other flags.
  private func reopen(
    _ descriptor: Int32, _ options: OpenOptions, _ flags: Int32
  ) throws(HostError) -> Int32 {
    if options.contains(.create) { throw .exists }
    let attributes = try system_statat(descriptor, [])
    let opened =
      attributes.kind == .directory
      ? try system_openat(descriptor, [UInt8(ascii: ".")], flags)
      : try system_reopen(descriptor, flags)
    do throws(HostError) {
      let again = try system_statat(opened, [])
      guard (again.device, again.inode) == (attributes.device, attributes.inode) else {
        throw .notFound
      }
      return opened
    } catch {
      system_close(opened)
      throw error
    }
  }

  private func makeUnnamed(
    _ place: borrowing Place, _ flags: Int32, _ permissions: UInt16
  ) throws(HostError) -> Int32 {
    guard system_O_TMPFILE != 0 else { throw .notSupported }
    let path = place.name.isEmpty ? [UInt8(ascii: ".")] : place.name
    let descriptor = try system_openat(
      place.descriptor, path, flags | system_O_TMPFILE, permissions & 0o7777)
    do throws(HostError) {
      try system_fchmod(descriptor, permissions & 0o7777)
      return descriptor
    } catch {
      system_close(descriptor)
      throw error
    }
  }

  /// Opens or creates a file. Only a new one gets `permissions`, all of them, whatever the umask.
  private func create(
    _ place: borrowing Place, _ flags: Int32, _ isExclusive: Bool, _ permissions: UInt16
  ) throws(HostError) -> Int32 {
    while true {
      do throws(HostError) {
        let descriptor = try system_openat(
          place.descriptor, place.name, flags | O_CREAT | O_EXCL, permissions & 0o7777)
        do throws(HostError) {
          try system_fchmod(descriptor, permissions & 0o7777)
        } catch {
          system_close(descriptor)
          throw error
        }
        return descriptor
      } catch .exists where !isExclusive {}
      do throws(HostError) {
        let descriptor = try system_openat(place.descriptor, place.name, flags)
        // As with open(2) and O_CREAT, also for reading.
        guard try FileKind(mode: system_fstat(descriptor).st_mode) != .directory else {
          system_close(descriptor)
          throw .isDirectory
        }
        return descriptor
      } catch .notFound {}
      // It was removed in between: try again.
    }
  }

  /// Duplicates the inherited descriptor with the number `path`.
  private func openInherited(_ path: [UInt8]) throws(HostError) -> HostHandle {
    guard let number = Int32(String(decoding: path, as: UTF8.self)), number >= 0 else {
      throw .invalid
    }
    guard inheritable.contains(number) else { throw .permissionDenied }
    // Inherited descriptors have no close-on-exec flag, unlike those that this process opened.
    let flags = godwit_fcntl(number, F_GETFD, 0)
    guard flags != -1, flags & FD_CLOEXEC == 0,
      !PosixHost.closedStandardStreams.contains(number)
    else { throw .notFound }
    return try adopt(system_fcntl(number, F_DUPFD_CLOEXEC, 3), isInherited: true)
  }

  /// Adds `descriptor` to the table of open streams; closes it on failure.
  func adopt(
    _ descriptor: Int32, isInherited: Bool = false, reach: FileReach = .nothing
  ) throws(HostError) -> HostHandle {
    do throws(HostError) {
      let status = try system_fstat(descriptor)
      let (kind, transfer) = PosixHost.classify(descriptor, status)
      let stream = OpenStream(
        kind: kind, transfer: transfer, isInherited: isInherited, reach: reach)
      while streams.count <= Int(descriptor) { streams.append(nil) }
      streams[Int(descriptor)] = stream
      return HostHandle(descriptor)
    } catch {
      system_close(descriptor)
      throw error
    }
  }

  private static func classify(_ descriptor: Int32, _ status: stat) -> (StreamKind, Transfer) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: (.file(.regular), .positioned)
    case S_IFDIR: (.file(.directory), .positioned)
    case S_IFBLK: (.file(.blockDevice), .positioned)
    case S_IFCHR where isatty(descriptor) == 1: (.terminal, .terminal)
    case S_IFCHR: (.file(.characterDevice), .other)
    case S_IFIFO: (.pipe, .pipe)
    case S_IFSOCK: (.pipe, .socket)
    default: (.other, .other)
    }
  }

  package func close(_ handle: HostHandle) {
    guard (try? stream(handle)) != nil else { return }
    streams[Int(handle.rawValue)] = nil
    system_close(handle.rawValue)
  }

  /// The entry of an open handle.
  @inline(__always)
  func stream(_ handle: HostHandle) throws(HostError) -> OpenStream {
    let index = Int(handle.rawValue)
    guard streams.indices.contains(index), let stream = streams[index] else { throw .invalid }
    return stream
  }

  package func kind(of handle: HostHandle) throws(HostError) -> StreamKind {
    try stream(handle).kind
  }

  package func options(of handle: HostHandle) throws(HostError) -> OpenOptions {
    _ = try stream(handle)
    let flags = try system_fcntl(handle.rawValue, F_GETFL)
    if flags & system_O_PATH != 0 { return .path }
    var options: OpenOptions =
      switch flags & O_ACCMODE {
      case O_RDONLY: .read
      case O_WRONLY: .write
      default: [.read, .write]
      }
    if flags & O_APPEND != 0 { options.insert(.append) }
    return options
  }

  // MARK: Moving bytes

  package func read(
    _ handle: HostHandle, at offset: UInt64?, into buffer: inout MutableRawSpan
  ) throws(HostError) -> Int {
    let stream = try stream(handle)
    let descriptor = handle.rawValue
    if let offset {
      guard let offset = Int64(exactly: offset) else { throw .invalid }
      return try system_pread(descriptor, &buffer, offset)
    }
    if buffer.byteCount == 0 { return 0 }
    switch stream.transfer {
    case .positioned: break
    case .socket: return try system_recv(descriptor, &buffer)
    case .terminal, .pipe, .other:
      // Poll first, since the description may be a blocking one. It does not block when it is ready.
      if stream.isInherited && system_poll_now(descriptor, Int16(POLLIN)) == 0 {
        if stream.transfer == .terminal { try system_stop_in_background(of: descriptor) }
        throw .wouldBlock
      }
    }
    return try system_read(descriptor, &buffer)
  }

  package func write(
    _ handle: HostHandle, at offset: UInt64?, from bytes: RawSpan
  ) throws(HostError) -> Int {
    let stream = try stream(handle)
    let descriptor = handle.rawValue
    if let offset {
      guard let offset = Int64(exactly: offset) else { throw .invalid }
      return try system_pwrite(descriptor, bytes, offset)
    }
    if bytes.byteCount == 0 { return 0 }
    var limit = Int.max
    switch stream.transfer {
    case .positioned: break
    case .socket: return try system_send(descriptor, bytes)
    case .terminal, .pipe, .other:
      // A blocking description that is ready accepts this much: a pipe has room for PIPE_BUF bytes (pipe(7)),
      // and it is less than the buffer of a line discipline.
      guard stream.isInherited else { break }
      if system_poll_now(descriptor, Int16(POLLOUT)) == 0 { throw .wouldBlock }
      limit = stream.transfer == .pipe ? Int(PIPE_BUF) : 1024
    }
    return try system_write(descriptor, bytes, limit: limit)
  }

  package func position(of handle: HostHandle) throws(HostError) -> UInt64 {
    _ = try stream(handle)
    return UInt64(try system_lseek(handle.rawValue, 0, SEEK_CUR))
  }

  package func setPosition(of handle: HostHandle, to offset: UInt64) throws(HostError) {
    _ = try stream(handle)
    guard let offset = Int64(exactly: offset) else { throw .invalid }
    try system_lseek(handle.rawValue, offset, SEEK_SET)
  }

  package func flush(_ handle: HostHandle, metadata: Bool) throws(HostError) {
    _ = try stream(handle)
    if metadata {
      try system_fsync(handle.rawValue)
    } else {
      try system_fdatasync(handle.rawValue)
    }
  }

  package func setLength(_ handle: HostHandle, to length: UInt64) throws(HostError) {
    _ = try stream(handle)
    guard let length = Int64(exactly: length) else { throw .invalid }
    try system_ftruncate(handle.rawValue, length)
  }

  package func allocate(
    _ handle: HostHandle, _ range: Range<UInt64>, _ how: Allocation
  ) throws(HostError) {
    _ = try stream(handle)
    guard let start = Int64(exactly: range.lowerBound), let end = Int64(exactly: range.upperBound),
      start < end
    else { throw .invalid }
    // linux/falloc.h: KEEP_SIZE 1, PUNCH_HOLE 2, which needs KEEP_SIZE.
    let mode: Int32 =
      switch how {
      case .reserve(let keepSize): keepSize ? 1 : 0
      case .punchHole: 3
      }
    try system_fallocate(handle.rawValue, mode, start, end - start)
  }
}
