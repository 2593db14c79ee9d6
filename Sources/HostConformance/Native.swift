#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
import HostABI
import PosixHost
import Synchronization

/// Native calls that are made without the host: what its surroundings do, and tests.
package enum Native {
  /// Both ends of a pipe, inherited by children as a shell's would be: [read, write].
  package static func pipe() -> [Int32] {
    var ends: [Int32] = [-1, -1]
    let result = native_pipe(&ends)
    precondition(result == 0)
    return ends
  }

  /// Both ends of a stream socket pair.
  package static func socketPair() -> [Int32] {
    var ends: [Int32] = [-1, -1]
    // SAFETY: room for two descriptors.
    let result = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
    precondition(result == 0)
    return ends
  }

  /// A new pseudoterminal: its master, and an inheritable slave.
  package static func terminal() -> (master: Int32, slave: Int32) {
    // SAFETY: paths are literals or live through the call, and both requests want one number.
    let master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var number: Int32 = 0
    // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)): unlock the slave, and which is it?
    precondition(unsafe master >= 0 && ioctl(master, 0x4004_5431, &number) == 0)
    precondition(unsafe ioctl(master, 0x8004_5430, &number) == 0)
    let slave = unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    precondition(slave >= 0)
    return (master, slave)
  }

  package static func makeFIFO(_ path: String) {
    // SAFETY: the path lives through the call.
    let result = unsafe mkfifo(path, 0o600)
    precondition(result == 0)
  }

  package static func isNonBlocking(_ descriptor: Int32) -> Bool {
    fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0
  }

  package static func write(_ descriptor: Int32, _ text: String) {
    let bytes = Array(text.utf8)
    let count = native_write(descriptor, bytes)
    precondition(count == bytes.count)
  }

  package static func close(_ descriptor: Int32) { native_close(descriptor) }

  /// A new file, open for reading and writing.
  static func file(_ path: String) -> Int32 {
    // SAFETY: the path lives through the call.
    let descriptor = unsafe open(path, O_RDWR | O_CREAT, 0o600)
    precondition(descriptor >= 0)
    return descriptor
  }

  static func seek(_ descriptor: Int32, to position: UInt64) {
    lseek(descriptor, off_t(position), SEEK_SET)
  }

  /// The bytes that can be read at once.
  package static func drain(_ descriptor: Int32) -> [UInt8] {
    var all: [UInt8] = []
    var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // SAFETY: one item, and a buffer of the size given.
    while unsafe poll(&item, 1, 0) == 1, item.revents & Int16(POLLIN) != 0 {
      var buffer = [UInt8](repeating: 0, count: 65536)
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count <= 0 { break }
      all += buffer[..<count]
    }
    return all
  }

  /// What is written to standard error while `body` runs, by whomever.
  static func standardError(_ body: () -> Void) -> [UInt8] {
    // One at a time: it is the process's.
    while isRedirected.exchange(true, ordering: .acquiring) { sched_yield() }
    defer { isRedirected.store(false, ordering: .releasing) }
    let ends = pipe()
    let own = dup(2)
    dup2(ends[1], 2)
    body()
    dup2(own, 2)
    for descriptor in [own, ends[1]] { close(descriptor) }
    defer { close(ends[0]) }
    return drain(ends[0])
  }

  private static let isRedirected = Atomic(false)

  /// A new empty directory.
  package static func temporaryDirectory() -> String {
    guard let path = newDirectory(in: "/tmp") else { preconditionFailure("/tmp is not writable") }
    return path
  }

  /// A new empty directory in `parent`: its path without symbolic links. Nil if none can be made.
  static func newDirectory(in parent: String) -> String? {
    var template = Array((parent + "/godwit-test-XXXXXX").utf8CString)
    // SAFETY: a terminated template that mkdtemp fills in, and a path that is freed once it was copied.
    guard unsafe mkdtemp(&template) != nil, let path = unsafe realpath(template, nil) else {
      return nil
    }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  /// Removes `path` and everything below it.
  package static func removeAll(_ path: String) {
    let host = PosixHost()
    func empty(_ name: HostName) throws {
      for entry in try host.entries(of: name) {
        let child = try name.child(entry.name)
        if entry.kind == .directory { try empty(child) }
        try host.remove(at: child, isDirectory: entry.kind == .directory)
      }
    }
    guard let root = try? host.granted(path) else { return }
    try? empty(HostName(root))
    // SAFETY: the path lives through the call.
    _ = unsafe rmdir(path)
  }

  package static func now() -> Int64 {
    var time = timespec()
    // SAFETY: filled in during the call.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

// Members of `Native` have the names of these three.

private func native_pipe(_ ends: inout [Int32]) -> Int32 {
  // SAFETY: the caller has room for two descriptors.
  unsafe pipe(&ends)
}

private func native_write(_ descriptor: Int32, _ bytes: [UInt8]) -> Int {
  // SAFETY: the buffer has that many bytes.
  unsafe write(descriptor, bytes, bytes.count)
}

private func native_close(_ descriptor: Int32) { _ = close(descriptor) }
