import HostABI
import LibOSState
import LinuxABI
import Snapshot

extension VFS {
  /// Stand for mounts that are not in the table: the tree of files without names, and the POSIX message queues.
  static let memoryFilesIndex = 0xffff
  package static let messageQueuesIndex = 0xfffe

  func mountIndex(of mount: Mount) -> Int {
    if mount === messageQueues { return Self.messageQueuesIndex }
    return mounts.firstIndex { $0 === mount } ?? Self.memoryFilesIndex
  }

  func mountIndex(of filesystem: Filesystem) -> Int {
    mounts.firstIndex { $0.filesystem === filesystem } ?? Self.memoryFilesIndex
  }

  func mount(number: Int) -> Mount? {
    if number == Self.memoryFilesIndex { return memoryFiles }
    if number == Self.messageQueuesIndex { return messageQueues }
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
      if let layers = mount.filesystem as? LayeredFS {
        state.tree = try saveTree(of: layers, mount: filesystems.mounts.count)
      }
      if let devices = mount.filesystem as? DevFS { state.tree = devices.save() }
      if let host = mount.filesystem as? HostFS {
        state.hostPath = data(host.base.uri.path)
        state.tree = try host.save(self)
      }
      filesystems.mounts.append(state)
    }
    if let layers = kernel.vfs.memoryFiles.filesystem as? LayeredFS {
      filesystems.memoryFiles = try saveTree(of: layers, mount: nil)
    }
    if let queues = kernel.vfs.messageQueues?.filesystem as? PosixQueueFS {
      filesystems.posixQueues = queues.save(held: heldQueues)
    }
  }

  private func saveTree(of layers: LayeredFS, mount: Int?) throws(SnapshotError)
    -> Godwit_State_Tree
  {
    let (tree, nodes) = try layers.save(self, held: heldNodes[ObjectIdentifier(layers)] ?? [])
    capture(nodes, mount: mount)
    return tree
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
      if index > 0 {
        do throws(Errno) { try kernel.vfs.mountAgain(mount) } catch {
          throw .refused("\(text(mount.path)): \(error.message)")
        }
      }
      switch mount.filesystem {
      case let layers as LayeredFS where state.hasTree:
        nodes[UInt32(index)] = try layers.restore(state.tree, at: mount, self)
      case let devices as DevFS: devices.restore(state.tree)
      case let host as HostFS:
        nameless[UInt32(index)] = try host.restore(state.tree, self)
      default: break
      }
    }
    if let layers = kernel.vfs.memoryFiles.filesystem as? LayeredFS {
      nodes[UInt32(VFS.memoryFilesIndex)] = try layers.restore(
        filesystems.memoryFiles, at: kernel.vfs.memoryFiles, self)
    }
    if filesystems.hasPosixQueues,
      let queues = kernel.vfs.messageQueues?.filesystem as? PosixQueueFS
    {
      posixQueues = try queues.restore(filesystems.posixQueues, self)
    }
  }
}
