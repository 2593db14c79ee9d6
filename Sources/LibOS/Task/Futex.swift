import LinuxABI
package import Machine
package import Snapshot

/// The identity of a futex: the object and offset in a shared mapping, or the address in a private one.
package struct FutexKey: Hashable {
  private let owner: ObjectIdentifier
  private let offset: UInt64

  package init(_ space: AddressSpace, _ address: GuestAddress) {
    if let vma = space.mapping(at: address), vma.flags.contains(.shared),
      let (object, index) = vma.objectPage(address.page)
    {
      owner = ObjectIdentifier(object)
      offset = index << 12 | UInt64(address.pageOffset)
    } else {
      owner = ObjectIdentifier(space)
      offset = address.rawValue
    }
  }
}

/// A task's entry in a futex queue: part of the snapshot.
package struct FutexWait: Sendable, Equatable {
  package enum Role: Sendable, Equatable {
    case plain
    /// It waits for a lock with priority inheritance.
    case heir
    /// It waits to be moved to the lock at that address (FUTEX_WAIT_REQUEUE_PI).
    case moving(GuestAddress)
  }

  package var address: GuestAddress
  package var bitset: UInt32
  /// The position among all waiters, so that a restored queue wakes them in the same order.
  package var sequence: UInt64
  package var role = Role.plain
  /// It was woken; the call returns 0.
  package var isWoken = false
}

/// The tasks that wait on futexes. Those of the highest level are woken first, and of one level in the order of
/// their arrival.
package final class FutexTable {
  private var queues: [FutexKey: [Task]] = [:]
  /// The last number given to a waiter.
  package var sequence: UInt64 = 0
  /// The locks with priority inheritance that somebody waits for; see `Futex+Locks.swift`.
  var locks: [FutexKey: PriorityLock] = [:]
  /// Somebody has waited to be moved to such a lock. Until then nobody looks for those who do.
  private(set) var hasMovers = false

  package init() {}

  /// Notes that a task waits at the futex; it is yet to be put into a queue.
  func begin(_ task: Task, at address: GuestAddress, bitset: UInt32, _ role: FutexWait.Role) {
    sequence += 1
    task.progress.futex = FutexWait(
      address: address, bitset: bitset, sequence: sequence, role: role)
  }

  /// Puts a task into the futex's queue.
  package func enqueue(
    _ task: Task, at address: GuestAddress, bitset: UInt32, _ role: FutexWait.Role = .plain
  ) {
    begin(task, at: address, bitset: bitset, role)
    if role != .plain { hasMovers = true }
    queues[FutexKey(task.process.space, address), default: []].insert(inOrder: task)
  }

  /// Restores a task's position in a queue.
  ///
  /// - Parameter owner: who has the lock that it waits for; 0 if it waits for none.
  package func restore(_ task: Task, _ owner: Int32) throws(SnapshotError) {
    guard let wait = task.progress.futex, !wait.isWoken else { return }
    sequence = max(sequence, min(wait.sequence, 1 << 62))
    let key = FutexKey(task.process.space, wait.address)
    if wait.role != .plain { hasMovers = true }
    guard wait.role == .heir else {
      queues[key, default: []].insert(inOrder: task)
      return
    }
    guard let owner = task.kernel.tasks[owner], owner !== task,
      locks[key].map({ $0.owner === owner }) ?? true
    else { throw .invalidState("the lock that task \(task.tid) waits for") }
    self.wait(task, for: key, ownedBy: owner)
  }

  /// Wakes up to `count` waiters whose bitset intersects `bitset`; returns their number.
  package func wake(_ key: FutexKey, count: Int, bitset: UInt32) -> Int {
    guard count > 0, let waiting = queues[key] else { return 0 }
    var left: [Task] = []
    var woken = 0
    for task in waiting {
      // A snapshot may have a task here that is in another call.
      guard let wait = task.progress.futex else { continue }
      if woken < count, wait.bitset & bitset != 0, wait.role == .plain {
        task.progress.futex?.isWoken = true
        task.wake()
        woken += 1
      } else {
        left.append(task)
      }
    }
    queues[key] = left.isEmpty ? nil : left
    return woken
  }

  /// Whether somebody waits there to be moved to a lock, and no other way of waking is allowed.
  func hasMoving(_ key: FutexKey) -> Bool {
    countBeforeMoving(key, among: .max) != nil
  }

  /// How many of the first `count` waiters come before one that waits there to be moved to a lock; nil if there is none.
  func countBeforeMoving(_ key: FutexKey, among count: Int) -> Int? {
    guard hasMovers, let waiting = queues[key] else { return nil }
    return waiting.lazy.compactMap(\.progress.futex).prefix(count).map(\.role)
      .enumerated().first { $0.element != .plain }?.offset
  }

  /// Takes up to `count` waiters out of the queue that are to be moved to the lock at `target`: EINVAL if there are
  /// others, EDEADLK if the owner of the lock waits for one of them.
  func takeMoving(_ key: FutexKey, to target: FutexKey, ownedBy owner: Task?, count: Int)
    throws(Errno) -> [Task]
  {
    let waiting = (queues[key] ?? []).filter { $0.progress.futex != nil }
    let moved = waiting.prefix(count)
    for task in moved {
      guard case .moving(let address)? = task.progress.futex?.role,
        FutexKey(task.process.space, address) == target
      else { throw .EINVAL }
      if let owner, wouldDeadlock(task, waitingFor: owner) { throw .EDEADLK }
    }
    let left = Array(waiting.dropFirst(count))
    queues[key] = left.isEmpty ? nil : left
    return Array(moved)
  }

  /// Moves up to `count` waiters to the queue of `target`, at `address`.
  package func requeue(
    _ key: FutexKey, to target: FutexKey, at address: GuestAddress, count: Int
  ) -> Int {
    guard count > 0, let waiting = queues[key] else { return 0 }
    let moved = waiting.prefix(count)
    guard key != target else { return moved.count }
    let left = Array(waiting.dropFirst(count))
    queues[key] = left.isEmpty ? nil : left
    for task in moved {
      sequence += 1
      task.progress.futex?.address = address
      task.progress.futex?.sequence = sequence
      queues[target, default: []].insert(inOrder: task)
    }
    return moved.count
  }

  /// Removes a task from its queue (timeout, signal, exit).
  package func cancel(_ task: Task) {
    guard let wait = task.progress.futex, !wait.isWoken else { return }
    let key = FutexKey(task.process.space, wait.address)
    if wait.role == .heir { return giveUp(task, key) }
    queues[key]?.removeAll { $0 === task }
    if queues[key]?.isEmpty == true { queues[key] = nil }
    task.progress.futex = nil
  }
}

extension [Task] {
  /// Puts a task behind those that go before it.
  mutating func insert(inOrder task: Task) {
    let place = lastIndex { !task.goesBefore($0) }.map { $0 + 1 } ?? 0
    insert(task, at: place)
  }
}

extension Task {
  /// Whether it is woken before `other`, which waits for the same.
  fileprivate func goesBefore(_ other: Task) -> Bool {
    if level != other.level { return level > other.level }
    return progress.futex?.sequence ?? 0 < other.progress.futex?.sequence ?? 0
  }
}
