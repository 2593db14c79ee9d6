/// The name of a file of the host: a path beneath a directory that the picoprocess has open.
///
/// The host walks down from that directory, component by component, and follows no symbolic links. The result
/// is always beneath the directory, whatever others rename meanwhile.
package struct HostName: Hashable, Sendable {
  package let directory: HostHandle
  package let path: RelativePath

  /// The file at `path` beneath `directory`. With an empty path it is `directory` itself, which may then be
  /// any open file, even one without a name.
  package init(_ directory: HostHandle, _ path: RelativePath = .here) {
    self.directory = directory
    self.path = path
  }

  /// The entry `name` of this directory. Throws `invalid` if no entry can have that name.
  package func child(_ name: [UInt8]) throws(HostError) -> HostName {
    guard let name = FileName(name) else { throw .invalid }
    return HostName(directory, path.appending(name))
  }
}
