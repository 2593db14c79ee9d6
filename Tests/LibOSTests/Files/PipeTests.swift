import LinuxABI
import Machine
import Testing

import LibOS

extension OpenFile {
  /// Reads up to `count` bytes, or throws.
  func take(_ count: Int) throws(Errno) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    let got = try buffer.withMutableRawSpan { (span) throws(Errno) in try read(into: &span) }
    return Array(buffer[0..<got])
  }

  func put(_ bytes: [UInt8]) throws(Errno) -> Int {
    try bytes.withRawSpan { (span) throws(Errno) in try write(from: span) }
  }
}

/// Counts how often it was told, and of what.
final class Listener: WaitListener {
  var told: [PollEvents] = []
  func objectChanged() { told.append([]) }
  func objectChanged(_ events: PollEvents) { told.append(events) }
}

func makePipe(capacity: Int = 65536, packets: Bool = false) -> (PipeEnd, PipeEnd) {
  let pipe = Pipe(
    FrameArena(byteLimit: 1 << 24)!, number: 5, created: Timespec(), capacity: capacity)
  let reader = PipeEnd(pipe, flags: [])
  let writer = PipeEnd(pipe, flags: packets ? [.O_WRONLY, .O_DIRECT] : .O_WRONLY)
  reader.retain()
  writer.retain()
  return (reader, writer)
}

