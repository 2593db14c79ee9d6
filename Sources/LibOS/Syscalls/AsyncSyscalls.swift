import LinuxABI
import Machine

// Linux's own asynchronous input and output: io_setup(2).

extension SyscallTable {
  package static let asyncRows: [SyscallRow] = [
    SyscallRow("io_setup", x64: 206, generic: 0, [.unsigned, .address], sys_io_setup),
    SyscallRow("io_destroy", x64: 207, generic: 1, [.hex], sys_io_destroy),
    SyscallRow(
      "io_submit", x64: 209, generic: 2, [.hex, .int, .address],
      note: "reads and writes are done when submitted, as Linux does those without O_DIRECT",
      sys_io_submit),
    SyscallRow("io_cancel", x64: 210, generic: 3, [.hex, .address, .address], sys_io_cancel),
    SyscallRow(
      "io_getevents", x64: 208, generic: 4, [.hex, .int, .int, .address, .timespec]
    ) { call throws(Errno) in try takeEvents(call) },
    SyscallRow(
      "io_pgetevents", x64: 333, generic: 292, [.hex, .int, .int, .address, .timespec, .address]
    ) { call throws(Errno) in
      guard call[5] != 0 else { return try takeEvents(call) }
      let mask: UInt64 = try call.load(at: call.address(5))
      let size: UInt64 = try call.load(at: call.address(5) + 8)
      return try withTemporaryMask(call, GuestAddress(mask), size: size) { () throws(Errno) in
        try takeEvents(call)
      }
    },
  ]
}

extension SyscallContext {
  /// The context in argument 0: EINVAL.
  fileprivate func asyncContext() throws(Errno) -> AsyncContext {
    guard let context = process.asyncContexts[self[0]] else { throw .EINVAL }
    return context
  }
}

private func sys_io_setup(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let old: UInt64 = try call.load(at: call.address(1))
  let capacity = call.uint(0)
  guard old == 0, capacity > 0 else { throw .EINVAL }
  // `/proc/sys/fs/aio-max-nr`.
  let used = call.kernel.processes.values.reduce(0) { sum, process in
    process.asyncContexts.values.reduce(sum) { $0 + $1.capacity }
  }
  guard Int(capacity) + used <= 65536 else { throw .EAGAIN }
  guard AsyncContext.hasRoom(capacity: Int(capacity), in: call.kernel.arena),
    let place = call.space.findGap(length: 4096, below: call.process.layout.mmapTop)
  else { throw .ENOMEM }
  let page = VMA(
    start: place, end: place + 4096, permissions: [.read, .write], flags: .dontFork,
    name: "/[aio] (deleted)")
  guard call.space.map(page) else { throw .ENOMEM }
  do throws(Errno) { try call.store(place.rawValue, to: call.address(1)) } catch {
    call.space.unmap(place, place + 4096)
    throw error
  }
  call.process.asyncContexts[place.rawValue] = AsyncContext(
    place, capacity: Int(capacity), call.kernel.arena)
  return .success
}

private func sys_io_destroy(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let context = try call.asyncContext()
  call.process.asyncContexts[call[0]] = nil
  context.dismantle()
  call.space.unmap(context.address, context.address + 4096)
  return .success
}

/// Submits one request after the other. One that has to wait for its file keeps those behind it waiting, too.
private func sys_io_submit(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.signed(1) >= 0 else { throw .EINVAL }
  let context = try call.asyncContext()
  let count = min(Int(call[1]), context.capacity)
  let task = call.task
  // How many were submitted before this one had to wait.
  var done = Int(clamping: task.progress.scratch)
  do throws(Errno) {
    while done < count {
      let request: UInt64 = try call.load(at: call.address(2) + UInt64(done) * 8)
      if let wait = try submit(call, context, GuestAddress(request)) {
        task.progress.scratch = UInt64(done)
        return wait
      }
      task.progress = CallProgress()
      done += 1
    }
  } catch { if done == 0 { throw error } }
  return .value(done)
}

/// - Returns: nil when it is done, or under way.
private func submit(_ call: SyscallContext, _ context: AsyncContext, _ address: GuestAddress)
  throws(Errno) -> SyscallResult?
{
  let request: Iocb = try call.load(at: address)
  guard request.aio_reserved2 == 0, Int64(bitPattern: request.aio_nbytes) >= 0 else {
    throw .EINVAL
  }
  guard context.hasRoom else { throw .EAGAIN }
  let file = try call.files.file(request.aio_fildes)
  guard !file.flags.contains(.O_PATH) else { throw .EBADF }
  var eventFile: EventFile?
  if request.aio_flags & Iocb.IOCB_FLAG_RESFD != 0 {
    guard let found = try call.files.file(request.aio_resfd) as? EventFile else {
      throw .EINVAL
    }
    eventFile = found
  }
  // `aio_key`, by which io_cancel(2) knows a request.
  try call.store(UInt32(0), to: address + 8)
  guard let command = IocbCommand(rawValue: request.aio_lio_opcode) else { throw .EINVAL }
  if command == .IOCB_CMD_POLL {
    guard request.aio_buf <= UInt64(UInt16.max), request.aio_offset == 0, request.aio_nbytes == 0,
      request.aio_rw_flags == 0
    else { throw .EINVAL }
    let poll = AsyncPoll(
      context, file, PollEvents(rawValue: UInt16(request.aio_buf)), data: request.aio_data,
      request: address.rawValue, eventFile)
    context.add(poll)
    poll.objectChanged()
    return nil
  }
  switch try transfer(call, file, command, request) {
  case .done(let result):
    context.complete(
      IoEvent(data: request.aio_data, obj: address.rawValue, res: result), telling: eventFile)
    return nil
  case .waits(let wait): return wait
  }
}

