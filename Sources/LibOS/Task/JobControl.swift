package import LinuxABI
import Machine

/// Whose terminal this is: `tty->ctrl` in Linux. One for the host's terminal, and one for each
/// pseudoterminal.
package final class TerminalControl {
  /// The session that it controls; 0 for none.
  package internal(set) var session: Int32 = 0
  /// The process group that may read from it.
  package internal(set) var foreground: Int32 = 0
  /// What it controls; nil for the host's terminal.
  package internal(set) weak var pseudoterminal: Pseudoterminal?

  package init() {}

  /// What `/proc/PID/stat` calls it; the host's goes by the name that everybody's own terminal has.
  package var device: DeviceNumber { pseudoterminal?.device ?? Device.tty.number }
}

// Process groups and sessions: setpgid(2), setsid(2), credentials(7).

extension Kernel {
  /// The live processes of a group, lowest number first.
  package func members(ofGroup group: Int32) -> [Process] {
    groups[group].compactMap { processes[$0] }.filter { !$0.isExiting }
  }

  /// Whether nobody in the session looks after the group: none of its members has a parent in the
  /// session but outside the group. The group of the first process is looked after from outside.
  func isOrphaned(_ group: Int32) -> Bool {
    if let initial = processes[initialPID], initial.processGroup == group { return false }
    return !members(ofGroup: group).contains(where: \.hasStopperOutside)
  }

  /// A group that nobody looks after any more must not stay stopped for ever (setpgid(2)).
  func releaseIfOrphaned(_ group: Int32) {
    let members = members(ofGroup: group)
    guard members.contains(where: { $0.signals.stopSignal != nil }), isOrphaned(group) else {
      return
    }
    for signal in [Signal.SIGHUP, .SIGCONT] {
      for member in members { member.post(signal: signal.rawValue) }
    }
  }

  // MARK: Terminals

  /// Makes `terminal` the controlling one of `process`'s session.
  package func attach(_ terminal: TerminalControl, to process: Process) {
    controllingTerminals[process.session] = terminal
    formerForegrounds[process.session] = nil
    process.hasLeftTerminal = false
    terminal.session = process.session
    terminal.foreground = process.processGroup
  }

  /// Takes the controlling terminal from `session`, whose foreground group hears of it
  /// (`disassociate_ctty`).
  ///
  /// - Parameter isEnd: the session's leader ends; else it only gives the terminal up.
  func detachTerminal(of session: Int32, isEnd: Bool) {
    var signals = [Signal.SIGHUP, .SIGCONT]
    let group: Int32
    if let terminal = controllingTerminals.removeValue(forKey: session) {
      group = terminal.foreground
      terminal.session = 0
      terminal.foreground = 0
      if isEnd { signals = [.SIGHUP] }
    } else if isEnd, let former = formerForegrounds.removeValue(forKey: session) {
      group = former
    } else {
      return
    }
    for signal in signals {
      post(.kill(signal, code: SignalCode.SI_KERNEL, pid: 0, uid: 0), toGroup: group)
    }
  }

  /// The terminal is gone: the leader of its session hears of it now, the foreground group when the
  /// leader ends (`tty_signal_session_leader`).
  func hangUp(_ terminal: TerminalControl) {
    let session = terminal.session
    guard session != 0 else { return }
    controllingTerminals[session] = nil
    formerForegrounds[session] = terminal.foreground
    terminal.session = 0
    terminal.foreground = 0
    guard let leader = processes[session], !leader.isExiting else { return }
    for signal in [Signal.SIGHUP, .SIGCONT] { leader.post(signal: signal.rawValue) }
  }
}

extension Process {
  package var controllingTerminal: TerminalControl? {
    hasLeftTerminal ? nil : kernel.controllingTerminals[session]
  }

  /// Whether its parent is in the session, but not in the group: a shell, say.
  var hasStopperOutside: Bool {
    guard let parent, !parent.isExiting else { return false }
    return parent.processGroup != processGroup && parent.session == session
  }

  /// Whether it may not read from `terminal`, which is its controlling one.
  func isInBackground(of terminal: TerminalControl) -> Bool {
    controllingTerminal === terminal && terminal.foreground != processGroup
  }

  /// Stops a process that wants the terminal while it is in the background, by `signal` to its whole
  /// group: ERESTARTSYS. EIO where that can't be.
  ///
  /// - Returns: when a process that does not heed `signal` may go on all the same.
  func stopInBackground(of terminal: TerminalControl, _ task: Task, _ signal: Signal)
    throws(Errno)
  {
    guard isInBackground(of: terminal) else { return }
    let isHeeded =
      !task.signals.mask.contains(signal) && signals[signal].handler != Sigaction.SIG_IGN
    if !isHeeded, signal == .SIGTTOU { return }
    if !isHeeded || kernel.isOrphaned(processGroup) { throw .EIO }
    kernel.post(
      .kill(signal, code: SignalCode.SI_KERNEL, pid: 0, uid: 0), toGroup: processGroup)
    throw .ERESTARTSYS
  }

  /// The end of a session's leader takes the terminal from it.
  func leaveSession() {
    if session == pid { kernel.detachTerminal(of: session, isEnd: true) }
  }
}
