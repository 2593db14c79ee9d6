package import LinuxABI
import Machine

/// An open slave of a pseudoterminal, which programs use as their terminal.
package final class PseudoterminalSlave: OpenFile {
  package let pseudoterminal: Pseudoterminal
  /// `/dev/pts/N`, or `/dev/tty`.
  private let place: Dentry
  /// The terminal was hung up while this file was open.
  package internal(set) var isHungUp = false

  init(_ pseudoterminal: Pseudoterminal, _ flags: OpenFlags, at dentry: Dentry) {
    self.pseudoterminal = pseudoterminal
    place = dentry
    super.init(flags: flags)
    pseudoterminal.attach(self)
  }

  package override func close() { pseudoterminal.closed(self) }

  package override var signalsReadiness: Bool { true }
  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { place.inode } }
  package override var terminal: TerminalControl? { isHungUp ? nil : pseudoterminal.control }
  package override var stopsBackgroundWriters: Bool { pseudoterminal.discipline.has(.TOSTOP) }

  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    guard buffer.byteCount > 0, !isHungUp else { return 0 }
    guard pseudoterminal.discipline.hasInput else { throw .EAGAIN }
    pseudoterminal.inode.noteRead()
    return pseudoterminal.operate { $0.read(into: &buffer) }
  }

  package override func write(from bytes: RawSpan) throws(Errno) -> Int {
    guard !isHungUp else { throw .EIO }
    guard bytes.byteCount > 0 else { return 0 }
    let count = pseudoterminal.operate { $0.write(bytes) }
    guard count > 0 else { throw .EAGAIN }
    pseudoterminal.inode.noteWritten()
    return count
  }

  /// The rules of `VMIN` and `VTIME` (termios(3)).
  package override func patience(
    reading count: Int, by task: Task, isNonBlocking: Bool
  ) -> ReadPatience {
    let discipline = pseudoterminal.discipline
    guard !isHungUp, !discipline.isCanonical, count > 0 else { return .none }
    let minimum = min(Int(discipline.modes[.VMIN]), count)
    let time = Int64(discipline.modes[.VTIME]) * 100_000_000
    let available = discipline.readableCount
    guard available < max(minimum, 1) else { return .none }
    let now = task.kernel.clock.monotonic
    if minimum == 0 {
      // The wait for the first byte.
      if time > 0, isNonBlocking { return .none }
      let deadline = task.progress.deadline ?? saturatingSum(now, time)
      task.progress.deadline = deadline
      return now >= deadline ? .nothing : .until(deadline)
    }
    if isNonBlocking || available == 0 { return .none }
    guard time > 0 else { return .until(nil) }
    // The wait from one byte to the next.
    if task.progress.scratch != discipline.arrivals {
      task.progress.scratch = discipline.arrivals
      task.progress.deadline = saturatingSum(now, time)
    }
    let deadline = task.progress.deadline ?? now
    return now >= deadline ? .none : .until(deadline)
  }

  package override func pollEvents() -> PollEvents {
    if isHungUp { return [.readable, .writable, .POLLERR, .POLLHUP] }
    let discipline = pseudoterminal.discipline
    var events: PollEvents = []
    if isReadyToRead(discipline) { events.formUnion(.readable) }
    if discipline.outputRoom > 0 { events.formUnion(.writable) }
    return events
  }

  /// If VTIME is 0, poll waits for as many bytes as a read does (`input_available_p`).
  private func isReadyToRead(_ discipline: LineDiscipline) -> Bool {
    guard discipline.hasInput else { return false }
    if discipline.isCanonical || discipline.modes[.VTIME] != 0 { return true }
    return discipline.readableCount >= Int(discipline.modes[.VMIN])
  }

  package override func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    guard let request = TerminalRequest(rawValue: request) else {
      throw isHungUp ? .EIO : .ENOTTY
    }
    guard !isHungUp else { throw request == .TIOCSPGRP ? .ENOTTY : .EIO }
    return try pseudoterminal.answerSlave(context, request, GuestAddress(argument))
  }
}
