// All raw calls of this target, and nothing else: `system_foo` wraps `foo`. Native errors are translated
// here, at the call that failed. Interrupted calls are retried.

internal import CPosixShims
internal import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Retries `call` while it is interrupted; throws the error if it returns -1.
@inline(__always)
func checked<R: FixedWidthInteger & SignedInteger>(_ call: () -> R) throws(HostError) -> R {
  while true {
    let result = call()
    if result != -1 { return result }
    let number = errno
    if number != EINTR { throw HostError(errno: number) }
  }
}

// SAFETY (all of this file): pointers passed to the calls below point to values or buffers that
// outlive the call, with the size that is passed beside them.

/// Lends `path` as a C string. A path with a NUL in it is `invalid`, an empty one `notFound`.
@inline(__always)
func withCPath<R>(
  _ path: [UInt8], _ body: (UnsafePointer<CChar>) throws(HostError) -> R
) throws(HostError) -> R {
  if path.isEmpty { throw .notFound }
  return try unsafe withCName(path, body)
}

/// The same for a name that may be empty.
@inline(__always)
func withCName<R>(
  _ path: [UInt8], _ body: (UnsafePointer<CChar>) throws(HostError) -> R
) throws(HostError) -> R {
  if path.contains(0) { throw .invalid }
  let terminated = path + [0]
  let result: Result<R, HostError> = unsafe terminated.withUnsafeBufferPointer { bytes in
    // SAFETY: CChar and UInt8 have the same layout, and the array ends in NUL.
    unsafe bytes.withMemoryRebound(to: CChar.self) { text in
      do throws(HostError) {
        return .success(try unsafe body(text.baseAddress!))
      } catch {
        return .failure(error)
      }
    }
  }
  return try result.get()
}

// MARK: Descriptors

func system_open(_ path: [UInt8], _ flags: Int32, _ mode: UInt16 = 0) throws(HostError) -> Int32 {
  try unsafe withCPath(path) { (path) throws(HostError) in
    try checked { unsafe godwit_open(path, flags, mode_t(mode)) }
  }
}

/// Never retried: after EINTR the descriptor is already closed (close(2), Linux).
func system_close(_ fd: Int32) { _ = close(fd) }

@discardableResult
func system_fcntl(_ fd: Int32, _ command: Int32, _ argument: Int32 = 0) throws(HostError) -> Int32 {
  try checked { godwit_fcntl(fd, command, argument) }
}

/// Reads into `buffer` behind its first `skipped` bytes.
func system_read(
  _ fd: Int32, _ buffer: inout MutableRawSpan, skipping skipped: Int = 0
) throws(HostError) -> Int {
  precondition(skipped >= 0 && skipped <= buffer.byteCount)
  return try unsafe buffer.withUnsafeMutableBytes { (bytes) throws(HostError) in
    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[skipped...])
    return try checked { unsafe read(fd, rest.baseAddress, rest.count) }
  }
}

/// Reads into `buffer` behind its first `skipped` bytes.
func system_pread(
  _ fd: Int32, _ buffer: inout MutableRawSpan, skipping skipped: Int = 0, _ offset: Int64
) throws(HostError) -> Int {
  precondition(skipped >= 0 && skipped <= buffer.byteCount)
  return try unsafe buffer.withUnsafeMutableBytes { (bytes) throws(HostError) in
    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[skipped...])
    return try checked { unsafe pread(fd, rest.baseAddress, rest.count, off_t(offset)) }
  }
}

/// Doesn't wait.
func system_recv(_ fd: Int32, _ buffer: inout MutableRawSpan) throws(HostError) -> Int {
  try unsafe buffer.withUnsafeMutableBytes { (bytes) throws(HostError) in
    try checked { unsafe recv(fd, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT)) }
  }
}

