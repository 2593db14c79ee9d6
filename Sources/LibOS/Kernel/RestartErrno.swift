package import LinuxABI

// The kernel's private answers of an interrupted call; the guest never sees them. What becomes of
// each is decided when a signal is delivered: see `include/linux/errno.h` and signal(7).
extension Errno {
  /// Restart after a handler with SA_RESTART, else EINTR.
  package static let ERESTARTSYS = Errno(rawValue: 512)
  /// Restart whatever happens.
  package static let ERESTARTNOINTR = Errno(rawValue: 513)
  /// Restart only when no handler runs, else EINTR.
  package static let ERESTARTNOHAND = Errno(rawValue: 514)
  /// As ERESTARTNOHAND, and the call goes on with its remaining time.
  package static let ERESTART_RESTARTBLOCK = Errno(rawValue: 516)

  package var isRestart: Bool { rawValue >= 512 && rawValue <= 516 }
}
