import HostABI
import JSONText
import LibOS
import Machine
import PosixHost
import Snapshot
import UnicornEngine

/// The output of `--trace`, `--stats`, `--jitdump` and `--digest-every`.
struct Reports {
  private let trace: OutputFile?
  private let statistics: OutputFile?
  private let statisticsName: String
  private let counts: SyscallStatistics?
  private let digests: OutputFile?
  private let hasDigestParts: Bool
  /// Where all engines' translations go.
  let translations: JitDump?

  init(_ options: PicoprocessOptions) throws(Failure) {
    trace = try Reports.open(options.trace)
    statistics = try Reports.open(options.statistics)
    statisticsName =
      if case .file(let path) = options.statistics { path } else { "standard error" }
    counts = statistics == nil ? nil : SyscallStatistics()
    translations = try options.jitDump.map { (directory) throws(Failure) in
      try withFailure(directory) { () throws(HostError) in try JitDump(in: directory) }
    }
    hasDigestParts = options.digestParts
    digests = try Reports.open(options.digestOutput.map { .file($0) } ?? .standardError)
  }

  private static func open(_ target: ReportTarget?) throws(Failure) -> OutputFile? {
    switch target {
    case nil: nil
    case .standardError: .standardError
    case .file(let path):
      try withFailure(path) { () throws(HostError) in try OutputFile(path) }
    }
  }

  /// Makes `kernel` report here.
  func attach(to kernel: Kernel) {
    kernel.statistics = counts
    if let trace {
      // A trace that cannot be written must not disturb the guest.
      kernel.tracer = Tracer { line in try? trace.write(Array(line.utf8) + [10]) }
    }
  }

  /// Writes a line with the number of system calls made and the digest of the state, and perhaps one with a space, the
  /// digest and the name for each part.
  func digest(_ kernel: Kernel) throws(Failure) {
    let state: StateDigest
    do throws(SnapshotError) { state = try kernel.digestState() } catch {
      throw Failure("the guest's state", error)
    }
    var text = "\(state.syscallCount) \(state.whole)\n"
    if hasDigestParts {
      for part in state.parts { text += " \(part.digest) \(printable(part.name))\n" }
    }
    try withFailure("digests") { () throws(HostError) in try digests?.write(Array(text.utf8)) }
  }

  func finish(_ picoprocess: Picoprocess, _ ending: Picoprocess.Ending) throws(Failure) {
    guard let statistics, let counts else { return }
    let report = JSON.line(StatisticsReport(picoprocess, counts, ending)) + "\n"
    try withFailure(statisticsName) { () throws(HostError) in
      try statistics.write(Array(report.utf8))
    }
  }
}
