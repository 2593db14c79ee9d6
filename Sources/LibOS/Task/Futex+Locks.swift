import LinuxABI
import Machine

/// A lock with priority inheritance that somebody waits for (futex(2), "Priority-inheritance futexes").
struct PriorityLock {
  var owner: Task
  /// Never empty; next first.
  var waiters: [Task] = []
}

// The word of such a lock has the number of the thread that owns it. The guest's threads take and release a free
// one themselves; if somebody waits, it is here, and its owner runs at the level of whoever waits for it.
extension FutexTable {
  /// Who has the lock that `task` waits for.
  func owner(awaitedBy task: Task) -> Task? {
    guard let wait = task.progress.futex, wait.role == .heir, !wait.isWoken else { return nil }
    return locks[FutexKey(task.process.space, wait.address)]?.owner
  }

  /// Whether `task` has a lock that `owner` waits for, at the end of however many owners.
  func wouldDeadlock(_ task: Task, waitingFor owner: Task) -> Bool {
    var next: Task? = owner
    // As long a chain as Linux follows (`max_lock_depth`).
    for _ in 0..<1024 {
      guard let current = next else { return false }
      if current === task { return true }
      next = self.owner(awaitedBy: current)
    }
    return true
  }

  /// Makes a task one of those that wait for a lock. Its `progress.futex` is there.
  func wait(_ task: Task, for key: FutexKey, ownedBy owner: Task) {
    if locks[key] == nil { own(key, owner) }
    locks[key]!.waiters.insert(inOrder: task)
    owner.settleLevels()
  }

  private func own(_ key: FutexKey, _ owner: Task, _ waiters: [Task] = []) {
    locks[key] = PriorityLock(owner: owner, waiters: waiters)
    owner.awaitedLocks.append(key)
  }

  /// A task no longer waits for its lock.
  func giveUp(_ task: Task, _ key: FutexKey) {
    task.progress.futex = nil
    guard let owner = locks[key]?.owner else { return }
    locks[key]!.waiters.removeAll { $0 === task }
    if locks[key]!.waiters.isEmpty { forget(key, of: owner) }
    owner.settleLevels()
  }

  private func forget(_ key: FutexKey, of owner: Task) {
    locks[key] = nil
    owner.awaitedLocks.removeAll { $0 == key }
  }

  /// Gives the lock to the next who waits for it.
  ///
  /// - Parameter hasDied: the owner has ended without releasing it.
  func handOver(_ key: FutexKey, hasDied: Bool = false) {
    guard let lock = locks[key] else { return }
    forget(key, of: lock.owner)
    let heir = lock.waiters[0]
    let rest = Array(lock.waiters.dropFirst())
    if let address = heir.progress.futex?.address {
      let flags = FutexWord.FUTEX_WAITERS.union(hasDied ? .FUTEX_OWNER_DIED : [])
      try? heir.process.space.store(UInt32(bitPattern: heir.tid) | flags.rawValue, to: address)
    }
    heir.progress.futex?.isWoken = true
    if !rest.isEmpty { own(key, heir, rest) }
    lock.owner.settleLevels()
    heir.settleLevels()
    heir.wake()
  }

  /// Hands over all locks of a task that ends or leaves its program.
  func handOverLocks(of task: Task) {
    for key in task.awaitedLocks { handOver(key, hasDied: true) }
  }

  /// The highest level of those who wait for what `task` has.
  func inheritedLevel(of task: Task) -> Int32 {
    task.awaitedLocks.reduce(0) { max($0, locks[$1]?.waiters.first?.level ?? 0) }
  }

  /// Puts a task whose level has changed where it belongs among those who wait.
  func reorder(_ task: Task) {
    guard let wait = task.progress.futex, !wait.isWoken, wait.role == .heir else { return }
    let key = FutexKey(task.process.space, wait.address)
    locks[key]?.waiters.removeAll { $0 === task }
    locks[key]?.waiters.insert(inOrder: task)
  }
}

extension Task {
  /// Settles its level, and then those of the owners that wait for one another's locks.
  func settleLevels() {
    var next: Task? = self
    for _ in 0..<1024 {
      guard let task = next else { return }
      let old = task.level
      task.settleLevel()
      guard task.level != old else { return }
      kernel.futexes.reorder(task)
      next = kernel.futexes.owner(awaitedBy: task)
    }
  }
}