/// Writes at most `limit` bytes.
func system_write(
  _ fd: Int32, _ bytes: RawSpan, limit: Int = Int.max
) throws(HostError) -> Int {
  try unsafe bytes.withUnsafeBytes { (bytes) throws(HostError) in
    try checked { unsafe write(fd, bytes.baseAddress, min(bytes.count, limit)) }
  }
}

func system_pwrite(_ fd: Int32, _ bytes: RawSpan, _ offset: Int64) throws(HostError) -> Int {
  try unsafe bytes.withUnsafeBytes { (bytes) throws(HostError) in
    try checked { unsafe pwrite(fd, bytes.baseAddress, bytes.count, off_t(offset)) }
  }
}

/// Neither waits nor raises SIGPIPE.
func system_send(_ fd: Int32, _ bytes: RawSpan) throws(HostError) -> Int {
  try unsafe bytes.withUnsafeBytes { (bytes) throws(HostError) in
    try checked { unsafe godwit_send(fd, bytes.baseAddress, bytes.count) }
  }
}

@discardableResult
func system_lseek(_ fd: Int32, _ offset: Int64, _ whence: Int32) throws(HostError) -> Int64 {
  Int64(try checked { lseek(fd, off_t(offset), whence) })
}

func system_ftruncate(_ fd: Int32, _ length: Int64) throws(HostError) {
  _ = try checked { ftruncate(fd, off_t(length)) }
}

/// Writes through to storage, which takes more than fsync(2) on Darwin.
func system_fsync(_ fd: Int32) throws(HostError) {
  #if canImport(Darwin)
    if godwit_fcntl(fd, F_FULLFSYNC, 0) == 0 { return }
  #endif
  _ = try checked { fsync(fd) }
}

func system_fdatasync(_ fd: Int32) throws(HostError) {
  #if canImport(Darwin)
    try system_fsync(fd)
  #else
    _ = try checked { fdatasync(fd) }
  #endif
}

/// fallocate(2), with its mode bits; `notSupported` where there is none.
func system_fallocate(
  _ fd: Int32, _ mode: Int32, _ offset: Int64, _ length: Int64
) throws(HostError) {
  _ = try checked { godwit_fallocate(fd, mode, offset, length) }
}

func system_fstat(_ fd: Int32) throws(HostError) -> stat {
  var status = stat()
  _ = try checked { unsafe fstat(fd, &status) }
  return status
}

func system_fchmod(_ fd: Int32, _ mode: UInt16) throws(HostError) {
  _ = try checked { fchmod(fd, mode_t(mode)) }
}

func system_flock(_ fd: Int32, _ operation: Int32) throws(HostError) {
  _ = try checked { flock(fd, operation) }
}

// MARK: Paths, for files that are not the guest's

func system_lstat(_ path: [UInt8]) throws(HostError) -> stat {
  var status = stat()
  _ = try unsafe withCPath(path) { (path) throws(HostError) in
    try checked { unsafe lstat(path, &status) }
  }
  return status
}

func system_mkdir(_ path: [UInt8], _ mode: UInt16) throws(HostError) {
  _ = try unsafe withCPath(path) { (path) throws(HostError) in
    try checked { unsafe mkdir(path, mode_t(mode)) }
  }
}

func system_rename(_ from: [UInt8], _ to: [UInt8]) throws(HostError) {
  _ = try unsafe withCPath(from) { (from) throws(HostError) in
    try unsafe withCPath(to) { (to) throws(HostError) in
      try checked { unsafe rename(from, to) }
    }
  }
}

func system_unlink(_ path: [UInt8]) throws(HostError) {
  _ = try unsafe withCPath(path) { (path) throws(HostError) in
    try checked { unsafe unlink(path) }
  }
}

/// realpath(3): absolute, without symbolic links. All components must exist.
func system_realpath(_ path: [UInt8]) throws(HostError) -> [UInt8] {
  try unsafe withCPath(path) { (path) throws(HostError) in
    guard let resolved = unsafe realpath(path, nil) else { throw HostError(errno: errno) }
    defer { unsafe free(resolved) }
    let bytes = unsafe UnsafeRawBufferPointer(start: resolved, count: strlen(resolved))
    return unsafe Array(bytes)
  }
}

