import LibOSState
import LinuxABI
import Machine
import Snapshot

/// Which calls of a thread are its own handler's business (prctl(2), `PR_SET_SYSCALL_USER_DISPATCH`). Neither children nor
/// new programs have it.
struct UserDispatch: Equatable {
  /// Calls from here are made, whatever the selector says.
  var start: UInt64
  var length: UInt64
  /// The byte that says whether calls are made; null: none is.
  var selector: GuestAddress

  /// - Throws: EINVAL, EFAULT.
  init(start: UInt64, length: UInt64, selector: GuestAddress, _ isa: GuestISA) throws(Errno) {
    guard start == 0 || start &+ length > start else { throw .EINVAL }
    guard selector < isa.userAddressLimit else { throw .EFAULT }
    self.start = start
    self.length = length
    self.selector = selector
  }
}

extension SyscallContext {
  /// `PR_SET_SYSCALL_USER_DISPATCH`: Linux 6.1 has it on x86-64 alone.
  func setUserDispatch() throws(Errno) {
    guard isa == .x86_64 else { throw .EINVAL }
    switch self[1] {
    case 0:
      guard self[2] | self[3] | self[4] == 0 else { throw .EINVAL }
      task.userDispatch = nil
    case 1:
      task.userDispatch = try UserDispatch(
        start: self[2], length: self[3], selector: address(4), isa)
    default: throw .EINVAL
    }
    kernel.needsAttention = true
  }
}

extension Task {
  private enum Selector {
    static let allow: UInt8 = 0
    static let block: UInt8 = 1
  }

  /// Asks the selector about a call whose registers are loaded.
  ///
  /// - Returns: whether it may be made; otherwise the thread was sent SIGSYS, or dies.
  func selects(_ frame: SyscallFrame) -> Bool {
    guard let userDispatch, engine.programCounter &- userDispatch.start >= userDispatch.length
    else { return true }
    if !userDispatch.selector.isNull {
      guard let selector: UInt8 = try? process.space.load(at: userDispatch.selector) else {
        process.die(of: .fromKernel(.SIGSEGV), self)
        return false
      }
      if selector == Selector.allow { return true }
      guard selector == Selector.block else {
        process.die(of: .fromKernel(.SIGSYS), self)
        return false
      }
    }
    trap(frame, code: SignalCode.SYS_USER_DISPATCH)
    return false
  }

  func saveUserDispatch(to state: inout Godwit_State_Task) {
    guard let userDispatch else { return }
    state.userDispatch = [
      userDispatch.start, userDispatch.length, userDispatch.selector.rawValue,
    ]
  }

  func restoreUserDispatch(_ state: Godwit_State_Task) throws(SnapshotError) {
    let saved = state.userDispatch
    if saved.isEmpty { return }
    guard process.isa == .x86_64, saved.count == 3,
      let dispatch = try? UserDispatch(
        start: saved[0], length: saved[1], selector: GuestAddress(saved[2]), process.isa)
    else { throw .invalidState("which calls of task \(tid) are its own") }
    userDispatch = dispatch
  }
}
