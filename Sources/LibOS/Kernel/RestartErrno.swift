package import LinuxABI

extension Errno {
  /// One of the kernel's private answers of an interrupted call (`ERESTARTSYS` …), which the guest
  /// never sees. What becomes of each is decided when a signal is delivered; see
  /// `Task.settleInterruptedCall`.
  package var isRestart: Bool { rawValue >= 512 && rawValue <= 516 }
}
