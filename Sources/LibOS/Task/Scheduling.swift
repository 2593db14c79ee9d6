import LinuxABI

/// How a task is scheduled (sched(7)).
struct Scheduling: Equatable {
  var policy = SchedulingPolicy.SCHED_OTHER
  /// 1 to 99 with a real-time policy, or else 0.
  var priority: Int32 = 0
  /// Children begin as ordinary tasks (`SCHED_RESET_ON_FORK`).
  var resetsOnFork = false

  /// What it was told with SCHED_DEADLINE; nil with all others.
  var deadline: Deadline?

  /// Who goes first: ordinary tasks have 0, deadlines more than any priority.
  var level: Int32 { deadline == nil ? priority : 100 }

  /// How much time a task wants, how soon, and how often, in nanoseconds (sched_setattr(2)).
  struct Deadline: Equatable {
    var runtime: UInt64
    var deadline: UInt64
    var period: UInt64
    /// SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN, which are kept.
    var flags: UInt64 = 0

    /// Whether Linux takes it (`__checkparam_dl`).
    var isSound: Bool {
      runtime >= 1024 && runtime <= deadline && deadline <= period
        && (100_000...4_194_304_000).contains(period) && flags & ~6 == 0
    }

    /// Of the processor, in 2^-20.
    var share: UInt64 { runtime << 20 / period }
    /// Of all tasks together at most (`sched_rt_runtime_us`).
    static let shareLimit: UInt64 = 950_000 << 20 / 1_000_000
  }

  /// Nanoseconds for which a task of `SCHED_RR` runs while others of its priority wait.
  static let roundRobinSlice: Int64 = 100_000_000
}

extension SchedulingPolicy {
  /// The static priorities that go with it.
  var priorities: ClosedRange<Int32> {
    switch self {
    case .SCHED_FIFO, .SCHED_RR: 1...99
    case .SCHED_OTHER, .SCHED_BATCH, .SCHED_IDLE, .SCHED_DEADLINE: 0...0
    }
  }

  var isRealTime: Bool { self == .SCHED_FIFO || self == .SCHED_RR }
}

/// An input/output priority (ioprio_set(2)), which is kept: class and level.
enum IOPriority {
  static let none: UInt16 = 0
  /// Three classes, and eight levels of the first two.
  static let range: ClosedRange<UInt16> = 0...(3 << 13 | 7)
}

/// A memory policy (set_mempolicy(2)), which is kept: there is only one node.
struct MemoryPolicy: Equatable {
  var mode: UInt32 = 0
  var nodes: UInt64 = 0
}

extension Task {
  /// What else its real-time policy asks for: that the longest waiting one of its priority runs until it sleeps.
  var isFirstInFirstOut: Bool { level > 0 && scheduling.policy != .SCHED_RR }

  /// Nanoseconds for which it runs while others of its level wait.
  var slice: Int64 {
    scheduling.policy == .SCHED_RR ? Scheduling.roundRobinSlice : kernel.configuration.timeSlice
  }

  /// What a child has of it.
  func inherit(_ parent: Task) {
    niceness = parent.niceness
    ioPriority = parent.ioPriority
    memoryPolicy = parent.memoryPolicy
    forbidsTimeStamps = parent.forbidsTimeStamps
    timerSlack = parent.timerSlack
    defaultTimerSlack = parent.timerSlack
    scheduling = parent.scheduling
    guard scheduling.resetsOnFork else { return }
    if scheduling.level > 0 { scheduling = Scheduling() }
    niceness = max(niceness, .normal)
    scheduling.resetsOnFork = false
  }

  /// Finds its level anew: that of its own priority, or of those who wait for what it has.
  func settleLevel() {
    let new = max(scheduling.level, kernel.futexes.inheritedLevel(of: self))
    guard new != level else { return }
    kernel.scheduler.move(self, to: new)
  }
}
