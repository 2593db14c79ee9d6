package import LinuxABI
package import Machine

/// The file descriptors of a thread, which it may share with others, of other processes too.
package final class FileTable {
  package struct Slot {
    package var file: OpenFile
    package var closeOnExec: Bool
  }

  private var slots: [Slot?] = []
  /// What the slots are charged to.
  private let arena: FrameArena
  private let memory: MemoryCharge
  /// No descriptor below is free.
  private var lowestFree = 0
  /// Threads that use the table (`CLONE_FILES`).
  private var userCount = 0

  package init(_ arena: FrameArena) {
    self.arena = arena
    memory = MemoryCharge(arena, .files)
  }

  /// Bytes of all slots.
  package var footprint: Int { slots.count * MemoryLayout<Slot?>.stride }

  // MARK: Sharing

  func retain() { userCount += 1 }

  /// Gives up one use; the last one closes everything.
  func release() {
    userCount -= 1
    if userCount == 0 { closeAll() }
  }

  package var isShared: Bool { userCount > 1 }

  /// A table of the same open files, as `fork` makes one.
  package func copy() -> FileTable {
    let copy = FileTable(arena)
    copy.slots = slots
    copy.lowestFree = lowestFree
    copy.memory.set(footprint)
    for case let slot? in slots { slot.file.retain() }
    return copy
  }

  // MARK: Descriptors

  package func file(_ fd: Int32) throws(Errno) -> OpenFile { try slot(fd).file }

  package func slot(_ fd: Int32) throws(Errno) -> Slot {
    guard fd >= 0, Int(fd) < slots.count, let slot = slots[Int(fd)] else { throw .EBADF }
    return slot
  }

  /// The open descriptors, ascending.
  package var descriptors: [Int32] {
    slots.indices.filter { slots[$0] != nil }.map { Int32($0) }
  }

  /// Puts `file` at the lowest free descriptor at or above `minimum`: EMFILE at `limit`.
  package func install(
    _ file: OpenFile, closeOnExec: Bool, minimum: Int32 = 0, limit: UInt64
  ) throws(Errno) -> Int32 {
    var fd = max(Int(minimum), lowestFree)
    while fd < slots.count, slots[fd] != nil { fd += 1 }
    if Int(minimum) <= lowestFree { lowestFree = fd }
    guard UInt64(fd) < limit else { throw .EMFILE }
    guard file.account(in: arena) else { throw .ENOMEM }
    put(file, closeOnExec, fd)
    return Int32(fd)
  }

  /// Whether there is a free descriptor below `limit`.
  package func hasRoom(limit: UInt64) -> Bool {
    UInt64(slots.count) < limit
      || slots.prefix(Int(limit)).dropFirst(lowestFree).contains { $0 == nil }
  }

  /// Puts `file` at exactly `fd`, closing what was there.
  package func replace(_ fd: Int32, with file: OpenFile, closeOnExec: Bool) {
    let old = Int(fd) < slots.count ? slots[Int(fd)] : nil
    put(file, closeOnExec, Int(fd))
    old?.file.release()
  }

  private func put(_ file: OpenFile, _ closeOnExec: Bool, _ fd: Int) {
    if slots.count <= fd {
      slots += Array(repeating: nil, count: fd + 1 - slots.count)
      memory.set(footprint)
    }
    file.retain()
    slots[fd] = Slot(file: file, closeOnExec: closeOnExec)
  }

  package func setCloseOnExec(_ fd: Int32, _ on: Bool) throws(Errno) {
    _ = try slot(fd)
    slots[Int(fd)]!.closeOnExec = on
  }

  package func close(_ fd: Int32) throws(Errno) {
    let file = try slot(fd).file
    slots[Int(fd)] = nil
    lowestFree = min(lowestFree, Int(fd))
    file.release()
  }

  package func closeAll() {
    for fd in descriptors { try? close(fd) }
  }
}
