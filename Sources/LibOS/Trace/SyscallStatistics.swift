import Machine

/// Calls counted for `--stats`.
package final class SyscallStatistics {
  package private(set) var counts: [String: UInt64] = [:]
  /// Calls that no row answers, by number, as `ISA:number`.
  package private(set) var missing: [String: UInt64] = [:]

  package init() {}

  func count(_ name: String) { counts[name, default: 0] += 1 }

  func countMissing(_ number: UInt64, _ isa: GuestISA) {
    missing["\(isa.rawValue):\(number)", default: 0] += 1
  }
}
