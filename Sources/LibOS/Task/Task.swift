package import LinuxABI
package import Machine

/// A guest thread.
///
/// A blocked task is only data: its call (`call`), the progress of that call (`progress`), and the queues it
/// waits on. When it is woken, the call's handler runs again.
package final class Task: WaitListener {
  package enum State: UInt8, Sendable {
    case runnable, blocked, exited
  }

  package private(set) var tid: Int32
  /// What it has open, and where its paths start: shared with whom `clone` says. It starts with its process's.
  package private(set) var files: FileTable
  package var fs: FSContext
  package var credentials: Credentials
  package var noNewPrivileges: Bool
  var seccomp: Seccomp?
  var userDispatch: UserDispatch?
  /// Its call waits for the answer of a filter's listener.
  var notice: SeccompNotice?
  package let process: Process
  package unowned let kernel: Kernel
  /// Its registers while it is not loaded; replaced by an `execve` of a program for another ISA.
  package internal(set) var context: any EngineContext

  package internal(set) var state = State.runnable
  /// The current system call, from its entry until its result is set.
  package var call: SyscallFrame?
  /// The state of the current call between two runs of its handler.
  package var progress = CallProgress()
  /// A signal is to be delivered, so the call must end: `block` throws.
  package var isInterrupted = false

  /// It was blocked when it was saved, and its call has not been run again yet.
  package var runsAgain = false
  /// Its position in the order in which tasks went to sleep.
  package var blockSequence: UInt64 = 0

  /// The restart errno of the interrupted call, until signal delivery decides.
  package var interruption: Errno?

  /// The lock for which it sleeps (`F_SETLKW`).
  var awaitedLock: (locks: FileLocks, wanted: FileLocks.Record)?

  /// The end of a FIFO whose `open` waits for the other end.
  package var pendingOpen: OpenFile?

  private var queues: [WaitQueue] = []
  private let memory: MemoryCharge
  private lazy var timer = KernelTimer { [unowned self] in objectChanged() }

  /// The address at which to store 0 and wake a futex when the thread ends (`set_tid_address`).
  package var clearChildTID = GuestAddress.null
  package var robustList = GuestAddress.null
  package var robustListLength: UInt64 = 0
  package var rseq = RseqRegistration()
  package var name = TaskName([])
  package var signals = TaskSignals()
  /// Processor time used, up to when it was last switched out.
  package var processorTime = GuestDuration.zero
  package var voluntarySwitches: UInt64 = 0
  package var involuntarySwitches: UInt64 = 0
  package var niceness = Niceness.normal
  /// Nanoseconds; PR_SET_TIMERSLACK of 0 sets it to what it was at first.
  package var timerSlack = initialTimerSlack
  var defaultTimerSlack = initialTimerSlack
  static let initialTimerSlack: UInt64 = 50_000
  var scheduling = Scheduling() {
    didSet { if scheduling != oldValue { settleLevels() } }
  }
  /// Its level with the scheduler, which alone changes it.
  var level: Int32 = 0
  /// The locks that it has and others wait for.
  var awaitedLocks: [FutexKey] = []
  var ioPriority = IOPriority.none
  var memoryPolicy = MemoryPolicy()
  /// Where a guest of the host ABI goes on after an exception.
  var exceptionHandler: ExceptionHandler?
  /// PR_SET_TSC: its registers have that, too.
  var forbidsTimeStamps = false

  package init(tid: Int32, process: Process, kernel: Kernel) {
    self.tid = tid
    self.process = process
    self.kernel = kernel
    files = process.files
    files.retain()
    fs = process.fs
    credentials = process.credentials
    noNewPrivileges = process.noNewPrivileges
    context = process.processor.engine.makeContext()
    memory = MemoryCharge(kernel.arena, .tasks, bytes: Process.threadSize)
  }

  /// Makes it the leader: the thread that survives `execve` gets the PID.
  func lead() {
    kernel.tasks[tid] = nil
    for child in process.children where child.forkedBy == tid { child.forkedBy = process.pid }
    tid = process.pid
    kernel.tasks[tid] = self
  }

  /// Gives it another table of descriptors.
  func use(_ table: FileTable) {
    table.retain()
    files.release()
    files = table
  }

  /// Takes changed credentials. With another's rights a process shows others nothing of itself (`commit_creds`).
  func commit(_ new: Credentials) {
    if new.isGuarded(after: credentials) {
      process.isDumpable = false
      process.parentDeathSignal = 0
    }
    credentials = new
  }

  package var isLeader: Bool { tid == process.pid }
  package var engine: any Engine { process.processor.engine }

  // MARK: Waiting

  /// A signal is to be delivered, so that a call which it can interrupt ends.
  var mustEndCall: Bool { isInterrupted || hasDeliverableSignal }

  /// Puts the task to sleep until an object on one of `queues` changes, or the guest's monotonic
  /// clock reaches `deadline` (nanoseconds). The handler returns what this returns.
  ///
  /// When a signal is to be delivered it throws `interruption` instead: `ERESTARTSYS` for calls that
  /// SA_RESTART restarts, `ERESTARTNOHAND`, `ERESTART_RESTARTBLOCK` or `EINTR` for the others
  /// (signal(7)). With `isKillableOnly` only a deadly signal ends the sleep.
  package func block(
    on queues: [WaitQueue], until deadline: Int64? = nil, interruption: Errno = .ERESTARTSYS,
    isKillableOnly: Bool = false
  ) throws(Errno) -> SyscallResult {
    if isKillableOnly {
      if process.signals.fatal != nil { throw interruption }
    } else if mustEndCall {
      throw interruption
    }
    self.queues = queues
    for queue in queues { queue.add(self) }
    if let deadline { kernel.timers.arm(timer, at: deadline) }
    state = .blocked
    if !runsAgain {
      voluntarySwitches += 1
      kernel.blockSequence += 1
      blockSequence = kernel.blockSequence
    }
    kernel.scheduler.remove(self)
    kernel.needsAttention = true
    return .blocked
  }

  /// The deadline of a blocked task, if any.
  package var wakeDeadline: Int64? { timer.deadline }

  package func objectChanged() { wake() }

  /// Makes a blocked task runnable; its call will run again.
  package func wake() {
    guard state == .blocked else { return }
    stopWaiting()
    state = .runnable
    if !isStopped { kernel.scheduler.enqueue(self) }
    kernel.needsAttention = true
  }

  package func stopWaiting() {
    leaveQueues()
    awaitedLock = nil
    kernel.timers.cancel(timer)
  }

  /// A queue and its waiters refer to each other.
  func leaveQueues() {
    for queue in queues { queue.remove(self) }
    queues = []
  }
}

/// The state of a restarted call: part of the snapshot.
package struct CallProgress: Sendable, Equatable {
  /// When the call times out, in nanoseconds of the guest's monotonic clock.
  package var deadline: Int64?
  /// The number of bytes that a call has transferred so far; for calls on a range of addresses, those it has
  /// processed.
  package var bytesDone: UInt64 = 0
  /// The task is in a futex's queue.
  package var futex: FutexWait?
  /// A time limit of a call that has a `deadline` for another reason.
  package var limit: Int64?
  /// A value private to the call (a mask to restore, an object's ID …).
  package var scratch: UInt64 = 0

  package init() {}
}

/// A registered restartable-sequences area.
package struct RseqRegistration: Sendable, Equatable {
  package var address = GuestAddress.null
  package var length: UInt32 = 0
  package var signature: UInt32 = 0
  package init() {}
  package init(address: GuestAddress, length: UInt32, signature: UInt32) {
    self.address = address
    self.length = length
    self.signature = signature
  }
}
