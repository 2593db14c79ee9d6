package import LinuxABI

extension Siginfo {
  /// A signal from the kernel itself (SIGPIPE, SIGXFSZ, a terminal's SIGINT).
  package static func fromKernel(_ signal: Signal) -> Siginfo {
    .kill(signal, code: SignalCode.SI_KERNEL, pid: 0, uid: 0)
  }
}
