import LinuxABI
import Machine

// What the calls that wait for files have in common: timeouts and a signal mask for a while.

/// A timeout in milliseconds as nanoseconds; negative ones wait for ever.
func milliseconds(_ timeout: Int32) -> Int64? { timeout < 0 ? nil : Int64(timeout) * 1_000_000 }

/// The `struct timespec` timeout at `address` in nanoseconds, nil for none: EFAULT, EINVAL.
func timeout(_ call: SyscallContext, _ address: GuestAddress) throws(Errno) -> Int64? {
  guard !address.isNull else { return nil }
  let time: Timespec = try call.load(at: address)
  guard time.isValidTimeout else { throw .EINVAL }
  return time.nanoseconds
}

/// When the call times out, in guest monotonic nanoseconds. Fixed at the first run of its handler,
/// so that neither waking nor restarting makes it wait longer.
func deadline(_ call: SyscallContext, after timeout: Int64?) -> Int64? {
  guard let timeout else { return nil }
  if let deadline = call.task.progress.deadline { return deadline }
  let deadline = saturatingSum(call.kernel.clock.monotonic, timeout)
  call.task.progress.deadline = deadline
  return deadline
}

/// Runs `body` with the signal mask at `address` in force, if there is one.
///
/// When the call is interrupted the mask stays until the signal was delivered: that is what it is
/// for (pselect(2)).
func withTemporaryMask(
  _ call: SyscallContext, _ address: GuestAddress, size: UInt64,
  _ body: () throws(Errno) -> SyscallResult
) throws(Errno) -> SyscallResult {
  guard !address.isNull else { return try body() }
  guard size == UInt64(SignalSet.byteCount) else { throw .EINVAL }
  if call.task.signals.savedMask == nil {
    let mask: UInt64 = try call.load(at: address)
    call.task.setTemporarySignalMask(SignalSet(rawValue: mask))
  }
  do throws(Errno) {
    let result = try body()
    if case .value = result { call.task.restoreSignalMask() }
    return result
  } catch {
    if !error.isRestart, error != .EINTR { call.task.restoreSignalMask() }
    throw error
  }
}

/// Runs `body`, which waits at most the time in the structure at `address`, and writes what is left
/// of it back there, as Linux does for `select`, `pselect6` and `ppoll` (select(2)).
func updatingTimeout(
  _ call: SyscallContext, _ address: GuestAddress, isTimeval: Bool = false,
  _ body: () throws(Errno) -> SyscallResult
) throws(Errno) -> SyscallResult {
  do throws(Errno) {
    let result = try body()
    if case .value = result { _ = storeRemaining(call, address, isTimeval) }
    return result
  } catch {
    // A timeout that can't be updated can't be restarted with.
    if !storeRemaining(call, address, isTimeval), error == .ERESTARTNOHAND { throw .EINTR }
    throw error
  }
}

private func storeRemaining(_ call: SyscallContext, _ address: GuestAddress, _ isTimeval: Bool)
  -> Bool
{
  guard !address.isNull, let deadline = call.task.progress.deadline else { return true }
  let rest = max(0, saturatingSum(deadline, -call.kernel.clock.monotonic))
  do throws(Errno) {
    if isTimeval {
      try call.store(Timeval(nanoseconds: rest), to: address)
    } else {
      try call.store(Timespec(nanoseconds: rest), to: address)
    }
    return true
  } catch {
    return false
  }
}
