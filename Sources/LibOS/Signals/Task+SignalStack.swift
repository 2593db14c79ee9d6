package import LinuxABI

extension Task {
  /// Sets the alternate stack as `sigaltstack(2)` does, for a thread with that stack pointer.
  ///
  /// - Throws: EPERM while the stack is in use, EINVAL for unknown flags, ENOMEM if it is too small.
  package func setSignalStack(_ new: SignalStack, stackPointer: UInt64) throws(Errno) {
    if signals.stack.isInUse(stackPointer: stackPointer) { throw .EPERM }
    let mode = new.ss_flags.subtracting(.SS_AUTODISARM)
    guard mode.isEmpty || mode == .SS_ONSTACK || mode == .SS_DISABLE else { throw .EINVAL }
    if mode == .SS_DISABLE {
      signals.stack = SignalStack(ss_sp: 0, ss_flags: new.ss_flags, ss_size: 0)
      return
    }
    guard new.ss_size >= SignalFrame.smallestAlternateStack(for: process.isa) else {
      throw .ENOMEM
    }
    signals.stack = new
  }

  /// The stack as `sigaltstack(2)` reports it.
  package func signalStackStatus(stackPointer: UInt64) -> SignalStack {
    var old = signals.stack
    let kept = old.ss_flags.intersection(.SS_AUTODISARM)
    old.ss_flags = old.status(stackPointer: stackPointer).union(kept)
    return old
  }
}
