import LinuxABI
import Machine

/// How a clock id reads in a trace.
let clockKind = ArgumentKind.oneOf(ClockID.self)

extension SyscallTable {
  package static let timeRows: [SyscallRow] = [
    SyscallRow("clock_gettime", x64: 228, generic: 113, [clockKind, .address], sys_clock_gettime),
    SyscallRow(
      "clock_settime", x64: 227, generic: 112, [clockKind, .timespec], support: .refused,
      note: "a guest can't set the host's clock: EPERM", sys_clock_settime),
    SyscallRow("clock_getres", x64: 229, generic: 114, [clockKind, .address], sys_clock_getres),
    SyscallRow(
      "clock_adjtime", x64: 305, generic: 266, [clockKind, .address], support: .partial,
      note: "reading only"
    ) { call throws(Errno) in
      guard try call.clock(call.int(0)) == .realtime, call.int(0) == 0 else { throw .EOPNOTSUPP }
      return try adjust(call, call.address(1))
    },
    SyscallRow(
      "adjtimex", x64: 159, generic: 171, [.address], support: .partial, note: "reading only"
    ) { call throws(Errno) in
      try adjust(call, call.address(0))
    },
    SyscallRow("gettimeofday", x64: 96, generic: 169, [.address, .address]) { call throws(Errno) in
      if !call.address(0).isNull {
        try call.store(Timeval(nanoseconds: call.kernel.clock.realtime), to: call.address(0))
      }
      if !call.address(1).isNull { try call.store(Timezone(), to: call.address(1)) }
      return .success
    },
    SyscallRow(
      "settimeofday", x64: 164, generic: 170, [.address, .address], support: .refused,
      note: "a guest can't set the host's clock: EPERM"
    ) { call throws(Errno) in
      if !call.address(0).isNull {
        let time: Timeval = try call.load(at: call.address(0))
        guard time.isValidTimeout else { throw .EINVAL }
      }
      throw .EPERM
    },
    SyscallRow("time", x64: 201, generic: nil, [.address]) { call throws(Errno) in
      let seconds = Timespec(nanoseconds: call.kernel.clock.realtime).tv_sec
      if !call.address(0).isNull { try call.store(seconds, to: call.address(0)) }
      return .value(Int(seconds))
    },
    SyscallRow(
      "times", x64: 100, generic: 153, [.address],
      note: "all processor time is the program's own (tms_utime)"
    ) { call throws(Errno) in
      let tick = 1_000_000_000 / Int64(Limits.USER_HZ)
      if !call.address(0).isNull {
        let times = Tms(
          tms_utime: call.process.processorTime.nanoseconds / tick,
          tms_cutime: call.process.childrenProcessorTime.nanoseconds / tick)
        try call.store(times, to: call.address(0))
      }
      return .value(Int(call.kernel.clock.monotonic / tick))
    },
    SyscallRow("nanosleep", x64: 35, generic: 101, [.timespec, .address]) { call throws(Errno) in
      try sleep(
        call, on: .monotonic, isAbsolute: false, time: call.address(0), rest: call.address(1))
    },
    SyscallRow(
      "clock_nanosleep", x64: 230, generic: 115,
      [clockKind, .flags(of: TimerFlags.self), .timespec, .address], sys_clock_nanosleep),
  ]
}

/// The tick of the coarse clocks in nanoseconds: 250 Hz, as most distributions have it.
private let coarseTick: Int64 = 4_000_000

private func isCoarse(_ id: Int32) -> Bool {
  id == ClockID.CLOCK_REALTIME_COARSE.rawValue || id == ClockID.CLOCK_MONOTONIC_COARSE.rawValue
}

private func sys_clock_gettime(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard var time = call.kernel.time(try call.clock(call.int(0))) else { throw .EINVAL }
  if isCoarse(call.int(0)) { time -= time % coarseTick }
  try call.store(Timespec(nanoseconds: time), to: call.address(1))
  return .success
}

private func sys_clock_getres(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  _ = try call.clock(call.int(0))
  guard !call.address(1).isNull else { return .success }
  let tick = isCoarse(call.int(0)) ? coarseTick : 1
  try call.store(Timespec(nanoseconds: tick), to: call.address(1))
  return .success
}

private func sys_clock_settime(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let clock = try call.clock(call.int(0))
  let time: Timespec = try call.load(at: call.address(1))
  if clock.isProcessorTime { throw .EPERM }
  guard call.int(0) == ClockID.CLOCK_REALTIME.rawValue, time.isValidTimeout else { throw .EINVAL }
  throw .EPERM
}

