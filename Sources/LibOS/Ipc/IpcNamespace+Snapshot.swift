import LibOSState
import LinuxABI
import Machine
import Snapshot

extension IpcNamespace {
  func save(_ saver: StateSaver) throws(SnapshotError) -> Godwit_State_Ipc {
    purge()
    var state = Godwit_State_Ipc()
    for segment in segments.objects { state.segments.append(try segment.save(saver)) }
    state.sets = sets.objects.map { $0.save() }
    state.queues = queues.objects.map { $0.save() }
    if limits != IpcLimits() { state.limits = limits.values }
    state.sequences = [segments.sequence, sets.sequence, queues.sequence].map { UInt32($0) }
    state.lastPlaces = [segments.lastIndex, sets.lastIndex, queues.lastIndex].map { Int32($0) }
    let next = [segments.nextID, sets.nextID, queues.nextID]
    if next != [nil, nil, nil] { state.nextIds = next.map { $0 ?? -1 } }
    return state
  }

  func restore(_ state: Godwit_State_Ipc, _ loader: StateLoader) throws(SnapshotError) {
    if !state.limits.isEmpty {
      guard let limits = IpcLimits(state.limits) else { throw .invalidState("the limits of IPC") }
      self.limits = limits
    }
    for segment in state.segments {
      guard segments.restore(try SharedMemorySegment(segment, loader)) else {
        throw .invalidState("shared memory segment \(segment.common.id)")
      }
    }
    for set in state.sets {
      guard let restored = SemaphoreSet(set, loader.kernel.arena), sets.restore(restored) else {
        throw .invalidState("semaphore set \(set.common.id)")
      }
    }
    for queue in state.queues {
      guard let restored = MessageQueue(queue, loader.kernel.arena), queues.restore(restored) else {
        throw .invalidState("message queue \(queue.common.id)")
      }
    }
    if !state.nextIds.isEmpty {
      guard state.nextIds.count == 3 else { throw .invalidState("the next ids of IPC objects") }
      let next = state.nextIds.map { $0 < 0 ? nil : $0 }
      (segments.nextID, sets.nextID, queues.nextID) = (next[0], next[1], next[2])
    }
    if state.sequences.isEmpty, state.lastPlaces.isEmpty { return }
    guard state.sequences.count == 3, state.lastPlaces.count == 3 else {
      throw .invalidState("the sequence numbers of IPC objects")
    }
    segments.restoreCounters(sequence: state.sequences[0], lastIndex: state.lastPlaces[0])
    sets.restoreCounters(sequence: state.sequences[1], lastIndex: state.lastPlaces[1])
    queues.restoreCounters(sequence: state.sequences[2], lastIndex: state.lastPlaces[2])
  }
}

extension IpcObject {
  fileprivate func saveCommon() -> Godwit_State_IpcObject {
    var state = Godwit_State_IpcObject()
    state.id = id
    state.key = permissions.key
    state.uid = permissions.uid
    state.gid = permissions.gid
    state.cuid = permissions.cuid
    state.cgid = permissions.cgid
    state.mode = permissions.mode
    state.changed = changed
    return state
  }
}

extension IpcPerm {
  fileprivate init(_ state: Godwit_State_IpcObject) {
    self.init(
      key: state.key, uid: state.uid, gid: state.gid, cuid: state.cuid, cgid: state.cgid,
      mode: state.mode, seq: UInt16(truncatingIfNeeded: state.id >> 15))
  }
}

extension SharedMemorySegment {
  fileprivate func save(_ saver: StateSaver) throws(SnapshotError)
    -> Godwit_State_SharedMemorySegment
  {
    var state = Godwit_State_SharedMemorySegment()
    state.common = saveCommon()
    state.size = size
    if let object { state.object = try saver.id(of: object) }
    state.creator = creator
    state.lastUser = lastUser
    state.attached = attached
    state.detached = detached
    return state
  }

  fileprivate convenience init(
    _ state: Godwit_State_SharedMemorySegment, _ loader: StateLoader
  ) throws(SnapshotError) {
    let object = try loader.object(state.object)
    guard state.size > 0, state.size <= object.size, object.size & 4095 == 0 else {
      throw .invalidState("the size of shared memory segment \(state.common.id)")
    }
    self.init(
      IpcPerm(state.common), changed: state.common.changed, size: state.size,
      creator: state.creator, object: object)
    id = state.common.id
    lastUser = state.lastUser
    attached = state.attached
    detached = state.detached
  }
}

extension SemaphoreSet {
  fileprivate func save() -> Godwit_State_SemaphoreSet {
    var state = Godwit_State_SemaphoreSet()
    state.common = saveCommon()
    state.values = semaphores.map(\.value)
    state.pids = semaphores.map(\.pid)
    state.operated = operated
    return state
  }

  fileprivate convenience init?(_ state: Godwit_State_SemaphoreSet, _ arena: FrameArena) {
    guard state.values.count == state.pids.count,
      (1...Self.semaphoreLimit).contains(state.values.count),
      state.values.allSatisfy({ (0...Int32(Self.maximumValue)).contains($0) })
    else { return nil }
    self.init(
      arena, restoring: zip(state.values, state.pids).map { Semaphore(value: $0, pid: $1) },
      IpcPerm(state.common), changed: state.common.changed)
    id = state.common.id
    operated = state.operated
  }
}

extension MessageQueue {
  fileprivate func save() -> Godwit_State_MessageQueue {
    var state = Godwit_State_MessageQueue()
    state.common = saveCommon()
    state.messages = messages.map { message in
      var saved = Godwit_State_Message()
      saved.type = message.type
      saved.text = data(message.text)
      return saved
    }
    state.capacity = capacity
    state.sent = sent
    state.received = received
    state.lastSender = lastSender
    state.lastReceiver = lastReceiver
    return state
  }

  fileprivate convenience init?(_ state: Godwit_State_MessageQueue, _ arena: FrameArena) {
    guard state.messages.allSatisfy({ $0.type > 0 && $0.text.count <= Int(Int32.max) }) else {
      return nil
    }
    self.init(arena, IpcPerm(state.common), changed: state.common.changed)
    id = state.common.id
    restore(state.messages.map { Message(type: $0.type, text: Array($0.text)) })
    capacity = min(state.capacity, UInt64(Int32.max))
    sent = state.sent
    received = state.received
    lastSender = state.lastSender
    lastReceiver = state.lastReceiver
  }
}
