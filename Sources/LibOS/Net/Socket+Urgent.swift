import LinuxABI

// What TCP's urgent bytes and those of unix streams have in common (SO_OOBINLINE, SIGURG).
extension Socket {
  /// Whether an urgent byte is received in its place.
  var isInline: Bool { settings.isOn(.SO_OOBINLINE) }

  /// An urgent byte has come.
  func tellUrgent(_ kernel: Kernel) {
    send(.kill(.SIGURG, code: SignalCode.SI_KERNEL, pid: 0, uid: 0), kernel)
    waitQueue.wake(.POLLPRI)
  }
}
