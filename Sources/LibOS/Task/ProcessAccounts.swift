import Machine

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

  /// Page faults in memory that it has left, and the most pages of that which were resident.
  var pageFaults: UInt64 = 0
  var peakPages: UInt64 = 0
  /// The same of children that were waited for, and theirs.
  var childrenFaults: UInt64 = 0
  var childrenPeak: UInt64 = 0

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
  /// Page faults (`ru_minflt`). Which pages are there after a resume is arbitrary, so a deterministic run has none.
  var pageFaults: UInt64 { kernel.isDeterministic ? 0 : accounts.pageFaults + space.faults }

  /// The most pages that were resident at a time (`ru_maxrss`).
  var peakPages: UInt64 {
    let now = UInt64(residentPages)
    return kernel.isDeterministic ? now : max(accounts.peakPages, now, UInt64(space.peakPages))
  }

  /// Notes what its memory was before it takes another. A deterministic run keeps nothing of it.
  func closeMemoryAccounts() {
    if kernel.isDeterministic { return }
    (accounts.peakPages, accounts.pageFaults) = (peakPages, pageFaults)
  }

  /// Notes what an ended child has had.
  func noteMemory(of child: Process) {
    accounts.childrenFaults += child.accounts.pageFaults + child.accounts.childrenFaults
    accounts.childrenPeak = max(
      accounts.childrenPeak, child.accounts.peakPages, child.accounts.childrenPeak)
  }

  /// The name of its first thread, which ended ones keep.
  package var name: TaskName {
    leader?.name ?? accounts.finalName
  }
}
