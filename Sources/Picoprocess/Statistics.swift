import LibOS
import Machine
import PosixHost

extension Picoprocess {
  /// What `--stats` prints: one JSON object.
  package func statistics(wallNanoseconds: Int64) -> String {
    let engine = kernel.engine.statistics
    var fields = [
      "\"wall_seconds\": \(Double(wallNanoseconds) / 1e9)",
      "\"syscalls_total\": \(kernel.syscallCount)",
      "\"engine_runs\": \(engine.runs)",
      "\"tlb_fills\": \(engine.tlbFills)",
      "\"tlb_flushes\": \(engine.tlbFlushes)",
      "\"guest_pages_peak\": \(kernel.arena.peakFramesInUse)",
      "\"peak_memory_bytes\": \(PosixHost.peakMemory)",
    ]
    if let counts = kernel.statistics {
      fields.append("\"syscalls\": \(object(counts.counts))")
      fields.append("\"missing_syscalls\": \(object(counts.missing))")
    }
    return "{\n  " + fields.joined(separator: ",\n  ") + "\n}"
  }

  private func object(_ counts: [String: UInt64]) -> String {
    let entries = counts.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
    return "{" + entries.joined(separator: ", ") + "}"
  }
}
