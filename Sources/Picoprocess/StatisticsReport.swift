import HostABI
import LibOS
import Machine
import PosixHost
import UnicornEngine

/// What `--stats` writes at the end of a run.
struct StatisticsReport: Encodable {
  var program: String
  var isa: String
  var ending: Ending
  /// From the start of the command, loading or resuming included.
  var wallNanoseconds: Int64
  /// Of this host process: the guest's turns and Godwit's own work.
  var processorNanoseconds: Int64
  /// Over all resumptions; what else is here is of this run.
  var syscallCount: UInt64
  /// Calls made, by name; one that waited counts once.
  var syscalls: [String: UInt64]
  /// Calls that were made and are not there, by name.
  var missingSyscalls: [String: UInt64]
  /// How often the processor was set going.
  var engineRuns: UInt64
  var tlbFills: UInt64
  var tlbFlushes: UInt64
  /// Of 4 KiB, shared ones counted once.
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
