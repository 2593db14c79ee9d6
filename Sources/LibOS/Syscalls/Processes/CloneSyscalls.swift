import LinuxABI
import Machine

extension SyscallTable {
  package static let cloneRows: [SyscallRow] = [
    SyscallRow(
      "clone", x64: 56, generic: 220,
      [.flags(of: CloneFlags.self), .address, .address, .address, .address], support: .partial,
      note: cloneNote, sys_clone),
    SyscallRow(
      "clone3", x64: 435, generic: 435, [.address, .size], support: .partial, note: cloneNote,
      sys_clone3),
    SyscallRow("fork", x64: 57, generic: nil, []) { call throws(Errno) in
      try clone(call, CloneRequest(copying: []))
    },
    SyscallRow("vfork", x64: 58, generic: nil, []) { call throws(Errno) in
      try clone(call, CloneRequest(copying: [.CLONE_VM, .CLONE_VFORK]))
    },
  ]

  private static let cloneNote =
    "no namespaces: EPERM; CLONE_PTRACE, CLONE_IO and CLONE_SYSVSEM have no effect, CLONE_VFORK with CLONE_THREAD is EINVAL"
}

extension CloneRequest {
  /// What fork(2) and vfork(2) ask for.
  fileprivate init(copying flags: CloneFlags) {
    self.init(
      flags: flags, exitSignal: Signal.SIGCHLD.rawValue, stackPointer: .null, parentTID: .null,
      childTID: .null, threadPointer: 0)
  }
}

private func sys_clone(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  // flags, stack, parent_tid, and then two whose order differs.
  let (child, tls) =
    switch call.isa {
    case .x86_64: (call[3], call[4])
    case .aarch64, .riscv64: (call[4], call[3])
    }
  var request = CloneRequest(
    flags: CloneFlags(rawValue: call[0] & 0xffff_ff00),
    exitSignal: Int32(call[0] & CloneFlags.CSIGNAL), stackPointer: call.address(1),
    parentTID: call.address(2), childTID: GuestAddress(child), threadPointer: tls)
  if request.flags.contains(.CLONE_PIDFD) {
    // The old call has one place for both.
    guard request.flags.isDisjoint(with: [.CLONE_PARENT_SETTID, .CLONE_DETACHED]) else {
      throw .EINVAL
    }
    request.pidfd = request.parentTID
  }
  return try clone(call, request)
}

private func sys_clone3(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let size = call[1]
  guard size >= 64 else { throw .EINVAL }
  guard size <= 4096 else { throw .E2BIG }
  let known = 88
  var bytes = try call.bytes(at: call.address(0), count: Int(size))
  guard bytes.dropFirst(known).allSatisfy({ $0 == 0 }) else { throw .E2BIG }
  // What a caller of an older version does not pass is 0, even half a field.
  bytes += [UInt8](repeating: 0, count: max(0, known - bytes.count))
  let fields = stride(from: 0, to: known, by: 8).map { offset in
    bytes.withRawSpan { $0.load(at: offset, as: UInt64.self) }
  }
  // flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup
  guard (fields[5] == 0) == (fields[6] == 0), fields[4] <= 64 else { throw .EINVAL }
  let flags = CloneFlags(rawValue: fields[0])
  guard flags.isDisjoint(with: [.CLONE_DETACHED]), fields[0] & CloneFlags.CSIGNAL & ~0x80 == 0
  else { throw .EINVAL }
  if flags.contains(.CLONE_THREAD) || flags.contains(.CLONE_PARENT), fields[4] != 0 {
    throw .EINVAL
  }
  var request = CloneRequest(
    flags: flags, exitSignal: Int32(fields[4]),
    stackPointer: GuestAddress(fields[5] &+ fields[6]),
    parentTID: GuestAddress(fields[3]), childTID: GuestAddress(fields[2]),
    threadPointer: fields[7], pidfd: GuestAddress(fields[1]))
  request.tid = try wantedTID(call, at: GuestAddress(fields[8]), count: fields[9])
  return try clone(call, request)
}

/// The id that the child is to have: one for each namespace that it is in, which is one.
private func wantedTID(_ call: SyscallContext, at address: GuestAddress, count: UInt64)
  throws(Errno) -> Int32?
{
  let deepest: UInt64 = 32
  guard count <= deepest, address.isNull == (count == 0) else { throw .EINVAL }
  guard count > 0 else { return nil }
  let tid: Int32 = try call.load(at: address)
  guard count == 1, (1..<Kernel.pidLimit).contains(tid) else { throw .EINVAL }
  guard call.credentials.has(.CAP_CHECKPOINT_RESTORE) || call.credentials.has(.CAP_SYS_ADMIN) else {
    throw .EPERM
  }
  return tid
}

