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
  /// Reads what a file has from `offset` on until `buffer` is full or the file ends; false when it fails.
  func fill(_ buffer: inout MutableRawSpan, from handle: HostHandle, at offset: UInt64) -> Bool {
    do throws(HostError) {
      var done = 0
      while done < buffer.byteCount {
        var rest = buffer._mutatingExtracting(done..<buffer.byteCount)
        let count = try read(handle, at: offset + UInt64(done), into: &rest)
        if count == 0 { break }
        done += count
      }
      return true
    } catch {
      return false
    }
  }

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
