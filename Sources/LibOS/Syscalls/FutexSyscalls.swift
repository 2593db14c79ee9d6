import LinuxABI
import Machine

extension SyscallTable {
  package static let futexRows: [SyscallRow] = [
    SyscallRow(
      "futex", x64: 202, generic: 98,
      [.address, .futexOperation, .unsigned, .timespec, .address, .hex],
      support: .partial, note: "no FUTEX_FD: ENOSYS", sys_futex),
    SyscallRow(
      "set_robust_list", x64: 273, generic: 99, [.address, .size], sys_set_robust_list),
    SyscallRow(
      "get_robust_list", x64: 274, generic: 100, [.pid, .address, .address], sys_get_robust_list),
  ]
}

/// futex(2).
private func sys_futex(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let options = FutexOptions(rawValue: call.uint(1) & 0x180)
  guard let command = FutexCommand(rawValue: call.uint(1) & 0x7f) else { throw .ENOSYS }
  let address = call.address(0)
  if options.contains(.FUTEX_CLOCK_REALTIME) {
    switch command {
    case .FUTEX_WAIT_BITSET, .FUTEX_WAIT_REQUEUE_PI, .FUTEX_LOCK_PI2: break
    default: throw .ENOSYS
    }
  }
  switch command {
  case .FUTEX_WAIT, .FUTEX_WAIT_BITSET:
    let bitset = command == .FUTEX_WAIT ? UInt32.max : call.uint(5)
    return try futexWait(
      call, address, bitset: bitset, absolute: command == .FUTEX_WAIT_BITSET,
      realtime: options.contains(.FUTEX_CLOCK_REALTIME))
  case .FUTEX_WAKE:
    return .value(try wake(call, address, call.int(2), .max))
  case .FUTEX_WAKE_BITSET:
    guard call.uint(5) != 0 else { throw .EINVAL }
    return .value(try wake(call, address, call.int(2), call.uint(5)))
  case .FUTEX_REQUEUE, .FUTEX_CMP_REQUEUE:
    return try futexRequeue(call, address, compares: command == .FUTEX_CMP_REQUEUE)
  case .FUTEX_WAKE_OP:
    return try futexWakeOp(call, address)
  case .FUTEX_LOCK_PI:
    return try lock(call, address, waits: true, realtime: true)
  case .FUTEX_LOCK_PI2:
    return try lock(
      call, address, waits: true, realtime: options.contains(.FUTEX_CLOCK_REALTIME))
  case .FUTEX_TRYLOCK_PI: return try lock(call, address, waits: false)
  case .FUTEX_UNLOCK_PI: return try unlock(call, address)
  case .FUTEX_WAIT_REQUEUE_PI:
    return try waitToMove(call, address, realtime: options.contains(.FUTEX_CLOCK_REALTIME))
  case .FUTEX_CMP_REQUEUE_PI: return try moveToLock(call, address)
  case .FUTEX_FD:
    throw .ENOSYS
  }
}

func key(_ call: SyscallContext, _ address: GuestAddress) throws(Errno) -> FutexKey {
  guard address.rawValue & 3 == 0 else { throw .EINVAL }
  guard address < call.isa.userAddressLimit else { throw .EFAULT }
  if !FutexOptions(rawValue: call.uint(1)).contains(.FUTEX_PRIVATE_FLAG) {
    // One that may be another process's is found by its page, which must be there.
    let vma = call.space.mapping(at: address)
    guard vma?.permissions.contains(.read) == true else { throw .EFAULT }
  }
  return FutexKey(call.space, address)
}

private func wake(
  _ call: SyscallContext, _ address: GuestAddress, _ count: Int32, _ bitset: UInt32
) throws(Errno) -> Int {
  let key = try key(call, address)
  // Linux wakes one even when asked for none or fewer.
  let woken = call.kernel.futexes.wake(key, count: max(1, Int(count)), bitset: bitset)
  if woken == 0, call.kernel.futexes.hasMoving(key) { throw .EINVAL }
  return woken
}

private func futexWait(
  _ call: SyscallContext, _ address: GuestAddress, bitset: UInt32, absolute: Bool, realtime: Bool
) throws(Errno) -> SyscallResult {
  if call.task.progress.futex == nil {
    guard bitset != 0 else { throw .EINVAL }
    _ = try key(call, address)
  }
  return try waitAtAddress(call, address, while: call.uint(2), bitset: bitset) {
    () throws(Errno) in
    call.address(3).isNull
      ? nil : try deadline(call, absolute: absolute, realtime: realtime)
  }
}

