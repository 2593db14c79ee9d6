package import LinuxABI
import Machine

/// An open master of a pseudoterminal, made by `open("/dev/ptmx")`.
package final class PseudoterminalMaster: OpenFile {
  package let pseudoterminal: Pseudoterminal
  private let place: Dentry

  init(_ terminal: Pseudoterminal, _ flags: OpenFlags, at dentry: Dentry) {
    pseudoterminal = terminal
    place = dentry
    super.init(flags: flags)
    terminal.attach(self)
  }

  package override func close() { pseudoterminal.masterClosed() }

  package override var signalsReadiness: Bool { true }
  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { place.inode } }
  package override var fdinfo: String { "tty-index:\t\(pseudoterminal.number)\n" }

  private var status: PacketStatus {
    pseudoterminal.isPacketMode ? pseudoterminal.discipline.status : []
  }

  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    guard buffer.byteCount > 0 else { return 0 }
    guard !status.isEmpty else { return try readOutput(into: &buffer) }
    buffer.store(pseudoterminal.operate { $0.takeStatus() }.rawValue)
    return 1
  }

  private func readOutput(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    guard !pseudoterminal.discipline.output.isEmpty else {
      throw pseudoterminal.isLeft ? .EIO : .EAGAIN
    }
    let front = pseudoterminal.isPacketMode ? 1 : 0
    if front > 0 { buffer.store(UInt8(0)) }
    let count = pseudoterminal.operate { $0.takeOutput(into: &buffer, at: front) }
    return front + count
  }

  package override func write(from bytes: RawSpan) throws(Errno) -> Int {
    guard bytes.byteCount > 0 else { return 0 }
    let count = pseudoterminal.isMasterStopped ? 0 : pseudoterminal.operate { $0.type(bytes) }
    guard count > 0 else { throw .EAGAIN }
    return count
  }

  package override func pollEvents() -> PollEvents {
    var events: PollEvents = []
    if !pseudoterminal.discipline.output.isEmpty { events.formUnion(.readable) }
    if !status.isEmpty { events.formUnion([.readable, .POLLPRI]) }
    if pseudoterminal.isLeft { events.insert(.POLLHUP) }
    if pseudoterminal.discipline.hasRoomToType, !pseudoterminal.isMasterStopped {
      events.formUnion(.writable)
    }
    return events
  }

  package override func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    guard let request = TerminalRequest(rawValue: request) else { throw .ENOTTY }
    return try pseudoterminal.answerMaster(context, request, GuestAddress(argument))
  }
}
