import LinuxABI
import Machine

// Moving bytes between sockets and guest memory: partial transfers, faults and waiting, for the calls of
// send(2) and recv(2), and for read(2) and write(2) on sockets.
extension SyscallContext {
  /// Puts the task to sleep until `queue` is woken, no longer than the socket's timeout says.
  ///
  /// - Parameter expiry: what to throw when the time is over.
  func wait(on queue: WaitQueue, timeout: Int64?, expiry: Errno = .EAGAIN)
    throws(Errno) -> SyscallResult
  {
    let limit = deadline(self, after: timeout)
    if let limit, limit <= kernel.clock.monotonic { throw expiry }
    // A call with a time limit is not begun anew (signal(7)).
    return try task.block(
      on: [queue], until: limit, interruption: timeout == nil ? .ERESTARTSYS : .EINTR)
  }

  private func mayWait(_ socket: Socket, _ flags: MessageFlags) -> Bool {
    !socket.isNonBlocking && !flags.contains(.MSG_DONTWAIT)
  }

  // MARK: Sending

  /// Whether the task, whose call runs again after a resume, is still to sleep: there may be some room,
  /// but not so much that a sender is woken.
  func sleepsOn(_ socket: Socket) -> Bool { task.runsAgain && !socket.hasRoomToSend }

  func send(_ socket: Socket, _ segments: [Segment], _ message: OutgoingMessage)
    throws(Errno) -> SyscallResult
  {
    do throws(Errno) {
      return socket.isStream
        ? try sendStream(socket, segments, message) : try sendMessage(socket, segments, message)
    } catch {
      if error == .EPIPE, socket.isStream, !message.flags.contains(.MSG_NOSIGNAL) {
        raise(.SIGPIPE)
      }
      throw error
    }
  }

  private func sendStream(_ socket: Socket, _ segments: [Segment], _ message: OutgoingMessage)
    throws(Errno) -> SyscallResult
  {
    var message = message
    let total = segments.reduce(0) { $0 + $1.count }
    var done = Int(task.progress.bytesDone)
    // What goes with the first byte has gone.
    if done > 0 { message.files = nil }
    message.remaining = total - done
    if total == 0 {
      let nothing: [UInt8] = []
      _ = try nothing.withRawSpan { (span) throws(Errno) in try socket.send(span, &message) }
      return .value(0)
    }
    while done < total {
      var queue = sleepsOn(socket) ? socket.waitQueue : nil
      if queue == nil {
        do throws(Errno) {
          done += try sendPieces(socket, segments, from: done, &message, &queue)
        } catch {
          if done > 0 { return .value(done) }
          throw error
        }
      }
      guard let queue else { continue }
      guard mayWait(socket, message.flags) else {
        if done > 0 { return .value(done) }
        throw .EAGAIN
      }
      task.progress.bytesDone = UInt64(done)
      do throws(Errno) {
        return try wait(on: queue, timeout: socket.settings.sendTimeout)
      } catch {
        if done > 0 { return .value(done) }
        throw error
      }
    }
    return .value(done)
  }

  /// Sends from byte `start` on what there is room for; `queue` is what to wait for then.
  private func sendPieces(
    _ socket: Socket, _ segments: [Segment], from start: Int, _ message: inout OutgoingMessage,
    _ queue: inout WaitQueue?
  ) throws(Errno) -> Int {
    var done = 0
    var position = 0
    for segment in segments {
      let skip = max(0, start + done - position)
      position += segment.count
      guard skip < segment.count else { continue }
      var failure: Errno?
      let result = space.withBytes(
        at: segment.address + UInt64(skip), count: segment.count - skip
      ) { _, span in
        do throws(Errno) {
          switch try socket.send(span, &message) {
          case .sent(let count):
            message.remaining -= count
            return count
          case .wait(let waiting):
            queue = waiting
            return 0
          }
        } catch {
          failure = error
          return 0
        }
      }
      done += result.count
      if let failure = failure ?? (result.fault == nil ? nil : .EFAULT) {
        if done > 0 { return done }
        throw failure
      }
      if queue != nil || result.count < segment.count - skip { break }
    }
    return done
  }

