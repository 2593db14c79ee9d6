package import LinuxABI
import Machine

/// The job control state of a terminal (`tty->ctrl` in Linux): one for the host's terminal and one for each
/// pseudoterminal.
package final class TerminalControl {
  /// The session that it controls; 0 for none.
  package internal(set) var session: Int32 = 0
  /// The process group that may read from it.
  package internal(set) var foreground: Int32 = 0
  /// The pseudoterminal; nil for the host's terminal.
  package internal(set) weak var pseudoterminal: Pseudoterminal?

  package init() {}

  /// Its device number in `/proc/PID/stat`; the host's terminal has that of `/dev/tty`.
  package var device: DeviceNumber { pseudoterminal?.device ?? Device.tty.number }
}

// Process groups and sessions: setpgid(2), setsid(2), credentials(7).

extension Kernel {
  /// The live processes of a group, lowest number first.
  package func members(ofGroup group: Int32) -> [Process] {
    groups[group].compactMap { processes[$0] }.filter { !$0.isExiting }
  }

  /// Whether the group is orphaned: no member has a parent in the same session but another group. The group
  /// of the first process is not, if the host's terminal is its terminal: the host's shell continues it.
  func isOrphaned(_ group: Int32) -> Bool {
    if console == nil, let initial = processes[initialPID], initial.processGroup == group {
      return false
    }
    return !members(ofGroup: group).contains(where: \.hasStopperOutside)
  }

  /// A newly orphaned group must not stay stopped for ever (setpgid(2)).
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

  /// Makes `terminal` the controlling terminal of `process`'s session.
  package func attach(_ terminal: TerminalControl, to process: Process) {
    controllingTerminals[process.session] = terminal
    formerForegrounds[process.session] = nil
    process.hasLeftTerminal = false
    terminal.session = process.session
    terminal.foreground = process.processGroup
  }

  /// Detaches the controlling terminal from `session`, and signals its foreground group
  /// (`disassociate_ctty`).
  ///
  /// - Parameter isEnd: whether the session's leader ends; otherwise it only gives up the terminal.
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

  /// Called when the terminal hangs up: signals the session leader now, and the foreground group when the
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

  /// Whether its parent is in the same session but another group, such as a shell.
  var hasStopperOutside: Bool {
    guard let parent, !parent.isExiting else { return false }
    return parent.processGroup != processGroup && parent.session == session
  }

  /// Whether it is in the background of `terminal`, its controlling terminal.
  func isInBackground(of terminal: TerminalControl) -> Bool {
    controllingTerminal === terminal && terminal.foreground != processGroup
  }

  /// Stops a background process that uses the terminal, by `signal` to its group: ERESTARTSYS, or EIO if it
  /// cannot be stopped.
  ///
  /// - Returns: normally if the process ignores or blocks `signal` and may continue.
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

  /// Detaches the terminal when a session leader ends.
  func leaveSession() {
    if session == pid { kernel.detachTerminal(of: session, isEnd: true) }
  }
}
