import LibOS
import LinuxABI
import PosixHost

// Signals to the host process are forwarded to the guest.

extension Picoprocess {
  /// The forwarded signals: those that people and programs send, except for faults of this process and
  /// signals that cannot be caught.
  private static let forwarded: [Signal] = [
    .SIGHUP, .SIGINT, .SIGQUIT, .SIGTERM, .SIGUSR1, .SIGUSR2, .SIGWINCH, .SIGCONT, .SIGTSTP,
    .SIGALRM,
    .SIGURG, .SIGIO, .SIGPWR, .SIGVTALRM, .SIGPROF, .SIGXCPU,
  ]

  /// The signals that a terminal sends to its foreground process group.
  static let typed: [Signal] = [.SIGINT, .SIGQUIT, .SIGTSTP, .SIGWINCH]

  /// A program inherits ignored signals from its parent (execve(2)).
  func ignoreInheritedSignals(_ process: Process) {
    for signal in Self.forwarded where HostSignals.isIgnored(signal.rawValue) {
      process.signals[signal].handler = Sigaction.SIG_IGN
    }
  }

  func catchSignals() {
    let caught = Self.forwarded.map(\.rawValue)
    let wake = self.wake
    // The signal itself has ended a wait, but the loop may wait again before this is called.
    HostSignals.install(caught, waking: host) { wake.call() }
  }

  /// Sends the signals that arrived since the last call to the guest.
  func forwardSignals() {
    let signals = HostSignals.takePending()
    guard !signals.isEmpty, let process = kernel.processes[kernel.initialPID] else { return }
    for number in signals {
      let signal = Signal(rawValue: number)
      if signal == .SIGCONT { retryTerminalReads() }
      if Self.typed.contains(signal), kernel.vfs.streams.control.session != 0 {
        // The host's terminal sends these to this process, but they are meant for the guest's foreground job.
        let info = Siginfo.kill(signal, code: SignalCode.SI_KERNEL, pid: 0, uid: 0)
        kernel.post(info, toGroup: kernel.vfs.streams.control.foreground)
      } else {
        process.post(signal: number, code: SignalCode.SI_USER)
      }
    }
    // Their effect is examined after they have been delivered.
    kernel.interrupt.raise()
  }

  /// This process may have moved between the foreground and the background of its terminal.
  private func retryTerminalReads() {
    for stream in kernel.vfs.streams.all where stream.isTerminal { stream.waitQueue.wake() }
  }

  /// Stops this process, too, if the guest was stopped by the terminal, so that the shell notices. The
  /// shell's SIGCONT reaches the guest through `forwardSignals`.
  func followStop() {
    guard let process = kernel.processes[kernel.initialPID],
      let signal = process.signals.stopSignal,
      [.SIGTSTP, .SIGTTIN, .SIGTTOU].contains(signal),
      kernel.vfs.streams.all.contains(where: \.isTerminal)
    else { return }
    HostSignals.stopSelf()
    forwardSignals()
  }
}
