import HostABI
import LinuxABI
import Machine

extension SyscallTable {
  static let nativeTimeRows: [SyscallRow] = [
    nativeCall(38, "wait(_:until:)", [.address, .size, .hex]) { call throws(Errno) in
      try wait(call)
    },
    nativeCall(39, "interrupt()", []) { call throws(Errno) in
      call.process.native.isInterrupted = true
      call.process.native.waiters.wake()
      return .success
    },
    nativeCall(40, "setAlarm(at:_:)", [.hex]) { call throws(Errno) in
      call.process.native.alarm = call.moment(0)
      call.process.native.waiters.wake()
      return .success
    },
    nativeCall(41, "now(_:)", [.int, .address]) { call throws(Errno) in
      let clock = call.kernel.clock
      let time: Int64
      switch call[0] {
      case 0: time = clock.monotonic
      case 1: time = clock.realtime
      case 2: time = call.process.processorTime.nanoseconds
      default: throw .EINVAL
      }
      var writer = ByteWriter()
      writer.write(HostTime(nanoseconds: time))
      try call.store(writer.bytes, to: call.address(1))
      return .success
    },
  ]

  static let nativeMachineRows: [SyscallRow] = [
    nativeCall(42, "entropy(into:)", [.address, .size]) { call throws(Errno) in
      for segment in try call.buffer(0) {
        let result = call.space.withMutableBytes(at: segment.address, count: segment.count) {
          _, bytes in
          call.kernel.host.entropy(into: &bytes)
          return bytes.byteCount
        }
        if result.fault != nil { throw .EFAULT }
      }
      return .success
    },
    nativeCall(43, "facts", [.address]) { call throws(Errno) in
      let configuration = call.kernel.configuration
      let name = Array(configuration.hostName.utf8.prefix(Kernel.hostNameLimit))
      var writer = ByteWriter()
      writer.write(UInt64(configuration.processors))
      writer.write(configuration.memory)
      writer.write(UInt32(name.count))
      writer.write(name)
      writer.zero(88 - writer.bytes.count)
      try call.store(writer.bytes, to: call.address(0))
      return .success
    },
    nativeCall(44, "log(_:)", [.inBuffer(length: 1), .size]) { call throws(Errno) in
      let message = try call.bytes(0, limit: 4096, orElse: .EINVAL)
      // The operator must not take it for Godwit's own.
      call.kernel.host.log(
        "\(text(call.task.name.bytes))[\(call.process.pid)]: \(text(message))")
      return .success
    },
  ]
}

/// `wait(_:until:)`: the result is how many items are ready, and each says of itself.
private func wait(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let size = 8
  guard call[1] <= call.process.limits.openFileLimit else { throw .EINVAL }
  var items = try call.bytes(at: call.address(0), count: Int(call[1]) * size)
  // An address that cannot be written to is told before anything is waited for.
  try call.store(items, to: call.address(0))
  var queues: [WaitQueue] = [call.process.native.waiters]
  var count = 0
  for start in stride(from: 0, to: items.count, by: size) {
    var reader = ByteReader(items, at: start)
    let handle: Int32 = reader.read()
    let interest = Readiness(rawValue: reader.read())
    guard interest.isSubset(of: [.readable, .writable, .hangup, .error]) else { throw .EINVAL }
    var ready = Readiness.error
    if handle >= NativeProcess.firstHandle, let file = try? call.files.file(handle) {
      ready = Readiness(file.pollEvents())
        .intersection(interest.union([.hangup, .error]))
      queues.append(file.waitQueue)
    }
    items[start + 5] = ready.rawValue
    if !ready.isEmpty { count += 1 }
  }
  let now = call.kernel.clock.monotonic
  let deadline = call.moment(2)
  let alarm = call.process.native.alarm
  let isOver = deadline.map { $0 <= now } ?? false
  if count == 0, !isOver, !takeInterruption(call.process, now) {
    let end: Int64? = [deadline, alarm].compactMap { $0 }.min()
    return try call.task.block(on: queues, until: end, interruption: .ERESTARTNOHAND)
  }
  try call.store(items, to: call.address(0))
  return .value(count)
}

/// Whether a wait ends because somebody said so, or it is time. An alarm goes on every millisecond until it is set
/// again.
private func takeInterruption(_ process: Process, _ now: Int64) -> Bool {
  if process.native.isInterrupted {
    process.native.isInterrupted = false
    return true
  }
  guard let alarm = process.native.alarm, alarm <= now else { return false }
  process.native.alarm = saturatingSum(now, 1_000_000)
  return true
}

extension Readiness {
  fileprivate init(_ events: PollEvents) {
    self = []
    if !events.isDisjoint(with: .readable) { insert(.readable) }
    if !events.isDisjoint(with: .writable) { insert(.writable) }
    if events.contains(.POLLHUP) { insert(.hangup) }
    if events.contains(.POLLERR) { insert(.error) }
  }
}