private func clone(_ call: SyscallContext, _ request: CloneRequest)
  throws(Errno) -> SyscallResult
{
  if call.task.progress.scratch != 0 { return try waitForBorrower(call) }
  let flags = request.flags
  if flags.contains(.CLONE_THREAD), !flags.contains(.CLONE_SIGHAND) { throw .EINVAL }
  if flags.contains(.CLONE_SIGHAND), !flags.contains(.CLONE_VM) { throw .EINVAL }
  if flags.contains([.CLONE_SIGHAND, .CLONE_CLEAR_SIGHAND]) { throw .EINVAL }
  if flags.contains([.CLONE_FS, .CLONE_NEWNS]) { throw .EINVAL }
  guard flags.isDisjoint(with: .namespaces) else { throw .EPERM }
  // A deadline is not handed down.
  let scheduling = call.task.scheduling
  guard scheduling.deadline == nil || scheduling.resetsOnFork else { throw .EAGAIN }
  return flags.contains(.CLONE_THREAD) ? try thread(call, request) : try process(call, request)
}

extension CloneFlags {
  static let namespaces: CloneFlags = [
    .CLONE_NEWNS, .CLONE_NEWCGROUP, .CLONE_NEWUTS, .CLONE_NEWIPC, .CLONE_NEWUSER, .CLONE_NEWPID,
    .CLONE_NEWNET, .CLONE_NEWTIME,
  ]
}

func thread(_ call: SyscallContext, _ request: CloneRequest) throws(Errno) -> SyscallResult {
  guard request.flags.isDisjoint(with: [.CLONE_PIDFD, .CLONE_VFORK]) else { throw .EINVAL }
  let tid = try call.kernel.allocatePID(for: call.process, wanted: request.tid)
  if request.flags.contains(.CLONE_PARENT_SETTID) { try call.store(tid, to: request.parentTID) }
  if request.flags.contains(.CLONE_CHILD_SETTID) { try call.store(tid, to: request.childTID) }
  call.kernel.add(call.task.cloned(tid, in: call.process, request))
  return .value(tid)
}

private func process(_ call: SyscallContext, _ request: CloneRequest)
  throws(Errno) -> SyscallResult
{
  let kernel = call.kernel
  let pid = try kernel.allocatePID(for: call.process, wanted: request.tid)
  if !request.flags.contains(.CLONE_VM) {
    let size = call.space.copySize + call.files.footprint
    guard kernel.arena.hasRoom(forKernel: size) else { throw .ENOMEM }
  }
  if request.flags.contains(.CLONE_PARENT_SETTID) { try call.store(pid, to: request.parentTID) }
  let descriptor = try openPidFile(pid, call, request)
  let child = call.task.fork(pid, request)
  // The descriptor is the parent's alone.
  if let descriptor, !request.flags.contains(.CLONE_FILES) {
    try? child.files.close(descriptor)
  }
  if request.flags.contains(.CLONE_CHILD_SETTID) {
    try? child.process.space.store(pid, to: request.childTID)
  }
  kernel.add(child)
  guard request.flags.contains(.CLONE_VFORK) else { return .value(pid) }
  call.task.progress.scratch = UInt64(pid)
  return try waitForBorrower(call)
}

private func openPidFile(_ pid: Int32, _ call: SyscallContext, _ request: CloneRequest)
  throws(Errno) -> Int32?
{
  guard request.flags.contains(.CLONE_PIDFD) else { return nil }
  let descriptor = try PidFile.open(pid, [], for: call.task)
  do { try call.store(descriptor, to: request.pidfd) } catch {
    try? call.files.close(descriptor)
    throw error
  }
  return descriptor
}

/// Sleeps until the child made by `CLONE_VFORK` has ended or executed another program. Signals wait
/// for that too, but for deadly ones.
private func waitForBorrower(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let pid = Int32(truncatingIfNeeded: call.task.progress.scratch)
  guard let child = call.kernel.processes[pid], child.life.isBorrowing else { return .value(pid) }
  return try call.task.block(on: [child.endQueue], isKillableOnly: true)
}
