import HostABI
import LibOS
import Machine
import PosixHost
import UnicornEngine

/// The output of `--stats` at the end of a run.
struct StatisticsReport: Encodable {
  var program: String
  var isa: String
  var ending: Ending
  /// From the start of the command, including loading or resuming.
  var wallNanoseconds: Int64
  /// Of this host process: the guest's execution and Godwit's own work.
  var processorNanoseconds: Int64
  /// Over all resumptions; all other figures are of this run.
  var syscallCount: UInt64
  /// Number of calls, by name; a blocked call counts once.
  var syscalls: [String: UInt64]
  /// Number of unimplemented calls, by name.
  var missingSyscalls: [String: UInt64]
  /// How often the engine was entered.
  var engineRuns: UInt64
  var tlbFills: UInt64
  var tlbFlushes: UInt64
  /// Of 4 KiB; shared ones count once.
  var guestPages: Int
  var peakGuestPages: Int
  /// Of this host process.
  var peakMemoryBytes: UInt64

  /// One of these.
  struct Ending: Encodable {
    var exited: Int32?
    var killed: Int32?
    var suspended: Bool?

    init(_ ending: Picoprocess.Ending) {
      switch ending {
      case .exited(.exited(let code)): exited = code
      case .exited(.killed(let signal)): killed = signal
      case .suspended: suspended = true
      }
    }
  }

  init(_ picoprocess: Picoprocess, _ counts: SyscallStatistics, _ ending: Picoprocess.Ending) {
    let host = picoprocess.host
    let kernel = picoprocess.kernel
    let arena = picoprocess.machine.arena
    let engines = picoprocess.machine.engines.map(\.statistics)
    program = picoprocess.program
    isa = kernel.isa.rawValue
    self.ending = Ending(ending)
    wallNanoseconds = host.now(.monotonic).totalNanoseconds - picoprocess.startTime
    processorNanoseconds = host.now(.processorTime).totalNanoseconds
    syscallCount = kernel.syscallCount
    syscalls = counts.counts
    missingSyscalls = counts.missing
    engineRuns = engines.reduce(0) { $0 + $1.runs }
    tlbFills = engines.reduce(0) { $0 + $1.tlbFills }
    tlbFlushes = engines.reduce(0) { $0 + $1.tlbFlushes }
    guestPages = arena.framesInUse
    peakGuestPages = arena.peakFramesInUse
    peakMemoryBytes = PosixHost.peakMemory
  }
}
