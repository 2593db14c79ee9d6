package import LinuxABI

extension Siginfo {
  /// A signal that the kernel sends on its own account (SIGPIPE, SIGXFSZ, a terminal's SIGINT).
  package static func fromKernel(_ signal: Signal) -> Siginfo {
    .kill(signal, code: SignalCode.SI_KERNEL, pid: 0, uid: 0)
  }
}
