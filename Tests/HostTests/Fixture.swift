import Glibc
import HostABI
import PosixHost
import TestHost
import Testing

/// The hosts that the conformance suite runs against.
enum HostUnderTest: String, CaseIterable, CustomTestStringConvertible {
  /// The second goes down paths as a host without openat2(2) does.
  case posix, posixNameByName, test
  var testDescription: String { rawValue }

  func with(_ body: (any Fixture) throws -> Void) throws {
    let fixture: any Fixture =
      switch self {
      case .posix: try PosixFixture(.openat2)
      case .posixNameByName: try PosixFixture(.nameByName)
      case .test: try TestFixture()
      }
    defer { fixture.tearDown() }
    try body(fixture)
  }
}

/// A host with an empty directory to work in, and control over what it inherits.
protocol Fixture {
  var host: any Host { get }
  /// An empty directory that was granted, and its path.
  var root: HostHandle { get }
  var path: String { get }
  /// Grants what lies at `path` beneath that directory.
  func grant(_ path: String, isReadOnly: Bool) throws(HostError)
  /// A pipe whose writing end the test has.
  func incoming() -> Incoming
  /// A pipe whose reading end the test has.
  func outgoing() -> Outgoing
  /// A terminal, with the test as its user.
  func terminal() -> StreamURI
  /// An inherited file whose descriptor stands at `position`.
  func inheritedFile(_ text: String, position: UInt64) -> StreamURI
  /// Allows this much of the network.
  func allow(_ permission: NetworkPermission)
  func tearDown()
}

struct Incoming {
  var uri: StreamURI
  var send: (String) -> Void
  var end: () -> Void
}

struct Outgoing {
  var uri: StreamURI
  var received: () -> [UInt8]
  var stopReading: () -> Void
}

extension Fixture {
  /// Opens a new file with `text` in it, for reading and writing.
  func file(_ name: String, _ text: String = "") throws(HostError) -> HostHandle {
    let handle = try host.open(
      self.name(name), [.read, .write, .create, .exclusive], permissions: 0o644)
    if !text.isEmpty { try host.writeText(handle, at: 0, text) }
    return handle
  }

  /// Makes a closed file.
  func make(_ name: String, _ text: String = "") throws(HostError) {
    host.close(try file(name, text))
  }

  /// What lies at `path` beneath the root; traps for a path that leads elsewhere.
  func name(_ path: String) -> HostName { HostName(root, RelativePath(bytes(path))!) }

  /// The bytes of a file.
  func text(_ name: String) throws(HostError) -> String {
    let handle = try host.open(self.name(name), .read, permissions: 0)
    defer { host.close(handle) }
    return try host.readText(handle, at: 0)
  }
}

final class TestFixture: Fixture {
  let testHost = TestHost()
  var host: any Host { testHost }
  let path = "/work"
  let root: HostHandle
  private var next: Int32 = 10

  init() throws {
    testHost.files.addDirectory(path)
    try testHost.grant(path)
    root = try testHost.open(StreamURI(.dir, path), [.read, .write])
  }

  func grant(_ path: String, isReadOnly: Bool) throws(HostError) {
    try testHost.grant(self.path + "/" + path, isReadOnly: isReadOnly)
  }

  private func inherit(_ what: Inherited) -> StreamURI {
    next += 1
    testHost.inherited[next] = what
    testHost.inheritable.insert(next)
    return StreamURI(.stdio, "\(next)")
  }

  func incoming() -> Incoming {
    let stream = TestStream(options: .read)
    return Incoming(
      uri: inherit(.stream(stream)), send: { stream.type($0) }, end: { stream.isEnded = true })
  }

  func outgoing() -> Outgoing {
    let stream = TestStream(options: .write)
    stream.room = 65536
    return Outgoing(
      uri: inherit(.stream(stream)),
      received: {
        defer {
          stream.output = []
          stream.room = 65536
        }
        return stream.output
      }, stopReading: { stream.isBroken = true })
  }

  func terminal() -> StreamURI { inherit(.stream(TestStream(isTerminal: true))) }

  func inheritedFile(_ text: String, position: UInt64) -> StreamURI {
    let node = testHost.files.addFile("/inherited\(next)", text)
    return inherit(.file(node, SharedPosition(position), [.read, .write]))
  }

  func allow(_ permission: NetworkPermission) { testHost.network.permission = permission }

  func tearDown() {}
}

final class PosixFixture: Fixture {
  let posix: PosixHost
  var host: any Host { posix }
  let path = Native.temporaryDirectory()
  let root: HostHandle
  private var descriptors: Set<Int32> = []

  init(_ resolution: NameResolution) throws {
    posix = PosixHost(resolution: resolution)
    root = try posix.granted(path)
  }

  func grant(_ path: String, isReadOnly: Bool) throws(HostError) {
    try posix.grant(FileGrant(path: bytes(self.path + "/" + path), isReadOnly: isReadOnly))
  }

  /// The URI of a descriptor that the host may have.
  private func inherit(_ descriptor: Int32) -> StreamURI {
    posix.inheritable.insert(descriptor)
    return StreamURI(.stdio, "\(descriptor)")
  }

  private func closeLater(_ new: Int32...) { descriptors.formUnion(new) }

  private func close(_ descriptor: Int32) {
    if descriptors.remove(descriptor) != nil { Glibc.close(descriptor) }
  }

  func incoming() -> Incoming {
    let ends = Native.pipe()
    closeLater(ends[0], ends[1])
    return Incoming(
      uri: inherit(ends[0]), send: { Native.write(ends[1], $0) },
      end: { self.close(ends[1]) })
  }

  func outgoing() -> Outgoing {
    let ends = Native.pipe()
    closeLater(ends[0], ends[1])
    return Outgoing(
      uri: inherit(ends[1]), received: { Native.drain(ends[0]) },
      stopReading: { self.close(ends[0]) })
  }

  func terminal() -> StreamURI {
    let (master, slave) = Native.terminal()
    closeLater(master, slave)
    return inherit(slave)
  }

  func inheritedFile(_ text: String, position: UInt64) -> StreamURI {
    // SAFETY: the path lives through the call.
    let descriptor = unsafe open(path + "/inherited", O_RDWR | O_CREAT, 0o600)
    precondition(descriptor >= 0)
    closeLater(descriptor)
    Native.write(descriptor, text)
    lseek(descriptor, off_t(position), SEEK_SET)
    return inherit(descriptor)
  }

  func allow(_ permission: NetworkPermission) { posix.network = permission }

  func tearDown() {
    for descriptor in descriptors { Glibc.close(descriptor) }
    Native.removeAll(path)
  }
}

extension PosixHost {
  /// A handle of the host's directory `path`, which is granted for it.
  func granted(_ path: String) throws(HostError) -> HostHandle {
    try grant(FileGrant(path: Array(path.utf8), isReadOnly: false))
    return try open(StreamURI(.dir, path), [.read, .write])
  }
}
