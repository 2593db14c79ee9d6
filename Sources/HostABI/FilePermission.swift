/// A file of the host, or a directory with all beneath it, that a picoprocess may use.
///
/// `Picoprocess` grants them before anything runs. The picoprocess can reach no other files of the host; this
/// is decided here and nowhere else.
package struct FileGrant: Hashable, Sendable {
  /// Absolute, without symbolic links.
  package var path: [UInt8]
  /// Whether changes beneath it are forbidden.
  package var isReadOnly: Bool

  package init(path: [UInt8], isReadOnly: Bool) {
    self.path = path
    self.isReadOnly = isReadOnly
  }
}

/// Which files of the host an open stream leads to.
package enum FileReach: Sendable {
  /// No files: the stream is not a directory, or does not come from a grant.
  case nothing
  case reading
  case changing

  /// Throws `readOnly` if nothing beneath may be changed, and `permissionDenied` if the stream leads to no
  /// files.
  package func requireChanging() throws(HostError) {
    switch self {
    case .changing: return
    case .reading: throw .readOnly
    case .nothing: throw .permissionDenied
    }
  }
}

extension Array where Element == FileGrant {
  /// The grant that allows opening `path`. Throws `permissionDenied` if there is none, and `readOnly` if
  /// `changes` is true and every such grant is read-only.
  package func require(_ path: [UInt8], changes: Bool) throws(HostError) -> FileGrant {
    let fitting = filter { $0.path == path }
    if let grant = fitting.first(where: { !changes || !$0.isReadOnly }) { return grant }
    throw fitting.isEmpty ? .permissionDenied : .readOnly
  }
}
