internal import Synchronization

/// Threads on other processors. Whoever owns threads provides them: this module has none.
package protocol Workers: AnyObject, Sendable {
  /// Threads at most.
  var count: Int { get }

  /// Has a thread do `job` at some time.
  func submit(_ job: @escaping @Sendable () -> Void)

  /// Does the oldest job that no thread has begun, on the calling thread; false if there is none.
  func performOne() -> Bool

  /// Waits until `isReady`, which the jobs must bring about.
  ///
  /// - Parameter timeout: nanoseconds in which no job ends after which to give up.
  /// - Returns: whether it is ready.
  func wait(timeout: Int64, until isReady: () -> Bool) -> Bool
}

/// Work that is done on any thread, with the results in the order in which it was handed over.
///
/// The work must be the same whenever and however often it is done.
package struct OrderedWork<Output: Sendable> {
  private final class Item: Sendable {
    let work: @Sendable () -> Output
    private let result = Mutex<Output?>(nil)

    init(_ work: @escaping @Sendable () -> Output) { self.work = work }

    var output: Output? { result.withLock { $0 } }

    func perform() {
      let output = work()
      result.withLock { $0 = output }
    }
  }

  /// Who does the work; nil: the thread that asks for the results.
  package let workers: (any Workers)?
  private var items: [Item] = []

  /// How long to wait for a thread that has begun a piece of work, in nanoseconds. A thread of low priority may not
  /// be running at all.
  private static var patience: Int64 { 2_000_000 }

  package init(_ workers: (any Workers)?) { self.workers = workers }

  /// Whether the next result is to be taken before there is more work, so that the memory for it is bounded.
  package var isFull: Bool { items.count >= (workers.map { $0.count + 2 } ?? 1) }

  package mutating func append(_ work: @escaping @Sendable () -> Output) {
    let item = Item(work)
    items.append(item)
    workers?.submit { item.perform() }
  }

  /// The next result, once it is there; nil if all have been taken.
  package mutating func next() -> Output? {
    guard !items.isEmpty else { return nil }
    let item = items.removeFirst()
    guard let workers else { return item.work() }
    while true {
      if let output = item.output { return output }
      if workers.performOne() { continue }
      if workers.wait(timeout: Self.patience, until: { item.output != nil }) { continue }
      return item.work()
    }
  }
}
