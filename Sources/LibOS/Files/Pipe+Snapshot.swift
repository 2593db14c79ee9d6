package import LibOSState
import LinuxABI
import Machine
import Snapshot

extension Pipe {
  private static let packetBit: UInt32 = 1 << 31

  func save(to state: inout Godwit_State_Pipe) {
    state.capacity = UInt64(capacity)
    state.bytes = data(buffer.contents)
    state.segments = buffer.segments.map { UInt32($0.count) | ($0.isPacket ? Self.packetBit : 0) }
    state.number = inode.number
    state.attributes = inode.own.save()
    state.writersEver = writersEver
    state.readersEver = readersEver
  }

  convenience init(_ state: Godwit_State_Pipe, _ arena: FrameArena) throws(SnapshotError) {
    guard state.capacity >= 4096, state.capacity <= UInt64(Self.maximumCapacity) else {
      throw .invalidState("capacity of pipe \(state.id)")
    }
    self.init(
      arena, number: state.number, created: Timespec(state.created), capacity: Int(state.capacity))
    if state.hasAttributes { inode.own = try OwnStatus(state.attributes) }
    let segments = state.segments.map {
      PipeBuffer.Segment(count: Int($0 & ~Self.packetBit), isPacket: $0 & Self.packetBit != 0)
    }
    let contents = Array(state.bytes)
    guard contents.count <= capacity, segments.reduce(0, { $0 + $1.count }) == contents.count
    else { throw .invalidState("contents of pipe \(state.id)") }
    restore(contents, segments: segments)
    restoreCounts(
      writersEver: try checked(
        state.writersEver, SavedRange.counter, "the writers of pipe \(state.id)"),
      readersEver: try checked(
        state.readersEver, SavedRange.counter, "the readers of pipe \(state.id)"))
  }
}

extension PipeEnd: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_PipeEnd()
    state.pipe = saver.id(ofPipe: pipe) { pipe.save(to: &$0) }
    state.writes = isWritable
    if let dentry { state.dentry = saver.id(of: dentry) }
    if let writersAtOpen { state.writersAtOpen = writersAtOpen }
    if let readersAtOpen { state.readersAtOpen = readersAtOpen }
    return .pipe(state)
  }
}

extension StateLoader {
  func restorePipeEnd(_ state: Godwit_State_PipeEnd, _ flags: OpenFlags)
    throws(SnapshotError) -> PipeEnd
  {
    let pipe = try pipe(state.pipe)
    var place: Dentry?
    if state.dentry != 0 {
      let name = try dentry(state.dentry)
      guard name.inode.connect(pipe) else {
        throw .invalidState("the FIFO of pipe \(state.pipe)")
      }
      place = name
    }
    return PipeEnd(
      restoring: pipe, flags: flags, at: place,
      writersAtOpen: state.hasWritersAtOpen ? state.writersAtOpen : nil,
      readersAtOpen: state.hasReadersAtOpen ? state.readersAtOpen : nil)
  }
}
