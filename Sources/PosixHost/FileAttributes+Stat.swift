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
  /// Attributes from statx(2).
  init(_ status: godwit_file_status) {
    let times = status.times
    func time(_ seconds: Int64, _ nanoseconds: Int64) -> HostTime {
      HostTime(seconds: seconds, nanoseconds: Int32(truncatingIfNeeded: nanoseconds))
    }
    self.init(
      kind: FileKind(mode: mode_t(status.mode)), permissions: UInt16(status.mode & 0o7777),
      userID: status.user, groupID: status.group, linkCount: status.links, size: status.size,
      blocks: status.blocks, device: status.device, inode: status.inode,
      created: time(times.6, times.7), deviceMajor: status.major_number,
      deviceMinor: status.minor_number, accessed: time(times.0, times.1),
      modified: time(times.2, times.3), changed: time(times.4, times.5))
  }
}

extension FileKind {
  /// The kind in `st_mode`. Files without a kind, such as an eventfd, count as character devices.
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

  /// The kind for a `d_type` (readdir(3)); nil if the filesystem does not report it.
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
