import PosixHost
package import Snapshot

extension WorkerThreads: Workers {}

/// The threads that help with a snapshot: one for each processor but that of the thread which asks for their work.
///
/// They are threads of whoever makes the snapshot, and end with it.
package enum SnapshotWorkers {
  /// More would wait for the thread that takes their work, which copies every page.
  private static let limit = 15

  /// Nil if there is only one processor.
  ///
  /// - Parameter isNice: a guest is running meanwhile: they take only what it leaves of the processors.
  static func threads(isNice: Bool) -> WorkerThreads? {
    let count = min(HostProcess.processorCount - 1, limit)
    return count > 0 ? WorkerThreads(count, isNice: isNice) : nil
  }

  /// Lends threads that have ended when this returns.
  package static func with<R, E: Error>(
    isNice: Bool = false, _ body: ((any Workers)?) throws(E) -> R
  ) throws(E) -> R {
    let threads = threads(isNice: isNice)
    defer { threads?.end() }
    return try body(threads)
  }
}
