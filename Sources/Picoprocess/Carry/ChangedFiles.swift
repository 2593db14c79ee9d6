import HostABI
import LibOS
import LibOSState
import PosixHost
import Snapshot

/// Files of mounted directories that a guest has in use, and that have been written to since its snapshot: it goes on with
/// what they are now.
enum ChangedFiles {
  /// - Parameter mounts: the directories of this host, in the order of the snapshot's.
  static func since(_ reader: SnapshotReader, in mounts: [MountOption]) throws(SnapshotError)
    -> NamedFiles
  {
    var changed = NamedFiles()
    if mounts.isEmpty { return changed }
    let kernel: Godwit_State_Kernel = try StateLoader.section(.kernel, reader)
    // Another clock than files have.
    if kernel.hasDeterminism { return changed }
    let time = HostTime(nanoseconds: kernel.realtime &- kernel.wallOffset)
    let needed = try OutsideFile.needed(
      by: StateLoader.section(.filesystems, reader), StateLoader.section(.memory, reader))
    for (index, mount) in mounts.enumerated() {
      guard let path = try? HostProcess.resolve(mount.host), let tree = try? HostTree(path) else {
        continue
      }
      for file in needed where file.place.mount == index + 1 {
        guard let attributes = try? tree.attributes(of: file.place.path),
          attributes.kind == .regular, attributes.modified > time
        else { continue }
        changed.note(tree.shown(file.place.path))
      }
    }
    return changed
  }
}
