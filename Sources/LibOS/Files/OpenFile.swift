package import LinuxABI
package import Machine

/// What is ready on an open file: the bits of poll(2).
package struct PollEvents: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  package static let POLLIN = PollEvents(rawValue: 0x1)
  package static let POLLPRI = PollEvents(rawValue: 0x2)
  package static let POLLOUT = PollEvents(rawValue: 0x4)
  package static let POLLERR = PollEvents(rawValue: 0x8)
  package static let POLLHUP = PollEvents(rawValue: 0x10)
  package static let POLLNVAL = PollEvents(rawValue: 0x20)
  package static let POLLRDNORM = PollEvents(rawValue: 0x40)
  package static let POLLWRNORM = PollEvents(rawValue: 0x100)
  package static let POLLRDHUP = PollEvents(rawValue: 0x2000)

  package static let readable: PollEvents = [.POLLIN, .POLLRDNORM]
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

  package init(flags: OpenFlags) { self.flags = flags }

  package final func retain() { referenceCount += 1 }

  /// Drops a reference; the last one closes the file.
  package final func release() {
    referenceCount -= 1
    if referenceCount == 0 { close() }
  }

  package final var isReadable: Bool { flags.isReadable }
  package final var isWritable: Bool { flags.isWritable }
  package final var isNonBlocking: Bool { flags.contains(.O_NONBLOCK) }

  /// Called once, when the last reference goes.
  package func close() {}

  /// Reads at the file's own position (or as the kind of file has it), moving it.
  package func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int { throw .EINVAL }

  package func write(from bytes: RawSpan) throws(Errno) -> Int { throw .EINVAL }

  /// Whether `pread`, `pwrite` and `lseek` make sense; otherwise they fail with ESPIPE.
  package var isSeekable: Bool { false }

  package func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    throw .ESPIPE
  }

  package func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int { throw .ESPIPE }

  package func pollEvents() -> PollEvents { [.readable, .writable] }

  /// The inode behind the file; kinds without a name make one up (`anon_inode:`).
  package var inode: Inode { get throws(Errno) { throw .EINVAL } }

  package func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    throw .ENOTTY
  }

  /// What `readlink` on `/proc/self/fd/N` shows.
  package var linkName: String { "anon_inode:[file]" }

  /// Lines that `/proc/self/fdinfo/N` shows beyond pos, flags and mnt_id.
  package var fdinfo: String { "" }

  /// The object that `mmap` maps; ENODEV where the kind of file can't be mapped.
  package func memoryObject(writable: Bool) throws(Errno) -> MemoryObject { throw .ENODEV }
}
