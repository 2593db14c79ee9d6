package import LinuxABI
import Machine

/// What a shared memory segment, a semaphore set and a message queue have in common: a key to find it
/// by, an owner, and permissions (sysvipc(7)).
package class IpcObject {
  package internal(set) var id: Int32 = 0
  package internal(set) var permissions: IpcPerm
  /// Seconds since 1970 of the last `IPC_SET`, or of its making.
  package internal(set) var changed: Int64
  /// Woken when the object changes in a way that waiting calls must see, or is removed.
  let queue = WaitQueue()
  /// Bytes that the library OS has for an object, without what is in it.
  static let size = 512
  private let memory: MemoryCharge

  init(_ arena: FrameArena, _ permissions: IpcPerm, changed: Int64) {
    memory = MemoryCharge(arena, .ipc, bytes: Self.size)
    self.permissions = permissions
    self.changed = changed
  }

  var key: Int32 { permissions.key }

  /// Has all who wait look again, in the order in which they came.
  func wakeInLine() {
    for task in queue.waitingTasks.sorted(by: { $0.progress.scratch < $1.progress.scratch }) {
      task.objectChanged()
    }
  }

  /// The place in line of a task that begins to wait.
  var nextPlace: UInt64 { 1 + (queue.waitingTasks.map(\.progress.scratch).max() ?? 0) }

  /// Charges for `bytes` of content; `false` without room for more.
  func hold(_ bytes: Int) -> Bool { memory.resize(to: Self.size + bytes) }

  /// The same for what is there already.
  func restoreHeld(_ bytes: Int) { memory.set(Self.size + bytes) }

  /// Whether `credentials` have all permissions in `wanted` (as in a file mode, of any class).
  /// Follows `ipcperms` in `ipc/util.c`.
  func allows(_ wanted: UInt32, _ credentials: Credentials) -> Bool {
    if credentials.has(.CAP_IPC_OWNER) { return true }
    let requested = wanted >> 6 | wanted >> 3 | wanted
    var granted = permissions.mode
    if credentials.effectiveUID == permissions.cuid || credentials.effectiveUID == permissions.uid {
      granted >>= 6
    } else if [permissions.cgid, permissions.gid].contains(where: {
      $0 == credentials.effectiveGID || credentials.groups.contains($0)
    }) {
      granted >>= 3
    }
    return requested & ~granted & 7 == 0
  }

  /// EACCES unless `allows`.
  func require(_ wanted: UInt32, _ credentials: Credentials) throws(Errno) {
    guard allows(wanted, credentials) else { throw .EACCES }
  }

  /// EPERM for who may neither change nor remove the object.
  func requireOwner(_ credentials: Credentials) throws(Errno) {
    let user = credentials.effectiveUID
    guard credentials.has(.CAP_SYS_ADMIN) || user == permissions.uid || user == permissions.cuid
    else { throw .EPERM }
  }

  /// `IPC_SET`: the owner and the nine permission bits.
  func set(_ new: IpcPerm, at time: Int64) {
    permissions.uid = new.uid
    permissions.gid = new.gid
    permissions.mode = permissions.mode & ~0o777 | new.mode & 0o777
    changed = time
  }
}
