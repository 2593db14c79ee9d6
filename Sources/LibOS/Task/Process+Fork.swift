import LinuxABI
import Machine

/// The arguments of clone(2) and clone3(2), in a common form.
struct CloneRequest {
  var flags: CloneFlags
  /// Sent to the parent when the child ends; 0 for none.
  var exitSignal: Int32
  /// The child's stack pointer; null keeps the parent's.
  var stackPointer: GuestAddress
  var parentTID: GuestAddress
  var childTID: GuestAddress
  var threadPointer: UInt64
  var pidfd = GuestAddress.null
}

extension Task {
  /// A new thread of `process`, a copy of this one with the result 0. This thread must be loaded.
  func cloned(_ tid: Int32, in process: Process, _ request: CloneRequest) -> Task {
    let child = Task(tid: tid, process: process, kernel: kernel)
    child.name = name
    child.signals = TaskSignals(mask: signals.mask)
    child.niceness = niceness
    child.timerSlack = timerSlack
    if request.flags.contains(.CLONE_CHILD_CLEARTID) { child.clearChildTID = request.childTID }
    let engine = engine
    engine.save(to: context)
    engine.setSyscallResult(0)
    if !request.stackPointer.isNull { engine.stackPointer = request.stackPointer.rawValue }
    if request.flags.contains(.CLONE_SETTLS) { engine.threadPointer = request.threadPointer }
    engine.save(to: child.context)
    engine.restore(from: context)
    return child
  }
}

extension Process {
  /// A child process whose only thread is a copy of `task`, which must be loaded. It starts with
  /// `Kernel.add`.
  func fork(_ pid: Int32, from task: Task, _ request: CloneRequest) -> Task {
    let flags = request.flags
    let sharesMemory = flags.contains(.CLONE_VM)
    let child = Process(
      pid: pid, kernel: kernel, processor: processor, space: sharesMemory ? space : space.fork(),
      fs: fs)
    if flags.contains(.CLONE_FILES) {
      files.retain()
      child.files = files
    } else {
      child.files = files.copy()
    }
    child.signals.inherit(signals, resettingHandlers: flags.contains(.CLONE_CLEAR_SIGHAND))
    child.limits = limits
    child.credentials = credentials
    child.layout = layout
    child.image = image
    child.executable = executable
    child.parentPID = flags.contains(.CLONE_PARENT) ? parentPID : self.pid
    child.forkedBy = flags.contains(.CLONE_PARENT) ? forkedBy : task.tid
    child.processGroup = processGroup
    child.session = session
    child.hasLeftTerminal = hasLeftTerminal
    child.accounts.killAdjustment = accounts.killAdjustment
    child.life.exitSignal = flags.contains(.CLONE_PARENT) ? life.exitSignal : request.exitSignal
    child.life.isBorrowing = flags.contains(.CLONE_VFORK)
    child.isDumpable = isDumpable
    child.noNewPrivileges = noNewPrivileges
    child.personality = personality
    child.barriers = barriers
    child.startTime = kernel.clock.boottime
    let thread = task.cloned(pid, in: child, request)
    // The alternate signal stack is kept, unless the child shares the memory.
    if !sharesMemory || flags.contains(.CLONE_VFORK) { thread.signals.stack = task.signals.stack }
    if !sharesMemory { thread.rseq = task.rseq }
    thread.robustList = .null
    kernel.processes[pid] = child
    return thread
  }
}
