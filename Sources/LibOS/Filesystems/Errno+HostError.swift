package import HostABI
package import LinuxABI

extension Errno {
  /// What the guest sees of a host call that failed.
  package init(_ error: HostError) {
    switch error {
    case .notFound: self = .ENOENT
    case .exists: self = .EEXIST
    case .notDirectory: self = .ENOTDIR
    case .isDirectory: self = .EISDIR
    case .notEmpty: self = .ENOTEMPTY
    case .permissionDenied: self = .EACCES
    case .notPermitted: self = .EPERM
    case .readOnly: self = .EROFS
    case .noSpace: self = .ENOSPC
    case .quotaExceeded: self = .EDQUOT
    case .fileTooLarge: self = .EFBIG
    case .tooManyOpen: self = .ENFILE
    case .outOfMemory: self = .ENOMEM
    case .nameTooLong: self = .ENAMETOOLONG
    case .tooManyLinks: self = .EMLINK
    case .tooManySymbolicLinks: self = .ELOOP
    case .crossDevice: self = .EXDEV
    case .busy: self = .EBUSY
    case .textBusy: self = .ETXTBSY
    case .invalid: self = .EINVAL
    case .notSupported: self = .EOPNOTSUPP
    case .illegalSeek: self = .ESPIPE
    case .wouldBlock: self = .EAGAIN
    case .brokenPipe: self = .EPIPE
    case .interrupted: self = .EINTR
    case .notTerminal: self = .ENOTTY
    case .noDevice: self = .ENXIO
    case .connectionReset: self = .ECONNRESET
    case .connectionRefused: self = .ECONNREFUSED
    case .networkUnreachable: self = .ENETUNREACH
    case .hostUnreachable: self = .EHOSTUNREACH
    case .timedOut: self = .ETIMEDOUT
    case .addressInUse: self = .EADDRINUSE
    case .addressNotAvailable: self = .EADDRNOTAVAIL
    case .messageTooLong: self = .EMSGSIZE
    case .io: self = .EIO
    }
  }
}

/// Makes a host call, turning its error into the guest's.
@inline(__always)
package func hosted<R>(_ body: () throws(HostError) -> R) throws(Errno) -> R {
  do { return try body() } catch { throw Errno(error) }
}

extension Timespec {
  package init(_ time: HostTime) {
    self.init(tv_sec: time.seconds, tv_nsec: Int64(time.nanoseconds))
  }

  package var hostTime: HostTime {
    HostTime(seconds: tv_sec, nanoseconds: Int32(truncatingIfNeeded: tv_nsec))
  }
}

extension FileKind {
  package var type: FileType {
    switch self {
    case .regular: .S_IFREG
    case .directory: .S_IFDIR
    case .symbolicLink: .S_IFLNK
    case .characterDevice: .S_IFCHR
    case .blockDevice: .S_IFBLK
    case .fifo: .S_IFIFO
    case .socket: .S_IFSOCK
    }
  }
}

extension FileStatus {
  /// The host's attributes under a number of the guest's own.
  package init(_ attributes: FileAttributes, inode: UInt64) {
    self.init(
      inode: inode,
      mode: FileMode(
        type: attributes.kind.type, permissions: UInt32(attributes.permissions)),
      linkCount: attributes.linkCount, uid: attributes.userID, gid: attributes.groupID,
      represents: DeviceNumber(major: attributes.deviceMajor, minor: attributes.deviceMinor),
      size: attributes.size, blocks: attributes.blocks, accessed: Timespec(attributes.accessed),
      modified: Timespec(attributes.modified), changed: Timespec(attributes.changed))
  }

  /// Takes out what depends on when and where the file was put: times, and how much room it takes.
  mutating func hideHost() {
    accessed = DeterministicHost.fileTime
    modified = accessed
    changed = accessed
    switch type {
    case .S_IFREG: blocks = (size + 4095) >> 12 * 8
    case .S_IFDIR:
      size = 4096
      blocks = 8
    default: blocks = 0
    }
  }
}
