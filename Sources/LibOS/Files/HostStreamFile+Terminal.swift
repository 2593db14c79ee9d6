import HostABI
import LinuxABI
import Machine

// ioctl_tty(2) on the host's terminal. Modes pass through in the generic layout.
extension HostStreamFile {
  func terminalControl(_ context: SyscallContext, _ request: UInt32, _ address: GuestAddress)
    throws(Errno) -> SyscallResult
  {
    guard let request = TerminalRequest(rawValue: request) else { throw .ENOTTY }
    if request == .FIONREAD {
      let host = vfs.host
      let count: Int
      if isSeekable {
        let size = try inode.status().size
        let position = try position()
        count = Int(clamping: size - min(size, position))
      } else {
        count = try hosted { () throws(HostError) in try host.bytesAvailable(handle) }
      }
      try context.store(Int32(clamping: count), to: address)
      return .success
    }
    guard isTerminal else { throw .ENOTTY }
    return try control(context, request, address)
  }

  private func control(
    _ context: SyscallContext, _ request: TerminalRequest, _ address: GuestAddress
  ) throws(Errno) -> SyscallResult {
    if let answer = try context.jobControl(request, vfs.streams.control, address) { return answer }
    if request.changesTerminal {
      try context.process.stopInBackground(of: vfs.streams.control, context.task, .SIGTTOU)
    }
    let host = vfs.host
    switch request {
    case .TCGETS: try context.store(try modes().bytes, to: address)
    case .TCGETS2: try context.store(try modes().bytes2, to: address)
    case .TCSETS: try set(context, address, isLong: false, .now)
    case .TCSETSW: try set(context, address, isLong: false, .drained)
    case .TCSETSF: try set(context, address, isLong: false, .flushed)
    case .TCSETS2: try set(context, address, isLong: true, .now)
    case .TCSETSW2: try set(context, address, isLong: true, .drained)
    case .TCSETSF2: try set(context, address, isLong: true, .flushed)
    case .TIOCGWINSZ:
      let size = try hosted { () throws(HostError) in try host.windowSize(handle) }
      let shape = Winsize(
        ws_row: size.rows, ws_col: size.columns, ws_xpixel: size.pixelWidth,
        ws_ypixel: size.pixelHeight)
      try context.store(shape.bytes, to: address)
    case .TIOCSWINSZ:
      let shape = Winsize(bytes: try context.bytes(at: address, count: Winsize.byteCount))
      let size = WindowSize(
        rows: shape.ws_row, columns: shape.ws_col, pixelWidth: shape.ws_xpixel,
        pixelHeight: shape.ws_ypixel)
      try hosted { () throws(HostError) in try host.setWindowSize(handle, size) }
    case .TIOCEXCL, .TIOCNXCL: break
    case .TIOCOUTQ: try context.store(Int32(0), to: address)
    case .TCFLSH:
      // TCIFLUSH 0, TCOFLUSH 1, TCIOFLUSH 2.
      guard address.rawValue <= 2 else { throw .EINVAL }
      let queue = address.rawValue
      try hosted { () throws(HostError) in
        try host.discardTerminal(handle, input: queue != 1, output: queue != 0)
      }
    case .TCXONC:
      guard address.rawValue <= 3 else { throw .EINVAL }
    case .TCSBRK, .TCSBRKP, .TIOCSBRK, .TIOCCBRK: break
    case .TIOCGETD: try context.store(Int32(0), to: address)
    case .TIOCGEXCL: try context.store(Int32(0), to: address)
    case .TIOCGDEV:
      let number = try inode.status().represents
      try context.store(UInt32(truncatingIfNeeded: number.rawValue), to: address)
    default: throw .ENOTTY
    }
    return .success
  }

  private func modes() throws(Errno) -> Termios {
    let host = vfs.host
    let modes = try hosted { () throws(HostError) in try host.terminalModes(handle) }
    var termios = Termios()
    termios.c_iflag = TermiosInputFlags(rawValue: modes.input)
    termios.c_oflag = TermiosOutputFlags(rawValue: modes.output)
    termios.c_cflag = TermiosControlFlags(rawValue: modes.control)
    termios.c_lflag = TermiosLocalFlags(rawValue: modes.local)
    termios.c_line = modes.line
    termios.c_cc = modes.characters
    termios.c_ispeed = modes.inputSpeed
    termios.c_ospeed = modes.outputSpeed
    return termios
  }

  private func set(
    _ context: SyscallContext, _ address: GuestAddress, isLong: Bool, _ when: TerminalChange
  ) throws(Errno) {
    let termios: Termios
    if isLong {
      termios = Termios(bytes2: try context.bytes(at: address, count: Termios.byteCount2))
    } else {
      var short = Termios(bytes: try context.bytes(at: address, count: Termios.byteCount))
      // The short form has no speeds: they stay.
      let old = try modes()
      short.c_ispeed = old.c_ispeed
      short.c_ospeed = old.c_ospeed
      termios = short
    }
    try set(termios, when)
    vfs.streams.terminalModes = termios
  }

  func set(_ termios: Termios, _ when: TerminalChange) throws(Errno) {
    let modes = TerminalModes(
      input: termios.c_iflag.rawValue, output: termios.c_oflag.rawValue,
      control: termios.c_cflag.rawValue, local: termios.c_lflag.rawValue, line: termios.c_line,
      characters: termios.c_cc, inputSpeed: termios.c_ispeed, outputSpeed: termios.c_ospeed)
    let host = vfs.host
    try hosted { () throws(HostError) in try host.setTerminalModes(handle, modes, when) }
  }
}
