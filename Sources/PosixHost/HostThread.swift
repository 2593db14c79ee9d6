#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A helper thread beside the picoprocess's own: for alarms, signals and control connections.
///
/// It has every signal blocked, so that signals reach the picoprocess's thread.
package final class HostThread: Sendable {
  private final class Start {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  #if canImport(Glibc)
    private let thread: pthread_t
  #else
    // SAFETY: an opaque name, only handed to pthread_join.
    private nonisolated(unsafe) let thread: pthread_t
  #endif

  /// Starts a thread that runs `body`; `join` must be called once.
  package init(_ body: @escaping @Sendable () -> Void) {
    var all = sigset_t()
    var old = sigset_t()
    // SAFETY: both sets outlive the calls; a new thread inherits the mask.
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &old)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &old, nil) }
    // SAFETY: retained here, released by the thread, which takes it over.
    let start = unsafe Unmanaged.passRetained(Start(body)).toOpaque()
    #if !canImport(Glibc)
      var thread: pthread_t?
      let result = unsafe pthread_create(&thread, nil, { unsafe HostThread.run($0) }, start)
      precondition(result == 0, "no thread left")
      unsafe self.thread = unsafe thread!
    #else
      var thread = pthread_t()
      let result = unsafe pthread_create(&thread, nil, { unsafe HostThread.run($0!) }, start)
      precondition(result == 0, "no thread left")
      self.thread = thread
    #endif
  }

  private static func run(_ start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    // SAFETY: the pointer that `init` retained for this thread.
    unsafe Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body()
    return nil
  }

  /// Waits until the thread has ended and frees what it used.
  package func join() {
    var result: UnsafeMutableRawPointer?
    // SAFETY: joined once, by contract.
    _ = unsafe pthread_join(thread, &result)
  }
}
