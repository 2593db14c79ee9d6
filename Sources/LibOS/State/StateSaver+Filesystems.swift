import HostABI
import LibOSState
import LinuxABI
package import Machine
import Snapshot

/// A page source that lies at a path of a mounted filesystem, so that it can be found again.
package protocol LocatedSource: PageSource {
  var owner: Filesystem { get }
  /// Relative to the filesystem's lower (or host) directory.
  var path: [UInt8] { get }
  /// Bytes; nil when the file can't be reached.
  var currentSize: UInt64? { get }
}

extension LowerSource: LocatedSource {
  package var owner: Filesystem { layers }
  package var currentSize: UInt64? { try? openSize() }
}

extension Filesystem {
  /// The source of the file at `path`, as `LocatedSource` names it.
  func source(at path: [UInt8]) -> (any LocatedSource)? {
    guard let layers = self as? LayeredFS, layers.lower != nil else { return nil }
    return LowerSource(layers, path: path)
  }
}

extension VFS {
  /// Stands for the tree of files without names.
  static let memoryFilesIndex = 0xffff

  func mountIndex(of mount: Mount) -> Int {
    mounts.firstIndex { $0 === mount } ?? Self.memoryFilesIndex
  }

  func mountIndex(of filesystem: Filesystem) -> Int {
    mounts.firstIndex { $0.filesystem === filesystem } ?? Self.memoryFilesIndex
  }

  func mount(number: Int) -> Mount? {
    if number == Self.memoryFilesIndex { return memoryFiles }
    return mounts.indices.contains(number) ? mounts[number] : nil
  }
}

extension StateSaver {
  /// Saves the mount table and the trees of the guest's own files.
  func saveFilesystems() throws(SnapshotError) {
    // Saving a tree may meet no new names, so one pass over the mounts is enough.
    for mount in kernel.vfs.mounts {
      var state = Godwit_State_Mount()
      state.path = data(mount.path)
      state.readOnly = mount.isReadOnly
      state.type = mount.filesystem.typeName
      if let layers = mount.filesystem as? LayeredFS { state.tree = try tree(of: layers) }
      if let host = mount.filesystem as? HostFS { state.hostPath = data(host.base.path) }
      filesystems.mounts.append(state)
    }
    if let layers = kernel.vfs.memoryFiles.filesystem as? LayeredFS {
      filesystems.memoryFiles = try tree(of: layers)
    }
  }

  private func tree(of layers: LayeredFS) throws(SnapshotError) -> Godwit_State_Tree {
    try layers.save(self, held: heldNodes[ObjectIdentifier(layers)] ?? [])
  }
}

extension StateLoader {
  /// Puts the saved trees into the mounted filesystems, which must be of the same kinds in the same
  /// places.
  func restoreFilesystems() throws(SnapshotError) {
    let mounts = kernel.vfs.mounts
    guard mounts.count == filesystems.mounts.count else {
      throw .refused(
        "the snapshot has \(filesystems.mounts.count) mounts, and \(mounts.count) are given: "
          + "name the same --mount options")
    }
    for (index, state) in filesystems.mounts.enumerated() {
      let mount = mounts[index]
      guard mount.path == Array(state.path), mount.filesystem.typeName == state.type else {
        throw .refused("the snapshot has a \(state.type) mounted at \(text(Array(state.path)))")
      }
      guard state.hasTree, let layers = mount.filesystem as? LayeredFS else { continue }
      nodes[UInt32(index)] = try layers.restore(state.tree, self)
    }
    if let layers = kernel.vfs.memoryFiles.filesystem as? LayeredFS {
      nodes[UInt32(VFS.memoryFilesIndex)] = try layers.restore(filesystems.memoryFiles, self)
    }
  }
}
