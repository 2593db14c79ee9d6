package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The one table from native error numbers to the host ABI's errors.
extension HostError {
  /// The host error for the native error `number` (errno(3)); `io` for numbers that no call here should
  /// return.
  package init(errno number: Int32) {
    self =
      switch number {
      case ENOENT: .notFound
      case EEXIST: .exists
      case ENOTDIR: .notDirectory
      case EISDIR: .isDirectory
      case ENOTEMPTY: .notEmpty
      case EACCES: .permissionDenied
      case EPERM: .notPermitted
      case EROFS: .readOnly
      case ENOSPC: .noSpace
      case EDQUOT: .quotaExceeded
      case EFBIG, EOVERFLOW: .fileTooLarge
      case EMFILE, ENFILE: .tooManyOpen
      case ENOMEM, ENOBUFS: .outOfMemory
      case ENAMETOOLONG: .nameTooLong
      case EMLINK: .tooManyLinks
      case ELOOP: .tooManySymbolicLinks
      case EXDEV: .crossDevice
      case EBUSY: .busy
      case ETXTBSY: .textBusy
      case EINVAL, EBADF, ENOTSOCK: .invalid
      case EOPNOTSUPP, ENOTSUP, ENOSYS: .notSupported
      case ESPIPE: .illegalSeek
      case EAGAIN, EWOULDBLOCK: .wouldBlock
      case EPIPE: .brokenPipe
      case EINTR: .interrupted
      case ENOTTY: .notTerminal
      case ENODEV, ENXIO: .noDevice
      case ECONNRESET, ENOTCONN: .connectionReset
      case ECONNREFUSED: .connectionRefused
      case ENETUNREACH, ENETDOWN: .networkUnreachable
      case EHOSTUNREACH, EHOSTDOWN: .hostUnreachable
      case ETIMEDOUT: .timedOut
      case EADDRINUSE: .addressInUse
      case EADDRNOTAVAIL: .addressNotAvailable
      case EMSGSIZE: .messageTooLong
      default: .io
      }
  }
}
