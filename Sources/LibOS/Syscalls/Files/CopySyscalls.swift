import LinuxABI
import Machine

extension SyscallTable {
  package static let copyRows: [SyscallRow] = [
    SyscallRow("sendfile", x64: 40, generic: 71, [.fd, .fd, .address, .size], sys_sendfile),
    SyscallRow(
      "copy_file_range", x64: 326, generic: 285, [.fd, .address, .fd, .address, .size, .hex],
      sys_copy_file_range),
    SyscallRow(
      "splice", x64: 275, generic: 76,
      [.fd, .address, .fd, .address, .size, .flags(of: SpliceFlags.self)], sys_splice),
    SyscallRow(
      "tee", x64: 276, generic: 77, [.fd, .fd, .size, .flags(of: SpliceFlags.self)],
      note: "copies the bytes", sys_tee),
    SyscallRow(
      "vmsplice", x64: 278, generic: 75, [.fd, .address, .size, .flags(of: SpliceFlags.self)],
      note: "copies the bytes", sys_vmsplice),
  ]
}

private let chunkSize = 65536

/// One end of a copy: a file, and the offset to use instead of its own position.
private struct End {
  let file: OpenFile
  var offset: UInt64?

  func position() throws(Errno) -> UInt64 {
    if let offset { return offset }
    return try file.position()
  }

  /// Whether there is something to read just now.
  var hasMore: Bool {
    guard file.isSeekable else { return file.pollEvents().contains(.POLLIN) }
    guard let status = try? file.status(), let position = try? position() else { return false }
    return position < status.size
  }

  /// Whether a file with places has nothing more.
  func isAtEnd() throws(Errno) -> Bool {
    let place = try position()
    var byte = [UInt8](repeating: 0, count: 1)
    return try byte.withMutableRawSpan { (span) throws(Errno) in
      try file.read(at: place, into: &span) == 0
    }
  }

  mutating func read(_ buffer: inout [UInt8]) throws(Errno) -> Int {
    let offset = self.offset
    let file = self.file
    let count = try buffer.withMutableRawSpan { (span) throws(Errno) -> Int in
      if let offset { return try file.read(at: offset, into: &span) }
      return try file.read(into: &span)
    }
    if let offset { self.offset = offset + UInt64(count) }
    return count
  }

  mutating func write(_ bytes: [UInt8], from start: Int) throws(Errno) -> Int {
    let offset = self.offset
    let file = self.file
    let count = try bytes.withRawSpan { (whole) throws(Errno) -> Int in
      let span = whole.extracting(start..<whole.byteCount)
      if let offset { return try file.write(at: offset, from: span) }
      return try file.write(from: span)
    }
    if let offset { self.offset = offset + UInt64(count) }
    return count
  }
}

/// The offset at `address`, when there is one: ESPIPE for files without.
private func offset(_ call: SyscallContext, _ index: Int, _ file: OpenFile)
  throws(Errno) -> UInt64?
{
  guard call[index] != 0 else { return nil }
  let value: Int64 = try call.load(at: call.address(index))
  guard value >= 0 else { throw .EINVAL }
  guard file.isSeekable else { throw file is PipeEnd ? .ESPIPE : .EINVAL }
  return UInt64(value)
}

/// Counters, timers, sets and directories have no bytes to read ahead or to copy: EINVAL.
func requireBytes(_ file: OpenFile) throws(Errno) {
  if !hasBytes(file) { throw .EINVAL }
}

private func hasBytes(_ file: OpenFile) -> Bool {
  !((try? file.inode) is AnonymousInode) && (try? file.status())?.isDirectory != true
}

/// Why a copy stopped.
private enum Stop {
  case complete
  /// The input has ended, or the output takes no more.
  case end
  /// The file has nothing to read, or no room.
  case wait(OpenFile)
  case failed(Errno)
}

/// Copies up to `total` bytes. What was read but could not be written is put back by moving the
/// position, so the input must be seekable unless the output takes all it is given.
private func copy(from input: inout End, to output: inout End, total: Int)
  -> (count: Int, stop: Stop)
{
  var done = 0
  while done < total {
    var limit = min(chunkSize, total - done)
    // Look before reading from what can't be put back.
    if !input.file.isSeekable {
      if input.hasMore, (output.file as? PipeEnd)?.pipe.readers == 0 {
        return (done, .failed(.EPIPE))
      }
      limit = min(limit, output.file.writableCount)
      if limit == 0 || !output.file.pollEvents().contains(.POLLOUT) {
        return (done, .wait(output.file))
      }
    }
    var buffer = [UInt8](repeating: 0, count: limit)
    let start = input.offset == nil ? try? input.file.position() : nil
    let before = input.offset
    let count: Int
    do { count = try input.read(&buffer) } catch {
      return (done, error == .EAGAIN ? .wait(input.file) : .failed(error))
    }
    if count == 0 { return (done, .end) }
    buffer.removeLast(buffer.count - count)
    var written = 0
    var failure: Errno?
    do {
      while written < count {
        let moved = try output.write(buffer, from: written)
        if moved == 0 { break }
        written += moved
      }
    } catch { failure = error }
    done += written
    if written < count {
      if let before {
        input.offset = before + UInt64(written)
      } else if input.file.isSeekable, let start {
        do { try input.file.setPosition(start + UInt64(written)) } catch {
          return (done, .failed(error))
        }
      }
    }
    if let failure { return (done, failure == .EAGAIN ? .wait(output.file) : .failed(failure)) }
    if written < count || count < limit { return (done, .end) }
  }
  return (done, .complete)
}

