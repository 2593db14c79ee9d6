import HostABI
import LibOS
import LinuxABI
import PosixHost

extension Picoprocess {
  /// A tree over the host directory `root`, with `mounts` in it.
  func filesystemConfiguration(root: String, _ mounts: [MountOption]) throws(Failure)
    -> FilesystemConfiguration
  {
    let lower = try withFailure(root) { () throws(HostError) in try HostProcess.resolve(root) }
    try requireDirectory(root, lower)
    var configuration = FilesystemConfiguration(lower: StreamURI(.dir, lower))
    for mount in mounts {
      let path = try withFailure(mount.host) { () throws(HostError) in
        try HostProcess.resolve(mount.host)
      }
      configuration.mounts.append(
        FilesystemConfiguration.HostMount(
          host: StreamURI(.dir, path), guest: Array(mount.guest.utf8),
          isReadOnly: mount.isReadOnly))
    }
    return configuration
  }

  /// Mounts the tree in the machine's kernel.
  func mountFilesystems() throws(Failure) -> FSContext {
    do throws(Errno) { return try kernel.mountFilesystems(tree) } catch {
      throw Failure("the guest's filesystems can't be mounted", error)
    }
  }

  private func requireDirectory(_ name: String, _ path: [UInt8]) throws(Failure) {
    let attributes = try withFailure(name) { () throws(HostError) in
      try host.attributes(at: StreamURI(.file, path))
    }
    guard attributes.kind == .directory else { throw Failure(name, HostError.notDirectory) }
  }
}
