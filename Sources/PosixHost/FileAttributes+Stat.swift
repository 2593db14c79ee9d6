internal import CPosixShims
internal import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension FileAttributes {
  /// What stat(2) says.
  init(_ status: stat) {
    var status = status
    var times = [Int64](repeating: 0, count: 6)
    // SAFETY: room for the six numbers.
    unsafe godwit_stat_times(&status, &times)
    var major: UInt32 = 0
    var minor: UInt32 = 0
    // SAFETY: both outlive the call.
    unsafe godwit_device_numbers(UInt64(truncatingIfNeeded: status.st_rdev), &major, &minor)
    self.init(
      kind: FileKind(mode: status.st_mode), permissions: UInt16(status.st_mode & 0o7777),
      userID: status.st_uid, groupID: status.st_gid, linkCount: UInt64(status.st_nlink),
      size: UInt64(status.st_size), blocks: UInt64(status.st_blocks),
      device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino),
      deviceMajor: major, deviceMinor: minor,
      accessed: HostTime(seconds: times[0], nanoseconds: Int32(times[1])),
      modified: HostTime(seconds: times[2], nanoseconds: Int32(times[3])),
      changed: HostTime(seconds: times[4], nanoseconds: Int32(times[5])))
  }
}

extension FileKind {
  /// The kind in `st_mode`. What has none there (an eventfd, say) passes for a character device.
  init(mode: mode_t) {
    self =
      switch mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      case S_IFBLK: .blockDevice
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      default: .characterDevice
      }
  }

  /// The kind for a `d_type` (readdir(3)); nil when the filesystem doesn't tell.
  init?(directoryType: UInt8) {
    switch Int(directoryType) {
    case Int(DT_REG): self = .regular
    case Int(DT_DIR): self = .directory
    case Int(DT_LNK): self = .symbolicLink
    case Int(DT_CHR): self = .characterDevice
    case Int(DT_BLK): self = .blockDevice
    case Int(DT_FIFO): self = .fifo
    case Int(DT_SOCK): self = .socket
    default: return nil
    }
  }
}