  private func sendMessage(_ socket: Socket, _ segments: [Segment], _ message: OutgoingMessage)
    throws(Errno) -> SyscallResult
  {
    // No message may be as long as this; the socket says so.
    let limit = max(socket.sendBuffer, 1 << 16) + 1
    let bytes = try gather(segments, limit: limit)
    let outcome =
      sleepsOn(socket) ? .wait(on: socket.waitQueue) : try socket.send(bytes, message, self)
    switch outcome {
    case .sent(let count): return .value(count)
    case .wait(let queue):
      guard mayWait(socket, message.flags) else { throw .EAGAIN }
      return try wait(on: queue, timeout: socket.settings.sendTimeout)
    }
  }

  /// The bytes of all segments, at most `limit`: EFAULT.
  private func gather(_ segments: [Segment], limit: Int) throws(Errno) -> [UInt8] {
    if segments.count == 1, segments[0].count <= limit {
      return try bytes(at: segments[0].address, count: segments[0].count)
    }
    var gathered: [UInt8] = []
    for segment in segments where gathered.count < limit {
      gathered += try bytes(
        at: segment.address, count: min(segment.count, limit - gathered.count))
    }
    return gathered
  }

  // MARK: Receiving

  /// Receives into guest memory; what came with the bytes goes to `message`.
  func receive(
    _ socket: Socket, _ segments: [Segment], _ flags: MessageFlags,
    _ message: inout SocketMessage
  ) throws(Errno) -> SyscallResult {
    // Errors are told by the calls themselves; nothing is queued behind them.
    if flags.contains(.MSG_ERRQUEUE), socket is InternetSocket { throw .EAGAIN }
    if socket.isStream {
      if flags.contains(.MSG_TRUNC), socket.truncationDiscards {
        return try discardStream(socket, segments, flags)
      }
      return try receiveStream(socket, segments, flags, &message)
    }
    return try receiveMessage(socket, segments, flags, &message)
  }

  /// Why receiving from a stream stopped.
  private enum Stop { case full, short, end, boundary, empty, failed(Errno) }

  private func receiveStream(
    _ socket: Socket, _ segments: [Segment], _ flags: MessageFlags,
    _ message: inout SocketMessage
  ) throws(Errno) -> SyscallResult {
    let total = segments.reduce(0) { $0 + $1.count }
    let isPeek = flags.contains(.MSG_PEEK)
    var done = isPeek ? 0 : Int(task.progress.bytesDone)
    let target =
      flags.contains(.MSG_WAITALL) ? total : max(1, min(total, Int(socket.settings.lowWater)))
    while true {
      let stop = receivePieces(socket, segments, flags, &done, &message)
      switch stop {
      case .full, .end, .boundary: return .value(done)
      case .short where done >= target || flags.contains(.MSG_OOB): return .value(done)
      case .short: continue
      case .failed(let error):
        guard done > 0 else { throw error }
        // It is for the next call to tell.
        if error != .EFAULT { socket.pendingError = error }
        return .value(done)
      case .empty:
        if done >= target, total > 0 { return .value(done) }
        guard mayWait(socket, flags) else {
          if done > 0 { return .value(done) }
          throw .EAGAIN
        }
        if !isPeek { task.progress.bytesDone = UInt64(done) }
        do throws(Errno) {
          return try wait(on: socket.waitQueue, timeout: socket.settings.receiveTimeout)
        } catch {
          if done > 0 { return .value(done) }
          throw error
        }
      }
    }
  }

