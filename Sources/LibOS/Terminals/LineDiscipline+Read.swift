package import LinuxABI
import Machine

// Reads of programs, and of the master.
extension LineDiscipline {
  /// Whether a read would return a line or a byte.
  package var hasInput: Bool { isCanonical ? !lines.isEmpty : !ready.isEmpty }

  /// Number of bytes that can be read now (`FIONREAD`), without end-of-file marks.
  package var readableCount: Int {
    guard isCanonical else { return ready.count }
    var count = 0
    for length in lines {
      count += length
      if ready[count - 1] == 0 { count -= 1 }
    }
    return count
  }

  /// Reads bytes, or at most one line; `hasInput` must be true.
  package mutating func read(into buffer: inout MutableRawSpan) -> Int {
    defer { receiveBacklog() }
    guard isCanonical else {
      let count = min(buffer.byteCount, ready.count)
      ready.take(count, into: &buffer)
      return count
    }
    let length = lines[0]
    let isMarked = ready[length - 1] == 0
    let payload = isMarked ? length - 1 : length
    let count = min(buffer.byteCount, payload)
    ready.take(count, into: &buffer)
    if count < payload {
      lines[0] = length - count
    } else {
      // A read that ends at the end of the line consumes the mark (`canon_skip_eof`).
      if isMarked { ready.drop(1) }
      lines.removeFirst()
    }
    return count
  }

  /// Reads output for the master.
  package mutating func takeOutput(into buffer: inout MutableRawSpan, at offset: Int) -> Int {
    let hadRoom = outputRoom > 0
    let count = min(buffer.byteCount - offset, output.count)
    output.take(count, into: &buffer, at: offset)
    flushEchoes()
    if !hadRoom, outputRoom > 0 { news.canWrite = true }
    return count
  }

  package mutating func takeStatus() -> PacketStatus {
    defer { status = [] }
    return status
  }
}
