import Snapshot
import Synchronization

/// Workers without threads: jobs wait until somebody asks for one to be done.
package final class HandWorkers: Workers {
  package let count: Int
  /// Takes jobs and never does them, as a thread that gets no processor.
  private let isStuck: Bool
  private let jobs = Mutex<[@Sendable () -> Void]>([])
  private let most = Mutex(0)

  package init(_ count: Int, isStuck: Bool = false) {
    self.count = count
    self.isStuck = isStuck
  }

  /// The most jobs that waited at once.
  package var mostJobs: Int { most.withLock { $0 } }

  package func submit(_ job: @escaping @Sendable () -> Void) {
    if isStuck { return }
    let waiting = jobs.withLock { jobs in
      jobs.append(job)
      return jobs.count
    }
    most.withLock { $0 = max($0, waiting) }
  }

  package func performOne() -> Bool {
    let job = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    job?()
    return job != nil
  }

  package func wait(timeout: Int64, until isReady: () -> Bool) -> Bool { isReady() }
}
