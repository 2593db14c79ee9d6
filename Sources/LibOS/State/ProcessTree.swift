import LibOSState
import LinuxABI
import Snapshot

/// How the processes and threads of a snapshot hang together, looked at before any of them is made.
///
/// Afterwards: numbers are each one process's or thread's; every process that has not ended has a thread;
/// parents lead out of the picoprocess, and not round in circles; memory and descriptors are shared with a process that
/// was made before.
struct ProcessTree {
  private let processes: [Godwit_State_Process]
  private let tasks: [Godwit_State_Task]
  private var byPID: [Int32: Int] = [:]

  /// - Parameters:
  ///   - initial: the process whose end is the picoprocess's.
  ///   - limit: how many threads there may be, zombies included.
  static func check(
    _ processes: [Godwit_State_Process], _ tasks: [Godwit_State_Task], initial: Int32, limit: Int
  ) throws(SnapshotError) {
    guard tasks.count + processes.count(where: \.isZombie) <= limit else {
      throw .refused("the snapshot has more threads than --max-tasks allows (\(limit))")
    }
    var tree = ProcessTree(processes, tasks)
    try tree.checkNumbers()
    try tree.checkThreads()
    try tree.checkParents()
    try tree.checkSharing()
    guard let index = tree.byPID[initial], !processes[index].isZombie else {
      throw .invalidState("it has no first process (\(initial))")
    }
  }

  private init(_ processes: [Godwit_State_Process], _ tasks: [Godwit_State_Task]) {
    self.processes = processes
    self.tasks = tasks
  }

  private mutating func checkNumbers() throws(SnapshotError) {
    for (index, process) in processes.enumerated() {
      _ = try checked(process.pid, SavedRange.pid, "a process id")
      guard byPID.updateValue(index, forKey: process.pid) == nil else {
        throw .invalidState("two processes \(process.pid)")
      }
      _ = try checked(process.processGroup, SavedRange.pid, "the group of process \(process.pid)")
      _ = try checked(process.session, SavedRange.pid, "the session of process \(process.pid)")
    }
  }

  private func checkThreads() throws(SnapshotError) {
    var tids: Set<Int32> = []
    var living: Set<Int32> = []
    for task in tasks {
      _ = try checked(task.tid, SavedRange.pid, "a thread id")
      guard tids.insert(task.tid).inserted else { throw .invalidState("two threads \(task.tid)") }
      guard let index = byPID[task.pid], !processes[index].isZombie,
        task.tid == task.pid || byPID[task.tid] == nil
      else { throw .invalidState("process \(task.pid) of thread \(task.tid)") }
      living.insert(task.pid)
    }
    for process in processes where !process.isZombie && !living.contains(process.pid) {
      throw .invalidState("process \(process.pid) without a thread")
    }
  }

  private func checkParents() throws(SnapshotError) {
    // Those that lead to no process of the guest's; each way is walked once.
    var rooted: Set<Int32> = byPID[Kernel.initPID] == nil ? [0, Kernel.initPID] : [0]
    for process in processes {
      var way: [Int32] = []
      var onWay: Set<Int32> = []
      var pid = process.pid
      while !rooted.contains(pid) {
        guard let index = byPID[pid], onWay.insert(pid).inserted else {
          throw .invalidState("the parent of process \(way.last ?? pid)")
        }
        way.append(pid)
        pid = processes[index].parentPid
      }
      rooted.formUnion(way)
    }
  }

  private func checkSharing() throws(SnapshotError) {
    for (index, process) in processes.enumerated() {
      for (owner, path) in [
        (process.memoryOf, \Godwit_State_Process.memoryOf), (process.filesOf, \.filesOf),
      ] where owner != 0 {
        guard let place = byPID[owner], place < index, processes[place][keyPath: path] == 0 else {
          throw .invalidState("what process \(process.pid) shares with process \(owner)")
        }
      }
    }
  }
}

extension Godwit_State_Process {
  /// It has ended, and nobody has waited for it.
  var isZombie: Bool { hasExitCode || killedBy != 0 }
}
