package import HostABI
package import Machine

/// How a picoprocess is set up; what of it concerns the library OS.
package struct KernelConfiguration: Sendable {
  /// The guest's host name (`uname -n`).
  package var hostName = "godwit"
  /// Processors shown to the guest.
  package var processors = 1
  /// Bytes of memory shown to the guest, and its limit.
  package var memory: UInt64 = 1 << 30
  /// The time slice of a thread while another could run, in nanoseconds.
  package var timeSlice: Int64 = 10_000_000
  /// AT_HWCAP and AT_HWCAP2: what the engine truthfully implements.
  package var hwcap: UInt64 = 0
  package var hwcap2: UInt64 = 0
  package init() {}
}

/// The library OS: every object of the guest hangs from here.
///
/// All of it lives on the picoprocess's one thread. `run()` is the loop; see `Kernel+Run.swift`.
package final class Kernel {
  package let host: any Host
  package let arena: FrameArena
  /// Executes the guest's ISA; there is one once a program was chosen.
  package var engine: any Engine { chosenEngine! }
  private var chosenEngine: (any Engine)?
  package var configuration: KernelConfiguration
  package let interrupt = InterruptToken()
  package private(set) var syscalls: SyscallTable!

  /// Live processes by pid.
  package var processes: [Int32: Process] = [:]
  /// Live tasks by tid.
  package var tasks: [Int32: Task] = [:]
  package var nextPID: Int32 = 1
  /// The process whose end is the picoprocess's.
  package var initialPID: Int32 = 1

  package var scheduler = Scheduler()
  package var timers = TimerQueue() {
    // The engine's alarm was set for what was the first deadline before.
    didSet { if let next = timers.next, next < alarm ?? .max { needsAttention = true } }
  }
  package var clock: KernelClock
  package let futexes = FutexTable()
  /// The inode number given to a pipe last: pipes belong to no filesystem that could count them.
  package var lastInodeNumber: UInt64 = 1000
  /// `/proc/sys/kernel/random/boot_id`, once somebody looked.
  package var bootID = ""
  package let vfs: VFS

  /// Set by whatever needs the run loop to come to its top after the current system call.
  package var needsAttention = false

  /// How the picoprocess's first process ended, once it has.
  package var exitStatus: ExitStatus?

  /// System calls made since the picoprocess began, over all its resumptions.
  package var syscallCount: UInt64 = 0
  /// Come out of `run()` with `.syscallLimit` when the count gets here.
  package var syscallLimit: UInt64 = .max
  package var statistics: SyscallStatistics?
  package var tracer: Tracer?
  /// Asked at the top of the loop after `interrupt` was raised: what the host's side wants.
  package var onInterrupt: (() -> InterruptAction)?

  // State of the run loop; nothing of it outlives a run.
  package internal(set) var loaded: Task?
  var loadedSince: Int64 = 0
  var sliceEnd: Int64 = 0
  var alarm: Int64?
  var nextHostPoll: Int64 = 0
  package private(set) var stopEngine = EngineStop {}

  package init(host: any Host, arena: FrameArena, configuration: KernelConfiguration) {
    self.host = host
    self.arena = arena
    self.configuration = configuration
    self.clock = KernelClock(host: host)
    self.vfs = VFS(host: host, arena: arena)
  }

  /// A machine may be replaced while the host process lives on: what refers to each other in circles
  /// lets go.
  deinit {
    for process in processes.values { process.tasks = [] }
    (processes, tasks) = ([:], [:])
    vfs.dismantle()
  }

  /// Gives the kernel the engine of the guest's ISA; before the first program is loaded.
  ///
  /// - Parameter stop: calls the engine's `requestStop`, from any thread.
  package func use(_ engine: any Engine, stop: EngineStop) {
    chosenEngine = engine
    stopEngine = stop
    syscalls = SyscallTable(isa: engine.isa)
  }
}

/// How a process ended.
package enum ExitStatus: Hashable, Sendable {
  case exited(Int32)
  case killed(signal: Int32)

  /// What a shell reports: the exit code, or 128 + signal.
  package var shellStatus: Int32 {
    switch self {
    case .exited(let code): code & 0xff
    case .killed(let signal): 128 + signal
    }
  }
}

/// What the host's side wants of the run loop.
package enum InterruptAction: Sendable {
  case proceed
  /// Come out of `run()` with `.interrupted`, everything steady.
  case stop
}

/// Why `Kernel.run()` returned.
package enum RunOutcome: Hashable, Sendable {
  case exited(ExitStatus)
  case interrupted
  case syscallLimit
  /// Every task waits for something that can never happen.
  case deadlock
}