/// Copies `total` bytes in as many turns as it takes, waits where it must, and stores the offsets that were
/// moved. A signal ends it between two turns, as it ends `splice_from_pipe_next` in the kernel.
///
/// - Parameters:
///   - waitsForAll: waits as often as one of the files makes it; otherwise only for the first byte.
///   - triesTheRest: a part that is beyond the limit of the file's size is found when it is written.
private func finish(
  _ call: SyscallContext, _ input: inout End, _ output: inout End, total: Int,
  offsets: (input: Int?, output: Int?), waitsForAll: Bool = false, isNonBlocking: Bool = false,
  triesTheRest: Bool = true
) throws(Errno) -> SyscallResult {
  let task = call.task
  let wanted = total
  var total = total
  var done = 0
  if task.progress.bytesDone > 0 {
    total = min(total, Int(clamping: task.progress.scratch))
    done = min(total, Int(clamping: task.progress.bytesDone))
    // Positions have moved already.
    input.offset? += UInt64(done)
    output.offset? += UInt64(done)
  } else {
    total = try call.writableTotal(total, output.file, at: output.offset)
    task.progress.scratch = UInt64(total)
  }
  let count: Int
  let stop: Stop
  if done > 0, task.mustEndCall {
    (count, stop) = (0, .end)
  } else if let socket = output.file.socket, call.sleepsOn(socket) {
    (count, stop) = (0, .wait(output.file))
  } else {
    let turn = min(total - done, Int(SyscallContext.bytesPerTurn))
    (count, stop) = copy(from: &input, to: &output, total: turn)
  }
  done += count
  if count > 0 {
    try? call.credentials.removeSetIDs(from: output.file)
    input.file.dentry?.report(.IN_ACCESS)
    output.file.dentry?.report(.IN_MODIFY)
  }
  switch stop {
  case .complete where done < total: return call.unfinished(after: UInt64(done))
  case .wait(let file) where done == 0 || waitsForAll:
    task.progress.bytesDone = UInt64(done)
    do throws(Errno) {
      if isNonBlocking || file.isNonBlocking { throw .EAGAIN }
      let settings = file.socket?.settings
      return try call.wait(
        on: file.waitQueue,
        timeout: file === output.file ? settings?.sendTimeout : settings?.receiveTimeout)
    } catch {
      if done == 0 { throw error }
    }
  case .failed(let errno):
    if errno == .EPIPE { call.raise(.SIGPIPE) }
    if done == 0 { throw errno }
  case .complete, .end, .wait: break
  }
  // What comes next would be written, too, but for the limit of the file's size.
  if done == total, total < wanted, triesTheRest, input.hasMore { call.raise(.SIGXFSZ) }
  if let index = offsets.input, let offset = input.offset {
    try call.store(offset, to: call.address(index))
  }
  if let index = offsets.output, let offset = output.offset {
    try call.store(offset, to: call.address(index))
  }
  return .value(done)
}

/// sendfile(2): waits for room for all of it, but in a pipe only for some.
func sys_sendfile(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let target = try call.usableFile(0)
  let source = try call.usableFile(1)
  guard source.isReadable, target.isWritable else { throw .EBADF }
  let total = try call.count(3)
  guard source.isSeekable, !target.flags.contains(.O_APPEND) else { throw .EINVAL }
  var input = End(file: source, offset: try offset(call, 2, source))
  var output = End(file: target, offset: nil)
  // What takes no bytes may still get none.
  if total > 0, !hasBytes(target), try !input.isAtEnd() { throw .EINVAL }
  let toPipe = try target.status().type == .S_IFIFO
  return try finish(
    call, &input, &output, total: total, offsets: (2, nil), waitsForAll: !toPipe)
}

