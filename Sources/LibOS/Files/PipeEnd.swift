package import LinuxABI
import Machine

/// An open end of a pipe; which one, its access mode says. `O_RDWR` on a FIFO makes one that is both.
package final class PipeEnd: OpenFile {
  package let pipe: Pipe
  private let place: Dentry?
  /// `pipe.writersEver` when this end was opened without waiting for a writer: no hangup until
  /// there was one (fifo(7)).
  package let writersAtOpen: UInt64?
  /// Likewise of an end for writing.
  package let readersAtOpen: UInt64?

  /// - Parameter dentry: a FIFO's name; `nil` for a pipe.
  package init(_ pipe: Pipe, flags: OpenFlags, at dentry: Dentry? = nil) {
    self.pipe = pipe
    place = dentry
    readersAtOpen =
      flags.isWritable && !flags.isReadable && pipe.readers == 0 ? pipe.readersEver : nil
    writersAtOpen =
      flags.isReadable && !flags.isWritable && pipe.writers == 0 ? pipe.writersEver : nil
    super.init(flags: flags)
    pipe.attach(self)
  }

  /// An end that was open before.
  init(
    restoring pipe: Pipe, flags: OpenFlags, at dentry: Dentry?, writersAtOpen: UInt64?,
    readersAtOpen: UInt64?
  ) {
    self.pipe = pipe
    place = dentry
    self.writersAtOpen = writersAtOpen
    self.readersAtOpen = readersAtOpen
    super.init(flags: flags)
    pipe.attachAgain(self)
  }

  package override func close() { pipe.detach(self) }

  /// Whether open(2) of this end of a FIFO still waits for somebody to open the other (fifo(7)).
  package var awaitsOtherEnd: Bool {
    guard place != nil, !isNonBlocking else { return false }
    return writersAtOpen == pipe.writersEver || readersAtOpen == pipe.readersEver
  }

  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    guard isReadable else { throw .EBADF }
    return try pipe.read(into: &buffer)
  }

  package override func write(from bytes: RawSpan) throws(Errno) -> Int {
    guard isWritable else { throw .EBADF }
    return try pipe.write(from: bytes, asPackets: flags.contains(.O_DIRECT))
  }

  package override func pollEvents() -> PollEvents {
    var events: PollEvents = []
    if isReadable {
      if !pipe.buffer.isEmpty { events.formUnion(.readable) }
      if pipe.writers == 0, writersAtOpen != pipe.writersEver { events.insert(.POLLHUP) }
    }
    if isWritable {
      if pipe.hasRoom { events.formUnion(.writable) }
      if pipe.readers == 0 { events.insert(.POLLERR) }
    }
    return events
  }

  package override func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    guard request == TerminalRequest.FIONREAD.rawValue else { throw .ENOTTY }
    try context.store(Int32(pipe.buffer.count), to: GuestAddress(argument))
    return .success
  }

  package override var signalsReadiness: Bool { true }
  package override var writableCount: Int { pipe.buffer.room }

  package override func pipeCapacity() throws(Errno) -> Int { pipe.capacity }

  package override func setPipeCapacity(_ wanted: UInt64) throws(Errno) -> Int {
    try pipe.setCapacity(wanted)
  }

  /// Another description of either end, as `open` on `/proc/self/fd/N` makes it.
  package override func reopen(_ flags: OpenFlags) throws(Errno) -> OpenFile {
    PipeEnd(pipe, flags: flags, at: place)
  }

  package override var inode: Inode { get throws(Errno) { place?.inode ?? pipe.inode } }

  package override var dentry: Dentry? { place }

  package override var linkName: String {
    if let place { return String(decoding: place.shownPath(), as: UTF8.self) }
    return "pipe:[\(pipe.inode.number)]"
  }
}
