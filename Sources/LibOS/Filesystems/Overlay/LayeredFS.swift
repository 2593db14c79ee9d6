package import HostABI
package import LinuxABI
import Machine

/// The filesystem of the guest's own files: the root, `/dev/shm`, and each `--tmpfs`.
///
/// A tree of nodes that belongs to the picoprocess and travels with it. With a `lower` host directory
/// it is an overlay: what the guest has not changed comes from there, read-only. Without, it is a
/// tmpfs. All that a snapshot must know of the lower directory is paths relative to it.
package final class LayeredFS: Filesystem {
  /// The host directory beneath; may be another one, with the same content, after a resume.
  package let lower: HostBase?
  /// The number that the next new node gets.
  package var nextNumber: UInt64 = 2
  package private(set) lazy var rootNode = makeRoot()

  package init(vfs: VFS, lower: HostBase?) {
    self.lower = lower
    super.init(vfs: vfs)
    // Now, not when somebody first looks: it has times.
    _ = rootNode
  }

  package override var typeName: String { lower == nil ? "tmpfs" : "overlay" }
  package override var root: Inode { rootNode }
  package override var hasHandles: Bool { true }

  private func makeRoot() -> LayeredNode {
    if lower != nil { return LayeredNode(self, .S_IFDIR, lower: .here) }
    let node = LayeredNode(self, .S_IFDIR, number: 1)
    node.own = OwnStatus(permissions: 0o1777, owner: Ownership(), now: vfs.now, linkCount: 2)
    return node
  }

  package func takeNumber() -> UInt64 {
    defer { nextNumber += 1 }
    return nextNumber
  }

  /// The host's name of what lies at `path` in the lower directory.
  package func lowerName(_ path: RelativePath) -> HostName {
    guard let lower else { preconditionFailure("a lower path without a lower directory") }
    return lower.name(path)
  }

  /// The `st_ino` of a node with something beneath: a hash of its path (FNV-1a), so that it is the same
  /// on every host and needs no memory. Bit 62 keeps it apart from the numbers of new nodes.
  static func number(ofLower path: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in path { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash & 0x3fff_ffff_ffff_ffff | 1 << 62
  }

  static func isOfLower(_ number: UInt64) -> Bool { number & 1 << 62 != 0 }

  package override func statistics() throws(Errno) -> Statfs {
    let arena = vfs.arena
    if lower != nil, !vfs.hidesHost {
      let volume = try hosted { () throws(HostError) in
        try vfs.host.volume(of: lowerName(.here))
      }
      let size = Int64(clamping: volume.blockSize)
      return Statfs(
        f_type: Int64(FilesystemMagic.OVERLAYFS_SUPER_MAGIC.rawValue), f_bsize: size,
        f_blocks: volume.blocks, f_bfree: volume.blocksFree, f_bavail: volume.blocksAvailable,
        f_files: volume.files, f_ffree: volume.filesFree, f_namelen: 255, f_frsize: size)
    }
    let blocks = UInt64(arena.byteLimit / 4096)
    let free = blocks - min(blocks, vfs.memoryInUse() >> 12)
    let magic = lower == nil ? FilesystemMagic.TMPFS_MAGIC : .OVERLAYFS_SUPER_MAGIC
    return Statfs(
      f_type: Int64(magic.rawValue), f_bsize: 4096, f_blocks: blocks,
      f_bfree: free, f_bavail: free, f_files: blocks, f_ffree: free, f_namelen: 255,
      f_frsize: 4096)
  }
}