private enum Transfer {
  /// What it returns, as a system call does.
  case done(Int64)
  case waits(SyscallResult)
}

/// Does what a request asks for.
private func transfer(
  _ call: SyscallContext, _ file: OpenFile, _ command: IocbCommand, _ request: Iocb
) throws(Errno) -> Transfer {
  switch command {
  case .IOCB_CMD_FSYNC, .IOCB_CMD_FDSYNC:
    let status = try file.status()
    guard request.aio_buf == 0, request.aio_offset == 0, request.aio_nbytes == 0,
      request.aio_rw_flags == 0, status.isRegular || status.isDirectory
    else { throw .EINVAL }
    do throws(Errno) { try file.flush(metadata: command == .IOCB_CMD_FSYNC) } catch {
      return .done(Int64(bitPattern: error.syscallResult))
    }
    return .done(0)
  case .IOCB_CMD_PREAD, .IOCB_CMD_PREADV: guard file.isReadable else { throw .EBADF }
  default: guard file.isWritable else { throw .EBADF }
  }
  let flags = ReadWriteFlags(rawValue: request.aio_rw_flags)
  guard request.aio_offset >= 0 else { throw .EINVAL }
  guard flags.unknown.isEmpty else { throw .EOPNOTSUPP }
  let isVector = command == .IOCB_CMD_PREADV || command == .IOCB_CMD_PWRITEV
  let segments: [Segment]
  if isVector {
    segments = try call.segments(
      GuestAddress(request.aio_buf), count: Int(clamping: request.aio_nbytes))
  } else {
    let limit = call.isa.userAddressLimit.rawValue
    let count = min(request.aio_nbytes, UInt64(Limits.MAX_RW_COUNT))
    guard request.aio_buf <= limit, count <= limit - request.aio_buf else { throw .EFAULT }
    segments =
      count == 0 ? [] : [Segment(address: GuestAddress(request.aio_buf), count: Int(count))]
  }
  let mover = Mover(
    call: call, file: file, isRead: command == .IOCB_CMD_PREAD || command == .IOCB_CMD_PREADV,
    offset: file.isSeekable ? UInt64(request.aio_offset) : nil,
    mayWait: !file.isNonBlocking && !flags.contains(.RWF_NOWAIT))
  return mover.move(segments)
}

/// Reads or writes for a request.
private struct Mover {
  let call: SyscallContext
  let file: OpenFile
  let isRead: Bool
  let offset: UInt64?
  let mayWait: Bool

  /// Moves all of `segments`, or as much as there is; a few megabytes at a time. A write waits until all of it is
  /// taken, a read until there is something.
  func move(_ segments: [Segment]) -> Transfer {
    let step = Int(SyscallContext.bytesPerTurn) / 2
    var done = call.task.progress.bytesDone
    var position: UInt64 = 0
    for segment in segments {
      defer { position += UInt64(segment.count) }
      while done < position + UInt64(segment.count) {
        let start = done - position
        let part = Segment(
          address: segment.address + start, count: min(step, segment.count - Int(start)))
        do throws(Errno) {
          let count = try move(part, at: done)
          done += UInt64(count)
          if count < part.count, isRead || count == 0 { return .done(Int64(done)) }
        } catch {
          guard error == .EAGAIN, mayWait, !isRead || done == 0 else {
            return end(after: done, error)
          }
          return wait(after: done)
        }
      }
    }
    return .done(Int64(done))
  }

  private func move(_ part: Segment, at done: UInt64) throws(Errno) -> Int {
    // Its own progress is this request's.
    let progress = call.task.progress
    defer { call.task.progress = progress }
    call.task.progress = CallProgress()
    let place = offset.map { $0 + done }
    let outcome =
      isRead
      ? try call.read(file, [part], at: place, isNonBlocking: true)
      : try call.write(file, [part], at: place, isNonBlocking: true)
    guard case .value(let count) = outcome else { return 0 }
    return Int(count)
  }

  /// A signal ends the request, which can't be made again.
  private func wait(after done: UInt64) -> Transfer {
    do throws(Errno) {
      call.task.progress.bytesDone = done
      return .waits(try call.task.block(on: [file.waitQueue]))
    } catch { return end(after: done, error) }
  }

  private func end(after done: UInt64, _ error: Errno) -> Transfer {
    let error = error.isRestart ? .EINTR : error
    return .done(done > 0 ? Int64(done) : Int64(bitPattern: error.syscallResult))
  }
}

private func sys_io_cancel(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let key: UInt32 = try call.load(at: call.address(1) + 8)
  guard key == 0 else { throw .EINVAL }
  guard try call.asyncContext().cancel(call[1]) else { throw .EINVAL }
  // The result comes as any other.
  throw .EINPROGRESS
}

/// io_getevents(2): waits for at least as many results as the second argument says.
private func takeEvents(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let limit = try timeout(call, call.address(4))
  let context = try call.asyncContext()
  let (minimum, maximum) = (call.signed(1), call.signed(2))
  guard minimum >= 0, minimum <= maximum else { throw .EINVAL }
  let end = deadline(call, after: limit)
  if Int64(context.events.count) < minimum, end.map({ $0 > call.kernel.clock.monotonic }) ?? true {
    do throws(Errno) {
      return try call.task.block(on: [context.waitQueue], until: end, interruption: .EINTR)
    } catch { if context.events.isEmpty { throw error } }
  }
  let events = context.take(Int(clamping: maximum))
  try call.store(events.guestBytes, to: call.address(3))
  return .value(events.count)
}
