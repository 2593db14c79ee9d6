package import LinuxABI
package import Machine

/// A guest thread.
///
/// While blocked it is only data: the call it made (`call`), how far that call got (`progress`), and
/// the queues it waits on. Waking it runs the call's handler again.
package final class Task: WaitListener {
  package enum State: UInt8, Sendable {
    case runnable, blocked, exited
  }

  package private(set) var tid: Int32
  package let process: Process
  package unowned let kernel: Kernel
  /// Its registers while it is not loaded; another one after an `execve` of another ISA's program.
  package internal(set) var context: any EngineContext

  package internal(set) var state = State.runnable
  /// The system call under way, from its entry until its result is set.
  package var call: SyscallFrame?
  /// What the call under way must remember from one run of its handler to the next.
  package var progress = CallProgress()
  /// The call must end now because a signal is to be delivered: `block` throws instead.
  package var isInterrupted = false

  /// It was blocked when it was saved, and has not run its call again since it was restored.
  package var runsAgain = false
  /// Its place among those that sleep, in the order in which they went.
  package var blockSequence: UInt64 = 0

  /// The restart errno with which the call under way was interrupted, until a signal settles it.
  package var interruption: Errno?

  /// The end of a FIFO that `open` waits with for the other one.
  package var pendingOpen: OpenFile?

  private var queues: [WaitQueue] = []
  private let memory: MemoryCharge
  private lazy var timer = KernelTimer { [unowned self] in objectChanged() }

  /// Where to store 0 and wake a futex when the thread ends (`set_tid_address`).
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
  package var timerSlack: UInt64 = 50_000

  package init(tid: Int32, process: Process, kernel: Kernel) {
    self.tid = tid
    self.process = process
    self.kernel = kernel
    context = process.processor.engine.makeContext()
    memory = MemoryCharge(kernel.arena, .tasks, bytes: Process.threadSize)
  }

  /// Makes it the leader: the one thread that `execve` leaves has the process's number.
  func lead() {
    kernel.tasks[tid] = nil
    tid = process.pid
    kernel.tasks[tid] = self
  }

  package var isLeader: Bool { tid == process.pid }
  package var engine: any Engine { process.processor.engine }

  // MARK: Waiting

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
    } else if isInterrupted || hasDeliverableSignal {
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

  /// The deadline a blocked task waits for, if any.
  package var wakeDeadline: Int64? { timer.deadline }

  package func objectChanged() { wake() }

  /// Makes a blocked task runnable; its call runs again.
  package func wake() {
    guard state == .blocked else { return }
    stopWaiting()
    state = .runnable
    if !isStopped { kernel.scheduler.enqueue(self) }
    kernel.needsAttention = true
  }

  package func stopWaiting() {
    leaveQueues()
    kernel.timers.cancel(timer)
  }

  /// A queue and who waits on it keep each other.
  func leaveQueues() {
    for queue in queues { queue.remove(self) }
    queues = []
  }
}

/// What a restarted call must remember: part of the snapshot.
package struct CallProgress: Sendable, Equatable {
  /// When the call times out, in nanoseconds of the guest's monotonic clock.
  package var deadline: Int64?
  /// Bytes that a call has moved so far, of those it has to move; or, for a range of addresses, those it
  /// has been through.
  package var bytesDone: UInt64 = 0
  /// The task is in a futex's queue.
  package var futex: FutexWait?
  /// A time limit of a call that has a `deadline` for another reason.
  package var limit: Int64?
  /// The value is the call's own (a mask to put back, an object's id …).
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
