import LinuxABI
import Machine

extension SyscallTable {
  package static let eventRows: [SyscallRow] = [
    SyscallRow("eventfd", x64: 284, generic: nil, [.unsigned]) { call throws(Errno) in
      try makeEventFile(call, [])
    },
    SyscallRow(
      "eventfd2", x64: 290, generic: 19, [.unsigned, .flags(of: EventfdFlags.self)]
    ) { call throws(Errno) in
      try makeEventFile(call, EventfdFlags(rawValue: call.uint(1)))
    },
    SyscallRow(
      "timerfd_create", x64: 283, generic: 85,
      [clockKind, .flags(of: TimerfdFlags.self)], sys_timerfd_create),
    SyscallRow(
      "timerfd_settime", x64: 286, generic: 86,
      [.fd, .flags(of: TimerfdSetFlags.self), .address, .address], support: .partial,
      note: "wall time is never set, so TFD_TIMER_CANCEL_ON_SET cancels nothing",
      sys_timerfd_settime),
    SyscallRow("timerfd_gettime", x64: 287, generic: 87, [.fd, .address]) { call throws(Errno) in
      try call.store(try timerFile(call).current, to: call.address(1))
      return .success
    },
    SyscallRow("epoll_create", x64: 213, generic: nil, [.int]) { call throws(Errno) in
      guard call.int(0) > 0 else { throw .EINVAL }
      return try makeEpollFile(call, [])
    },
    SyscallRow("epoll_create1", x64: 291, generic: 20, [.flags(of: EpollCreateFlags.self)]) {
      call throws(Errno) in
      try makeEpollFile(call, EpollCreateFlags(rawValue: call.uint(0)))
    },
    SyscallRow(
      "epoll_ctl", x64: 233, generic: 21,
      [
        .fd,
        .oneOf {
          [
            FlagName(1, "EPOLL_CTL_ADD"), FlagName(2, "EPOLL_CTL_DEL"),
            FlagName(3, "EPOLL_CTL_MOD"),
          ]
        }, .fd, .address,
      ], sys_epoll_ctl),
    SyscallRow("epoll_wait", x64: 232, generic: nil, [.fd, .address, .int, .int]) {
      call throws(Errno) in
      try epollWait(call, timeout: milliseconds(call.int(3)))
    },
    SyscallRow(
      "epoll_pwait", x64: 281, generic: 22, [.fd, .address, .int, .int, .address, .size]
    ) { call throws(Errno) in
      try withTemporaryMask(call, call.address(4), size: call[5]) { () throws(Errno) in
        try epollWait(call, timeout: milliseconds(call.int(3)))
      }
    },
    SyscallRow(
      "epoll_pwait2", x64: 441, generic: 441, [.fd, .address, .int, .timespec, .address, .size]
    ) { call throws(Errno) in
      let timeout = try timeout(call, call.address(3))
      return try withTemporaryMask(call, call.address(4), size: call[5]) { () throws(Errno) in
        try epollWait(call, timeout: timeout)
      }
    },
  ]
}

// MARK: eventfd

private func makeEventFile(_ call: SyscallContext, _ flags: EventfdFlags)
  throws(Errno) -> SyscallResult
{
  guard flags.unknown.isEmpty else { throw .EINVAL }
  var open: OpenFlags = .O_RDWR
  if flags.contains(.EFD_NONBLOCK) { open.insert(.O_NONBLOCK) }
  let file = EventFile(
    count: UInt64(call.uint(0)), isSemaphore: flags.contains(.EFD_SEMAPHORE), flags: open)
  return .value(try call.install(file, closeOnExec: flags.contains(.EFD_CLOEXEC)))
}

// MARK: timerfd

