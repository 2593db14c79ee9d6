/// What the library OS keeps for the guest beside the frames of its pages. All of it counts against the
/// guest's memory limit, as the kernel's memory of a control group does in Linux.
package enum KernelMemory: Int, CaseIterable, Sendable {
  case pageTables, mappings, tasks, files, pipes, sockets, epoll, inotify, locks, timers, signals,
    ipc, terminals, names
}

/// What one object of the library OS takes of the guest's memory. It is given back with the charge.
package final class MemoryCharge {
  private let arena: FrameArena
  private let use: KernelMemory
  package private(set) var bytes = 0

  package init(_ arena: FrameArena, _ use: KernelMemory, bytes: Int = 0) {
    self.arena = arena
    self.use = use
    set(bytes)
  }

  deinit { arena.charge(-bytes, use) }

  /// Charges `bytes` in all, whether there is room or not: for what is there already.
  package func set(_ bytes: Int) {
    guard bytes != self.bytes else { return }
    arena.charge(bytes - self.bytes, use)
    self.bytes = bytes
  }

  /// Charges `bytes` in all; `false`, and nothing changes, when there is no room for more.
  package func resize(to bytes: Int) -> Bool {
    guard bytes <= self.bytes || arena.hasRoom(forKernel: bytes - self.bytes) else { return false }
    set(bytes)
    return true
  }
}
