package import LinuxABI
import Machine

extension Kernel {
  /// The largest process id, as `/proc/sys/kernel/pid_max` says.
  package static let pidLimit: Int32 = 4_194_304

  /// A fresh id for a process or thread that `parent` makes: EAGAIN at `RLIMIT_NPROC` and at the
  /// picoprocess's own limit, ENOMEM. EEXIST if `wanted` is taken.
  package func allocatePID(for parent: Process, wanted: Int32? = nil) throws(Errno) -> Int32 {
    let credentials = parent.credentials
    let isUnlimited =
      credentials.realUID == 0 || credentials.has(.CAP_SYS_RESOURCE)
      || credentials.has(.CAP_SYS_ADMIN)
    let limit =
      isUnlimited ? .max : parent.limits[ResourceLimits.processes].soft
    guard tasks.count + zombieCount < configuration.maximumTasks, UInt64(tasks.count) < limit else {
      throw .EAGAIN
    }
    guard arena.hasRoom(forKernel: Process.size + Process.threadSize) else { throw .ENOMEM }
    guard let wanted else { return try allocatePID() }
    guard isFree(wanted) else { throw .EEXIST }
    return wanted
  }

  private func isFree(_ pid: Int32) -> Bool {
    pid != Self.initPID && tasks[pid] == nil && processes[pid] == nil
  }

  /// A fresh id for a process or thread: EAGAIN when all are taken.
  package func allocatePID() throws(Errno) -> Int32 {
    for _ in 0..<Self.pidLimit {
      let candidate = nextPID
      nextPID = nextPID + 1 >= Self.pidLimit ? 300 : nextPID + 1
      if isFree(candidate) { return candidate }
    }
    throw .EAGAIN
  }

  /// Makes a task known and runnable.
  package func add(_ task: Task) {
    tasks[task.tid] = task
    task.process.tasks.append(task)
    scheduler.enqueue(task)
    needsAttention = true
  }
}
