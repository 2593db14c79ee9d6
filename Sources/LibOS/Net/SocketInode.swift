package import LinuxABI

/// The nameless inode of a socket.
package final class SocketInode: Inode {
  package private(set) var permissions: UInt32 = 0o777
  package private(set) var owner: Ownership

  package init(number: UInt64, owner: Ownership) {
    self.owner = owner
    super.init(number: number)
  }

  func restore(permissions: UInt32) { self.permissions = permissions & 0o7777 }

  package override var type: FileType { .S_IFSOCK }

  package override func status() throws(Errno) -> FileStatus {
    FileStatus(
      inode: number, mode: FileMode(type: .S_IFSOCK, permissions: permissions), uid: owner.uid,
      gid: owner.gid)
  }

  package override func setAttributes(_ change: StatusChange) throws(Errno) {
    if let changed = change.permissions { permissions = changed & 0o7777 }
    if let uid = change.uid { owner.uid = uid }
    if let gid = change.gid { owner.gid = gid }
  }
}
