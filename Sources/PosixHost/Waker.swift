internal import CPosixShims

/// Wakes a thread that waits in poll: an eventfd, or a pipe to oneself where there is none.
///
/// The descriptors live as long as the object, so whoever keeps it may wake at any time.
package final class Waker: Sendable {
  /// Polled for reading.
  let readEnd: Int32
  /// Written by `wake`.
  let writeEnd: Int32

  package init() {
    var ends: [Int32] = [-1, -1]
    // SAFETY: room for the two descriptors.
    let result = unsafe godwit_waker_open(&ends)
    precondition(result == 0, "no descriptor left for waking")
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    system_close(readEnd)
    if writeEnd != readEnd { system_close(writeEnd) }
  }

  /// Ends the current or else the next wait. Callable from any thread.
  package func wake() { godwit_waker_wake(writeEnd) }

  /// Forgets the wake-ups so far.
  func drain() { godwit_waker_drain(readEnd) }
}
