import HostABI
import LibOS
import LinuxABI
import PosixHost

/// A mount in the guest's tree, as given to `run` or remembered by a snapshot.
enum TreeMount {
  case host(MountOption)
  /// A filesystem in memory at this path.
  case tmpfs(String)

  /// Number of components of the path in the guest.
  private var depth: Int {
    switch self {
    case .host(let mount): mount.guest.split(separator: "/").count
    case .tmpfs(let path): path.split(separator: "/").count
    }
  }

  /// The mounts given by the options. A mount point within another mount comes after it, or it would be
  /// hidden.
  static func list(_ options: PicoprocessOptions) -> [TreeMount] {
    (options.mounts.map { .host($0) } + options.tmpfs.map { .tmpfs($0) })
      .sorted { $0.depth < $1.depth }
  }
}

extension Picoprocess {
  /// A tree over the host directory `root`, with `mounts` mounted in this order. These, and no other files of
  /// the host, are granted to the picoprocess.
  func filesystemConfiguration(root: String, _ mounts: [TreeMount]) throws(Failure)
    -> FilesystemConfiguration
  {
    let lower = try withFailure(root) { () throws(HostError) in try HostProcess.resolve(root) }
    try grant(root, FileGrant(path: lower, isReadOnly: true))
    guard host.grants.last?.kind == .directory else { throw Failure(root, HostError.notDirectory) }
    var configuration = FilesystemConfiguration(lower: StreamURI(.dir, lower))
    for mount in mounts {
      switch mount {
      case .host(let mount): configuration.mounts.append(.host(try hostMount(mount)))
      case .tmpfs(let path): configuration.mounts.append(.tmpfs(at: Array(path.utf8)))
      }
    }
    return configuration
  }

  private func hostMount(_ mount: MountOption) throws(Failure)
    -> FilesystemConfiguration.HostMount
  {
    let path = try withFailure(mount.host) { () throws(HostError) in
      try HostProcess.resolve(mount.host)
    }
    try grant(mount.host, FileGrant(path: path, isReadOnly: mount.isReadOnly))
    return FilesystemConfiguration.HostMount(
      host: StreamURI(.file, path), guest: Array(mount.guest.utf8), isReadOnly: mount.isReadOnly)
  }

  /// Mounts the tree in the machine's kernel.
  func mountFilesystems() throws(Failure) -> FSContext {
    do throws(Errno) { return try kernel.mountFilesystems(tree) } catch {
      throw Failure("the guest's filesystems can't be mounted", error)
    }
  }

  private func grant(_ name: String, _ grant: FileGrant) throws(Failure) {
    try withFailure(name) { () throws(HostError) in try host.grant(grant) }
  }
}
