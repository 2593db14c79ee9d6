package import HostABI

/// A host to be checked, with an empty directory to work in, and control over what it inherits.
///
/// To check another host, write this for it.
package protocol Fixture {
  var host: any Host { get }
  /// An empty directory that was granted, and its path.
  var root: HostHandle { get }
  var path: String { get }
  /// Grants what lies at `path` beneath that directory.
  func grant(_ path: String, isReadOnly: Bool) throws(HostError)
  /// A pipe whose writing end the check has.
  func incoming() -> Incoming
  /// A pipe whose reading end the check has.
  func outgoing() -> Outgoing
  /// A terminal, with the check as its user.
  func terminal() -> StreamURI
  /// An inherited file whose descriptor stands at `position`.
  func inheritedFile(_ text: String, position: UInt64) -> StreamURI
  /// Allows this much of the network.
  func allow(_ permission: NetworkPermission)
  /// Has the host log a message: what comes out of the process's standard error.
  func log(_ message: String) -> [UInt8]
  /// Takes away all that was made.
  func tearDown()
  /// The version of the contract that the host states.
  var version: HostABIVersion { get }
  /// What keeps the host from being checked; nil if nothing does.
  var trouble: Trouble? { get }
}

/// What a host did that no check can judge.
package enum Trouble: Sendable {
  /// It took more time than a check has.
  case late
  case other(String)
}

extension Fixture {
  package var version: HostABIVersion { type(of: host).version }
  package var trouble: Trouble? { nil }
}

/// The other end of a pipe that the host reads.
package struct Incoming {
  package var uri: StreamURI
  package var send: (String) -> Void
  package var end: () -> Void

  package init(uri: StreamURI, send: @escaping (String) -> Void, end: @escaping () -> Void) {
    self.uri = uri
    self.send = send
    self.end = end
  }
}

/// The other end of a pipe that the host writes.
package struct Outgoing {
  package var uri: StreamURI
  package var received: () -> [UInt8]
  package var stopReading: () -> Void

  package init(
    uri: StreamURI, received: @escaping () -> [UInt8], stopReading: @escaping () -> Void
  ) {
    self.uri = uri
    self.received = received
    self.stopReading = stopReading
  }
}

extension Fixture {
  /// Opens a new file with `text` in it, for reading and writing.
  package func file(_ name: String, _ text: String = "") throws(HostError) -> HostHandle {
    let handle = try host.open(
      self.name(name), [.read, .write, .create, .exclusive], permissions: 0o644)
    if !text.isEmpty { try host.writeText(handle, at: 0, text) }
    return handle
  }

  /// Makes a closed file.
  package func make(_ name: String, _ text: String = "") throws(HostError) {
    host.close(try file(name, text))
  }

  /// What lies at `path` beneath the root; traps for a path that leads elsewhere.
  package func name(_ path: String) -> HostName { HostName(root, RelativePath(bytes(path))!) }

  /// The bytes of a file.
  package func text(_ name: String) throws(HostError) -> String {
    let handle = try host.open(self.name(name), .read, permissions: 0)
    defer { host.close(handle) }
    return try host.readText(handle, at: 0)
  }
}
