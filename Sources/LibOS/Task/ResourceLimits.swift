/// The sixteen limits of getrlimit(2), by their number.
package struct ResourceLimits: Sendable, Equatable {
  package struct Limit: Sendable, Equatable {
    package var soft: UInt64
    package var hard: UInt64
  }

  package static let infinity = UInt64.max
  /// Seconds of processor time.
  package static let processorTime = 0
  package static let stack = 3
  package static let processes = 6
  package static let openFiles = 7
  package static let fileSize = 1
  package static let addressSpace = 9
  package static let data = 2
  package static let core = 4
  package static let lockedMemory = 8
  package static let signalsPending = 11
  package static let messageQueues = 12
  package static let niceness = 13
  package static let realTimePriority = 14

  private var values: [Limit]

  package init() {
    values = Array(repeating: Limit(soft: Self.infinity, hard: Self.infinity), count: 16)
    values[Self.stack] = Limit(soft: 8 << 20, hard: Self.infinity)
    values[Self.core] = Limit(soft: 0, hard: Self.infinity)
    values[Self.openFiles] = Limit(soft: 1024, hard: 1 << 20)
    values[Self.processes] = Limit(soft: 65536, hard: 65536)
    values[Self.lockedMemory] = Limit(soft: 8 << 20, hard: 8 << 20)
    values[Self.signalsPending] = Limit(soft: 65536, hard: 65536)
    values[Self.messageQueues] = Limit(soft: 819_200, hard: 819_200)
    values[Self.niceness] = Limit(soft: 0, hard: 0)
    values[Self.realTimePriority] = Limit(soft: 0, hard: 0)
  }

  package subscript(index: Int) -> Limit {
    get { values[index] }
    set { values[index] = newValue }
  }

  package static let count = 16
  package var openFileLimit: UInt64 { values[Self.openFiles].soft }
}
