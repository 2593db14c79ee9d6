package import LinuxABI
import Machine

/// A pseudoterminal (pty(7)): a terminal whose other end, the master, is held by a program (`script`,
/// `tmux`, a terminal emulator) instead of a person.
///
/// The line discipline moves the bytes. This object keeps the open ends, the session and process group
/// that it controls, and wakes and signals them. Follows `drivers/tty/pty.c` and `tty_io.c`.
package final class Pseudoterminal {
  /// The number in its name, `/dev/pts/N`.
  package let number: Int32
  unowned let kernel: Kernel
  package internal(set) var discipline = LineDiscipline()
  package let control = TerminalControl()
  package internal(set) var size = Winsize()
  /// The slave can't be opened until `TIOCSPTLCK` unlocks it.
  package internal(set) var isLocked = true
  /// Only root may open the slave again (`TIOCEXCL`).
  package internal(set) var isExclusive = false
  /// Each read of the master begins with a control byte (`TIOCPKT`).
  package internal(set) var isPacketMode = false
  /// Writes of the master wait (`TCXONC` of the master).
  package internal(set) var isMasterStopped = false
  /// The slave was opened and closed again: the master reads EIO.
  package internal(set) var isLeft = false
  /// The node of `/dev/pts/N`.
  package private(set) lazy var inode = PtsNode(self, owner: Ownership())

  /// nil once it is closed.
  package private(set) var master: PseudoterminalMaster?
  package private(set) var slaves: [PseudoterminalSlave] = []
  private let memory: MemoryCharge
  /// Bytes that the library OS has for a pseudoterminal, its buffers full.
  static let footprint = 16384

  init(_ number: Int32, kernel: Kernel) {
    self.number = number
    self.kernel = kernel
    memory = MemoryCharge(kernel.arena, .terminals, bytes: Self.footprint)
    control.pseudoterminal = self
  }

  package var device: DeviceNumber { Self.device(number) }

  static func device(_ number: Int32) -> DeviceNumber {
    DeviceNumber(major: 136, minor: UInt32(number))
  }

  // MARK: Ends

  func attach(_ master: PseudoterminalMaster) { self.master = master }

  func attach(_ slave: PseudoterminalSlave) {
    slaves.append(slave)
    isLeft = false
  }

  /// Opens the slave. EIO while it is locked, and when the master is gone.
  func openSlave(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> PseudoterminalSlave {
    guard !isLocked, master != nil else { throw .EIO }
    if isExclusive, let caller = kernel.loaded, !caller.credentials.has(.CAP_SYS_ADMIN) {
      throw .EBUSY
    }
    return PseudoterminalSlave(self, flags, at: dentry)
  }

  /// Handles the close of the master: programs at the terminal see a hangup.
  func masterClosed() {
    master = nil
    isPacketMode = false
    kernel.pseudoterminals.removeName(of: self)
    hangUp()
    forgetIfUnused()
  }

  func closed(_ slave: PseudoterminalSlave) {
    slaves.removeAll { $0 === slave }
    if slaves.isEmpty {
      isLeft = true
      master?.waitQueue.wake([.readable, .POLLHUP])
    }
    forgetIfUnused()
  }

  private func forgetIfUnused() {
    if master == nil, slaves.isEmpty { kernel.pseudoterminals.forget(self) }
  }

  /// Disconnects all open files and controlled processes from the terminal (vhangup(2),
  /// `__tty_hangup`).
  func hangUp() {
    for slave in slaves { slave.isHungUp = true }
    kernel.hangUp(control)
    discipline.reset()
    for slave in slaves { slave.waitQueue.wake() }
  }

  /// Breaks reference cycles.
  func dismantle() {
    master = nil
    slaves = []
  }

  // MARK: Events

  /// Runs an operation on the line discipline, then wakes and signals those that its events concern.
  func operate<R, E: Error>(_ body: (inout LineDiscipline) throws(E) -> R) throws(E) -> R {
    defer { tellNews() }
    return try body(&discipline)
  }

  private func tellNews() {
    let news = discipline.takeNews()
    var events: PollEvents = []
    if news.canRead { events.formUnion(.readable) }
    if news.canWrite { events.formUnion(.writable) }
    if !events.isEmpty { for slave in slaves { slave.waitQueue.wake(events) } }
    events = []
    if news.masterCanRead { events.formUnion(.readable) }
    if news.masterCanWrite { events.formUnion(.writable) }
    if news.hasStatus, isPacketMode { events.formUnion([.readable, .POLLPRI]) }
    if !events.isEmpty { master?.waitQueue.wake(events) }
    for signal in news.signals { control.signalForeground(signal, kernel) }
  }
}

extension TerminalControl {
  /// Sends a signal to the foreground process group.
  func signalForeground(_ signal: Signal, _ kernel: Kernel) {
    guard foreground != 0 else { return }
    kernel.post(
      .kill(signal, code: SignalCode.SI_KERNEL, pid: 0, uid: 0), toGroup: foreground)
  }
}
