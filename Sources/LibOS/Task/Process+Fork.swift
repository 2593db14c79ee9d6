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
  /// The child's id, if the caller chooses it.
  var tid: Int32?
  /// The function that it calls, and its argument; nil: it goes on where its parent does.
  var entry: (address: UInt64, argument: UInt64)?
}

extension Task {
  /// A new thread of `process`, a copy of this one with the result 0. This thread must be loaded.
  func cloned(_ tid: Int32, in process: Process, _ request: CloneRequest) -> Task {
    let child = Task(tid: tid, process: process, kernel: kernel)
    child.name = name
    child.signals = TaskSignals(mask: signals.mask)
    child.inherit(self)
    child.use(request.flags.contains(.CLONE_FILES) ? files : files.copy())
    child.fs = request.flags.contains(.CLONE_FS) ? fs : fs.copy()
    child.credentials = credentials
    child.noNewPrivileges = noNewPrivileges
    child.seccomp = seccomp
    if request.flags.contains(.CLONE_CHILD_CLEARTID) { child.clearChildTID = request.childTID }
    let engine = engine
    engine.save(to: context)
    engine.setSyscallResult(0)
    if !request.stackPointer.isNull { engine.stackPointer = request.stackPointer.rawValue }
    if request.flags.contains(.CLONE_SETTLS) { engine.threadPointer = request.threadPointer }
    if let entry = request.entry {
      var registers = engine.registers
      registers.programCounter = entry.address
      registers.setSyscallArgument(0, entry.argument)
      engine.registers = registers
    }
    engine.save(to: child.context)
    engine.restore(from: context)
    return child
  }
}

extension Task {
  /// A thread like this one, which must be loaded, and alone in a new child process. It starts with `Kernel.add`.
  func fork(_ pid: Int32, _ request: CloneRequest) -> Task {
    let child = process.fork(pid, from: self, request)
    let sharesMemory = request.flags.contains(.CLONE_VM)
    let thread = cloned(pid, in: child, request)
    // The alternate signal stack is kept, unless the child shares the memory.
    if !sharesMemory || request.flags.contains(.CLONE_VFORK) {
      thread.signals.stack = signals.stack
    }
    if !sharesMemory { thread.rseq = rseq }
    kernel.processes[pid] = child
    return thread
  }
}

extension Process {
  /// A child process without a thread.
  fileprivate func fork(_ pid: Int32, from task: Task, _ request: CloneRequest) -> Process {
    let flags = request.flags
    let child = Process(
      pid: pid, kernel: kernel, processor: processor,
      space: flags.contains(.CLONE_VM) ? space : space.fork(), fs: task.fs)
    child.signals.inherit(
      signals, isShared: flags.contains(.CLONE_SIGHAND),
      resettingHandlers: flags.contains(.CLONE_CLEAR_SIGHAND))
    child.limits = limits
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
    child.personality = personality
    child.login = login
    child.hasNoHugePages = hasNoHugePages
    child.barriers = barriers
    child.startTime = kernel.clock.boottime
    return child
  }
}
