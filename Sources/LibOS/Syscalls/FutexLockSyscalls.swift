import LinuxABI
import Machine

// futex(2)'s locks with priority inheritance. A thread that waits is made the owner by the one that unlocks.

extension SyscallContext {
  /// The value of a futex's word.
  fileprivate func word(_ address: GuestAddress) throws(Errno) -> FutexWord {
    FutexWord(rawValue: try load(at: address))
  }

  fileprivate var ownerNumber: UInt32 { UInt32(bitPattern: task.tid) }

  /// The thread that has the lock with this word: ESRCH.
  fileprivate func owner(_ word: FutexWord) throws(Errno) -> Task {
    guard let owner = kernel.tasks[Int32(bitPattern: word.owner)] else { throw .ESRCH }
    return owner
  }

  /// Sleeps until the lock is the caller's.
  fileprivate func sleep(interruption: Errno) throws(Errno) -> SyscallResult {
    if let deadline = task.progress.deadline, deadline <= kernel.clock.monotonic {
      kernel.futexes.cancel(task)
      throw .ETIMEDOUT
    }
    do throws(Errno) {
      return try task.block(
        on: [], until: task.progress.deadline, interruption: interruption)
    } catch {
      kernel.futexes.cancel(task)
      throw error
    }
  }
}

/// FUTEX_LOCK_PI and FUTEX_TRYLOCK_PI.
///
/// - Parameters:
///   - waits: until the time in the timeout argument, if there is one.
///   - realtime: that is the wall clock's.
func lock(_ call: SyscallContext, _ address: GuestAddress, waits: Bool, realtime: Bool = false)
  throws(Errno) -> SyscallResult
{
  let (task, futexes) = (call.task, call.kernel.futexes)
  if let wait = task.progress.futex {
    if wait.isWoken { return .success }
    return try call.sleep(interruption: .ERESTARTNOINTR)
  }
  let key = try key(call, address)
  if waits, !call.address(3).isNull {
    task.progress.deadline = try deadline(call, absolute: true, realtime: realtime)
  }
  let word = try call.word(address)
  if word.owner == call.ownerNumber { throw .EDEADLK }
  if word.owner == 0 {
    guard futexes.locks[key] == nil else { throw .EINVAL }
    let kept = word.intersection(.FUTEX_OWNER_DIED)
    try call.store(call.ownerNumber | kept.rawValue, to: address)
    return .success
  }
  let owner = try call.owner(word)
  guard futexes.locks[key].map({ $0.owner === owner }) ?? true else { throw .EINVAL }
  guard waits else { throw .EAGAIN }
  guard !futexes.wouldDeadlock(task, waitingFor: owner) else { throw .EDEADLK }
  try call.store(word.union(.FUTEX_WAITERS).rawValue, to: address)
  futexes.begin(task, at: address, bitset: .max, .heir)
  futexes.wait(task, for: key, ownedBy: owner)
  return try call.sleep(interruption: .ERESTARTNOINTR)
}

/// FUTEX_UNLOCK_PI: EPERM for who has not got the lock.
func unlock(_ call: SyscallContext, _ address: GuestAddress) throws(Errno) -> SyscallResult {
  let key = try key(call, address)
  guard try call.word(address).owner == call.ownerNumber else { throw .EPERM }
  guard let lock = call.kernel.futexes.locks[key] else {
    try call.store(UInt32(0), to: address)
    return .success
  }
  guard lock.owner === call.task else { throw .EINVAL }
  call.kernel.futexes.handOver(key)
  call.kernel.needsAttention = true
  return .success
}

// MARK: Condition variables

/// FUTEX_WAIT_REQUEUE_PI: waits to be moved to a lock, and for that.
func waitToMove(_ call: SyscallContext, _ address: GuestAddress, realtime: Bool)
  throws(Errno) -> SyscallResult
{
  let task = call.task
  if let wait = task.progress.futex {
    if wait.isWoken { return .success }
  } else {
    let target = call.address(4)
    let keys = (try key(call, address), try key(call, target))
    guard keys.0 != keys.1 else { throw .EINVAL }
    let value: UInt32 = try call.load(at: address)
    guard value == call.uint(2) else { throw .EAGAIN }
    if !call.address(3).isNull {
      task.progress.deadline = try deadline(call, absolute: true, realtime: realtime)
    }
    call.kernel.futexes.enqueue(task, at: address, bitset: .max, .moving(target))
  }
  // Who waits for the lock already can't begin anew: the condition may be another one.
  let isMoved = task.progress.futex?.role == .heir
  return try call.sleep(interruption: isMoved ? .EAGAIN : .ERESTARTNOINTR)
}

/// FUTEX_CMP_REQUEUE_PI: gives the lock to one who waits, if it is free, and has the others wait for it.
func moveToLock(_ call: SyscallContext, _ address: GuestAddress) throws(Errno) -> SyscallResult {
  let futexes = call.kernel.futexes
  guard call.int(2) == 1, call.int(3) >= 0 else { throw .EINVAL }
  let place = call.address(4)
  let (source, target) = (try key(call, address), try key(call, place))
  guard source != target else { throw .EINVAL }
  let value: UInt32 = try call.load(at: address)
  guard value == call.uint(5) else { throw .EAGAIN }
  let word = try call.word(place)
  var owner = word.owner == 0 ? nil : try call.owner(word)
  let moved = try futexes.takeMoving(
    source, to: target, ownedBy: owner, count: 1 + Int(call.int(3)))
  for task in moved {
    guard case .moving(let address)? = task.progress.futex?.role else { continue }
    task.progress.futex?.address = address
    task.progress.futex?.role = .heir
    if let owner {
      futexes.wait(task, for: target, ownedBy: owner)
    } else {
      owner = task
      task.progress.futex?.isWoken = true
      task.wake()
    }
  }
  if let owner, !moved.isEmpty {
    let waiters: FutexWord = futexes.locks[target] == nil ? [] : .FUTEX_WAITERS
    let kept = word.intersection(.FUTEX_OWNER_DIED).union(waiters)
    try call.store(UInt32(bitPattern: owner.tid) | kept.rawValue, to: place)
  }
  return .value(moved.count)
}
