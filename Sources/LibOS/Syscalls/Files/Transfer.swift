import LinuxABI
import Machine

/// One buffer of guest memory that a call reads into or writes from.
struct Segment {
  var address: GuestAddress
  var count: Int
}

// Moving bytes between open files and guest memory: partial transfers, faults and waiting, the same
// for the whole read and write family. A transfer that has moved something succeeds with that much,
// whatever stopped it (read(2), write(2)).
extension SyscallContext {
  /// Larger transfers of files with records go through a buffer of this size.
  private static let bounceSize = 65536

  /// The vectors of readv(2) and its kin: EINVAL for too many or too long, EFAULT.
  func segments(_ array: GuestAddress, count: Int) throws(Errno) -> [Segment] {
    guard count >= 0, count <= Limits.UIO_MAXIOV else { throw .EINVAL }
    let raw = try bytes(at: array, count: count * Iovec.byteCount)
    var segments: [Segment] = []
    var room = Limits.MAX_RW_COUNT
    for vector in Iovec.array(from: raw) {
      guard Int64(bitPattern: vector.iov_len) >= 0 else { throw .EINVAL }
      let limit = isa.userAddressLimit.rawValue
      guard vector.iov_len <= limit, vector.iov_base <= limit - vector.iov_len else {
        if vector.iov_len == 0 { continue }
        throw .EFAULT
      }
      let count = Int(min(vector.iov_len, UInt64(room)))
      room -= count
      if count > 0 {
        segments.append(Segment(address: GuestAddress(vector.iov_base), count: count))
      }
    }
    return segments
  }

  // MARK: Reading

  /// Reads from `file` into guest memory, waiting when nothing is there.
  func read(
    _ file: OpenFile, _ segments: [Segment], at offset: UInt64? = nil, isNonBlocking: Bool = false
  ) throws(Errno) -> SyscallResult {
    let result = try readUnaccounted(file, segments, at: offset, isNonBlocking)
    if case .value(let count) = result { process.accounts.noteRead(count) }
    return result
  }

  private func readUnaccounted(
    _ file: OpenFile, _ segments: [Segment], at offset: UInt64?, _ isNonBlocking: Bool
  ) throws(Errno) -> SyscallResult {
    guard file.isReadable else { throw .EBADF }
    if let socket = file.socket {
      return try read(socket, segments, isNonBlocking: isNonBlocking)
    }
    if let terminal = file.terminal {
      try process.stopInBackground(of: terminal, task, .SIGTTIN)
    }
    let isNonBlocking = isNonBlocking || file.isNonBlocking
    let count = segments.reduce(0) { $0 + $1.count }
    switch file.patience(reading: count, by: task, isNonBlocking: isNonBlocking) {
    case .none: break
    case .nothing: return .value(0)
    case .until(let deadline): return try waitForMore(file, segments, until: deadline)
    }
    do {
      let start = Int(task.progress.bytesDone)
      let turn = start + Int(Self.bytesPerTurn)
      let done = try readNow(file, segments, from: start, limit: turn, at: offset)
      if done < count, done == turn { return unfinished(after: UInt64(done)) }
      if done > 0 { file.dentry?.report(.IN_ACCESS) }
      return .value(done)
    } catch {
      guard error == .EAGAIN, !isNonBlocking else { throw error }
      return try task.block(on: [file.waitQueue])
    }
  }

  /// Waits though there is something to read; a signal ends that, and the read has it.
  private func waitForMore(_ file: OpenFile, _ segments: [Segment], until deadline: Int64?)
    throws(Errno) -> SyscallResult
  {
    do {
      return try task.block(on: [file.waitQueue], until: deadline)
    } catch {
      guard let count = try? readNow(file, segments, limit: Int(Self.bytesPerTurn), at: nil),
        count > 0
      else { throw error }
      file.dentry?.report(.IN_ACCESS)
      return .value(count)
    }
  }