/// The entries of an open directory with their `d_type`s, without `.` and `..`, in no particular order. Takes
/// ownership of `fd` and closes it.
func system_readdir(_ fd: Int32) throws(HostError) -> [(name: [UInt8], type: UInt8)] {
  guard let directory = unsafe fdopendir(fd) else {
    let error = HostError(errno: errno)
    close(fd)
    throw error
  }
  defer { unsafe closedir(directory) }
  var entries: [(name: [UInt8], type: UInt8)] = []
  while true {
    var name: UnsafePointer<CChar>?
    var length = 0
    var type: UInt8 = 0
    guard try checked({ unsafe godwit_readdir(directory, &name, &length, &type) }) == 1
    else { return entries }
    let bytes = unsafe Array(UnsafeRawBufferPointer(start: name, count: length))
    if bytes == [46] || bytes == [46, 46] { continue }
    entries.append((bytes, type))
  }
}

// MARK: Terminals

func system_get_termios2(_ fd: Int32) throws(HostError) -> godwit_termios2 {
  var modes = godwit_termios2()
  _ = try checked { unsafe godwit_get_termios2(fd, &modes) }
  return modes
}

/// `when`: 0 now, 1 drained, 2 flushed.
func system_set_termios2(
  _ fd: Int32, _ when: Int32, _ modes: godwit_termios2
) throws(HostError) {
  var modes = modes
  _ = try checked { unsafe godwit_set_termios2(fd, when, &modes) }
}

func system_get_window_size(_ fd: Int32) throws(HostError) -> WindowSize {
  var size: [UInt16] = [0, 0, 0, 0]
  _ = try checked { unsafe godwit_ioctl_get_window_size(fd, &size) }
  return WindowSize(rows: size[0], columns: size[1], pixelWidth: size[2], pixelHeight: size[3])
}

func system_set_window_size(_ fd: Int32, _ size: WindowSize) throws(HostError) {
  let size = [size.rows, size.columns, size.pixelWidth, size.pixelHeight]
  _ = try checked { unsafe godwit_ioctl_set_window_size(fd, size) }
}

func system_fionread(_ fd: Int32) throws(HostError) -> Int {
  var count: Int32 = 0
  _ = try checked { unsafe godwit_ioctl_fionread(fd, &count) }
  return Int(count)
}

func system_tcflush(_ fd: Int32, _ queue: Int32) throws(HostError) {
  _ = try checked { tcflush(fd, queue) }
}

/// Stops this process and its group, as read(2) does, if another group is in the foreground of the terminal
/// `fd`. Throws `io` if SIGTTIN is ignored, as read(2) does.
func system_stop_in_background(of fd: Int32) throws(HostError) {
  let foreground = tcgetpgrp(fd)
  guard foreground >= 0, foreground != getpgrp() else { return }
  // The kernel does it, also for other processes of the group that this process cannot signal.
  _ = try checked { read(fd, nil, 0) }
}

/// Runs `body` with SIGTTOU blocked, so that a background process may set its terminal's modes.
func system_with_sigttou_blocked(_ body: () -> Void) {
  var set = sigset_t()
  var old = sigset_t()
  unsafe sigemptyset(&set)
  unsafe sigaddset(&set, SIGTTOU)
  unsafe pthread_sigmask(SIG_BLOCK, &set, &old)
  body()
  unsafe pthread_sigmask(SIG_SETMASK, &old, nil)
}

// MARK: Waiting, time and the rest

/// Polls `items` for at most `timeout` nanoseconds (nil: for ever). Returns false if a signal arrived.
func system_poll(_ items: inout [pollfd], timeout: Int64?) -> Bool {
  let count = nfds_t(items.count)
  return unsafe godwit_poll(&items, count, timeout ?? -1) >= 0
}

