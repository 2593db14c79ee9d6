/// Accounting of a process: plain values, part of the snapshot.
package struct ProcessAccounts: Hashable, Sendable {
  /// Bytes returned by `read(2)` and the like, and the number of calls (`/proc/PID/io`).
  package var bytesRead: UInt64 = 0
  package var reads: UInt64 = 0
  /// Likewise of `write(2)`.
  package var bytesWritten: UInt64 = 0
  package var writes: UInt64 = 0
  /// The adjustment of its OOM score (`/proc/PID/oom_score_adj`).
  package var killAdjustment: Int32 = 0
  static let killAdjustments: ClosedRange<Int32> = -1000...1000
  /// The name of its thread group leader, kept after that has ended.
  package var finalName = TaskName([])

  package init() {}

  mutating func noteRead(_ count: UInt64) {
    bytesRead &+= count
    reads &+= 1
  }

  mutating func noteWritten(_ count: UInt64) {
    bytesWritten &+= count
    writes &+= 1
  }
}

extension Process {
  /// The name of its first thread, which ended ones keep.
  package var name: TaskName {
    tasks.first(where: \.isLeader)?.name ?? (isZombie ? nil : tasks.first?.name)
      ?? accounts.finalName
  }
}
