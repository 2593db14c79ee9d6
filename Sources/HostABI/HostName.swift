/// The name of a file of the host: a path beneath a directory that the picoprocess has open.
///
/// A host goes down from that directory, name by name, and follows no symbolic link: what a name means
/// lies beneath the directory, whatever others rename meanwhile.
package struct HostName: Hashable, Sendable {
  package let directory: HostHandle
  package let path: RelativePath

  /// What lies at `path` beneath `directory`. With an empty path it is what is open as `directory`, which
  /// then may be any file, one without a name included.
  package init(_ directory: HostHandle, _ path: RelativePath = .here) {
    self.directory = directory
    self.path = path
  }

  /// The entry `name` of this directory. Throws `invalid` when no entry can have that name.
  package func child(_ name: [UInt8]) throws(HostError) -> HostName {
    guard let name = FileName(name) else { throw .invalid }
    return HostName(directory, path.appending(name))
  }
}
