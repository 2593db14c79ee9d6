package import HostABI
import LinuxABI
package import Machine
import Snapshot

/// How a picoprocess is set up; what of it concerns the library OS.
package struct KernelConfiguration: Sendable {
  /// The guest's host name (`uname -n`).
  package var hostName = "godwit"
  package var domainName = "(none)"
  /// Processors shown to the guest.
  package var processors = 1
  /// Bytes of memory shown to the guest, and its limit.
  package var memory: UInt64 = 1 << 30
  /// Threads of all processes together, zombies included.
  package var maximumTasks = 32768
  /// What the guest has of the network outside.
  package var outside = OutsideConfiguration()
  /// The time slice of a thread while another could run, in nanoseconds.
  package var timeSlice: Int64 = 10_000_000
  /// System calls besides Linux's: a test's.
  package var additionalSyscalls: [SyscallRow] = []
  package init() {}
}

/// The library OS: every object of the guest hangs from here.
///
/// All of it lives on the picoprocess's one thread. `run()` is the loop; see `Kernel+Run.swift`.
package final class Kernel {
  package let host: any Host
  /// `host` in a deterministic run, where time is the guest's progress; nil in any other run.
  package let deterministicHost: DeterministicHost?
  package var isDeterministic: Bool { deterministicHost != nil }
  package let arena: FrameArena
  private var processors: [GuestISA: GuestProcessor] = [:]
  private var nativeProcessors: [GuestISA: GuestProcessor] = [:]
  /// Asked for the processor of an ISA that no program had so far; it calls `use`, or says why not.
  package var provideEngine: (GuestISA) throws(LoadError) -> Void = { _ in }
  package let stopSwitch = StopSwitch()
  /// The ISA of the picoprocess's first program.
  package private(set) var isa = GuestISA.x86_64
  package var configuration: KernelConfiguration
  package let interrupt = InterruptToken()

  /// Live processes by pid.
  package var processes: [Int32: Process] = [:]
  /// The children of each process, zombies too.
  package var children = ProcessIndex()
  /// The members of each process group that have not ended.
  package var groups = ProcessIndex()
  /// A process has asked for a signal at its parent's death. Until then, threads end without looking for children.
  var usesDeathSignals = false
  /// Processes of which only the status is left.
  package var zombieCount = 0
  /// Live tasks by tid.
  package var tasks: [Int32: Task] = [:]
  package var nextPID: Int32 = 2
  /// What was last told of the time in which nothing ran, in nanoseconds.
  var idleTime: Int64 = 0
  /// The process whose end is the picoprocess's.
  package var initialPID: Int32 = 2
  /// The library OS's own reaper of orphans: the parent of the first process, and no `Process` itself.
  package static let initPID: Int32 = 1
  /// Controlling terminals by session.
  package var controllingTerminals: [Int32: TerminalControl] = [:]
  /// The foreground groups of terminals that were hung up, by session: the end of the leader is told to
  /// them.
  package var formerForegrounds: [Int32: Int32] = [:]
  package private(set) lazy var pseudoterminals = PseudoterminalTable(self)
  /// The outer side of the guest's standard streams; nil if they are the host's.
  package internal(set) var console: GuestConsole?
  /// A restored guest has its standard streams in the library OS, even if it had those of its last host.
  package var keepsStreams = false

  package var scheduler = Scheduler()
  package var timers = TimerQueue() {
    // The engine's alarm was set for what was the first deadline before.
    didSet { if let next = timers.next, next < alarm ?? .max { needsAttention = true } }
  }
  package var clock: KernelClock
  package let futexes = FutexTable()
  package let ipc = IpcNamespace()
  /// Woken when a signal is sent to any process.
  package let signalQueue = WaitQueue()
  /// The inode number given to a pipe last: pipes belong to no filesystem that could count them.
  package var lastInodeNumber: UInt64 = 1000
  /// What core files are called (`/proc/sys/kernel/core_pattern`), and whether that gets the process's number.
  var corePattern = Array("core".utf8)
  var coreUsesPID = false
  /// The number of the last login (`/proc/PID/sessionid`).
  var lastLogin: UInt32 = 0
  /// `/proc/sys/kernel/random/boot_id`, once somebody looked.
  package var bootID = ""
  package let vfs: VFS
  package let network: Network

  /// How often the guest went on from a snapshot. A deterministic run must not know.
  package internal(set) var resumes: UInt64 = 0
  /// The signal for processes that have `/proc/godwit/checkpoint` open when the guest goes on from a snapshot.
  package var resumeSignal: Int32?
  /// Called when the guest asks for a checkpoint; `false`: it did so not long ago. nil: nobody takes checkpoints,
  /// which a call may find out.
  package var onCheckpointWanted: (() -> Bool)?

  /// The pages of the guest that are still in the snapshot from which it was resumed; nil when all are here.
  package private(set) var storedPages: SnapshotPages?
  /// What a lazily resumed guest can't have at the moment; nil for one that was never resumed.
  package private(set) var shortage: Shortage?
  /// Tasks whose instructions need pages that are not here: woken when some have come.
  package let pageWaiters = WaitQueue()

  /// Set by whatever needs the run loop to come to its top after the current system call.
  package var needsAttention = false

  /// Where records of processes that end are written (acct(2)).
  var accountingFile: OpenFile? {
    didSet {
      accountingFile?.retain()
      oldValue?.release()
    }
  }

  /// Seconds that the holder of a lease has to give it up: `/proc/sys/fs/lease-break-time`.
  var leaseBreakTime: Int64 = 45

  /// Files whose last mappings have gone.
  private(set) lazy var delayedReleases = DelayedReleases(self)

  /// How the picoprocess's first process ended, once it has.
  package var exitStatus: ExitStatus?

  /// System calls made since the picoprocess began, over all its resumptions.
  package var syscallCount: UInt64 = 0
  /// The number that the task which went to sleep last got.
  package var blockSequence: UInt64 = 0
  /// Come out of `run()` with `.syscallLimit` when the count gets here.
  package var syscallLimit: UInt64 = .max
  package var statistics: SyscallStatistics?
  package var tracer: Tracer?
  /// Asked at the top of the loop after `interrupt` was raised: what the host's side wants.
  package var onInterrupt: (() -> InterruptAction)?

  // State of the run loop; nothing of it outlives a run.

  /// The task whose registers an engine has: it runs, or its call is being answered.
  package internal(set) var loaded: Task?
  var loadedSince: Int64 = 0
  /// The task that ran last, and when its slice ends. A deterministic run goes on with it.
  var current: Int32 = 0
  var sliceEnd: Int64 = 0
  /// Since when real-time tasks have kept ordinary ones from running.
  var contestedSince: Int64?
  /// The run loop is outside of the guest: no registers are in an engine, and no alarm is set.
  var isParked = true
  var alarm: Int64?
  var nextHostPoll: Int64 = 0

  package init(host: any Host, arena: FrameArena, configuration: KernelConfiguration) {
    self.host = host
    deterministicHost = host as? DeterministicHost
    self.arena = arena
    self.configuration = configuration
    self.clock = KernelClock(host: host)
    self.vfs = VFS(host: host, arena: arena, hidesHost: host is DeterministicHost)
    network = Network(host, arena, configuration.outside)
    vfs.memoryInUse = { [unowned self] in memoryInUse }
    vfs.leaseInTheWay = { [unowned self] in leaseInTheWay(of: $0, forWriting: $1) }
    vfs.isRunning = { [unowned self] inode in
      processes.values.contains { $0.executable?.inode === inode }
    }
    network.attach(to: self)
    // Nothing refers weakly to the kernel: Swift would count its references in a slower place, and
    // every system call takes one.
    arena.onExhaustion = { [unowned self] in killForMemory(asking: $0) }
  }

  /// A machine may be replaced while the host process lives on: what refers to each other in circles
  /// lets go.
  deinit {
    arena.onExhaustion = nil
    delayedReleases.isOver = true
    for task in tasks.values { task.leaveQueues() }
    for process in processes.values { process.tasks = [] }
    (processes, tasks) = ([:], [:])
    network.dismantle()
    pseudoterminals.dismantle()
    vfs.dismantle()
  }

  /// Has pages of the guest stay in a snapshot until they are needed.
  func beginStoring(in reader: SnapshotReader, _ distant: (any DistantPages)?)
    throws(SnapshotError) -> SnapshotPages
  {
    let shortage = Shortage()
    let pages = SnapshotPages(reader.another(), distant, shortage)
    guard arena.beginStoring(in: pages) else {
      throw .refused("there is no room for the guest's memory")
    }
    storedPages = pages
    self.shortage = shortage
    return pages
  }

  /// Forgets the snapshot once all pages are here. `false` if some are not.
  package func endStoring() -> Bool {
    guard arena.storedFrameCount == 0 else { return false }
    storedPages = nil
    arena.endStoring()
    return true
  }

  /// Gives the kernel an engine; before the first program of its ISA is loaded.
  ///
  /// - Parameter stop: calls the engine's `requestStop`, from any thread.
  package func use(_ engine: any Engine, stop: EngineStop) {
    precondition(processors[engine.isa] == nil)
    if processors.isEmpty { isa = engine.isa }
    processors[engine.isa] = GuestProcessor(engine, adding: configuration.additionalSyscalls)
    // So the counters go on from where they were on whatever host comes next, as the clock does.
    // In a deterministic run they follow the count of instructions.
    if !isDeterministic { engine.counterTime = { [unowned self] in clock.monotonic } }
    stopSwitch.add(stop)
  }

  /// The processor for programs of `isa`.
  package func processor(for isa: GuestISA) throws(LoadError) -> GuestProcessor {
    if processors[isa] == nil { try provideEngine(isa) }
    guard let processor = processors[isa] else {
      throw .notExecutable("no processor for \(isa) programs", .ENOEXEC)
    }
    return processor
  }

  /// Whether any process is a guest of the host ABI.
  package var hasNativeGuests: Bool { processes.values.contains { $0.processor.isNative } }

  /// The processor for guests of the host ABI.
  package func nativeProcessor(for isa: GuestISA) throws(LoadError) -> GuestProcessor {
    if let processor = nativeProcessors[isa] { return processor }
    let processor = GuestProcessor(native: try processor(for: isa).engine)
    nativeProcessors[isa] = processor
    return processor
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