/// Waits until somebody wakes `address`, which must have the value `expected` at first: EAGAIN.
///
/// - Parameter deadline: when the wait begins, says when it ends, in guest monotonic nanoseconds; nil for never.
func waitAtAddress(
  _ call: SyscallContext, _ address: GuestAddress, while expected: UInt32, bitset: UInt32 = .max,
  deadline: () throws(Errno) -> Int64?
) throws(Errno) -> SyscallResult {
  let task = call.task
  let kernel = call.kernel
  if let wait = task.progress.futex {
    if wait.isWoken { return .success }
  } else {
    let value: UInt32 = try call.load(at: address)
    guard value == expected else { throw .EAGAIN }
    task.progress.deadline = try deadline()
    kernel.futexes.enqueue(task, at: address, bitset: bitset)
  }
  if let deadline = task.progress.deadline, deadline <= kernel.clock.monotonic {
    kernel.futexes.cancel(task)
    throw .ETIMEDOUT
  }
  do throws(Errno) {
    return try task.block(
      on: [], until: task.progress.deadline,
      interruption: task.progress.deadline == nil ? .ERESTARTSYS : .ERESTART_RESTARTBLOCK)
  } catch {
    kernel.futexes.cancel(task)
    throw error
  }
}

/// The timeout argument as guest monotonic nanoseconds.
func deadline(_ call: SyscallContext, absolute: Bool, realtime: Bool)
  throws(Errno) -> Int64
{
  let seconds: Int64 = try call.load(at: call.address(3))
  let nanoseconds: Int64 = try call.load(at: call.address(3) + 8)
  guard seconds >= 0, nanoseconds >= 0, nanoseconds < 1_000_000_000 else { throw .EINVAL }
  let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
  guard !overflow, product < .max - nanoseconds else { return .max }
  let time = product + nanoseconds
  let now = call.kernel.clock.monotonic
  if !absolute { return time > .max - now ? .max : now + time }
  return realtime ? saturatingSum(now, saturatingSum(time, -call.kernel.clock.realtime)) : time
}

private func futexRequeue(_ call: SyscallContext, _ address: GuestAddress, compares: Bool)
  throws(Errno) -> SyscallResult
{
  guard call.int(2) >= 0, call.int(3) >= 0 else { throw .EINVAL }
  let source = try key(call, address)
  let target = try key(call, call.address(4))
  if compares {
    let value: UInt32 = try call.load(at: address)
    guard value == call.uint(5) else { throw .EAGAIN }
  }
  let futexes = call.kernel.futexes
  let (wanted, rest) = (Int(call.int(2)), Int(call.int(3)))
  // One that waits to be moved to a lock is moved there alone: those before it have their way.
  let border = futexes.countBeforeMoving(source, among: wanted + rest)
  let woken = futexes.wake(source, count: min(wanted, border ?? .max), bitset: .max)
  let moved = futexes.requeue(
    source, to: target, at: call.address(4), count: min(rest, border.map { $0 - woken } ?? .max))
  if border != nil { throw .EINVAL }
  return .value(woken + moved)
}

private func futexWakeOp(_ call: SyscallContext, _ address: GuestAddress)
  throws(Errno) -> SyscallResult
{
  let second = call.address(4)
  let encoded = call.uint(5)
  let first = try key(call, address)
  let secondKey = try key(call, second)
  // Bits: shift flag 31, operation 28–30, comparison 24–27, operand 12–23, comparand 0–11.
  var operand = UInt32(bitPattern: Int32(bitPattern: encoded << 8) >> 20)
  let comparand = UInt32(bitPattern: Int32(bitPattern: encoded << 20) >> 20)
  if encoded & 0x8000_0000 != 0 { operand = 1 << (operand & 31) }
  guard let operation = FutexOperation(rawValue: encoded >> 28 & 7),
    let comparison = FutexComparison(rawValue: encoded >> 24 & 15)
  else { throw .ENOSYS }
  let old: UInt32 = try call.load(at: second)
  let new: UInt32 =
    switch operation {
    case .FUTEX_OP_SET: operand
    case .FUTEX_OP_ADD: old &+ operand
    case .FUTEX_OP_OR: old | operand
    case .FUTEX_OP_ANDN: old & ~operand
    case .FUTEX_OP_XOR: old ^ operand
    }
  try call.store(new, to: second)
  let (a, b) = (Int32(bitPattern: old), Int32(bitPattern: comparand))
  let holds =
    switch comparison {
    case .FUTEX_OP_CMP_EQ: a == b
    case .FUTEX_OP_CMP_NE: a != b
    case .FUTEX_OP_CMP_LT: a < b
    case .FUTEX_OP_CMP_LE: a <= b
    case .FUTEX_OP_CMP_GT: a > b
    case .FUTEX_OP_CMP_GE: a >= b
    }
  var woken = call.kernel.futexes.wake(first, count: max(1, Int(call.int(2))), bitset: .max)
  if holds {
    woken += call.kernel.futexes.wake(secondKey, count: max(1, Int(call.int(3))), bitset: .max)
  }
  return .value(woken)
}

private func sys_set_robust_list(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[1] == 24 else { throw .EINVAL }
  call.task.robustList = call.address(0)
  call.task.robustListLength = call[1]
  return .success
}

private func sys_get_robust_list(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let task = try taskOrCaller(call, call.int(0))
  guard call.task.mayInspect(task.process) else { throw .EPERM }
  try call.store(task.robustList.rawValue, to: call.address(1))
  try call.store(UInt64(24), to: call.address(2))
  return .success
}