  private func receivePieces(
    _ socket: Socket, _ segments: [Segment], _ flags: MessageFlags, _ done: inout Int,
    _ message: inout SocketMessage
  ) -> Stop {
    let isPeek = flags.contains(.MSG_PEEK)
    var position = 0
    if segments.isEmpty {
      var nothing: [UInt8] = []
      return nothing.withMutableRawSpan { span in
        do throws(Errno) {
          _ = try socket.receive(into: &span, flags, from: 0, &message)
          return .end
        } catch { return error == .EAGAIN ? .empty : .failed(error) }
      }
    }
    for segment in segments {
      let skip = max(0, done - position)
      position += segment.count
      guard skip < segment.count else { continue }
      var stop: Stop?
      let start = done
      let result = space.withMutableBytes(
        at: segment.address + UInt64(skip), count: segment.count - skip
      ) { offset, span in
        if stop != nil { return 0 }
        do throws(Errno) {
          let count = try socket.receive(
            into: &span, flags, from: isPeek ? start + offset : 0, &message)
          if count == 0 {
            stop = .end
          } else if message.endsRead {
            stop = .boundary
          }
          return count
        } catch {
          stop = error == .EAGAIN ? .empty : .failed(error)
          return 0
        }
      }
      done = start + result.count
      if let stop { return stop }
      if result.fault != nil { return .failed(.EFAULT) }
      if result.count < segment.count - skip { return .short }
    }
    return .full
  }

  /// Receives bytes without giving them to anybody (`MSG_TRUNC` on TCP).
  private func discardStream(_ socket: Socket, _ segments: [Segment], _ flags: MessageFlags)
    throws(Errno) -> SyscallResult
  {
    let total = segments.reduce(0) { $0 + $1.count }
    var buffer = [UInt8](repeating: 0, count: min(total, 1 << 16))
    var done = 0
    // Who wants nothing waits for it, too.
    repeat {
      do throws(Errno) {
        let offset = flags.contains(.MSG_PEEK) ? done : 0
        let count = try buffer.withMutableRawSpan { (span) throws(Errno) -> Int in
          var part = span._mutatingExtracting(0..<min(span.byteCount, total - done))
          var message = SocketMessage()
          return try socket.receive(into: &part, flags, from: offset, &message)
        }
        if count == 0 { break }
        done += count
      } catch {
        if done > 0 { break }
        guard error == .EAGAIN, mayWait(socket, flags) else { throw error }
        return try wait(on: socket.waitQueue, timeout: socket.settings.receiveTimeout)
      }
    } while done < total
    return .value(done)
  }

  private func receiveMessage(
    _ socket: Socket, _ segments: [Segment], _ flags: MessageFlags,
    _ message: inout SocketMessage
  ) throws(Errno) -> SyscallResult {
    do throws(Errno) {
      guard let received = try socket.receive(flags) else {
        message.isEnd = true
        return .value(0)
      }
      message = received
    } catch {
      guard error == .EAGAIN, mayWait(socket, flags) else { throw error }
      if socket.isReadShut { return .value(0) }
      return try wait(on: socket.waitQueue, timeout: socket.settings.receiveTimeout)
    }
    var done = 0
    for segment in segments where done < message.bytes.count {
      let part = min(segment.count, message.bytes.count - done)
      let result = message.bytes.withRawSpan {
        space.copyOut($0.extracting(done..<(done + part)), to: segment.address)
      }
      if result.fault != nil { throw .EFAULT }
      done += part
    }
    if done < message.bytes.count {
      message.isTruncated = true
      if flags.contains(.MSG_TRUNC) { return .value(message.bytes.count) }
    }
    return .value(done)
  }

  // MARK: read and write

  func read(_ socket: Socket, _ segments: [Segment], isNonBlocking: Bool) throws(Errno)
    -> SyscallResult
  {
    if segments.isEmpty { return .value(0) }
    var message = SocketMessage()
    return try receive(socket, segments, isNonBlocking ? .MSG_DONTWAIT : [], &message)
  }

  func write(_ socket: Socket, _ segments: [Segment], isNonBlocking: Bool) throws(Errno)
    -> SyscallResult
  {
    var message = OutgoingMessage(flags: isNonBlocking ? .MSG_DONTWAIT : [])
    message.sender = sender
    return try send(socket, segments, message)
  }

  /// The credentials that a message of the calling process carries.
  var sender: Ucred {
    Ucred(
      pid: process.pid, uid: credentials.realUID, gid: credentials.realGID)
  }
}
