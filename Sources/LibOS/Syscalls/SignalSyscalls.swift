import LinuxABI
import Machine

extension SyscallTable {
  /// Actions, masks, sending, waiting and the alternate stack.
  package static let signalRows: [SyscallRow] = [
    SyscallRow(
      "rt_sigaction", x64: 13, generic: 134, [.signal, .address, .address, .size],
      sys_rt_sigaction),
    SyscallRow(
      "rt_sigprocmask", x64: 14, generic: 135, [.int, .address, .address, .size],
      sys_rt_sigprocmask),
    SyscallRow("rt_sigreturn", x64: 15, generic: 139, [], sys_rt_sigreturn),
    SyscallRow("rt_sigpending", x64: 127, generic: 136, [.address, .size], sys_rt_sigpending),
    SyscallRow("rt_sigsuspend", x64: 130, generic: 133, [.address, .size], sys_rt_sigsuspend),
    SyscallRow(
      "rt_sigtimedwait", x64: 128, generic: 137, [.address, .address, .timespec, .size],
      sys_rt_sigtimedwait),
    SyscallRow(
      "rt_sigqueueinfo", x64: 129, generic: 138, [.pid, .signal, .address], sys_rt_sigqueueinfo),
    SyscallRow(
      "rt_tgsigqueueinfo", x64: 297, generic: 240, [.pid, .pid, .signal, .address],
      sys_rt_tgsigqueueinfo),
    SyscallRow("sigaltstack", x64: 131, generic: 132, [.address, .address], sys_sigaltstack),
    SyscallRow("kill", x64: 62, generic: 129, [.pid, .signal], sys_kill),
    SyscallRow("tkill", x64: 200, generic: 130, [.pid, .signal], sys_tkill),
    SyscallRow("tgkill", x64: 234, generic: 131, [.pid, .pid, .signal], sys_tgkill),
    SyscallRow("pause", x64: 34, generic: nil, [], sys_pause),
    SyscallRow("signalfd", x64: 282, generic: nil, [.fd, .address, .size], sys_signalfd),
    SyscallRow(
      "signalfd4", x64: 289, generic: 74,
      [.fd, .address, .size, .flags(of: SignalfdFlags.self)], sys_signalfd4),
    SyscallRow("restart_syscall", x64: 219, generic: 128, [], sys_restart_syscall),
  ]
}

extension SyscallContext {
  /// The signal set at `address`, whose size the argument at `sizeIndex` must state.
  func signalSet(at address: GuestAddress) throws(Errno) -> SignalSet {
    SignalSet(rawValue: try load(UInt64.self, at: address))
  }

  func checkSignalSetSize(_ index: Int) throws(Errno) {
    guard self[index] == SignalSet.byteCount else { throw .EINVAL }
  }
}

// MARK: Actions

private func sys_rt_sigaction(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try call.checkSignalSetSize(3)
  let signal = Signal(rawValue: call.int(0))
  var new: Sigaction?
  if !call.address(1).isNull {
    let bytes = try call.bytes(at: call.address(1), count: Sigaction.byteCount(for: call.isa))
    new = Sigaction(bytes: bytes, isa: call.isa)
  }
  guard signal.isValid, new == nil || !SignalSet.unblockable.contains(signal) else {
    throw .EINVAL
  }
  let process = call.process
  let old = process.signals[signal]
  if var new {
    new.flags.formIntersection(.supported(on: call.isa))
    new.mask = new.mask.subtracting(.unblockable)
    process.signals[signal] = new
    if process.signals.ignores(signal) {
      process.removePending([signal])
      for task in process.tasks where task.signals.isSignaled { task.lookForSignals() }
    }
  }
  if !call.address(2).isNull { try call.store(old.bytes(for: call.isa), to: call.address(2)) }
  return .success
}

private func sys_rt_sigreturn(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let task = call.task
  let engine: any Engine = call.task.engine
  let space = call.space
  let registers = engine.registers
  let restored = SignalFrame.parse(registers: registers) {
    (address: GuestAddress, count: Int) throws(MemoryFault) -> [UInt8] in
    try space.bytes(at: address, count: count)
  }
  guard let restored else {
    task.refuseSignalFrame(at: GuestAddress(registers.stackPointer))
    return .registersReplaced
  }
  engine.registers = restored.registers
  task.setSignalMask(restored.mask)
  // Errors don't matter here (restore_altstack).
  try? task.setSignalStack(restored.stack, stackPointer: restored.registers.stackPointer)
  return .registersReplaced
}

extension Task {
  /// SIGSEGV as a bad frame gives it: AArch64 names the place (`arm64_notify_segfault`).
  fileprivate func refuseSignalFrame(at address: GuestAddress) {
    switch process.isa {
    case .x86_64, .riscv64: forceSegmentationFault()
    case .aarch64:
      let isMapped = process.space.mapping(at: address) != nil
      let code = isMapped ? SignalCode.SEGV_ACCERR : SignalCode.SEGV_MAPERR
      force(.fault(.SIGSEGV, code: code, address: address.rawValue))
    }
  }
}

private func sys_sigaltstack(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let task = call.task
  let stackPointer = call.task.engine.stackPointer
  var new: SignalStack?
  if !call.address(0).isNull {
    new = SignalStack(bytes: try call.bytes(at: call.address(0), count: SignalStack.byteCount))
  }
  let old = task.signalStackStatus(stackPointer: stackPointer)
  if let new { try task.setSignalStack(new, stackPointer: stackPointer) }
  if !call.address(1).isNull { try call.store(old.bytes, to: call.address(1)) }
  return .success
}

// MARK: Masks

private func sys_rt_sigprocmask(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try call.checkSignalSetSize(3)
  let task = call.task
  let old = task.signals.mask
  if !call.address(1).isNull {
    let set = try call.signalSet(at: call.address(1))
    guard let how = SignalMaskChange(rawValue: call.uint(0)) else { throw .EINVAL }
    switch how {
    case .SIG_BLOCK: task.setSignalMask(old.union(set))
    case .SIG_UNBLOCK: task.setSignalMask(old.subtracting(set))
    case .SIG_SETMASK: task.setSignalMask(set)
    }
  }
  if !call.address(2).isNull { try call.store(old.rawValue, to: call.address(2)) }
  return .success
}

private func sys_rt_sigpending(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[1] <= SignalSet.byteCount else { throw .EINVAL }
  let signals = call.task.signals
  let pending = signals.pending.members.union(call.process.signals.pending.members)
    .intersection(signals.mask)
  var writer = ByteWriter()
  writer.write(pending.rawValue)
  try call.store(Array(writer.bytes.prefix(Int(call[1]))), to: call.address(0))
  return .success
}
