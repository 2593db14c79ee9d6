import LinuxABI
import Machine

extension SyscallTable {
  package static let pollRows: [SyscallRow] = [
    SyscallRow("poll", x64: 7, generic: nil, [.address, .unsigned, .int]) { call throws(Errno) in
      try poll(call, timeout: milliseconds(call.int(2)), interruption: .ERESTART_RESTARTBLOCK)
    },
    SyscallRow(
      "ppoll", x64: 271, generic: 73, [.address, .unsigned, .timespec, .address, .size]
    ) { call throws(Errno) in
      let timeout = try timeout(call, call.address(2))
      return try withTemporaryMask(call, call.address(3), size: call[4]) { () throws(Errno) in
        try updatingTimeout(call, call.address(2)) { () throws(Errno) in
          try poll(call, timeout: timeout, interruption: .ERESTARTNOHAND)
        }
      }
    },
    SyscallRow(
      "select", x64: 23, generic: nil, [.int, .address, .address, .address, .address]
    ) { call throws(Errno) in
      let timeout = try timevalTimeout(call, call.address(4))
      return try updatingTimeout(call, call.address(4), isTimeval: true) { () throws(Errno) in
        try select(call, timeout: timeout)
      }
    },
    SyscallRow(
      "pselect6", x64: 270, generic: 72, [.int, .address, .address, .address, .timespec, .address]
    ) { call throws(Errno) in
      var mask = SignalSetArgument()
      if !call.address(5).isNull { mask = try call.load(at: call.address(5)) }
      let timeout = try timeout(call, call.address(4))
      return try withTemporaryMask(call, GuestAddress(mask.ss), size: mask.ss_len) {
        () throws(Errno) in
        try updatingTimeout(call, call.address(4)) { () throws(Errno) in
          try select(call, timeout: timeout)
        }
      }
    },
  ]
}

/// - Parameter timeout: nanoseconds; nil waits for ever.
private func poll(_ call: SyscallContext, timeout: Int64?, interruption: Errno)
  throws(Errno) -> SyscallResult
{
  guard UInt64(call.uint(1)) <= call.process.limits.openFileLimit else { throw .EINVAL }
  let size = Int(call.uint(1)) * PollFD.byteCount
  var entries = PollFD.array(from: try call.bytes(at: call.address(0), count: size))
  let deadline = deadline(call, after: timeout)
  var queues: [WaitQueue] = []
  var count = 0
  for index in entries.indices {
    entries[index].revents = 0
    guard entries[index].fd >= 0 else { continue }
    var events = PollEvents.POLLNVAL
    if let file = try? call.files.file(entries[index].fd), !file.flags.contains(.O_PATH) {
      let wanted = PollEvents(rawValue: entries[index].events).union([.POLLERR, .POLLHUP])
      events = file.pollEvents().intersection(wanted)
      queues.append(file.waitQueue)
    }
    entries[index].revents = events.rawValue
    if !events.isEmpty { count += 1 }
  }
  if count == 0 {
    guard let deadline, deadline <= call.kernel.clock.monotonic else {
      return try call.task.block(on: queues, until: deadline, interruption: interruption)
    }
  }
  try call.store(entries.guestBytes, to: call.address(0))
  return .value(count)
}

// MARK: select

/// The `struct timeval` timeout at `address` in nanoseconds, nil for none: EFAULT, EINVAL.
private func timevalTimeout(_ call: SyscallContext, _ address: GuestAddress)
  throws(Errno) -> Int64?
{
  guard !address.isNull else { return nil }
  let time: Timeval = try call.load(at: address)
  // A second or more of microseconds is carried over.
  guard time.tv_sec >= 0, time.tv_usec >= 0 else { throw .EINVAL }
  return time.nanoseconds
}

/// What `select` calls readable, writable and exceptional (`POLLIN_SET` … in `fs/select.c`).
private let selectEvents: [PollEvents] = [
  [.POLLRDNORM, .POLLRDBAND, .POLLIN, .POLLHUP, .POLLERR],
  [.POLLWRBAND, .POLLWRNORM, .POLLOUT, .POLLERR],
  [.POLLPRI],
]

/// - Parameter timeout: nanoseconds; nil waits for ever.
private func select(_ call: SyscallContext, timeout: Int64?) throws(Errno) -> SyscallResult {
  guard call.int(0) >= 0 else { throw .EINVAL }
  // No descriptor can be open beyond the limit, nor be asked for; Linux draws the line at the size
  // its table has grown to.
  let highest = Int(call.files.descriptors.last ?? 0) + 1
  let limit = max(highest, Int(min(call.process.limits.openFileLimit, 1 << 20)))
  let bits = min(Int(call.int(0)), limit)
  let words = (bits + 63) / 64
  var wanted: [[UInt64]] = []
  for index in 1...3 {
    guard !call.address(index).isNull else {
      wanted.append([UInt64](repeating: 0, count: words))
      continue
    }
    var reader = ByteReader(try call.bytes(at: call.address(index), count: words * 8))
    wanted.append((0..<words).map { _ in reader.read() })
  }
  let deadline = deadline(call, after: timeout)
  var found = wanted.map { [UInt64](repeating: 0, count: $0.count) }
  var queues: [WaitQueue] = []
  var count = 0
  for fd in 0..<bits {
    let (word, bit) = (fd / 64, UInt64(1) << UInt64(fd % 64))
    guard (wanted[0][word] | wanted[1][word] | wanted[2][word]) & bit != 0 else { continue }
    let file = try call.files.file(Int32(fd))
    let events = file.pollEvents()
    queues.append(file.waitQueue)
    for set in 0..<3 where wanted[set][word] & bit != 0 {
      guard !events.isDisjoint(with: selectEvents[set]) else { continue }
      found[set][word] |= bit
      count += 1
    }
  }
  if count == 0 {
    guard let deadline, deadline <= call.kernel.clock.monotonic else {
      return try call.task.block(on: queues, until: deadline, interruption: .ERESTARTNOHAND)
    }
  }
  for set in 0..<3 where !call.address(set + 1).isNull {
    var writer = ByteWriter(capacity: words * 8)
    for word in found[set] { writer.write(word) }
    try call.store(writer.bytes, to: call.address(set + 1))
  }
  return .value(count)
}
