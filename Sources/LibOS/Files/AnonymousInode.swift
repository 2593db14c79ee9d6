package import LinuxABI

/// The inode that all files without a name of their own kind share: eventfd, timerfd, epoll.
///
/// As in Linux its mode has permissions but no type.
package final class AnonymousInode: Inode {
  package static let sharedNumber: UInt64 = 14

  package init() { super.init(number: Self.sharedNumber) }

  package override func status() throws(Errno) -> FileStatus {
    FileStatus(inode: number, mode: FileMode(rawValue: 0o600))
  }
}
