import LinuxABI
import Machine

/// The state of a process that its parent can learn: plain values, part of the snapshot.
package struct ProcessLife: Hashable, Sendable {
  /// Sent to the parent at the end; 0 for none. Anything but SIGCHLD makes a "clone child" for
  /// `wait4(2)`.
  package var exitSignal: Int32 = 0
  /// How it ended. It is then a zombie until its parent has waited for it.
  package var ending: ExitStatus?
  /// It left a core file (`WCOREDUMP`).
  package var hasDumpedCore = false
  /// It was stopped, or continued, and its parent has not waited for that yet.
  package var hasStopped = false
  package var hasContinued = false
  /// The parent's thread sleeps until this process leaves the borrowed memory (`CLONE_VFORK`).
  package var isBorrowing = false
  /// It has called `execve` since it was forked, so its parent may no longer change its process group.
  package var hasExecuted = false

  package init() {}
}

extension Kernel {
  /// Whether `pid` is the library OS's own init, which exists but has no tasks.
  func isInit(_ pid: Int32) -> Bool { pid == Self.initPID && processes[pid] == nil }
}

extension Process {
  /// Whether it is a zombie.
  package var isZombie: Bool { life.ending != nil }

  /// The parent process; nil if that is the library OS's own init.
  package var parent: Process? { kernel.processes[parentPID] }

  // MARK: The end

  /// Called when the last threads have ended.
  func finish(_ status: ExitStatus, _ threads: [Task]) {
    isExiting = true
    timers.stop()
    kernel.account(for: self, status)
    undoSemaphores()
    leaveMemory()
    closeFiles(of: threads)
    executable = nil
    life.ending = status
    kernel.groups.remove(pid, from: processGroup)
    kernel.needsAttention = true
    if pid == kernel.initialPID { kernel.exitStatus = status }
    leaveSession()
    orphanChildren()
    tellParent()
    endQueue.wake()
  }

  /// Releases the address space, after writing back changes of shared mappings.
  private func leaveMemory() {
    kernel.vfs.writeBack(space, .null, isa.userAddressLimit)
    replaceMemory(by: AddressSpace(arena: kernel.arena, isa: isa))
  }

  /// Switches to another address space; a parent whose memory was borrowed continues.
  func replaceMemory(by new: AddressSpace) {
    processor.engine.leave(space)
    dropAsyncContexts()
    closeMemoryAccounts()
    space = new
    guard life.isBorrowing else { return }
    life.isBorrowing = false
    endQueue.wake()
  }

  /// Reparents the children to the nearest subreaper, or to init.
  private func orphanChildren() {
    let children = children
    let groups = Set(children.filter { $0.session == session }.map(\.processGroup))
    var heir = parent
    while let candidate = heir, !candidate.isSubreaper || candidate.isExiting {
      heir = candidate.parent
    }
    for child in children {
      child.parentPID = heir?.pid ?? Kernel.initPID
      child.forkedBy = heir?.tasks.first?.tid ?? 0
      if child.isZombie { child.tellParent() } else { child.noteParentDeath(of: self) }
    }
    for group in groups.union([processGroup]).sorted() { kernel.releaseIfOrphaned(group) }
  }

  /// Sends the signal that it has asked for (PR_SET_PDEATHSIG).
  func noteParentDeath(of parent: Process) {
    guard parentDeathSignal != 0, !isZombie else { return }
    post(signal: parentDeathSignal, code: SignalCode.SI_USER, pid: parent.pid)
  }

  /// Sends the exit signal, or reaps at once if nobody will wait.
  private func tellParent() {
    guard let parent, !parent.isExiting, let ending = life.ending else { return reap() }
    let signal = Signal(rawValue: life.exitSignal)
    let action = parent.signals[.SIGCHLD]
    let isUnwanted =
      signal == .SIGCHLD
      && (action.handler == Sigaction.SIG_IGN || action.flags.contains(.SA_NOCLDWAIT))
    // Who ignores it is sent none, even where it is blocked.
    if signal.isValid, signal != .SIGCHLD || action.handler != Sigaction.SIG_IGN {
      switch ending {
      case .exited(let code): parent.postChild(self, signal, SignalCode.CLD_EXITED, code)
      case .killed(let number):
        let code = life.hasDumpedCore ? SignalCode.CLD_DUMPED : SignalCode.CLD_KILLED
        parent.postChild(self, signal, code, number)
      }
    }
    parent.childQueue.wake()
    if isUnwanted { reap() }
  }

  /// Removes a zombie.
  func reap() {
    precondition(isZombie)
    parent?.noteMemory(of: self)
    parent?.childrenProcessorTime += processorTime + childrenProcessorTime
    kernel.children.remove(pid, from: parentPID)
    kernel.zombieCount -= 1
    kernel.processes[pid] = nil
  }

  // MARK: Stopping and going on

  /// Tells the parent that the process was stopped by `signal`, or continued.
  func tellParentOfStop(by signal: Signal?) {
    life.hasStopped = signal != nil
    life.hasContinued = signal == nil
    guard let parent else { return }
    let action = parent.signals[.SIGCHLD]
    if action.handler != Sigaction.SIG_IGN, !action.flags.contains(.SA_NOCLDSTOP) {
      let code = signal == nil ? SignalCode.CLD_CONTINUED : SignalCode.CLD_STOPPED
      parent.postChild(self, .SIGCHLD, code, (signal ?? .SIGCONT).rawValue)
    }
    parent.childQueue.wake()
  }

  /// Sends a signal about `child`, with times in clock ticks as in siginfo.
  private func postChild(_ child: Process, _ signal: Signal, _ code: Int32, _ status: Int32) {
    post(
      .child(
        signal, code: code, pid: child.pid, uid: child.credentials.realUID, status: status,
        utime: child.processorTime.nanoseconds / 10_000_000, stime: 0))
  }
}
