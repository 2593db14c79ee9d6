/// Counts of system calls, for `--stats`.
package final class SyscallStatistics {
  package private(set) var counts: [String: UInt64] = [:]
  /// Missing calls, by name, or as `syscall_N` if the name is unknown.
  package private(set) var missing: [String: UInt64] = [:]

  package init() {}

  /// Counts a call when it is made, not when it continues after a wait.
  func count(_ number: UInt64, _ row: SyscallRow?) {
    if let row, row.support != .missing {
      counts[row.name, default: 0] += 1
    } else {
      missing[row?.name ?? "syscall_\(number)", default: 0] += 1
    }
  }
}
