/// What a system-call handler asks the run loop to do.
package enum SyscallResult: Sendable {
  /// Return this value to the guest.
  case value(UInt64)
  /// The task was put to sleep by `Task.block`; its call runs again when it is woken.
  case blocked
  /// There is more to do than one turn is for. The call runs again, with its `progress`, when it is the task's
  /// turn; until it is done, no signal is delivered.
  case unfinished
  /// The handler set the task's registers itself (`rt_sigreturn`, `execve`).
  case registersReplaced
  /// The task is gone.
  case exited

  package static var success: SyscallResult { .value(0) }

  package static func value(_ value: Int32) -> SyscallResult {
    .value(UInt64(bitPattern: Int64(value)))
  }
  package static func value(_ value: Int) -> SyscallResult {
    .value(UInt64(bitPattern: Int64(value)))
  }
}