/// The events of one descriptor at this moment.
func system_poll_now(_ fd: Int32, _ events: Int16) -> Int16 {
  var item = pollfd(fd: fd, events: events, revents: 0)
  while unsafe poll(&item, 1, 0) < 0 && errno == EINTR {}
  return item.revents
}

func system_clock_gettime(_ clock: clockid_t) -> HostTime {
  var time = timespec()
  unsafe clock_gettime(clock, &time)
  return HostTime(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
}

/// Fills `buffer` from the kernel's random number generator; ends the process if there is none.
func system_entropy(_ buffer: inout MutableRawSpan) {
  unsafe buffer.withUnsafeMutableBytes { bytes in
    guard bytes.count > 0 else { return }
    let result = unsafe godwit_random(bytes.baseAddress, bytes.count)
    precondition(result == 0, "the system has no random bytes")
  }
}

/// The value of an environment variable.
func system_getenv(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  return unsafe String(cString: value)
}

/// The strings of the environment.
func system_environment() -> [[UInt8]] {
  var strings: [[UInt8]] = []
  guard var next = unsafe godwit_environment() else { return [] }
  while let string = unsafe next.pointee {
    unsafe strings.append(Array(UnsafeRawBufferPointer(start: string, count: strlen(string))))
    unsafe next += 1
  }
  return strings
}

func system_gethostname() -> String {
  var name = [UInt8](repeating: 0, count: 256)
  let result = unsafe name.withUnsafeMutableBytes {
    unsafe gethostname($0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count - 1)
  }
  return result == 0 ? String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) : "localhost"
}

/// The name of the kernel, its release and the machine's (uname(2)).
func system_uname() -> [String] {
  var name = utsname()
  unsafe uname(&name)
  func text<T>(_ field: T) -> String {
    unsafe withUnsafeBytes(of: field) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
  return [text(name.sysname), text(name.release), text(name.machine)]
}

/// Bytes of physical memory.
func system_memory() -> UInt64 {
  UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
}

// MARK: Mapping

/// Maps `count` bytes of a file read-only, or as code.
@unsafe func system_mmap(_ fd: Int32, _ count: Int, isCode: Bool = false) throws(HostError)
  -> UnsafeRawPointer
{
  let protection = isCode ? PROT_READ | PROT_EXEC : PROT_READ
  guard let base = unsafe mmap(nil, count, protection, MAP_PRIVATE, fd, 0),
    unsafe base != MAP_FAILED
  else { throw HostError(errno: errno) }
  return UnsafeRawPointer(base)
}

@unsafe func system_munmap(_ base: UnsafeRawPointer, _ count: Int) {
  _ = unsafe munmap(UnsafeMutableRawPointer(mutating: base), count)
}

// MARK: Unix sockets

func system_socket_unix() throws(HostError) -> Int32 {
  try checked { godwit_socket_unix() }
}

func system_bind(_ fd: Int32, _ path: [UInt8]) throws(HostError) {
  _ = try unsafe withCPath(path) { (path) throws(HostError) in
    try checked { unsafe godwit_bind_unix(fd, path) }
  }
}

func system_connect(_ fd: Int32, _ path: [UInt8]) throws(HostError) {
  _ = try unsafe withCPath(path) { (path) throws(HostError) in
    try checked { unsafe godwit_connect_unix(fd, path) }
  }
}

func system_listen(_ fd: Int32, _ backlog: Int32) throws(HostError) {
  _ = try checked { listen(fd, backlog) }
}

func system_accept(_ fd: Int32) throws(HostError) -> Int32 {
  try checked { godwit_accept(fd) }
}

func system_peer_user(_ fd: Int32) throws(HostError) -> UInt32 {
  var user: UInt32 = 0
  _ = try checked { unsafe godwit_peer_user(fd, &user) }
  return user
}
