/// Threads that do independent pieces of work, oldest first, on other processors.
///
/// A thread starts only when there is work for it. If the host has no thread left, whoever waits for the work does
/// it: see `performOne`.
package final class WorkerThreads: Sendable {
  private typealias Job = @Sendable () -> Void

  private struct State {
    var waiting: [Job] = []
    /// Jobs that threads are doing.
    var running = 0
    var threads: [HostThread] = []
    var isEnding = false
  }

  /// Threads at most.
  package let count: Int
  private let isNice: Bool
  private let state = Monitor(State())

  /// - Parameter isNice: the threads take only what others leave of the processors.
  package init(_ count: Int, isNice: Bool = false) {
    self.count = count
    self.isNice = isNice
  }

  /// Has a thread do `job` at some time.
  package func submit(_ job: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.waiting.append(job)
      guard state.threads.count < min(count, state.running + state.waiting.count) else { return }
      if let thread = HostThread.ifPossible({ [self] in run() }) { state.threads.append(thread) }
    }
    state.signal(.work)
  }

  private func run() {
    if isNice { HostThread.lowerPriority() }
    while let job = next() {
      job()
      state.withLock { $0.running -= 1 }
      state.broadcast(.done)
    }
  }

  /// The next job for a thread; nil once there will be none.
  private func next() -> Job? {
    enum Order {
      case job(Job), end
    }
    let order = state.wait(for: .work) { state -> Order? in
      if state.isEnding { return .end }
      guard !state.waiting.isEmpty else { return nil }
      state.running += 1
      return .job(state.waiting.removeFirst())
    }
    guard case .job(let job) = order else { return nil }
    return job
  }

  /// Does the oldest job that no thread has begun, on the calling thread; false if there is none.
  package func performOne() -> Bool {
    let job = state.withLock { state in
      state.waiting.isEmpty ? nil : state.waiting.removeFirst()
    }
    job?()
    return job != nil
  }

  /// Waits until `isReady`, which the jobs must bring about.
  ///
  /// - Parameter timeout: nanoseconds in which no job ends after which to give up.
  /// - Returns: whether it is ready.
  package func wait(timeout: Int64, until isReady: () -> Bool) -> Bool {
    state.wait(for: .done, timeout: timeout) { _ in isReady() ? true : nil } ?? false
  }

  /// Forgets jobs that nobody has begun, and ends the threads. Must be called once, and `submit` not after it.
  package func end() {
    let threads = state.withLock { state in
      state.isEnding = true
      state.waiting = []
      return state.threads
    }
    state.broadcast(.work)
    for thread in threads { thread.join() }
  }
}
