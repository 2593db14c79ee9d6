import LinuxABI
import Machine

// Linux's own asynchronous input and output: io_setup(2).

extension SyscallTable {
  package static let asyncRows: [SyscallRow] = [
    SyscallRow("io_setup", x64: 206, generic: 0, [.unsigned, .address], sys_io_setup),
    SyscallRow("io_destroy", x64: 207, generic: 1, [.hex], sys_io_destroy),
    SyscallRow(
      "io_submit", x64: 209, generic: 2, [.hex, .int, .address], support: .partial,
      note: "done when submitted, and EAGAIN for what would have to wait for a pipe or socket",
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

private func sys_io_submit(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.signed(1) >= 0 else { throw .EINVAL }
  let context = try call.asyncContext()
  let count = min(Int(call[1]), context.capacity)
  var done = 0
  do throws(Errno) {
    while done < count {
      let request: UInt64 = try call.load(at: call.address(2) + UInt64(done) * 8)
      try submit(call, context, GuestAddress(request))
      done += 1
    }
  } catch { if done == 0 { throw error } }
  return .value(done)
}

private func submit(_ call: SyscallContext, _ context: AsyncContext, _ address: GuestAddress)
  throws(Errno)
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
    return poll.objectChanged()
  }
  let result = try transfer(call, file, command, request)
  context.complete(
    IoEvent(data: request.aio_data, obj: address.rawValue, res: result), telling: eventFile)
}

/// Does what a request asks for; what it returns is its result.
private func transfer(
  _ call: SyscallContext, _ file: OpenFile, _ command: IocbCommand, _ request: Iocb
) throws(Errno) -> Int64 {
  switch command {
  case .IOCB_CMD_FSYNC, .IOCB_CMD_FDSYNC:
    let status = try file.status()
    guard request.aio_buf == 0, request.aio_offset == 0, request.aio_nbytes == 0,
      request.aio_rw_flags == 0, status.isRegular || status.isDirectory
    else { throw .EINVAL }
    return result { () throws(Errno) in
      try file.flush(metadata: command == .IOCB_CMD_FSYNC)
      return 0
    }
  case .IOCB_CMD_PREAD, .IOCB_CMD_PREADV: guard file.isReadable else { throw .EBADF }
  default: guard file.isWritable else { throw .EBADF }
  }
  guard request.aio_offset >= 0 else { throw .EINVAL }
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
  let isRead = command == .IOCB_CMD_PREAD || command == .IOCB_CMD_PREADV
  return result { () throws(Errno) in
    try move(call, file, segments, isRead, from: UInt64(request.aio_offset))
  }
}

/// Reads or writes all of `segments`, or as much as there is; a few megabytes at a time.
private func move(
  _ call: SyscallContext, _ file: OpenFile, _ segments: [Segment], _ isRead: Bool,
  from offset: UInt64
) throws(Errno) -> Int64 {
  let step = Int(SyscallContext.bytesPerTurn) / 2
  var done = 0
  for segment in segments {
    var start = 0
    while start < segment.count {
      let part = Segment(
        address: segment.address + UInt64(start), count: min(step, segment.count - start))
      let place = file.isSeekable ? offset + UInt64(done) : nil
      do throws(Errno) {
        let outcome =
          isRead
          ? try call.read(file, [part], at: place, isNonBlocking: true)
          : try call.write(file, [part], at: place, isNonBlocking: true)
        guard case .value(let count) = outcome else { return Int64(done) }
        done += Int(count)
        start += Int(count)
        if Int(count) < part.count { return Int64(done) }
      } catch {
        if done > 0 { return Int64(done) }
        throw error
      }
    }
  }
  return Int64(done)
}

/// What `body` returns, or its error as a system call returns it.
private func result(_ body: () throws(Errno) -> Int64) -> Int64 {
  do { return try body() } catch { return Int64(bitPattern: error.syscallResult) }
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
