package import HostABI

/// A directory or file of the host that was granted to the picoprocess, open as long as somebody uses it. All
/// files beneath are reached from it, by relative names.
package final class HostBase {
  package let uri: StreamURI
  package let handle: HostHandle
  private let host: any Host

  /// Opens what was granted as `uri`.
  package init(_ host: any Host, _ uri: StreamURI, isReadOnly: Bool) throws(HostError) {
    self.host = host
    self.uri = uri
    handle = try host.open(uri, isReadOnly ? .read : [.read, .write])
  }

  deinit { host.close(handle) }

  package func name(_ path: RelativePath) -> HostName { HostName(handle, path) }
}

extension Host {
  /// Opens the directory that `names` lead down to from the directory `start`, for names alone. Their path
  /// may be longer than a host takes at once.
  func openDirectory(_ names: [FileName], below start: HostHandle) throws(HostError) -> HostHandle {
    var place = try open(HostName(start), [.path, .directory], permissions: 0)
    var rest = names[...]
    while !rest.isEmpty {
      var path = RelativePath.here
      while let name = rest.first, path.bytes.count + name.bytes.count < 4000 {
        path = path.appending(name)
        rest.removeFirst()
      }
      let old = place
      defer { close(old) }
      place = try open(HostName(old, path), [.path, .directory], permissions: 0)
    }
    return place
  }
}
