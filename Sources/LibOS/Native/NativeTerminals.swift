import HostABI
import LinuxABI
import Machine

extension SyscallTable {
  // The structures are those of ioctl_tty(2), which are the same on every ISA.
  static let nativeTerminalRows: [SyscallRow] = [
    nativeCall(26, "terminalModes(_:)", [.fd, .address]) { call throws(Errno) in
      try control(call, .TCGETS2, call[1])
    },
    nativeCall(27, "setTerminalModes(_:_:_:)", [.fd, .address, .int]) { call throws(Errno) in
      switch call[2] {
      case 0: try control(call, .TCSETS2, call[1])
      case 1: try control(call, .TCSETSW2, call[1])
      case 2: try control(call, .TCSETSF2, call[1])
      default: throw .EINVAL
      }
    },
    nativeCall(28, "windowSize(_:)", [.fd, .address]) { call throws(Errno) in
      try control(call, .TIOCGWINSZ, call[1])
    },
    nativeCall(29, "setWindowSize(_:_:)", [.fd, .address]) { call throws(Errno) in
      try control(call, .TIOCSWINSZ, call[1])
    },
    nativeCall(30, "bytesAvailable(_:)", [.fd]) { call throws(Errno) in
      switch try call.handle(0) {
      case let socket as Socket: return .value(try socket.bytesToReceive())
      case let end as PipeEnd where end.isReadable: return .value(end.pipe.buffer.count)
      case let stream as HostStreamFile:
        return .value(
          try hosted { () throws(HostError) in
            try call.kernel.host.bytesAvailable(stream.handle)
          })
      case let file where file.dentry?.inode.type == .S_IFREG && !file.flags.contains(.O_PATH):
        let size = try file.status().size
        let position = try file.position()
        return .value(size - min(size, position))
      default: throw .ENOTTY
      }
    },
    nativeCall(31, "discardTerminal(_:input:output:)", [.fd, .int, .int]) { call throws(Errno) in
      guard try call.handle(0).terminal != nil else { throw .ENOTTY }
      switch (call[1] != 0, call[2] != 0) {
      case (false, false): throw .EINVAL
      case (true, false): return try control(call, .TCFLSH, 0)
      case (false, true): return try control(call, .TCFLSH, 1)
      case (true, true): return try control(call, .TCFLSH, 2)
      }
    },
  ]
}

private func control(_ call: SyscallContext, _ request: TerminalRequest, _ argument: UInt64)
  throws(Errno) -> SyscallResult
{
  let file = try call.handle(0)
  guard file.terminal != nil, !file.flags.contains(.O_PATH) else { throw .ENOTTY }
  return try file.ioctl(call, request: request.rawValue, argument: argument)
}
