/// Calls counted for `--stats`.
package final class SyscallStatistics {
  package private(set) var counts: [String: UInt64] = [:]
  /// Calls that are not there: by name, or as `syscall_N` where not even that is known.
  package private(set) var missing: [String: UInt64] = [:]

  package init() {}

  /// Counts a call that is made, not one that goes on after it has waited.
  func count(_ number: UInt64, _ row: SyscallRow?) {
    if let row, row.support != .missing {
      counts[row.name, default: 0] += 1
    } else {
      missing[row?.name ?? "syscall_\(number)", default: 0] += 1
    }
  }
}
