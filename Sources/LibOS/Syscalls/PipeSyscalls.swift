import LinuxABI
import Machine

extension SyscallTable {
  package static let pipeRows: [SyscallRow] = [
    SyscallRow("pipe", x64: 22, generic: nil, [.address]) { call throws(Errno) in
      try makePipe(call, [])
    },
    SyscallRow("pipe2", x64: 293, generic: 59, [.address, .flags(of: OpenFlags.self)]) {
      call throws(Errno) in
      let flags = OpenFlags(call.uint(1), isa: call.isa)
      guard flags.isSubset(of: [.O_CLOEXEC, .O_DIRECT, .O_NONBLOCK]) else { throw .EINVAL }
      return try makePipe(call, flags)
    },
  ]
}

private func makePipe(_ call: SyscallContext, _ flags: OpenFlags) throws(Errno) -> SyscallResult {
  call.kernel.lastInodeNumber += 1
  let pipe = Pipe(
    call.kernel.arena, number: call.kernel.lastInodeNumber,
    created: Timespec(nanoseconds: call.kernel.clock.realtime),
    owner: call.credentials.ownership)
  let kept = flags.subtracting(.O_CLOEXEC)
  let closeOnExec = flags.contains(.O_CLOEXEC)
  let reader = PipeEnd(pipe, flags: kept.subtracting(.O_DIRECT))
  let writer = PipeEnd(pipe, flags: kept.union(.O_WRONLY))
  writer.retain()
  defer { writer.release() }
  let input = try call.install(reader, closeOnExec: closeOnExec)
  do throws(Errno) {
    let output = try call.install(writer, closeOnExec: closeOnExec)
    do throws(Errno) {
      let pair = UInt64(UInt32(bitPattern: output)) << 32 | UInt64(UInt32(bitPattern: input))
      try call.store(pair, to: call.address(0))
    } catch {
      try? call.files.close(output)
      throw error
    }
  } catch {
    try? call.files.close(input)
    throw error
  }
  return .success
}
