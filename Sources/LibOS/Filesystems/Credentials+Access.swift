package import LinuxABI

extension Credentials {
  package var ownership: Ownership { Ownership(uid: fsUID, gid: fsGID) }

  package func isInGroup(_ gid: UInt32) -> Bool { gid == fsGID || groups.contains(gid) }

  /// Whether the permission bits let this user do `wanted` (`generic_permission` in `fs/namei.c`;
  /// path_resolution(7)). CAP_DAC_OVERRIDE may do all, but execute only what somebody may.
  package func mayAccess(_ status: FileStatus, _ wanted: AccessMode) -> Bool {
    if wanted == [] { return true }
    let bits = status.mode.permissions
    let granted =
      status.uid == fsUID ? bits >> 6 : isInGroup(status.gid) ? bits >> 3 : bits
    if granted & 7 & wanted.rawValue == wanted.rawValue { return true }
    let isDirectory = status.type == .S_IFDIR
    if has(.CAP_DAC_READ_SEARCH), isDirectory ? !wanted.contains(.W_OK) : wanted == .R_OK {
      return true
    }
    return has(.CAP_DAC_OVERRIDE) && (isDirectory || !wanted.contains(.X_OK) || bits & 0o111 != 0)
  }

  /// Throws EACCES unless `mayAccess`. Root's common case asks nothing of the host.
  package func require(_ wanted: AccessMode, _ inode: Inode) throws(Errno) {
    if has(.CAP_DAC_OVERRIDE), !wanted.contains(.X_OK) || inode.type == .S_IFDIR { return }
    if inode.admitsCaller { return }
    guard mayAccess(try inode.status(), wanted) else { throw .EACCES }
  }

  /// Whether this user may change what only the owner may.
  package func owns(_ status: FileStatus) -> Bool { has(.CAP_FOWNER) || fsUID == status.uid }

  /// Takes the bits by which a program runs as its owner or group from a file that this user changes (`file_remove_privs` of
  /// `fs/inode.c`).
  func removeSetIDs(from inode: Inode) throws(Errno) {
    guard !has(.CAP_FSETID), inode.type == .S_IFREG else { return }
    try removeSetIDs(inode, try inode.status())
  }

  /// The same of one that is open: its status needs no walk, and each write asks.
  func removeSetIDs(from file: OpenFile) throws(Errno) {
    guard !has(.CAP_FSETID), try file.inode.type == .S_IFREG else { return }
    try removeSetIDs(try file.inode, try file.status())
  }

  private func removeSetIDs(_ inode: Inode, _ status: FileStatus) throws(Errno) {
    let old = status.mode.permissions
    let new = FileMode.withoutSetIDs(old)
    if new != old { try inode.setAttributes(StatusChange(permissions: new)) }
  }

  /// Whether a sticky directory keeps this user from removing or renaming the entry.
  package func requireRemovable(_ inode: Inode, from directory: Inode) throws(Errno) {
    if has(.CAP_FOWNER), has(.CAP_DAC_OVERRIDE) { return }
    let parent = try directory.status()
    guard mayAccess(parent, [.W_OK, .X_OK]) else { throw .EACCES }
    guard parent.mode.permissions & FileMode.S_ISVTX != 0, !owns(parent) else { return }
    if try inode.status().uid != fsUID { throw .EPERM }
  }
}

extension FileMode {
  /// Without the set-user-id bit, and the set-group-id bit where the group may execute: otherwise it means something else.
  static func withoutSetIDs(_ permissions: UInt32) -> UInt32 {
    permissions & ~(permissions & 0o010 != 0 ? S_ISUID | S_ISGID : S_ISUID)
  }
}
