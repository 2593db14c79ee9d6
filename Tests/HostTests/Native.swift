import Glibc
import HostABI
import PosixHost

/// Native calls that tests make without the host.
enum Native {
  /// Both ends of a pipe, inherited by children as a shell's would be: [read, write].
  static func pipe() -> [Int32] {
    var ends: [Int32] = [-1, -1]
    // SAFETY: room for two descriptors.
    let result = unsafe Glibc.pipe(&ends)
    precondition(result == 0)
    return ends
  }

  /// Both ends of a stream socket pair.
  static func socketPair() -> [Int32] {
    var ends: [Int32] = [-1, -1]
    // SAFETY: room for two descriptors.
    let result = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
    precondition(result == 0)
    return ends
  }

  /// A new pseudoterminal: its master, and an inheritable slave.
  static func terminal() -> (master: Int32, slave: Int32) {
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

  static func makeFIFO(_ path: String) {
    // SAFETY: the path lives through the call.
    let result = unsafe mkfifo(path, 0o600)
    precondition(result == 0)
  }

  static func isNonBlocking(_ descriptor: Int32) -> Bool {
    fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0
  }

  static func write(_ descriptor: Int32, _ text: String) {
    let bytes = Array(text.utf8)
    // SAFETY: the buffer has that many bytes.
    let count = unsafe Glibc.write(descriptor, bytes, bytes.count)
    precondition(count == bytes.count)
  }

  /// The bytes that can be read at once.
  static func drain(_ descriptor: Int32) -> [UInt8] {
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

  /// A new empty directory.
  static func temporaryDirectory() -> String {
    var template = Array("/tmp/godwit-test-XXXXXX".utf8CString)
    // SAFETY: a terminated template that mkdtemp fills in.
    let made = unsafe mkdtemp(&template)
    precondition(unsafe made != nil)
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes `path` and everything below it.
  static func removeAll(_ path: String) {
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

  static func now() -> Int64 {
    var time = timespec()
    // SAFETY: filled in during the call.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
