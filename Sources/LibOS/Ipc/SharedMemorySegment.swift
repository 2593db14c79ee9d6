import LinuxABI
import Machine

/// What `shmget(2)` makes: an object that processes map.
package final class SharedMemorySegment: IpcObject {
  /// Bytes, as they were asked for.
  let size: UInt64
  let creator: Int32
  /// Who attached or detached it last.
  var lastUser: Int32 = 0
  /// Seconds since 1970.
  var attached: Int64 = 0
  var detached: Int64 = 0

  /// Lets go when the segment is removed: then the mappings alone keep the object.
  private var held: MemoryObject?
  /// The memory; nil when it was removed and nobody maps it.
  private(set) weak var object: MemoryObject?

  init(
    _ permissions: IpcPerm, changed: Int64, size: UInt64, creator: Int32, object: MemoryObject
  ) {
    self.size = size
    self.creator = creator
    self.object = object
    held = object
    super.init(object.arena, permissions, changed: changed)
    markRemoved(permissions.mode & SharedMemoryFlags.SHM_DEST != 0)
  }

  private func markRemoved(_ isRemoved: Bool) {
    guard isRemoved else { return }
    permissions.mode |= SharedMemoryFlags.SHM_DEST
    held = nil
  }

  /// `IPC_RMID`: the segment goes with its last attachment, and has no key until then.
  func remove() {
    permissions.key = IpcFlags.IPC_PRIVATE
    markRemoved(true)
  }

  /// What `/proc/self/maps` shows of its mappings.
  var mappingName: String {
    "/SYSV" + hex(UInt64(UInt32(bitPattern: key)), width: 8) + " (deleted)"
  }

  /// How many mappings of it `processes` have.
  func attachments(in processes: some Sequence<Process>) -> UInt64 {
    guard let object else { return 0 }
    var seen: Set<ObjectIdentifier> = []
    var count: UInt64 = 0
    for process in processes where seen.insert(ObjectIdentifier(process.space)).inserted {
      count += UInt64(process.space.mappings.count { $0.maps(object) })
    }
    return count
  }
}

extension VMA {
  func maps(_ object: MemoryObject) -> Bool {
    guard case .object(let mapped, _) = backing else { return false }
    return mapped === object
  }
}
