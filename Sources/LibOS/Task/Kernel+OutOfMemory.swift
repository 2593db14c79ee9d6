import HostABI
import LinuxABI
import Machine

// Handling of exhausted guest memory: `mm/oom_kill.c` in Linux.

extension Kernel {
  /// Kills the process that has most memory; `asking` needs a frame. Whether there are any now.
  ///
  /// This happens in the middle of whatever `asking` does, so the victim is not taken apart here: it
  /// does not run any more, and its private pages go at once (what `oom_reaper` does).
  func killForMemory(asking: AddressSpace?) -> Bool {
    let current = loaded?.process
    // A process that is being killed may be refused memory.
    if current?.signals.fatal != nil { return false }
    while let victim = memoryVictim {
      tellOfKilling(victim)
      let space = victim.space
      let sharing = processes.values.filter { $0.space === space }
      for process in sharing.sorted(by: { $0.pid < $1.pid }) {
        process.post(signal: Signal.SIGKILL.rawValue)
      }
      if space === current?.space || space === asking { return false }
      let used = arena.framesInUse
      space.discardPrivatePages()
      if arena.framesInUse < used { return true }
    }
    return false
  }

  /// The process to kill next; nil if none may be killed.
  private var memoryVictim: Process? {
    let candidates = processes.values.filter {
      !$0.isExiting && $0.signals.fatal == nil && $0.accounts.killAdjustment > -1000
    }
    return candidates.max { ($0.killPoints, -$0.pid) < ($1.killPoints, -$1.pid) }
  }

  /// Without a message the SIGKILL would be a mystery.
  private func tellOfKilling(_ victim: Process) {
    host.log(
      "godwit: Out of memory: Killed process \(victim.pid) (\(text(victim.name.bytes))), which had "
        + "\(victim.residentPages * 4) kB of the guest's \(arena.byteLimit >> 10) kB")
  }
}

extension Process {
  /// `oom_badness` of a process: its pages, plus the adjustment in thousandths of all pages.
  fileprivate var killPoints: Int {
    residentPages + space.copySize >> 12 + Int(accounts.killAdjustment)
      * (kernel.arena.byteLimit >> 12) / 1000
  }
}