  /// Reads bytes from `start` up to `limit` of what the segments have room for; returns how many there are
  /// then.
  private func readNow(
    _ file: OpenFile, _ segments: [Segment], from start: Int = 0, limit: Int, at offset: UInt64?
  ) throws(Errno) -> Int {
    guard file.transfersInPieces else { return try readWhole(file, segments, at: offset) }
    var done = start
    var position = 0
    for segment in segments where position < limit {
      let skip = max(0, done - position)
      let end = min(segment.count, limit - position)
      position += segment.count
      guard skip < end else { continue }
      var failure: Errno?
      let result = space.withMutableBytes(
        at: segment.address + UInt64(skip), count: end - skip
      ) { _, span in
        do throws(Errno) {
          let count: Int
          if let offset {
            count = try file.read(at: offset + UInt64(done), into: &span)
          } else {
            count = try file.read(into: &span)
          }
          done += count
          return count
        } catch {
          failure = error
          return 0
        }
      }
      if done > 0, failure != nil || result.fault != nil { return done }
      if let failure { throw failure }
      if result.fault != nil { throw .EFAULT }
      if result.count < end - skip { return done }
    }
    if segments.isEmpty { return try readNothing(file) }
    return done
  }

  private func readNothing(_ file: OpenFile) throws(Errno) -> Int {
    var nothing: [UInt8] = []
    return try nothing.withMutableRawSpan { (span) throws(Errno) in try file.read(into: &span) }
  }

  /// Reads once into a buffer, then copies: no record is torn.
  private func readWhole(_ file: OpenFile, _ segments: [Segment], at offset: UInt64?)
    throws(Errno) -> Int
  {
    let total = segments.reduce(0) { $0 + $1.count }
    // Only as much as there is guest memory for: what was read cannot be put back.
    let count = try writableCount(segments, limit: min(total, Self.bounceSize))
    var buffer = [UInt8](repeating: 0, count: count)
    let got = try buffer.withMutableRawSpan { (span) throws(Errno) -> Int in
      if let offset { return try file.read(at: offset, into: &span) }
      return try file.read(into: &span)
    }
    var done = 0
    for segment in segments where done < got {
      let part = min(segment.count, got - done)
      let result = buffer.withRawSpan {
        space.copyOut($0.extracting(done..<(done + part)), to: segment.address)
      }
      done += result.count
      if result.fault != nil { break }
    }
    return done
  }

  /// How many bytes at the front of `segments` can be written to: EFAULT for none of some.
  private func writableCount(_ segments: [Segment], limit: Int) throws(Errno) -> Int {
    var count = 0
    for segment in segments where count < limit {
      let part = min(segment.count, limit - count)
      let result = space.withMutableBytes(at: segment.address, count: part) { _, span in
        span.byteCount
      }
      count += result.count
      if result.fault != nil {
        if count == 0 { throw .EFAULT }
        break
      }
    }
    return count
  }

  // MARK: Writing

  /// Writes guest memory to `file`, waiting until all of it has been taken.
  func write(
    _ file: OpenFile, _ segments: [Segment], at offset: UInt64? = nil, isNonBlocking: Bool = false
  ) throws(Errno) -> SyscallResult {
    let result = try writeUnaccounted(file, segments, at: offset, isNonBlocking)
    if case .value(let count) = result { process.accounts.noteWritten(count) }
    return result
  }

  private func writeUnaccounted(
    _ file: OpenFile, _ segments: [Segment], at offset: UInt64?, _ isNonBlocking: Bool
  ) throws(Errno) -> SyscallResult {
    guard file.isWritable else { throw .EBADF }
    if let socket = file.socket {
      return try write(socket, segments, isNonBlocking: isNonBlocking)
    }
    if file.stopsBackgroundWriters, let terminal = file.terminal {
      try process.stopInBackground(of: terminal, task, .SIGTTOU)
    }
    var done = Int(task.progress.bytesDone)
    var total = segments.reduce(0) { $0 + $1.count }
    if done > 0 {
      total = min(total, Int(clamping: task.progress.scratch))
    } else {
      total = try writableTotal(total, file, at: offset)
      task.progress.scratch = UInt64(total)
    }
    if total == 0 { return .value(try writeNothing(file)) }
    if done == 0, file.isSeekable { try credentials.removeSetIDs(from: file) }
    let turn = file.transfersInPieces ? min(total, done + Int(Self.bytesPerTurn)) : total
    while done < turn {
      do {
        let count = try writeNow(file, segments, from: done, limit: turn, at: offset)
        done += count
        if count == 0 { return .value(done) }
        file.dentry?.report(.IN_MODIFY)
      } catch {
        guard error == .EAGAIN, !file.isNonBlocking, !isNonBlocking else {
          if error == .EPIPE { raise(.SIGPIPE) }
          if done > 0 { return .value(done) }
          throw error
        }
        task.progress.bytesDone = UInt64(done)
        do {
          return try task.block(on: [file.waitQueue])
        } catch {
          if done > 0 { return .value(done) }
          throw error
        }
      }
    }
    return done < total ? unfinished(after: UInt64(done)) : .value(done)
  }

