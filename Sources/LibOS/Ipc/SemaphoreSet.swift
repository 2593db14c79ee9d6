import LinuxABI
import Machine

/// What `semget(2)` makes: semaphores that are changed together or not at all.
package final class SemaphoreSet: IpcObject {
  /// The most that a set may ever have.
  static let semaphoreLimit = 32000
  static let maximumValue = 32767

  struct Semaphore: Equatable {
    var value: Int32 = 0
    /// Who changed it last.
    var pid: Int32 = 0
  }

  var semaphores: [Semaphore]
  /// Seconds since 1970 of the last `semop(2)`.
  var operated: Int64 = 0

  /// - Throws: ENOMEM.
  init(_ arena: FrameArena, _ permissions: IpcPerm, changed: Int64, count: Int) throws(Errno) {
    guard arena.hasRoom(forKernel: Self.size + Self.footprint(count)) else { throw .ENOMEM }
    semaphores = Array(repeating: Semaphore(), count: count)
    super.init(arena, permissions, changed: changed)
    restoreHeld(Self.footprint(count))
  }

  private static func footprint(_ count: Int) -> Int { count * MemoryLayout<Semaphore>.stride }

  init(
    _ arena: FrameArena, restoring semaphores: [Semaphore], _ permissions: IpcPerm, changed: Int64
  ) {
    self.semaphores = semaphores
    super.init(arena, permissions, changed: changed)
    restoreHeld(Self.footprint(semaphores.count))
  }

  /// Why operations can't be done now.
  struct Obstacle {
    /// The semaphore that is in the way.
    var index: Int
    var waitsForZero: Bool
    var isNonBlocking: Bool
  }

  /// What operations that can all be done come to.
  private struct Outcome {
    var semaphores: [Semaphore]
    /// What the process wants undone at its end; empty when it is nothing.
    var undo: [Int32]
  }

  /// What `operations` come to, or the first of them that would have to wait: ERANGE.
  private func attempt(_ operations: [Sembuf], for process: Process)
    throws(Errno) -> (outcome: Outcome?, obstacle: Obstacle?)
  {
    var new = semaphores
    var undo = process.semaphoreUndo[id] ?? []
    // An id comes round again: what is noted may be meant for a set that had more semaphores, or fewer.
    if undo.count != new.count { undo = [] }
    for operation in operations {
      let index = Int(operation.sem_num)
      let flags = SemaphoreFlags(rawValue: operation.sem_flg)
      let value = new[index].value + Int32(operation.sem_op)
      if operation.sem_op == 0 ? new[index].value != 0 : value < 0 {
        let obstacle = Obstacle(
          index: index, waitsForZero: operation.sem_op == 0,
          isNonBlocking: flags.contains(.IPC_NOWAIT))
        return (nil, obstacle)
      }
      guard value <= Self.maximumValue else { throw .ERANGE }
      new[index] = Semaphore(value: value, pid: process.pid)
      guard flags.contains(.SEM_UNDO), operation.sem_op != 0 else { continue }
      if undo.isEmpty { undo = Array(repeating: 0, count: new.count) }
      undo[index] -= Int32(operation.sem_op)
      guard abs(undo[index]) <= Self.maximumValue else { throw .ERANGE }
    }
    return (Outcome(semaphores: new, undo: undo), nil)
  }

  /// The operation that `operations` of a process would have to wait with, if any.
  func obstacle(to operations: [Sembuf], for process: Process) -> Obstacle? {
    (try? attempt(operations, for: process))?.obstacle
  }

  /// Does all operations, or none: ERANGE, and the first operation that would have to wait.
  func perform(_ operations: [Sembuf], for process: Process, at time: Int64)
    throws(Errno) -> Obstacle?
  {
    let (outcome, obstacle) = try attempt(operations, for: process)
    guard let outcome else { return obstacle }
    if !outcome.undo.isEmpty, process.semaphoreUndo[id] == nil {
      let noted = process.semaphoreUndo.values.reduce(outcome.undo.count) { $0 + $1.count }
      guard process.semaphoreMemory.resize(to: noted * 4) else { throw .ENOMEM }
    }
    let isChanged = outcome.semaphores.map(\.value) != semaphores.map(\.value)
    semaphores = outcome.semaphores
    operated = time
    if !outcome.undo.isEmpty { process.semaphoreUndo[id] = outcome.undo }
    if isChanged { wakeInLine() }
    return nil
  }

  /// Takes back what a process that ended had asked to (`SEM_UNDO`).
  func undo(_ adjustments: [Int32], by pid: Int32, at time: Int64) {
    for (index, adjustment) in zip(semaphores.indices, adjustments) where adjustment != 0 {
      let value = Int32(clamping: Int64(semaphores[index].value) + Int64(adjustment))
      semaphores[index] = Semaphore(
        value: min(max(value, 0), Int32(Self.maximumValue)), pid: pid)
    }
    operated = time
    wakeInLine()
  }
}

extension Process {
  /// The end of a process takes its operations with `SEM_UNDO` back.
  func undoSemaphores() {
    let adjustments = semaphoreUndo
    semaphoreUndo = [:]
    semaphoreMemory.set(0)
    for id in adjustments.keys.sorted() {
      guard let set = try? kernel.ipc.sets.object(id) else { continue }
      set.undo(adjustments[id]!, by: pid, at: kernel.clock.realtimeSeconds)
    }
  }
}