private func sys_timerfd_create(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = TimerfdFlags(rawValue: call.uint(1))
  guard flags.unknown.isEmpty else { throw .EINVAL }
  let clock: TimerClock
  switch ClockID(rawValue: call.int(0)) {
  case .CLOCK_MONOTONIC: clock = .monotonic
  case .CLOCK_REALTIME: clock = .realtime
  case .CLOCK_BOOTTIME: clock = .boottime
  case .CLOCK_REALTIME_ALARM, .CLOCK_BOOTTIME_ALARM:
    guard call.credentials.has(.CAP_WAKE_ALARM) else { throw .EPERM }
    clock = call.int(0) == ClockID.CLOCK_REALTIME_ALARM.rawValue ? .realtime : .boottime
  default: throw .EINVAL
  }
  var open: OpenFlags = .O_RDWR
  if flags.contains(.TFD_NONBLOCK) { open.insert(.O_NONBLOCK) }
  let file = TimerFile(TimerFile.State(clock: clock), kernel: call.kernel, flags: open)
  return .value(try call.install(file, closeOnExec: flags.contains(.TFD_CLOEXEC)))
}

private func timerFile(_ call: SyscallContext) throws(Errno) -> TimerFile {
  guard let file = try call.usableFile(0) as? TimerFile else { throw .EINVAL }
  return file
}

private func sys_timerfd_settime(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let setting: Itimerspec = try call.load(at: call.address(2))
  let flags = TimerfdSetFlags(rawValue: call.uint(1))
  guard flags.unknown.isEmpty, setting.it_value.isValidTimeout,
    setting.it_interval.isValidTimeout
  else { throw .EINVAL }
  let old = try timerFile(call).set(setting, flags: flags)
  if !call.address(3).isNull { try call.store(old, to: call.address(3)) }
  return .success
}

// MARK: epoll

private func makeEpollFile(_ call: SyscallContext, _ flags: EpollCreateFlags)
  throws(Errno) -> SyscallResult
{
  guard flags.unknown.isEmpty else { throw .EINVAL }
  let file = EpollFile(call.kernel.arena, flags: .O_RDWR)
  return .value(try call.install(file, closeOnExec: flags.contains(.EPOLL_CLOEXEC)))
}

private func sys_epoll_ctl(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let operation = EpollOperation(rawValue: call.uint(1))
  var event = EpollEvent()
  if operation != .EPOLL_CTL_DEL {
    let size = EpollEvent.byteCount(for: call.isa)
    event = EpollEvent(bytes: try call.bytes(at: call.address(3), count: size), isa: call.isa)
  }
  let set = try call.usableFile(0)
  let fd = call.int(2)
  let file = try call.files.file(fd)
  guard !file.flags.contains(.O_PATH) else { throw .EBADF }
  guard file.isPollable else { throw .EPERM }
  guard let epoll = set as? EpollFile else { throw .EINVAL }
  switch operation {
  case .EPOLL_CTL_ADD: try epoll.add(file, fd: fd, event)
  case .EPOLL_CTL_MOD: try epoll.modify(file, fd: fd, event)
  case .EPOLL_CTL_DEL: try epoll.delete(file, fd: fd)
  case nil: throw .EINVAL
  }
  return .success
}

/// - Parameter timeout: nanoseconds; nil waits for ever.
private func epollWait(_ call: SyscallContext, timeout: Int64?) throws(Errno) -> SyscallResult {
  let limit = Int(call.int(2))
  let size = EpollEvent.byteCount(for: call.isa)
  guard limit > 0, limit <= Int(Int32.max) / size else { throw .EINVAL }
  guard let epoll = try call.usableFile(0) as? EpollFile else { throw .EINVAL }
  let deadline = deadline(call, after: timeout)
  var target = call.address(1)
  var hasFaulted = false
  let count = epoll.takeEvents(limit: limit) { event in
    guard (try? call.space.store(event.bytes(for: call.isa), to: target)) != nil else {
      hasFaulted = true
      return false
    }
    target += UInt64(size)
    return true
  }
  if count > 0 { return .value(count) }
  if hasFaulted { throw .EFAULT }
  if let deadline, deadline <= call.kernel.clock.monotonic { return .value(0) }
  // Never restarted, whatever SA_RESTART says (signal(7)).
  return try call.task.block(on: [epoll.waitQueue], until: deadline, interruption: .EINTR)
}
