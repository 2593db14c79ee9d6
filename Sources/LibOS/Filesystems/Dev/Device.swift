import HostABI
package import LinuxABI
package import Machine

/// The devices there are.
package enum Device: CaseIterable, Sendable {
  case null, zero, full, random, urandom, tty, console, ptmx

  package var name: String {
    switch self {
    case .null: "null"
    case .zero: "zero"
    case .full: "full"
    case .random: "random"
    case .urandom: "urandom"
    case .tty: "tty"
    case .console: "console"
    case .ptmx: "ptmx"
    }
  }

  /// As `Documentation/admin-guide/devices.txt` assigns them.
  package var number: DeviceNumber {
    switch self {
    case .null: DeviceNumber(major: 1, minor: 3)
    case .zero: DeviceNumber(major: 1, minor: 5)
    case .full: DeviceNumber(major: 1, minor: 7)
    case .random: DeviceNumber(major: 1, minor: 8)
    case .urandom: DeviceNumber(major: 1, minor: 9)
    case .tty: DeviceNumber(major: 5, minor: 0)
    case .console: DeviceNumber(major: 5, minor: 1)
    case .ptmx: DeviceNumber(major: 5, minor: 2)
    }
  }
}

package final class DeviceInode: Inode {
  let device: Device
  private unowned let kernel: Kernel
  private let permissions: UInt32
  var accessed: Timespec
  var modified: Timespec

  init(_ device: Device, _ kernel: Kernel, number: UInt64, permissions: UInt32? = nil) {
    self.device = device
    self.kernel = kernel
    self.permissions = permissions ?? (device == .console ? 0o600 : 0o666)
    accessed = kernel.vfs.now
    modified = accessed
    super.init(number: number)
  }

  package override var type: FileType { .S_IFCHR }

  package override func status() throws(Errno) -> FileStatus {
    FileStatus(
      inode: number, mode: FileMode(type: .S_IFCHR, permissions: permissions),
      gid: device == .tty || device == .ptmx ? PtsNode.group : 0, represents: device.number,
      accessed: accessed, modified: modified, changed: modified)
  }

  package override func setAttributes(_ change: StatusChange) throws(Errno) {
    guard change.permissions == nil, change.uid == nil, change.gid == nil else { throw .EPERM }
    if let accessed = change.accessed { self.accessed = accessed }
    if let modified = change.modified { self.modified = modified }
  }

  // Devices ignore what open(2) and truncate(2) say of lengths.
  package override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    switch device {
    case .tty: return try openTerminal(flags, at: dentry)
    case .console: return try HostStreamFile(kernel.vfs, StreamURI(.tty, ""), flags, at: dentry)
    case .ptmx: return try kernel.pseudoterminals.open(flags, at: dentry)
    default: return DeviceFile(device, kernel.vfs, dentry, flags)
    }
  }

  /// `/dev/tty`: the terminal that controls the caller's session, whichever it is.
  private func openTerminal(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    guard let control = kernel.loaded?.process.controllingTerminal else { throw .ENXIO }
    if let terminal = control.pseudoterminal { return try terminal.openSlave(flags, at: dentry) }
    return try HostStreamFile(kernel.vfs, StreamURI(.tty, ""), flags, at: dentry)
  }
}

/// An open memory device: no state, never waits.
package final class DeviceFile: OpenFile {
  private let device: Device
  private let vfs: VFS
  private let place: Dentry

  init(_ device: Device, _ vfs: VFS, _ dentry: Dentry, _ flags: OpenFlags) {
    self.device = device
    self.vfs = vfs
    place = dentry
    super.init(flags: flags)
  }

  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { place.inode } }
  package override var isSeekable: Bool { true }
  package override var transfersInPieces: Bool { true }

  /// It is always at its beginning.
  package override func position() throws(Errno) -> UInt64 { 0 }
  package override func setPosition(_ offset: UInt64) throws(Errno) {}

  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    switch device {
    case .null: return 0
    case .random, .urandom: vfs.host.entropy(into: &buffer)
    default: buffer.fill(0, in: 0..<buffer.byteCount)
    }
    return buffer.byteCount
  }

  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    try read(into: &buffer)
  }

  package override func write(from bytes: RawSpan) throws(Errno) -> Int {
    if device == .full { throw .ENOSPC }
    return bytes.byteCount
  }

  package override func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int {
    try write(from: bytes)
  }

  package override func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    guard request == 0x8004_5200, device == .random || device == .urandom else { throw .ENOTTY }
    // RNDGETENTCNT: the pool is always full (random(4)).
    try context.store(Int32(256), to: GuestAddress(argument))
    return .success
  }

  package override func memoryObject(writable: Bool) throws(Errno) -> MemoryObject {
    guard device == .zero else { throw .ENODEV }
    return MemoryObject(arena: vfs.arena, size: UInt64(Int64.max))
  }
}
