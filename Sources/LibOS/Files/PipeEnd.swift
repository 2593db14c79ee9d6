package import LinuxABI
import Machine

/// An open end of a pipe; which one, its access mode says. `O_RDWR` on a FIFO makes one that is both.
package final class PipeEnd: OpenFile {
  package let pipe: Pipe
  private let nodeInode: Inode?
  private let nodeName: String?
  /// `pipe.writersEver` when this end was opened without waiting for a writer: no hangup until
  /// there was one (fifo(7)).
  package let writersAtOpen: UInt64?

  /// - Parameters:
  ///   - inode: a FIFO's; `nil` for the pipe's own.
  ///   - name: a FIFO's path.
  package init(_ pipe: Pipe, flags: OpenFlags, inode: Inode? = nil, name: String? = nil) {
    self.pipe = pipe
    nodeInode = inode
    nodeName = name
    writersAtOpen =
      flags.isReadable && !flags.isWritable && pipe.writers == 0 ? pipe.writersEver : nil
    super.init(flags: flags)
    pipe.attach(self)
  }

  package override func close() { pipe.detach(self) }

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

  package override func pipeCapacity() throws(Errno) -> Int { pipe.capacity }

  package override func setPipeCapacity(_ wanted: UInt64) throws(Errno) -> Int {
    try pipe.setCapacity(wanted)
  }

  /// Another description of either end, as `open` on `/proc/self/fd/N` makes it.
  package override func reopen(_ flags: OpenFlags) throws(Errno) -> OpenFile {
    PipeEnd(pipe, flags: flags, inode: nodeInode, name: nodeName)
  }

  package override var inode: Inode { get throws(Errno) { nodeInode ?? pipe.inode } }

  package override var linkName: String { nodeName ?? "pipe:[\(pipe.inode.number)]" }
}
