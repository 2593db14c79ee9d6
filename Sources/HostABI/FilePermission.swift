/// A file of the host, or a directory with all beneath it, that a picoprocess may use.
///
/// The composition grants them to the host before anything runs. Together they are all that a picoprocess
/// reaches of the host's files: this is the one place where that is decided.
package struct FileGrant: Hashable, Sendable {
  /// Absolute, without symbolic links.
  package var path: [UInt8]
  /// Nothing beneath may be changed.
  package var isReadOnly: Bool

  package init(path: [UInt8], isReadOnly: Bool) {
    self.path = path
    self.isReadOnly = isReadOnly
  }
}

/// Which files of the host an open stream leads to.
package enum FileReach: Sendable {
  /// None: it is no directory, or no file of a grant.
  case nothing
  case reading
  case changing

  /// Throws `readOnly` unless what lies beneath may be changed, and `permissionDenied` where nothing does.
  package func requireChanging() throws(HostError) {
    switch self {
    case .changing: return
    case .reading: throw .readOnly
    case .nothing: throw .permissionDenied
    }
  }
}

extension Sequence where Element == FileGrant {
  /// The grant by which `path` may be opened. Throws `permissionDenied` when there is none, `readOnly`
  /// when it `changes` things and may not.
  package func require(_ path: [UInt8], changes: Bool) throws(HostError) -> FileGrant {
    let fitting = filter { $0.path == path }
    if let grant = fitting.first(where: { !changes || !$0.isReadOnly }) { return grant }
    throw fitting.isEmpty ? .permissionDenied : .readOnly
  }
}
