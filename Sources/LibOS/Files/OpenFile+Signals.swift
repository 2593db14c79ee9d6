import LinuxABI

// Signals that tell of a file: "Managing signals" in fcntl(2), socket(7), tty_ioctl(4).

/// Who gets the signals about a file, which one, and who said so.
package struct SignalReceiver {
  /// A pid of 0 is nobody.
  var owner = OwnerEx()
  /// In place of SIGIO, and with more to say; 0: none.
  var signal: Int32 = 0
  /// Of the process that named the owner, which must be allowed to send it signals.
  var realUID: UInt32 = 0
  var effectiveUID: UInt32 = 0

  init() {}

  /// The owner as `F_GETOWN` has it: a group's number is negative.
  var number: Int32 { owner.type == Self.group ? 0 &- owner.pid : owner.pid }

  /// `F_OWNER_TID`, `F_OWNER_PID`, `F_OWNER_PGRP`.
  static let thread: Int32 = 0
  static let process: Int32 = 1
  static let group: Int32 = 2

  fileprivate func maySignal(_ process: Process) -> Bool {
    if effectiveUID == 0 { return true }
    let its = process.credentials
    return [effectiveUID, realUID].contains { $0 == its.savedUID || $0 == its.realUID }
  }
}

/// Sends a signal when its file becomes ready (`O_ASYNC`).
final class ReadinessSignal: WaitListener {
  private unowned let file: OpenFile
  private unowned let kernel: Kernel
  /// The descriptor by which it was asked for, whatever became of that: `si_fd`.
  let descriptor: Int32

  init(_ file: OpenFile, _ descriptor: Int32, _ kernel: Kernel) {
    self.file = file
    self.descriptor = descriptor
    self.kernel = kernel
  }

  func objectChanged() { objectChanged(.all) }

  func objectChanged(_ events: PollEvents) {
    guard let code = file.reason(events.intersection(file.pollEvents())) else { return }
    file.tell(code, descriptor, kernel)
  }
}

extension OpenFile {
  /// What of `events` a signal tells of: a `POLL_*` code. The ends of a pipe tell of the other one's end as of
  /// anything else.
  fileprivate func reason(_ events: PollEvents) -> Int32? {
    let isPipe = self is PipeEnd
    if events.contains(.POLLHUP) { return isPipe ? SignalCode.POLL_IN : SignalCode.POLL_HUP }
    if events.contains(.POLLERR) { return isPipe ? SignalCode.POLL_OUT : SignalCode.POLL_ERR }
    if events.contains(.POLLIN) { return SignalCode.POLL_IN }
    if events.contains(.POLLOUT) { return SignalCode.POLL_OUT }
    return events.contains(.POLLPRI) ? SignalCode.POLL_PRI : nil
  }

  /// Tells the owner of something about the file (`send_sigio`).
  ///
  /// - Parameter code: a `POLL_*` code.
  func tell(_ code: Int32, _ descriptor: Int32, _ kernel: Kernel) {
    let plain = Siginfo.kill(.SIGIO, code: SignalCode.SI_KERNEL, pid: 0, uid: 0)
    var info = plain
    if signalReceiver.signal != 0 {
      info = .poll(
        Signal(rawValue: signalReceiver.signal), code: code, band: Self.band(code), fd: descriptor)
    }
    send(info, kernel, orElse: plain)
  }

  /// Sends the owner a signal.
  ///
  /// - Parameter plain: sent if `info` can't be queued.
  func send(_ info: Siginfo, _ kernel: Kernel, orElse plain: Siginfo? = nil) {
    let pid = signalReceiver.owner.pid
    guard pid != 0 else { return }
    func send(to process: Process?, _ task: Task? = nil) {
      guard let process, signalReceiver.maySignal(process), !process.send(info, to: task), let plain
      else { return }
      _ = process.send(plain, to: task)
    }
    switch signalReceiver.owner.type {
    case SignalReceiver.group: for process in kernel.members(ofGroup: pid) { send(to: process) }
    case SignalReceiver.process: send(to: kernel.processes[pid])
    default: send(to: kernel.tasks[pid]?.process, kernel.tasks[pid])
    }
  }

  /// `si_band`.
  private static func band(_ code: Int32) -> Int64 {
    let events: PollEvents =
      switch code {
      case SignalCode.POLL_IN: .readable
      case SignalCode.POLL_OUT: [.writable, .POLLWRBAND]
      case SignalCode.POLL_MSG: [.readable, .POLLMSG]
      case SignalCode.POLL_ERR: .POLLERR
      case SignalCode.POLL_PRI: [.POLLPRI, .POLLRDBAND]
      default: [.POLLHUP, .POLLERR]
      }
    return Int64(events.rawValue)
  }

  // MARK: Asking for them

  /// Names the owner: ESRCH if there is none of that number.
  func setOwner(_ owner: OwnerEx, _ call: SyscallContext) throws(Errno) {
    let (pid, kernel) = (owner.pid, call.kernel)
    guard
      pid == 0 || kernel.isInit(pid) || kernel.tasks[pid] != nil || kernel.processes[pid] != nil
        || !kernel.members(ofGroup: pid).isEmpty
    else { throw .ESRCH }
    signalReceiver.owner = owner
    guard pid != 0 else { return }
    signalReceiver.realUID = call.credentials.realUID
    signalReceiver.effectiveUID = call.credentials.effectiveUID
  }

  /// The same as fcntl(2) and ioctl(2) take it: a group's number is negative.
  func setOwner(number: Int32, _ call: SyscallContext) throws(Errno) {
    guard number != .min else { throw .EINVAL }
    let isGroup = number < 0
    try setOwner(
      OwnerEx(
        type: isGroup ? SignalReceiver.group : SignalReceiver.process,
        pid: isGroup ? -number : number),
      call)
  }

  /// The owner, as long as there is one of that number.
  func currentOwner(_ kernel: Kernel) -> SignalReceiver {
    var current = signalReceiver
    let pid = current.owner.pid
    let isThere =
      switch current.owner.type {
      case SignalReceiver.group: !kernel.members(ofGroup: pid).isEmpty
      case SignalReceiver.process: kernel.processes[pid] != nil || kernel.isInit(pid)
      default: kernel.tasks[pid] != nil
      }
    if !isThere { current.owner.pid = 0 }
    return current
  }

  /// Has signals sent when the file becomes ready, or no more.
  func signalReadiness(_ isOn: Bool, _ call: SyscallContext, _ descriptor: Int32) throws(Errno) {
    guard isOn != flags.contains(.O_ASYNC) else { return }
    guard isOn else { return stopSignalling() }
    signalReadiness(descriptor, call.kernel)
    // A terminal's go to its foreground, unless somebody was named (`tty_fasync`).
    guard signalReceiver.owner.pid == 0, let terminal else { return }
    let group = terminal.foreground
    try setOwner(
      group == 0
        ? OwnerEx(type: SignalReceiver.process, pid: call.process.pid)
        : OwnerEx(type: SignalReceiver.group, pid: group), call)
  }

  func signalReadiness(_ descriptor: Int32, _ kernel: Kernel) {
    stopSignalling()
    let signal = ReadinessSignal(self, descriptor, kernel)
    readinessSignal = signal
    flags.insert(.O_ASYNC)
    // What the host has already is no news.
    if self is HostStreamFile { _ = pollEvents() }
    waitQueue.add(signal)
  }

  private func stopSignalling() {
    flags.remove(.O_ASYNC)
    if let old = readinessSignal { waitQueue.remove(old) }
    readinessSignal = nil
  }
}
