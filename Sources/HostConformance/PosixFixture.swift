package import HostABI
package import PosixHost

/// The host that Godwit runs on.
package final class PosixFixture: Fixture {
  private let posix: PosixHost
  package var host: any Host { posix }
  package let path: String
  package let root: HostHandle
  private var descriptors: Set<Int32> = []

  /// - Parameter directory: where the empty directory is made.
  package init(_ resolution: NameResolution = .openat2, in directory: String = "/tmp")
    throws(HostError)
  {
    posix = PosixHost(resolution: resolution)
    guard let path = Native.newDirectory(in: directory) else { throw .permissionDenied }
    self.path = path
    root = try posix.granted(path)
  }

  package func grant(_ path: String, isReadOnly: Bool) throws(HostError) {
    try posix.grant(FileGrant(path: bytes(self.path + "/" + path), isReadOnly: isReadOnly))
  }

  /// The URI of a descriptor that the host may have.
  private func inherit(_ descriptor: Int32) -> StreamURI {
    posix.inheritable.insert(descriptor)
    return StreamURI(.stdio, "\(descriptor)")
  }

  private func closeLater(_ new: Int32...) { descriptors.formUnion(new) }

  private func close(_ descriptor: Int32) {
    if descriptors.remove(descriptor) != nil { Native.close(descriptor) }
  }

  package func incoming() -> Incoming {
    let ends = Native.pipe()
    closeLater(ends[0], ends[1])
    return Incoming(
      uri: inherit(ends[0]), send: { Native.write(ends[1], $0) },
      end: { self.close(ends[1]) })
  }

  package func outgoing() -> Outgoing {
    let ends = Native.pipe()
    closeLater(ends[0], ends[1])
    return Outgoing(
      uri: inherit(ends[1]), received: { Native.drain(ends[0]) },
      stopReading: { self.close(ends[0]) })
  }

  package func terminal() -> StreamURI {
    let (master, slave) = Native.terminal()
    closeLater(master, slave)
    return inherit(slave)
  }

  package func inheritedFile(_ text: String, position: UInt64) -> StreamURI {
    let descriptor = Native.file(path + "/inherited")
    closeLater(descriptor)
    Native.write(descriptor, text)
    Native.seek(descriptor, to: position)
    return inherit(descriptor)
  }

  package func allow(_ permission: NetworkPermission) { posix.network = permission }

  package func log(_ message: String) -> [UInt8] {
    Native.standardError { posix.log(message) }
  }

  package func tearDown() {
    for descriptor in descriptors { Native.close(descriptor) }
    Native.removeAll(path)
  }
}

extension PosixHost {
  /// A handle of the host's directory `path`, which is granted for it.
  package func granted(_ path: String) throws(HostError) -> HostHandle {
    try grant(FileGrant(path: Array(path.utf8), isReadOnly: false))
    return try open(StreamURI(.dir, path), [.read, .write])
  }
}
