package import LinuxABI
package import Machine

/// What connects the reading and writing ends of a pipe or FIFO (pipe(7)).
package final class Pipe {
  /// The largest capacity that can be asked for: `/proc/sys/fs/pipe-max-size`.
  package static let maximumCapacity = 1 << 20

  package let inode: PipeInode
  package private(set) var buffer: PipeBuffer
  private var ends = ObjectQueue<PipeEnd>()
  private let memory: MemoryCharge
  /// Open descriptions that can read, and that can write.
  package private(set) var readers = 0
  package private(set) var writers = 0
  /// How often an end for writing was opened: a FIFO's reader sees a hangup only after that.
  package private(set) var writersEver: UInt64 = 0
  package private(set) var readersEver: UInt64 = 0
  /// Woken when an end is opened: opening one end of a FIFO waits for the other.
  package let openQueue = WaitQueue()

  /// - Parameter number: its `st_ino`.
  package init(
    _ arena: FrameArena, number: UInt64, created: Timespec, owner: Ownership = Ownership(),
    capacity: Int = Limits.PIPE_CAPACITY
  ) {
    memory = MemoryCharge(arena, .pipes)
    inode = PipeInode(number: number, created: created, owner: owner)
    buffer = PipeBuffer(capacity: capacity)
  }

  // MARK: Ends

  func attach(_ end: PipeEnd) {
    if end.isReadable { readersEver += 1 }
    if end.isWritable { writersEver += 1 }
    attachAgain(end)
    openQueue.wake()
  }

  /// Counts an end that was there before.
  func attachAgain(_ end: PipeEnd) {
    ends.append(end)
    if end.isReadable { readers += 1 }
    if end.isWritable { writers += 1 }
  }

  func restoreCounts(writersEver: UInt64, readersEver: UInt64) {
    self.writersEver = writersEver
    self.readersEver = readersEver
  }

  func detach(_ end: PipeEnd) {
    ends.remove(end)
    if end.isReadable { readers -= 1 }
    if end.isWritable { writers -= 1 }
    // The other side sees the end of the bytes, or that nobody will read them.
    if writers == 0 { wakeReaders([.readable, .POLLHUP]) }
    if readers == 0 { wakeWriters([.writable, .POLLERR]) }
  }

  private func wakeReaders(_ events: PollEvents) {
    for end in ends where end.isReadable { end.waitQueue.wake(events) }
  }

  private func wakeWriters(_ events: PollEvents) {
    for end in ends where end.isWritable { end.waitQueue.wake(events) }
  }

  // MARK: Bytes

  /// Takes bytes out: 0 at the end, EAGAIN while there are none but could be.
  package func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    guard buffer.byteCount > 0 else { return 0 }
    if self.buffer.isEmpty {
      guard writers > 0 else { return 0 }
      throw .EAGAIN
    }
    let hadRoom = hasRoom
    let count = self.buffer.take(into: &buffer)
    if !hadRoom { wakeWriters(.writable) }
    return count
  }

  /// Puts bytes in: up to `PIPE_BUF` of them all or none, of more as many as there is room for.
  ///
  /// - Parameter asPackets: keep the bounds of this write.
  /// - Throws: EAGAIN without room, EPIPE without readers, ENOMEM.
  package func write(from bytes: RawSpan, asPackets: Bool) throws(Errno) -> Int {
    let size = bytes.byteCount
    guard size > 0 else { return 0 }
    guard readers > 0 else { throw .EPIPE }
    let count = min(size, asPackets ? buffer.packetRoom : buffer.room)
    guard count > 0, count == size || size > Limits.PIPE_BUF else { throw .EAGAIN }
    guard memory.resize(to: buffer.footprint) else { throw .ENOMEM }
    if asPackets {
      var done = 0
      while done < count {
        let end = min(done + Limits.PIPE_BUF, count)
        buffer.append(bytes.extracting(done..<end), isPacket: true)
        done = end
      }
    } else {
      buffer.append(bytes.extracting(0..<count), isPacket: false)
    }
    wakeReaders(.readable)
    return count
  }

  /// Whether an atomic write would not wait, which is what POLLOUT tells.
  var hasRoom: Bool { min(buffer.room, buffer.packetRoom) >= Limits.PIPE_BUF }

  // MARK: Capacity

  /// How many bytes fit (`F_GETPIPE_SZ`).
  package var capacity: Int { buffer.capacity }

  /// Changes the capacity (`F_SETPIPE_SZ`), rounded up to a power of two of whole pages.
  ///
  /// - Returns: the new capacity in bytes.
  /// - Throws: EINVAL, EPERM above the maximum, EBUSY when it holds more than that.
  /// - Deviation: Linux lets a privileged process go beyond `maximumCapacity`.
  package func setCapacity(_ wanted: UInt64) throws(Errno) -> Int {
    guard wanted <= 1 << 31 else { throw .EINVAL }
    guard wanted <= UInt64(Self.maximumCapacity) else { throw .EPERM }
    var size = 4096
    while size < Int(wanted) { size *= 2 }
    guard size >= buffer.count else { throw .EBUSY }
    let hadRoom = hasRoom
    let footprint = memory.bytes
    buffer.resize(to: size)
    // What was not written to yet takes nothing.
    if footprint > 0 { memory.set(buffer.footprint) }
    if !hadRoom, hasRoom { wakeWriters(.writable) }
    return size
  }

  /// Puts back what a saved pipe held: its bytes, oldest first, and how they fall into segments.
  package func restore(_ contents: [UInt8], segments: [PipeBuffer.Segment]) {
    if !contents.isEmpty { memory.set(buffer.footprint) }
    var start = 0
    for segment in segments {
      Array(contents[start..<(start + segment.count)]).withRawSpan {
        buffer.append($0, isPacket: segment.isPacket)
      }
      start += segment.count
    }
  }
}

/// The nameless inode of a pipe.
package final class PipeInode: Inode {
  var own: OwnStatus

  init(number: UInt64, created: Timespec, owner: Ownership) {
    own = OwnStatus(permissions: 0o600, owner: owner, now: created)
    super.init(number: number)
  }

  package override func status() throws(Errno) -> FileStatus {
    FileStatus(
      inode: number, mode: FileMode(type: .S_IFIFO, permissions: own.permissions), uid: own.uid,
      gid: own.gid, accessed: own.accessed, modified: own.modified, changed: own.changed)
  }

  package override func setAttributes(_ change: StatusChange) throws(Errno) {
    own.apply(change, at: own.changed)
  }
}
