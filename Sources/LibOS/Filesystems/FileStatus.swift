package import LinuxABI

/// What `stat(2)` tells of a file, in one form for all ISAs.
package struct FileStatus: Hashable, Sendable {
  package var device = DeviceNumber(major: 0, minor: 0)
  package var inode: UInt64
  package var mode: FileMode
  package var linkCount: UInt64
  package var uid: UInt32
  package var gid: UInt32
  /// The device that a device node stands for.
  package var represents: DeviceNumber
  /// Bytes.
  package var size: UInt64
  /// Units of 512 bytes.
  package var blocks: UInt64
  package var blockSize: UInt32 = 4096
  package var accessed: Timespec
  package var modified: Timespec
  package var changed: Timespec

  package init(
    inode: UInt64, mode: FileMode, linkCount: UInt64 = 1, uid: UInt32 = 0, gid: UInt32 = 0,
    represents: DeviceNumber = DeviceNumber(major: 0, minor: 0), size: UInt64 = 0,
    blocks: UInt64 = 0, accessed: Timespec = Timespec(), modified: Timespec = Timespec(),
    changed: Timespec = Timespec()
  ) {
    self.inode = inode
    self.mode = mode
    self.linkCount = linkCount
    self.uid = uid
    self.gid = gid
    self.represents = represents
    self.size = size
    self.blocks = blocks
    self.accessed = accessed
    self.modified = modified
    self.changed = changed
  }

  package var isRegular: Bool { type == .S_IFREG }
  package var isDirectory: Bool { type == .S_IFDIR }
  package var permissions: UInt32 { mode.permissions }

  package var type: FileType { mode.type ?? .S_IFREG }

  package var stat: Stat {
    Stat(
      st_dev: device.rawValue, st_ino: inode, st_nlink: linkCount, st_mode: mode.rawValue,
      st_uid: uid, st_gid: gid, st_rdev: represents.rawValue,
      st_size: Int64(clamping: size), st_blksize: Int64(blockSize),
      st_blocks: Int64(clamping: blocks), st_atim: accessed, st_mtim: modified, st_ctim: changed)
  }

  /// All that `statx(2)` calls basic; there is no time of birth.
  package func statx(mountID: UInt64, isMountRoot: Bool) -> Statx {
    let mask: StatxMask = [.STATX_BASIC_STATS, .STATX_MNT_ID]
    return Statx(
      stx_mask: mask.rawValue, stx_blksize: blockSize,
      stx_attributes: isMountRoot ? StatxAttributes.STATX_ATTR_MOUNT_ROOT.rawValue : 0,
      stx_nlink: UInt32(clamping: linkCount), stx_uid: uid, stx_gid: gid,
      stx_mode: UInt16(truncatingIfNeeded: mode.rawValue), stx_ino: inode, stx_size: size,
      stx_blocks: blocks,
      stx_attributes_mask: StatxAttributes.STATX_ATTR_MOUNT_ROOT.rawValue,
      stx_atime: StatxTimestamp(accessed), stx_ctime: StatxTimestamp(changed),
      stx_mtime: StatxTimestamp(modified), stx_rdev_major: represents.major,
      stx_rdev_minor: represents.minor, stx_dev_major: device.major, stx_dev_minor: device.minor,
      stx_mnt_id: mountID)
  }
}

/// What `Inode.setAttributes` changes; `nil` leaves a value alone.
package struct StatusChange: Sendable {
  /// The twelve permission bits.
  package var permissions: UInt32?
  package var uid: UInt32?
  package var gid: UInt32?
  package var accessed: Timespec?
  package var modified: Timespec?
  package init(permissions: UInt32? = nil) { self.permissions = permissions }
}
