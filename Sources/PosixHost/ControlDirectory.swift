internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Where running picoprocesses are found: a directory of one user, with a socket `NAME.sock` for each.
package struct ControlDirectory: Sendable {
  package let path: [UInt8]

  /// Uses the directory at `path`, which is created with mode 0700 if it is missing.
  ///
  /// Throws `permissionDenied` if others own the directory or can enter it, `notDirectory` if it is not a
  /// directory, and `notFound` if its parent is missing.
  package init(_ path: String) throws(HostError) {
    self.path = Array(path.utf8)
    do throws(HostError) { try system_mkdir(self.path, 0o700) } catch .exists {}
    let status = try system_lstat(self.path)
    guard FileKind(mode: status.st_mode) == .directory else { throw .notDirectory }
    guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else { throw .permissionDenied }
  }

  /// `$XDG_RUNTIME_DIR/godwit`, or `/tmp/godwit-UID` if there is no such runtime directory.
  package static func standard() throws(HostError) -> ControlDirectory {
    if let runtime = system_getenv("XDG_RUNTIME_DIR"), runtime.hasPrefix("/") {
      do throws(HostError) {
        return try ControlDirectory(runtime + "/godwit")
      } catch .notFound {}
    }
    return try ControlDirectory("/tmp/godwit-\(geteuid())")
  }

  /// Whether `name` is valid for a picoprocess: 1 to 64 letters, digits, `.`, `_` and `-`, not starting with
  /// `.`, nor with `-`, which would make it an option where a command is given the name.
  package static func isValid(name: String) -> Bool {
    let allowed: (UInt8) -> Bool = { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(allowed)
      && !name.hasPrefix(".") && !name.hasPrefix("-")
  }

  /// What is wrong with a name that is not valid.
  package static func refusal(ofName name: String) -> String {
    "'\(name)' can't be a name: 1 to 64 letters, digits, '.', '_' and '-', no '.' or '-' in front"
  }

  /// The names that have a socket, sorted. The socket of a killed picoprocess stays until somebody connects.
  package func names() throws(HostError) -> [String] {
    let directory = try system_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    let suffix = ".sock"
    return try system_readdir(directory).map { String(decoding: $0.name, as: UTF8.self) }
      .filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }.sorted()
  }

  /// Connects to the picoprocess `name`. Throws `notFound` if there is none, and removes a socket that it
  /// left behind.
  package func connect(to name: String) throws(HostError) -> ControlConnection {
    let socket = try socketPath(name)
    do throws(HostError) {
      return ControlConnection(try attempt(socket))
    } catch .connectionRefused {}
    return try withLock { () throws(HostError) in
      do throws(HostError) {
        return ControlConnection(try attempt(socket))
      } catch .connectionRefused {
        try system_unlink(socket)
        try? system_unlink(ControlListener.recordPath(socket))
        throw .notFound
      }
    }
  }

  /// What the picoprocess `name` has left here before it was confined.
  package func record(of name: String) throws(HostError) -> [UInt8] {
    let path = ControlListener.recordPath(try socketPath(name))
    let file = try InputFile(String(decoding: path, as: UTF8.self))
    return try file.read(at: 0, count: ControlListener.recordLimit)
  }

  /// Starts listening for connections to `name`. Throws `exists` if another process listens.
  package func listen(as name: String) throws(HostError) -> ControlListener {
    let socket = try socketPath(name)
    let descriptor = try system_socket_unix()
    do throws(HostError) {
      try withLock { () throws(HostError) in
        do throws(HostError) {
          try withAddress(socket) { (path) throws(HostError) in try system_bind(descriptor, path) }
        } catch .addressInUse {
          // The owner either listens, or was killed and left the socket behind.
          do throws(HostError) {
            system_close(try attempt(socket))
            throw .exists
          } catch .connectionRefused {}
          try system_unlink(socket)
          try withAddress(socket) { (path) throws(HostError) in try system_bind(descriptor, path) }
        }
        try system_listen(descriptor, 16)
      }
    } catch {
      system_close(descriptor)
      throw error
    }
    return ControlListener(descriptor: descriptor, path: socket)
  }

  private func socketPath(_ name: String) throws(HostError) -> [UInt8] {
    guard ControlDirectory.isValid(name: name) else { throw .invalid }
    return path + Array("/\(name).sock".utf8)
  }

  private func attempt(_ socket: [UInt8]) throws(HostError) -> Int32 {
    let descriptor = try system_socket_unix()
    do throws(HostError) {
      try withAddress(socket) { (path) throws(HostError) in try system_connect(descriptor, path) }
    } catch {
      system_close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Calls `body` with a path of `socket` that fits into a socket address (108 bytes on Linux, unix(7)).
  private func withAddress(
    _ socket: [UInt8], _ body: ([UInt8]) throws(HostError) -> Void
  ) throws(HostError) {
    if socket.count < 100 { return try body(socket) }
    let directory = try system_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { system_close(directory) }
    // If there is no shorter name, the call fails because this one is too long.
    try body((system_descriptor_path(directory) ?? path) + socket[path.count...])
  }

  /// Runs `body` under a lock, so that no other process binds or removes a socket here.
  private func withLock<R>(_ body: () throws(HostError) -> R) throws(HostError) -> R {
    let lock = try system_open(path + Array("/.lock".utf8), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { system_close(lock) }
    try system_flock(lock, LOCK_EX)
    return try body()
  }
}