@Suite struct PipeTests {
  private func pattern(_ count: Int, from start: Int = 0) -> [UInt8] {
    (start..<(start + count)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
  }

  @Test func bytesComeOutInOrderAroundTheRing() throws {
    let (reader, writer) = makePipe(capacity: 4096)
    var written = 0
    var taken: [UInt8] = []
    for step in 0..<200 {
      let size = 1 + step * 37 % 1500
      if (try? writer.put(pattern(size, from: written))) != nil { written += size }
      taken += (try? reader.take(1 + step * 53 % 1900)) ?? []
    }
    while let more = try? reader.take(999), !more.isEmpty { taken += more }
    #expect(taken == pattern(written))
    #expect(written > 3 * 4096)
  }

  @Test func smallWritesAreAtomicLargeOnesAreNot() throws {
    let (reader, writer) = makePipe()
    #expect(try writer.put(pattern(65000)) == 65000)
    #expect(throws: Errno.EAGAIN) { try writer.put(pattern(4096)) }
    #expect(writer.pollEvents() == [])
    #expect(try writer.put(pattern(4097)) == 536)
    #expect(throws: Errno.EAGAIN) { try writer.put(pattern(5000)) }
    #expect(try reader.take(4095).count == 4095)
    #expect(writer.pollEvents() == [])
    #expect(throws: Errno.EAGAIN) { try writer.put(pattern(4096)) }
    #expect(try reader.take(1).count == 1)
    #expect(writer.pollEvents() == .writable)
    #expect(try writer.put(pattern(4096)) == 4096)
  }

  @Test func endsOfBothSides() throws {
    let (reader, writer) = makePipe()
    #expect(throws: Errno.EAGAIN) { try reader.take(1) }
    #expect(reader.pollEvents() == [])
    #expect(try reader.take(0) == [])
    _ = try writer.put([1, 2, 3])
    writer.release()
    #expect(reader.pollEvents() == [.POLLIN, .POLLRDNORM, .POLLHUP])
    #expect(try reader.take(10) == [1, 2, 3])
    #expect(try reader.take(10) == [])
    #expect(reader.pollEvents() == .POLLHUP)

    let (other, lonely) = makePipe()
    other.release()
    #expect(lonely.pollEvents() == [.POLLOUT, .POLLWRNORM, .POLLERR])
    #expect(try lonely.put([]) == 0)
    #expect(throws: Errno.EPIPE) { try lonely.put([1]) }
    #expect(throws: Errno.EBADF) { try lonely.take(1) }
  }

  @Test func wakesWhomItConcerns() throws {
    let (reader, writer) = makePipe(capacity: 8192)
    let (readable, writable) = (Listener(), Listener())
    reader.waitQueue.add(readable)
    writer.waitQueue.add(writable)
    _ = try writer.put([1])
    _ = try writer.put(pattern(4095))
    #expect(readable.told == [.readable, .readable] && writable.told.isEmpty)
    // There is room for an atomic write all the time: no news.
    _ = try reader.take(1)
    #expect(writable.told.isEmpty)
    _ = try writer.put(pattern(4096))
    _ = try reader.take(1)
    #expect(writable.told == [.writable])
    writer.release()
    #expect(readable.told.last == [.POLLIN, .POLLRDNORM, .POLLHUP])
  }

  @Test func packetsKeepTheirBounds() throws {
    let (reader, writer) = makePipe(packets: true)
    _ = try writer.put([1, 2, 3])
    _ = try writer.put([4, 5, 6, 7])
    _ = try writer.put(pattern(5000))
    // What does not fit is lost.
    #expect(try reader.take(2) == [1, 2])
    #expect(try reader.take(100) == [4, 5, 6, 7])
    #expect(try reader.take(9000) == pattern(4096))
    #expect(try reader.take(9000).count == 904)
    #expect(throws: Errno.EAGAIN) { try reader.take(1) }
    writer.flags.remove(.O_DIRECT)
    _ = try writer.put([1])
    _ = try writer.put([2])
    #expect(try reader.take(9) == [1, 2])
  }

  @Test func capacity() throws {
    let (reader, writer) = makePipe()
    #expect(try writer.pipeCapacity() == 65536)
    #expect(try reader.setPipeCapacity(1) == 4096)
    #expect(try reader.setPipeCapacity(4097) == 8192)
    _ = try writer.put(pattern(6000))
    _ = try reader.take(1000)
    #expect(throws: Errno.EBUSY) { try reader.setPipeCapacity(4096) }
    #expect(throws: Errno.EBUSY) { try reader.setPipeCapacity(0) }
    #expect(throws: Errno.EINVAL) { try reader.setPipeCapacity(1 << 31 + 1) }
    #expect(throws: Errno.EPERM) { try reader.setPipeCapacity(1 << 20 + 1) }
    #expect(try reader.setPipeCapacity(1 << 20) == 1 << 20)
    #expect(try writer.put(pattern(100_000)) == 100_000)
    #expect(try reader.take(5000) == Array(pattern(6000)[1000...]))
    #expect(try reader.take(100_000) == pattern(100_000))
  }

  @Test func survivesBeingSaved() throws {
    let (reader, writer) = makePipe(packets: true)
    _ = try writer.put([1, 2, 3])
    writer.flags.remove(.O_DIRECT)
    _ = try writer.put([4, 5])
    let copy = Pipe(
      FrameArena(byteLimit: 1 << 24)!, number: 6, created: Timespec(),
      capacity: reader.pipe.capacity)
    let newReader = PipeEnd(copy, flags: [])
    copy.restore(reader.pipe.buffer.contents, segments: reader.pipe.buffer.segments)
    #expect(try newReader.take(9) == [1, 2, 3])
    #expect(try newReader.take(9) == [4, 5])
  }

  @Test func fifosHangUpOnlyAfterAWriter() throws {
    let pipe = Pipe(FrameArena(byteLimit: 1 << 24)!, number: 5, created: Timespec())
    let reader = PipeEnd(pipe, flags: .O_NONBLOCK)
    #expect(reader.pollEvents() == [])
    #expect(try reader.take(1) == [])
    let writer = PipeEnd(pipe, flags: .O_WRONLY)
    writer.retain()
    writer.release()
    #expect(reader.pollEvents() == .POLLHUP)
    let both = PipeEnd(pipe, flags: .O_RDWR)
    #expect(both.pollEvents() == .writable)
    _ = try both.put([9])
    #expect(both.pollEvents() == [.POLLIN, .POLLRDNORM, .POLLOUT, .POLLWRNORM])
    #expect(try both.take(4) == [9])
  }
}
