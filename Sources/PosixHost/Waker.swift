internal import CPosixShims

/// Wakes a thread that waits in poll(2), by an eventfd, or by a pipe if the system has no eventfd.
///
/// The descriptors stay open as long as the object exists, so it can be used at any time.
package final class Waker: Sendable {
  /// The descriptor to poll for reading.
  let readEnd: Int32
  /// The descriptor that `wake` writes to.
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

  /// Ends the current wait, or else the next one. May be called from any thread.
  package func wake() { godwit_waker_wake(writeEnd) }

  /// Discards pending wake-ups.
  func drain() { godwit_waker_drain(readEnd) }
}