/// `struct timex` (adjtimex(2)): fields by their offsets. Says that nobody keeps the clock
/// synchronized, which is the truth about the guest's.
private func adjust(_ call: SyscallContext, _ address: GuestAddress)
  throws(Errno) -> SyscallResult
{
  let adjOffsetReadOnly: UInt32 = 0xa001
  let statusUnsynchronized: Int32 = 0x40
  let timeError: Int32 = 5
  let modes: UInt32 = try call.load(at: address)
  guard modes == 0 || modes == adjOffsetReadOnly else { throw .EPERM }
  let now = Timeval(nanoseconds: call.kernel.clock.realtime)
  var image = ByteWriter(capacity: 208)
  image.write(UInt64(modes))
  image.write(Int64(0))  // offset
  image.write(Int64(0))  // freq
  image.write(Int64(16_000_000))  // maxerror, microseconds
  image.write(Int64(16_000_000))  // esterror
  image.write(Int64(statusUnsynchronized))
  image.write(Int64(2))  // constant
  image.write(Int64(1))  // precision, microseconds
  image.write(Int64(32_768_000))  // tolerance
  now.encode(to: &image)
  image.write(Int64(10_000))  // tick, microseconds
  image.pad(to: 208)
  try call.store(image.bytes, to: address)
  return .value(timeError)
}

// MARK: Sleeping

private func sys_clock_nanosleep(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let id = call.int(0)
  let clock = try call.timerClock(id)
  // A thread that sleeps does not use the time it waits for.
  if id == ClockID.CLOCK_THREAD_CPUTIME_ID.rawValue { throw .EOPNOTSUPP }
  if clock == .thread(tid: call.task.tid) { throw .EINVAL }
  let isAbsolute = TimerFlags(rawValue: call.uint(1)).contains(.TIMER_ABSTIME)
  return try sleep(
    call, on: clock, isAbsolute: isAbsolute, time: call.address(2), rest: call.address(3))
}

private func sleep(
  _ call: SyscallContext, on clock: TimerClock, isAbsolute: Bool, time: GuestAddress,
  rest: GuestAddress
) throws(Errno) -> SyscallResult {
  if clock.isProcessorTime {
    return try sleepForProcessorTime(
      call, on: clock, isAbsolute: isAbsolute, time: time, rest: rest)
  }
  guard isAbsolute else { return try sleepRelative(call, on: clock, time: time, rest: rest) }
  // Read anew at each run, so that a clock which was set meanwhile is followed.
  let until: Timespec = try call.load(at: time)
  guard until.isValidTimeout else { throw .EINVAL }
  let kernel = call.kernel
  guard let deadline = kernel.clock.monotonicTime(of: until.nanoseconds, on: clock) else {
    throw .EINVAL
  }
  if deadline <= kernel.clock.monotonic { return .success }
  return try call.task.block(on: [], until: deadline, interruption: .ERESTARTNOHAND)
}

/// Only CLOCK_BOOTTIME goes on while the picoprocess is suspended, so its deadline is kept on that
/// clock (in `scratch`); setting wall time moves no relative sleep.
private func sleepRelative(
  _ call: SyscallContext, on clock: TimerClock, time: GuestAddress, rest: GuestAddress
) throws(Errno) -> SyscallResult {
  let task = call.task
  let clocks = call.kernel.clock
  if task.progress.deadline == nil {
    let duration: Timespec = try call.load(at: time)
    guard duration.isValidTimeout else { throw .EINVAL }
    task.progress.deadline = saturatingSum(clocks.monotonic, duration.nanoseconds)
    task.progress.scratch = UInt64(
      bitPattern: saturatingSum(clocks.boottime, duration.nanoseconds))
  }
  if clock == .boottime {
    let until = Int64(bitPattern: task.progress.scratch)
    task.progress.deadline = clocks.monotonicTime(of: until, on: .boottime)
  }
  let deadline = task.progress.deadline ?? 0
  let left = saturatingSum(deadline, -clocks.monotonic)
  guard left > 0 else { return .success }
  do throws(Errno) {
    return try task.block(on: [], until: deadline, interruption: .ERESTART_RESTARTBLOCK)
  } catch {
    if !rest.isNull { try call.store(Timespec(nanoseconds: left), to: rest) }
    throw error
  }
}

/// Sleeps until other threads have used the time; `scratch` keeps the time of the clock, once known.
private func sleepForProcessorTime(
  _ call: SyscallContext, on clock: TimerClock, isAbsolute: Bool, time: GuestAddress,
  rest: GuestAddress
) throws(Errno) -> SyscallResult {
  let task = call.task
  guard let now = call.kernel.time(clock) else { throw .EINVAL }
  if task.progress.scratch == 0 {
    let wanted: Timespec = try call.load(at: time)
    guard wanted.isValidTimeout else { throw .EINVAL }
    let until = isAbsolute ? wanted.nanoseconds : saturatingSum(now, wanted.nanoseconds)
    task.progress.scratch = UInt64(bitPattern: until)
  }
  let until = Int64(bitPattern: task.progress.scratch)
  let timers = call.process.timers
  timers.endSleep(task)
  guard until > now else { return .success }
  do throws(Errno) {
    let result = try task.block(
      on: [], interruption: isAbsolute ? .ERESTARTNOHAND : .ERESTART_RESTARTBLOCK)
    timers.sleep(task, on: clock, until: until)
    return result
  } catch {
    if !isAbsolute, !rest.isNull {
      try call.store(Timespec(nanoseconds: until - now), to: rest)
    }
    throw error
  }
}
