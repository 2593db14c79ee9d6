internal import CPosixShims

/// A helper thread, for alarms, signals and control connections.
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
    var thread: UInt = 0
    // SAFETY: the closure is retained here and released by the thread.
    let start = unsafe Unmanaged.passRetained(Start(body)).toOpaque()
    let result = unsafe godwit_thread_start(
      { unsafe Unmanaged<Start>.fromOpaque($0!).takeRetainedValue().body() }, start, &thread)
    precondition(result == 0, "no thread left")
    self.thread = thread
  }

  /// Waits until the thread has ended and frees what it used.
  package func join() { godwit_thread_join(thread) }

  /// Lets the thread end by itself.
  package func detach() { godwit_thread_detach(thread) }
}
