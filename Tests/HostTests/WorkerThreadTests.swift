import PosixHost
import Synchronization
import Testing

@Suite struct WorkerThreadTests {
  private final class Counter: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    func add() { number.withLock { $0 += 1 } }
  }

  /// Longer than any job here takes, in nanoseconds.
  private static let long: Int64 = 60_000_000_000

  @Test(arguments: [false, true]) func threadsDoTheWork(isNice: Bool) {
    let workers = WorkerThreads(3, isNice: isNice)
    let counter = Counter()
    for _ in 0..<1000 { workers.submit { counter.add() } }
    #expect(workers.wait(timeout: Self.long) { counter.value == 1000 })
    workers.end()
    #expect(counter.value == 1000)
  }

  /// Keeps jobs from ending.
  private final class Gate: Sendable {
    private let isShut = Atomic(true)
    func open() { isShut.store(false, ordering: .releasing) }
    func pass() {
      while isShut.load(ordering: .acquiring) { HostProcess.sleep(nanoseconds: 1_000_000) }
    }
  }

  /// Workers with one thread, which is at the gate.
  private func busyWorkers(_ gate: Gate) -> WorkerThreads {
    let workers = WorkerThreads(1)
    let begun = Gate()
    workers.submit {
      begun.open()
      gate.pass()
    }
    begun.pass()
    return workers
  }

  @Test func theOwnerHelps() {
    let gate = Gate()
    let workers = busyWorkers(gate)
    let counter = Counter()
    for _ in 0..<3 { workers.submit { counter.add() } }
    #expect(!workers.wait(timeout: 1_000_000) { counter.value == 1 })
    for number in 1...3 {
      #expect(workers.performOne())
      #expect(counter.value == number)
    }
    #expect(!workers.performOne())
    gate.open()
    workers.end()
  }

  @Test func theEndWaitsForWhatHasBegunOnly() {
    let gate = Gate()
    let workers = busyWorkers(gate)
    let counter = Counter()
    for _ in 0..<10 { workers.submit { counter.add() } }
    let ending = HostThread { workers.end() }
    // Until the end has begun, there are jobs to take.
    var taken = 0
    while workers.performOne() { taken += 1 }
    gate.open()
    ending.join()
    #expect(counter.value == taken)
    #expect(!workers.performOne())
  }

  @Test func withoutWorkThereAreNoThreads() {
    WorkerThreads(4).end()
  }
}
