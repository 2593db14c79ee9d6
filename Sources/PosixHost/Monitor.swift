internal import CPosixShims

/// A value that threads share, and can wait for each other to change.
@safe final class Monitor<Value>: @unchecked Sendable {
  /// What threads wait for; the users of a monitor give these a meaning.
  enum Condition: Int32 {
    case work = 0
    case done = 1
  }

  private let handle: OpaquePointer
  private var value: Value

  init(_ value: sending Value) {
    // SAFETY: owned by this object until deinit.
    guard let handle = unsafe godwit_monitor_make() else { preconditionFailure("out of memory") }
    unsafe self.handle = handle
    self.value = value
  }

  deinit {
    // SAFETY: made in init; nobody else can have it locked.
    unsafe godwit_monitor_free(handle)
  }

  func withLock<R>(_ body: (inout Value) -> R) -> R {
    // SAFETY: the handle lives as long as this object.
    unsafe godwit_monitor_lock(handle)
    defer { unsafe godwit_monitor_unlock(handle) }
    return body(&value)
  }

  /// Waits until `body` has a result. It is called under the lock: at first, and after each signal for the condition.
  ///
  /// - Parameter timeout: nanoseconds without a signal after which to give up; nil: never.
  /// - Returns: nil after a timeout.
  func wait<R>(for condition: Condition, timeout: Int64? = nil, _ body: (inout Value) -> R?) -> R? {
    // SAFETY: as above.
    unsafe godwit_monitor_lock(handle)
    defer { unsafe godwit_monitor_unlock(handle) }
    while true {
      if let result = body(&value) { return result }
      // SAFETY: the lock is held, and nothing of the value is in use.
      guard unsafe godwit_monitor_wait(handle, condition.rawValue, timeout ?? -1) else {
        return body(&value)
      }
    }
  }

  /// Wakes one of the threads that wait for the condition.
  func signal(_ condition: Condition) {
    // SAFETY: as above.
    unsafe godwit_monitor_signal(handle, condition.rawValue)
  }

  /// Wakes all of them.
  func broadcast(_ condition: Condition) {
    // SAFETY: as above.
    unsafe godwit_monitor_broadcast(handle, condition.rawValue)
  }
}
