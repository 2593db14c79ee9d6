import LibOS
import LinuxABI
import PosixHost

// Signals sent to the host process are the guest's.

extension Picoprocess {
  /// The signals that are passed to the guest: those that people and programs send, but not faults of this
  /// process itself, nor signals that can't be caught.
  private static let forwarded: [Signal] = [
    .SIGHUP, .SIGINT, .SIGQUIT, .SIGTERM, .SIGUSR1, .SIGUSR2, .SIGWINCH, .SIGCONT, .SIGTSTP,
    .SIGALRM,
    .SIGURG, .SIGIO, .SIGPWR, .SIGVTALRM, .SIGPROF, .SIGXCPU,
  ]

  /// The signals that a terminal sends to its foreground process group.
  private static let typed: [Signal] = [.SIGINT, .SIGQUIT, .SIGTSTP, .SIGWINCH]

  /// A program starts with the signals ignored that its parent had ignored (execve(2)).
  func ignoreInheritedSignals(_ process: Process) {
    for signal in Self.forwarded where HostSignals.isIgnored(signal.rawValue) {
      process.signals[signal].handler = Sigaction.SIG_IGN
    }
  }

  func catchSignals() {
    let caught = Self.forwarded.map(\.rawValue)
    let wake = self.wake
    // The signal itself has ended a wait, but the loop may be waiting again before it is told here.
    HostSignals.install(caught, waking: host) { wake.call() }
  }

  /// Sends the signals that came since the last call to the guest.
  func forwardSignals() {
    let signals = HostSignals.takePending()
    guard !signals.isEmpty, let process = kernel.processes[kernel.initialPID] else { return }
    for number in signals {
      let signal = Signal(rawValue: number)
      if signal == .SIGCONT { retryTerminalReads() }
      if Self.typed.contains(signal), kernel.vfs.streams.control.session != 0 {
        // The host's terminal sends these to this process; they are meant for the guest's job.
        let info = Siginfo.kill(signal, code: SignalCode.SI_KERNEL, pid: 0, uid: 0)
        kernel.post(info, toGroup: kernel.vfs.streams.control.foreground)
      } else {
        process.post(signal: number, code: SignalCode.SI_USER)
      }
    }
    // What they lead to is looked at when they have been delivered.
    kernel.interrupt.raise()
  }

  /// Whether this process is in the foreground of its terminal may have changed.
  private func retryTerminalReads() {
    for stream in kernel.vfs.streams.all where stream.isTerminal { stream.waitQueue.wake() }
  }

  /// Stops this process too when the guest was stopped as terminals do, for the shell to see. Its SIGCONT
  /// comes back through `forwardSignals`.
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