  /// As many of `total` bytes as may be written, cut at the process's file size limit (`RLIMIT_FSIZE`):
  /// EFBIG and SIGXFSZ beyond.
  func writableTotal(_ total: Int, _ file: OpenFile, at offset: UInt64?) throws(Errno) -> Int {
    let limit = process.limits[ResourceLimits.fileSize].soft
    guard limit != ResourceLimits.infinity, total > 0, file.isSeekable,
      let status = try? file.status(), status.isRegular
    else { return total }
    let position: UInt64
    if file.flags.contains(.O_APPEND) {
      position = status.size
    } else if let offset {
      position = offset
    } else {
      position = try file.position()
    }
    guard position < limit else {
      raise(.SIGXFSZ)
      throw .EFBIG
    }
    return Int(min(UInt64(total), limit - position))
  }

  /// Sends the calling thread a signal as if from itself, as `send_sig` in the kernel does.
  func raise(_ signal: Signal) {
    task.post(
      Siginfo.kill(signal, code: 0, pid: process.pid, uid: process.credentials.realUID))
  }

  private func writeNothing(_ file: OpenFile) throws(Errno) -> Int {
    let nothing: [UInt8] = []
    return try nothing.withRawSpan { (span) throws(Errno) in try file.write(from: span) }
  }

  /// Writes once from byte `done` of the segments on, or as long as the file takes pieces.
  private func writeNow(
    _ file: OpenFile, _ segments: [Segment], from start: Int, limit: Int, at offset: UInt64?
  ) throws(Errno) -> Int {
    var done = start
    var position = 0
    var gathered: [UInt8] = []
    for segment in segments where position < limit {
      let skip = max(0, done + gathered.count - position)
      let count = min(segment.count, limit - position)
      position += segment.count
      guard skip < count else { continue }
      let address = segment.address + UInt64(skip)
      if file.transfersInPieces {
        let (moved, failure) = writePieces(
          file, address, count - skip, at: offset.map { $0 + UInt64(done) })
        done += moved
        if let failure {
          if done > start { return done - start }
          throw failure
        }
        if moved < count - skip { return done - start }
      } else {
        let part = min(count - skip, Self.bounceSize - gathered.count)
        let fault = gather(&gathered, address, part)
        // Of what ends in a hole, whole pages are taken and no parts (`pipe_write` of `fs/pipe.c`).
        if fault { gathered.removeLast(gathered.count % 4096) }
        if fault, gathered.isEmpty { throw .EFAULT }
        if fault || gathered.count == Self.bounceSize { break }
      }
    }
    guard !file.transfersInPieces else { return done - start }
    return try gathered.withRawSpan { (span) throws(Errno) -> Int in
      if let offset { return try file.write(at: offset + UInt64(start), from: span) }
      return try file.write(from: span)
    }
  }

  /// Appends guest bytes to `buffer`; whether a fault cut them short.
  private func gather(_ buffer: inout [UInt8], _ address: GuestAddress, _ count: Int) -> Bool {
    let front = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: count))
    let result = buffer.withMutableRawSpan { span in
      var part = span._mutatingExtracting(front..<(front + count))
      return space.copyIn(from: address, into: &part)
    }
    if result.fault != nil { buffer.removeLast(count - result.count) }
    return result.fault != nil
  }

  private func writePieces(
    _ file: OpenFile, _ address: GuestAddress, _ count: Int, at offset: UInt64?
  ) -> (count: Int, failure: Errno?) {
    var failure: Errno?
    let result = space.withBytes(at: address, count: count) { done, span in
      do throws(Errno) {
        if let offset { return try file.write(at: offset + UInt64(done), from: span) }
        return try file.write(from: span)
      } catch {
        failure = error
        return 0
      }
    }
    return (result.count, failure ?? (result.fault == nil ? nil : .EFAULT))
  }
}
