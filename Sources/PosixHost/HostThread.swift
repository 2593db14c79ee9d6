internal import CPosixShims

/// A helper thread.
///
/// It has every signal blocked, so that signals reach the picoprocess's thread.
package final class HostThread: Sendable {
  private final class Start {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let thread: UInt

  /// Starts a thread that runs `body`; `join` or `detach` must be called once.
  package init(_ body: @escaping @Sendable () -> Void) {
    guard let thread = Self.start(body) else { preconditionFailure("no thread left") }
    self.thread = thread
  }

  private init(_ thread: UInt) { self.thread = thread }

  /// The same; nil if the host has no thread left.
  static func ifPossible(_ body: @escaping @Sendable () -> Void) -> HostThread? {
    start(body).map { HostThread($0) }
  }

  private static func start(_ body: @escaping @Sendable () -> Void) -> UInt? {
    var thread: UInt = 0
    // SAFETY: the closure is retained here and released by the thread, or below if there is none.
    let start = unsafe Unmanaged.passRetained(Start(body))
    let result = unsafe godwit_thread_start(
      { unsafe Unmanaged<Start>.fromOpaque($0!).takeRetainedValue().body() }, start.toOpaque(),
      &thread)
    if result == 0 { return thread }
    unsafe start.release()
    return nil
  }

  /// Lets the calling thread have only what others leave of the processors.
  package static func lowerPriority() { godwit_thread_lower_priority() }

  /// Waits until the thread has ended and frees what it used.
  package func join() { godwit_thread_join(thread) }

  /// Lets the thread end by itself.
  package func detach() { godwit_thread_detach(thread) }
}
