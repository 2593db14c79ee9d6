import HostABI
import LibOS
import LibOSState
import PosixHost
import Snapshot

/// Files of mounted directories that a guest has in use, and that are not as it knew them: it goes on with what they are
/// now.
struct ChangedFiles {
  private var shown: [String] = []
  private var count = 0

  /// Those that are named.
  private static let shownLimit = 3

  mutating func note(_ path: String) {
    count += 1
    if shown.count < Self.shownLimit { shown.append(path) }
  }

  /// The first of them, and how many others there are; nil if there are none.
  var summary: String? {
    guard count > 0 else { return nil }
    let others = count - shown.count
    return shown.joined(separator: ", ") + (others > 0 ? " and \(others) more" : "")
  }

  init() {}

  /// Those that have been written to since the snapshot.
  ///
  /// - Parameter mounts: the directories of this host, in the order of the snapshot's.
  init(since reader: SnapshotReader, in mounts: [MountOption]) throws(SnapshotError) {
    if mounts.isEmpty { return }
    let kernel: Godwit_State_Kernel = try StateLoader.section(.kernel, reader)
    // Another clock than files have.
    if kernel.hasDeterminism { return }
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
        note(tree.shown(file.place.path))
      }
    }
  }
}
