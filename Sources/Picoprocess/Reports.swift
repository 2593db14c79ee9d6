import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot
import UnicornEngine

/// What `--trace`, `--stats` and `--digest-every` write.
struct Reports {
  private let trace: OutputFile?
  private let statistics: OutputFile?
  private let counts: SyscallStatistics?
  private let digests: OutputFile?

  init(_ options: PicoprocessOptions) throws(Failure) {
    trace = try Reports.open(options.trace)
    statistics = try Reports.open(options.statistics)
    counts = statistics == nil ? nil : SyscallStatistics()
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

  /// Has `kernel` report here.
  func attach(to kernel: Kernel) {
    kernel.statistics = counts
    if let trace {
      // A trace that can't be written must not disturb the guest.
      kernel.tracer = Tracer { line in try? trace.write(Array(line.utf8) + [10]) }
    }
  }

  /// Writes a line with the number of system calls that were made, and the digest of the state.
  func digest(_ kernel: Kernel) throws(Failure) {
    let state: StateDigest
    do throws(SnapshotError) { state = try kernel.digestState() } catch {
      throw Failure("the guest's state", error)
    }
    try withFailure("digests") { () throws(HostError) in
      try digests?.write(Array("\(state.syscallCount) \(state.whole)\n".utf8))
    }
  }

  func finish(_ picoprocess: Picoprocess, _ ending: Picoprocess.Ending) throws(Failure) {
    guard let statistics, let counts else { return }
    let report = picoprocess.statistics(counts, ending).text + "\n"
    try withFailure("statistics") { () throws(HostError) in
      try statistics.write(Array(report.utf8))
    }
  }
}

extension Picoprocess {
  fileprivate func statistics(_ counts: SyscallStatistics, _ ending: Ending) -> JSON {
    let engines = machine.engines.map(\.statistics)
    let calls = counts.counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
    let missing = counts.missing.sorted { $0.key < $1.key }
    var end: JSON = "suspended"
    if case .exited(let status) = ending {
      switch status {
      case .exited(let code): end = .object([("exited", .integer(Int64(code)))])
      case .killed(let signal): end = .object([("killed", .integer(Int64(signal)))])
      }
    }
    let wall = host.now(.monotonic).totalNanoseconds - startTime
    return .object([
      ("program", .string(program)),
      ("isa", .string(kernel.isa.rawValue)),
      ("ending", end),
      ("wallNanoseconds", .integer(wall)),
      ("processorNanoseconds", .integer(host.now(.processorTime).totalNanoseconds)),
      ("syscallCount", .integer(Int64(clamping: kernel.syscallCount))),
      ("syscalls", .object(calls.map { ($0.key, .integer(Int64(clamping: $0.value))) })),
      ("missingSyscalls", .object(missing.map { ($0.key, .integer(Int64(clamping: $0.value))) })),
      ("engineRuns", .integer(Int64(clamping: engines.reduce(0) { $0 + $1.runs }))),
      ("tlbFills", .integer(Int64(clamping: engines.reduce(0) { $0 + $1.tlbFills }))),
      ("tlbFlushes", .integer(Int64(clamping: engines.reduce(0) { $0 + $1.tlbFlushes }))),
      ("guestPages", .integer(Int64(machine.arena.framesInUse))),
      ("peakGuestPages", .integer(Int64(machine.arena.peakFramesInUse))),
      ("peakMemoryBytes", .integer(Int64(clamping: PosixHost.peakMemory))),
    ])
  }
}
