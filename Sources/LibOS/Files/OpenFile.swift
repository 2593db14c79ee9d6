package import LinuxABI
package import Machine

extension PollEvents {
  /// Bytes can be read without waiting.
  package static let readable: PollEvents = [.POLLIN, .POLLRDNORM]
  /// Bytes can be written without waiting.
  package static let writable: PollEvents = [.POLLOUT, .POLLWRNORM]
}

/// An open file description: what descriptors refer to, shared by `dup` and `fork`.
///
/// Subclasses are the kinds of file. None of these calls waits: what can't be done now throws
/// EAGAIN, and the system call decides whether to block on `waitQueue`.
package class OpenFile {
  /// O_APPEND, O_NONBLOCK, access mode …: what `F_GETFL` shows, in the guest-neutral form.
  package var flags: OpenFlags
  /// The file position in bytes.
  package var offset: UInt64 = 0
  /// Woken whenever `pollEvents` may have changed.
  package let waitQueue = WaitQueue()
  /// Descriptors (and maps of other owners) that refer to this description.
  package private(set) var referenceCount = 0
  /// The members of epoll sets that watch this description; they go when it closes.
  var epollItems = ObjectQueue<EpollItem>()
  private var memory: MemoryCharge?

  package init(flags: OpenFlags) { self.flags = flags }

  /// Bytes that the library OS has for an open file, its inode and name with it.
  private static let size = 1024

  /// Charges the guest for the description; `false` without room. Sockets were charged when made.
  func account(in arena: FrameArena) -> Bool {
    guard memory == nil, socket == nil else { return true }
    guard arena.hasRoom(forKernel: Self.size) else { return false }
    memory = MemoryCharge(arena, .files, bytes: Self.size)
    return true
  }

  package final func retain() { referenceCount += 1 }

  /// Drops a reference; the last one closes the file.
  package final func release() {
    referenceCount -= 1
    guard referenceCount == 0 else { return lostReference() }
    reportClosed()
    if holdsLocks { (try? inode)?.locks.release(ownedBy: .file(ObjectIdentifier(self))) }
    for item in epollItems.elements { item.remove() }
    close()
  }

  package final var isReadable: Bool { flags.isReadable }
  package final var isWritable: Bool { flags.isWritable }
  package final var isNonBlocking: Bool { flags.contains(.O_NONBLOCK) }

  /// Called once, when the last reference goes.
  package func close() {}

  /// Called when a reference goes and others remain.
  func lostReference() {}

  /// Called when a process closes a descriptor of it, of which it may have others.
  package func descriptorClosed(by process: Process) {}

  /// The file as a socket; nil for all others.
  package var socket: Socket? { nil }

  /// Reads at the file's own position (or as the kind of file has it), moving it.
  package func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    guard isSeekable else { throw .EINVAL }
    let count = try read(at: offset, into: &buffer)
    offset += UInt64(count)
    return count
  }

  /// Writes at the file's own position (or as the kind of file has it), moving it.
  package func write(from bytes: RawSpan) throws(Errno) -> Int {
    guard isSeekable else { throw .EINVAL }
    let count = try write(at: offset, from: bytes)
    offset += UInt64(count)
    return count
  }

  /// How long a read of `count` bytes is to wait before it takes what there is.
  package func patience(reading count: Int, by task: Task, isNonBlocking: Bool) -> ReadPatience {
    .none
  }

  /// Whether `pread`, `pwrite` and `lseek` make sense; otherwise they fail with ESPIPE.
  package var isSeekable: Bool { false }

  /// Whether `lseek` succeeds and does nothing.
  package var hasNoPlaces: Bool { (try? inode) is AnonymousInode && !(self is PidFile) }

  package func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    throw .ESPIPE
  }

  package func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int { throw .ESPIPE }

  /// Whether a large transfer may be made in pieces, straight to and from guest memory. Files with
  /// records (eventfd, terminals …) get each read and write whole.
  package var transfersInPieces: Bool { false }

  /// The first data, or the first hole, at or behind `offset`, which lies in the file (lseek(2)); nil for data when
  /// there is none. By default a file has no holes.
  package func next(_ isData: Bool, from offset: UInt64) throws(Errno) -> UInt64? {
    isData ? offset : .max
  }

  /// The position that `lseek` shows and moves.
  package func position() throws(Errno) -> UInt64 { offset }

  package func setPosition(_ offset: UInt64) throws(Errno) { self.offset = offset }

  /// Writes what is cached through to the host; EINVAL for what has no storage.
  package func flush(metadata: Bool) throws(Errno) {
    guard dentry != nil else { throw .EINVAL }
  }

  package func pollEvents() -> PollEvents { [.readable, .writable] }

  /// Whether `epoll` takes the file: EPERM for regular files and directories (epoll_ctl(2)).
  package var isPollable: Bool { !isSeekable }

  /// The inode behind the file; kinds without a name make one up (`anon_inode:`).
  package var inode: Inode { get throws(Errno) { throw .EINVAL } }

  /// Who gets the signals about the file.
  package var signalReceiver = SignalReceiver()
  /// What sends one when the file becomes ready.
  var readinessSignal: ReadinessSignal?
  /// Whether signals tell when this kind of file becomes ready (`O_ASYNC`).
  package var signalsReadiness: Bool { false }
  /// It is one of its inode's `openCount`.
  var isCounted = false
  /// Locks on the inode belong to this description and go with it.
  package var holdsLocks = false

  /// `ftruncate(2)`; the caller has checked that the file is a regular one open for writing.
  package func truncate(to size: UInt64) throws(Errno) { try inode.truncate(to: size) }

  /// `fallocate(2)` likewise.
  package func allocate(_ range: Range<UInt64>, mode: FallocateMode) throws(Errno) {
    try inode.allocate(range, mode: mode)
  }

  /// Bytes that a pipe holds (`F_GETPIPE_SZ`); EBADF for other files.
  package func pipeCapacity() throws(Errno) -> Int { throw .EBADF }

  /// Bytes that a write takes now, of files that can't take any number of them.
  package var writableCount: Int { .max }

  /// Sets the capacity and returns what it became.
  package func setPipeCapacity(_ wanted: UInt64) throws(Errno) -> Int { throw .EBADF }

  /// The name it was opened by; `nil` for files without one.
  package var dentry: Dentry? { nil }

  /// What `fstat` shows.
  package func status() throws(Errno) -> FileStatus {
    if let dentry { return try dentry.status() }
    return try inode.status()
  }

  /// A new description of the same file, for `open` on `/proc/self/fd/N` when no name leads there.
  package func reopen(_ flags: OpenFlags) throws(Errno) -> OpenFile { throw .ENXIO }

  package func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    throw .ENOTTY
  }

  /// What `readlink` on `/proc/self/fd/N` shows.
  package var linkName: String {
    if let dentry { return String(decoding: dentry.shownPath(), as: UTF8.self) }
    return "anon_inode:[file]"
  }

  /// Whose terminal it is; nil for what is no terminal.
  package var terminal: TerminalControl? { nil }
  /// Only the foreground may write to the terminal (`TOSTOP`).
  package var stopsBackgroundWriters: Bool { false }

  /// Lines that `/proc/self/fdinfo/N` shows beyond pos, flags and mnt_id.
  package var fdinfo: String { "" }

  /// It was mapped, which counts as a look at it.
  package func mapped() {}

  /// What its mappings keep of it.
  weak var mappedFile: MappedFile?

  /// The object that `mmap` maps; ENODEV where the kind of file can't be mapped.
  package func memoryObject(writable: Bool) throws(Errno) -> MemoryObject { throw .ENODEV }
}
