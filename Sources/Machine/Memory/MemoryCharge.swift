/// Memory that the library OS uses for the guest, besides page frames. It counts against the guest's memory
/// limit, as kernel memory does in a control group of Linux.
package enum KernelMemory: Int, CaseIterable, Sendable {
  case pageTables, mappings, tasks, files, pipes, sockets, epoll, inotify, locks, timers, signals,
    ipc, terminals, names
}

/// The memory that one object of the library OS is charged for; freed with this object.
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

  /// Sets the charge to `bytes`, whether there is room or not: for memory in use already.
  package func set(_ bytes: Int) {
    guard bytes != self.bytes else { return }
    arena.charge(bytes - self.bytes, use)
    self.bytes = bytes
  }

  /// Sets the charge to `bytes`; returns `false`, and changes nothing, if there is no room.
  package func resize(to bytes: Int) -> Bool {
    guard bytes <= self.bytes || arena.hasRoom(forKernel: bytes - self.bytes) else { return false }
    set(bytes)
    return true
  }
}
