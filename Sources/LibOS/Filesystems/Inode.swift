package import LinuxABI
package import Machine

/// An entry of a directory, as `getdents64` shows it.
package struct InodeEntry: Hashable, Sendable {
  package var name: [UInt8]
  package var number: UInt64
  package var type: FileType
  package init(name: [UInt8], number: UInt64, type: FileType) {
    self.name = name
    self.number = number
    self.type = type
  }
}

/// Who makes a new file, and so who owns it.
package struct Ownership: Hashable, Sendable {
  package var uid: UInt32
  package var gid: UInt32
  package init(uid: UInt32 = 0, gid: UInt32 = 0) {
    self.uid = uid
    self.gid = gid
  }
}

/// A file, directory or other node of a filesystem, whatever names it has.
///
/// The base class answers for nodes that lack an operation, with Linux's errors. Callers have
/// checked permissions, read-only mounts and the sanity of names; what a filesystem itself must see
/// to is that names exist or don't, and that types fit.
package class Inode {
  /// The number shown as `st_ino`.
  package let number: UInt64

  /// The filesystem it belongs to; `nil` for pipes, sockets and other files without one.
  package var filesystem: Filesystem? { nil }

  /// Advisory locks on the file, made when first asked for.
  package var locks: FileLocks {
    if let locksInUse { return locksInUse }
    let locks = FileLocks()
    locksInUse = locks
    return locks
  }
  /// The same, if anybody ever asked.
  package private(set) var locksInUse: FileLocks?

  /// Inotify watches on the file.
  var watchList = WatchList()
  /// Open descriptions that were opened by a name, and those of them that can write.
  var openCount = 0
  var writerCount = 0
  /// A process has run it as its program.
  var wasRun = false
  /// It has lost its last name.
  package var isRemoved: Bool { wasRemoved }
  /// The same, as far as the names are no affair of the library OS's own.
  var wasRemoved = false

  /// What it stood for is no more, and with that its name.
  package var isGone: Bool { false }
  /// F_SET_RW_HINT, which is kept as long as the file is open.
  var writeHint: UInt64 = 0

  /// Made without a name (`O_TMPFILE`), so that a name may be given to it.
  package var isTemporary = false

  package init(number: UInt64) { self.number = number }

  /// The type alone, without asking the host for the rest.
  package var type: FileType { (try? status())?.type ?? .S_IFREG }

  package func status() throws(Errno) -> FileStatus { throw .EIO }

  package func setAttributes(_ change: StatusChange) throws(Errno) { throw .EPERM }

  // MARK: Extended attributes

  /// All of them by name: EOPNOTSUPP where the filesystem has none.
  package func extendedAttributes() throws(Errno) -> [[UInt8]: [UInt8]] { throw .EOPNOTSUPP }

  /// Sets one, or removes it. The caller has checked the name and who may.
  package func setExtendedAttribute(_ name: [UInt8], _ value: [UInt8]?) throws(Errno) {
    throw .EOPNOTSUPP
  }

  // MARK: Directories

  /// The entry `name` of this directory; never `.` or `..`.
  package func lookup(_ name: [UInt8]) throws(Errno) -> Inode { throw .ENOTDIR }

  /// The entry `name` that a snapshot refers to; of what is made when looked at, even if it would not
  /// be found now.
  package func restoredEntry(_ name: [UInt8]) throws(Errno) -> Inode { try lookup(name) }

  /// The entries without `.` and `..`.
  package func entries() throws(Errno) -> [InodeEntry] { throw .ENOTDIR }

  /// Those entries among which, or beneath which, the file with this number can be.
  package func entries(leadingTo number: UInt64) throws(Errno) -> [InodeEntry] { try entries() }

  /// Makes a regular file. EEXIST when the name is taken, here and below.
  package func create(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    throw .EACCES
  }

  package func makeDirectory(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    throw .EPERM
  }

  /// Makes a device, FIFO or socket.
  package func makeNode(
    _ name: [UInt8], mode: FileMode, device: DeviceNumber, owner: Ownership
  ) throws(Errno) -> Inode {
    throw .EPERM
  }

  package func makeSymbolicLink(_ name: [UInt8], to target: [UInt8], owner: Ownership)
    throws(Errno) -> Inode
  {
    throw .EPERM
  }

  /// Gives `inode`, of the same filesystem and no directory, another name here.
  package func link(_ name: [UInt8], to inode: Inode) throws(Errno) { throw .EPERM }

  /// Removes a name that is not a directory's: EISDIR.
  package func unlink(_ name: [UInt8]) throws(Errno) { throw .EPERM }

  /// Removes an empty directory: ENOTDIR, ENOTEMPTY.
  package func removeDirectory(_ name: [UInt8]) throws(Errno) { throw .EPERM }

  /// Moves the entry `name` to `newName` of `directory`, a directory of the same filesystem, replacing
  /// what is there as rename(2) allows. The caller has excluded moving a directory into itself.
  package func rename(
    _ name: [UInt8], to directory: Inode, as newName: [UInt8], flags: RenameFlags
  ) throws(Errno) {
    throw .EPERM
  }

  /// A regular file without a name (`O_TMPFILE`).
  package func makeTemporaryFile(permissions: UInt32, owner: Ownership) throws(Errno) -> Inode {
    throw .EOPNOTSUPP
  }

  // MARK: Symbolic links

  /// The target of this symbolic link.
  package func readLink() throws(Errno) -> [UInt8] { throw .EINVAL }

  /// Where following this link leads when its text does not say (the links of `/proc/PID/fd`, `exe`,
  /// `cwd` …); `nil` for ordinary links.
  package func followMagicLink() throws(Errno) -> MagicTarget? { nil }

  // MARK: Contents

  /// Whether the caller may do with it what its permissions say of the owner, whoever that is.
  var admitsCaller: Bool { false }

  /// Throws what a caller gets who may not open it, though its permissions allow it.
  func requireOpenable() throws(Errno) {}

  /// Opens the file itself, without `O_CREAT`'s or `O_TRUNC`'s effects. `dentry` is the name it was
  /// found by.
  package func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    throw .ENXIO
  }

  /// Goes on with a FIFO that was open before; false for what is no FIFO.
  func connect(_ pipe: Pipe) -> Bool { false }

  package func truncate(to size: UInt64) throws(Errno) { throw .EINVAL }

  /// What fallocate(2) does to `range` bytes.
  package func allocate(_ range: Range<UInt64>, mode: FallocateMode) throws(Errno) {
    throw .EOPNOTSUPP
  }

  /// The object that mappings of this file share. `writable` says that it may be written through a
  /// shared mapping.
  package func memoryObject(writable: Bool) throws(Errno) -> MemoryObject { throw .ENODEV }
}

/// Where a magic link leads.
package enum MagicTarget {
  /// A name in the tree.
  case dentry(Dentry)
  /// An open file that no name leads to: a pipe, an unlinked file. Opening it opens it anew where
  /// that can be done.
  case file(OpenFile)
}