func sys_copy_file_range(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let source = try call.usableFile(0)
  let target = try call.usableFile(2)
  guard call.uint(5) == 0 else { throw .EINVAL }
  let from = try source.inode
  let to = try target.inode
  if from.type == .S_IFDIR || to.type == .S_IFDIR { throw .EISDIR }
  guard from.type == .S_IFREG, to.type == .S_IFREG else { throw .EINVAL }
  guard source.isReadable, target.isWritable, !target.flags.contains(.O_APPEND) else {
    throw .EBADF
  }
  var total = try call.count(4)
  var input = End(file: source, offset: try offset(call, 1, source))
  var output = End(file: target, offset: try offset(call, 3, target))
  if from === to, call.task.progress.bytesDone == 0 {
    let start = try input.position()
    let end = try output.position()
    let distance = start > end ? start - end : end - start
    if distance < UInt64(total) {
      // Ranges of one file must not overlap, as far as the file goes.
      let size = try source.status().size
      total = min(total, Int(clamping: size - min(start, size)))
      if distance < UInt64(total) { throw .EINVAL }
    }
  }
  return try finish(
    call, &input, &output, total: total, offsets: (1, 3), triesTheRest: false)
}

/// splice(2): one end must be a pipe; the bytes are copied.
func sys_splice(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[4] != 0 else { return .success }
  let source = try call.usableFile(0)
  let target = try call.usableFile(2)
  let flags = SpliceFlags(rawValue: call.uint(5))
  guard flags.unknown.isEmpty else { throw .EINVAL }
  guard source.isReadable, target.isWritable else { throw .EBADF }
  let fromPipe = try source.status().type == .S_IFIFO
  let toPipe = try target.status().type == .S_IFIFO
  guard fromPipe || toPipe, !target.flags.contains(.O_APPEND) else { throw .EINVAL }
  try requireBytes(source)
  try requireBytes(target)
  if let one = source as? PipeEnd, let other = target as? PipeEnd, one.pipe === other.pipe {
    throw .EINVAL
  }
  if fromPipe, call[1] != 0 { throw .ESPIPE }
  if toPipe, call[3] != 0 { throw .ESPIPE }
  let total = try call.count(4)
  var input = End(file: source, offset: try offset(call, 1, source))
  var output = End(file: target, offset: try offset(call, 3, target))
  return try finish(
    call, &input, &output, total: total, offsets: (1, 3),
    isNonBlocking: flags.contains(.SPLICE_F_NONBLOCK))
}

/// tee(2): the bytes stay in the first pipe.
private func sys_tee(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = SpliceFlags(rawValue: call.uint(3))
  guard flags.unknown.isEmpty else { throw .EINVAL }
  guard call[2] != 0 else { return .success }
  let source = try call.usableFile(0)
  let target = try call.usableFile(1)
  guard source.isReadable, target.isWritable else { throw .EBADF }
  guard let source = source as? PipeEnd, let target = target as? PipeEnd,
    source.pipe !== target.pipe
  else { throw .EINVAL }
  let total = try call.count(2)
  let mayWait =
    !flags.contains(.SPLICE_F_NONBLOCK) && !source.isNonBlocking && !target.isNonBlocking
  let bytes = source.pipe.buffer.contents
  if bytes.isEmpty {
    guard source.pipe.writers > 0 else { return .success }
    guard mayWait else { throw .EAGAIN }
    return try call.task.block(on: [source.waitQueue])
  }
  let room = target.pipe.readers > 0 ? target.pipe.buffer.room : .max
  guard room > 0 else {
    guard mayWait else { throw .EAGAIN }
    return try call.task.block(on: [target.waitQueue])
  }
  let part = Array(bytes.prefix(min(total, room)))
  do {
    return .value(
      try part.withRawSpan { (span) throws(Errno) in
        try target.pipe.write(from: span, asPackets: false)
      })
  } catch {
    if error == .EPIPE { call.raise(.SIGPIPE) }
    throw error
  }
}

/// vmsplice(2): memory into a pipe, as much as there is room for; or the other way, as readv(2).
private func sys_vmsplice(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = SpliceFlags(rawValue: call.uint(3))
  guard flags.unknown.isEmpty else { throw .EINVAL }
  guard let end = try call.usableFile(0) as? PipeEnd else { throw .EBADF }
  guard call[2] <= UInt64(Limits.UIO_MAXIOV) else { throw .EINVAL }
  let segments = try call.segments(call.address(1), count: Int(call[2]))
  guard !segments.isEmpty else { return .success }
  let isNonBlocking = flags.contains(.SPLICE_F_NONBLOCK)
  guard end.isWritable else { return try call.read(end, segments, isNonBlocking: isNonBlocking) }
  var room = end.pipe.readers > 0 ? end.pipe.buffer.room : .max
  if room == 0 {
    if isNonBlocking { throw .EAGAIN }
    return try call.task.block(on: [end.waitQueue])
  }
  var fitting: [Segment] = []
  for segment in segments where room > 0 {
    fitting.append(Segment(address: segment.address, count: min(segment.count, room)))
    room -= min(segment.count, room)
  }
  return try call.write(end, fitting, isNonBlocking: true)
}
