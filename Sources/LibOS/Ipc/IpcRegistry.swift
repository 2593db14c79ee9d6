import LinuxABI

/// The objects of one kind, by id and by key (`struct ipc_ids` in `ipc/util.c`).
///
/// An id is the place in the table and, above bit 15, a sequence number, so that the id of an object
/// that was removed is not soon another one's.
package struct IpcRegistry<Object: IpcObject> {
  private static var sequenceShift: Int32 { 15 }

  /// How many there may be.
  var limit: Int
  private var slots: [Object?] = []
  private(set) var sequence: UInt16 = 0
  private(set) var lastIndex = -1
  /// The id of the next object, or the next free place after that; nil: what comes next.
  var nextID: Int32?

  init(limit: Int) { self.limit = limit }

  /// All of them, in the order of their places.
  var objects: [Object] { slots.compactMap { $0 } }

  /// The highest place in use, 0 when there is none: what `IPC_INFO` returns.
  var highestIndex: Int { slots.lastIndex { $0 != nil } ?? 0 }

  /// The object with the id: EINVAL.
  func object(_ id: Int32) throws(Errno) -> Object {
    let index = Int(id & (1 << Self.sequenceShift - 1))
    guard id >= 0, index < slots.count, let object = slots[index], object.id == id else {
      throw .EINVAL
    }
    return object
  }

  /// The object at a place of the table, as `SHM_STAT` and its like name it: EINVAL.
  func object(at index: Int32) throws(Errno) -> Object {
    guard index >= 0, Int(index) < slots.count, let object = slots[Int(index)] else {
      throw .EINVAL
    }
    return object
  }

  /// The object with the key, or what `make` makes: ENOENT, EEXIST, EACCES, ENOSPC.
  mutating func get(
    key: Int32, _ flags: UInt32, _ credentials: Credentials,
    check: (Object) throws(Errno) -> Void, make: (IpcPerm) throws(Errno) -> Object
  ) throws(Errno) -> Object {
    let options = IpcFlags(rawValue: flags)
    if key != IpcFlags.IPC_PRIVATE {
      if let known = slots.lazy.compactMap({ $0 }).first(where: { $0.key == key }) {
        guard !options.contains([.IPC_CREAT, .IPC_EXCL]) else { throw .EEXIST }
        try check(known)
        try known.require(flags & 0o777, credentials)
        return known
      }
      guard options.contains(.IPC_CREAT) else { throw .ENOENT }
    }
    guard slots.count(where: { $0 != nil }) < limit else { throw .ENOSPC }
    let (user, group) = (credentials.effectiveUID, credentials.effectiveGID)
    let object = try make(
      IpcPerm(key: key, uid: user, gid: group, cuid: user, cgid: group, mode: flags & 0o777))
    try add(object)
    return object
  }

  private mutating func add(_ object: Object) throws(Errno) {
    let index: Int
    if let wanted = nextID {
      nextID = nil
      let first = Int(wanted & (1 << Self.sequenceShift - 1))
      index = slots.indices.dropFirst(first).first { slots[$0] == nil } ?? max(first, slots.count)
      guard index < IpcLimits.objects else { throw .ENOSPC }
      object.permissions.seq = UInt16(wanted >> Self.sequenceShift)
    } else {
      index = slots.firstIndex { $0 == nil } ?? slots.count
      if index <= lastIndex { sequence = (sequence + 1) & 0x7fff }
      lastIndex = index
      object.permissions.seq = sequence
    }
    object.id = Int32(object.permissions.seq) << Self.sequenceShift | Int32(index)
    put(object, at: index)
  }

  private mutating func put(_ object: Object, at index: Int) {
    while slots.count <= index { slots.append(nil) }
    slots[index] = object
  }

  mutating func remove(_ object: Object) {
    slots[Int(object.id & (1 << Self.sequenceShift - 1))] = nil
    object.wakeInLine()
  }

  mutating func removeAll(where isGone: (Object) -> Bool) {
    for index in slots.indices {
      if let object = slots[index], isGone(object) { slots[index] = nil }
    }
  }

  /// Puts a saved object back: `false` for an id that can't be.
  mutating func restore(_ object: Object) -> Bool {
    let index = Int(object.id & (1 << Self.sequenceShift - 1))
    guard object.id >= 0, index < IpcLimits.objects, index >= slots.count || slots[index] == nil
    else {
      return false
    }
    put(object, at: index)
    return true
  }

  mutating func restoreCounters(sequence: UInt32, lastIndex: Int32) {
    self.sequence = UInt16(truncatingIfNeeded: sequence & 0x7fff)
    self.lastIndex = Int(lastIndex)
  }
}
