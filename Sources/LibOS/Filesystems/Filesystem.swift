package import LinuxABI

/// A filesystem: a tree of inodes under one root.
package class Filesystem {
  package unowned let vfs: VFS
  /// `st_dev` of its files; filesystems without a block device have major 0 (devices.txt).
  package let device: DeviceNumber

  package init(vfs: VFS) {
    self.vfs = vfs
    device = DeviceNumber(major: 0, minor: vfs.takeDeviceMinor())
  }

  /// The type in `/proc/mounts`.
  package var typeName: String { "none" }
  /// What is mounted, in `/proc/mounts`.
  package var source: String { typeName }
  /// What `/proc/mounts` shows beyond the flags of the mount, each behind a comma.
  package var options: String { "" }
  package var root: Inode { preconditionFailure("a filesystem without a root") }

  /// Whether its files keep their numbers for good, and can be had by them (name_to_handle_at(2)).
  package var hasHandles: Bool { false }

  /// Sizes and limits, without flags.
  package func statistics() throws(Errno) -> Statfs { throw .ENOSYS }

  /// Writes what is cached through to the host.
  package func sync() {}
}

/// A filesystem in its place in the tree.
package final class Mount {
  package let id: UInt64
  package let filesystem: Filesystem
  /// The directory it covers; `nil` for the root of all.
  package internal(set) var mountPoint: Dentry?
  package let isReadOnly: Bool
  /// Where it was mounted, for `/proc/mounts`.
  package let path: [UInt8]
  package private(set) lazy var root = Dentry(mount: self, root: filesystem.root)
  /// No path leads there: the files of memfd_create(2).
  var isHidden: Bool { path.isEmpty }

  package init(
    id: UInt64, filesystem: Filesystem, on mountPoint: Dentry?, path: [UInt8], isReadOnly: Bool
  ) {
    self.id = id
    self.filesystem = filesystem
    self.mountPoint = mountPoint
    self.path = path
    self.isReadOnly = isReadOnly
  }
}
