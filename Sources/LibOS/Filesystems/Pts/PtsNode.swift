package import LinuxABI

/// `/dev/pts/N`. Whose it is, programs that log people in may change.
///
/// It may outlive its terminal: as long as an O_PATH descriptor or a working name refers to it.
package final class PtsNode: Inode {
  private unowned let kernel: Kernel
  /// nil once both ends have closed.
  private weak var terminal: Pseudoterminal?
  private let device: DeviceNumber
  package internal(set) var permissions: UInt32 = 0o620
  package internal(set) var owner: Ownership
  package internal(set) var accessed: Timespec
  package internal(set) var modified: Timespec
  package internal(set) var changed: Timespec

  /// The group `tty`, as Debian mounts devpts.
  static let group: UInt32 = 5

  init(_ terminal: Pseudoterminal, owner: Ownership) {
    kernel = terminal.kernel
    self.terminal = terminal
    device = terminal.device
    self.owner = Ownership(uid: owner.uid, gid: Self.group)
    accessed = terminal.kernel.vfs.now
    modified = accessed
    changed = accessed
    super.init(number: Self.inodeNumber(terminal.number))
  }

  /// What is left of a terminal that is no more.
  init(goneTerminal number: Int32, _ kernel: Kernel) {
    self.kernel = kernel
    device = Pseudoterminal.device(number)
    owner = Ownership(gid: Self.group)
    accessed = Timespec()
    modified = Timespec()
    changed = Timespec()
    super.init(number: Self.inodeNumber(number))
    wasRemoved = true
  }

  private static func inodeNumber(_ number: Int32) -> UInt64 { UInt64(number) + 3 }

  /// The terminal is no more, and another one may have its number.
  package override var isGone: Bool { terminal == nil }

  /// The process that opens the master owns the slave.
  func belong(to credentials: Credentials?) { owner.uid = credentials?.fsUID ?? 0 }

  package override var type: FileType { .S_IFCHR }

  package override func status() throws(Errno) -> FileStatus {
    FileStatus(
      inode: number, mode: FileMode(type: .S_IFCHR, permissions: permissions),
      linkCount: isRemoved ? 0 : 1, uid: owner.uid, gid: owner.gid, represents: device,
      accessed: accessed, modified: modified,
      changed: changed)
  }

  package override func setAttributes(_ change: StatusChange) throws(Errno) {
    if let permissions = change.permissions { self.permissions = permissions }
    if let uid = change.uid { owner.uid = uid }
    if let gid = change.gid { owner.gid = gid }
    if let accessed = change.accessed { self.accessed = accessed }
    if let modified = change.modified { self.modified = modified }
    changed = kernel.vfs.now
  }

  package override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    guard let terminal else { throw .EIO }
    return try terminal.openSlave(flags, at: dentry)
  }

  // MARK: Times

  // They tell how long nobody has typed, and no more: eight seconds are exact enough
  // (`tty_update_time`).

  func noteRead() { Self.update(&accessed, kernel.vfs.now) }
  func noteWritten() { Self.update(&modified, kernel.vfs.now) }

  private static func update(_ time: inout Timespec, _ now: Timespec) {
    if (now.tv_sec ^ time.tv_sec) & ~7 != 0 { time = Timespec(tv_sec: now.tv_sec, tv_nsec: 0) }
  }
}
