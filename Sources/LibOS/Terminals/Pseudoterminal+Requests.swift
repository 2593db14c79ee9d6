import LinuxABI
import Machine

// ioctl_tty(2) on either end of a pseudoterminal.
extension Pseudoterminal {
  func answerSlave(
    _ call: SyscallContext, _ request: TerminalRequest, _ address: GuestAddress
  ) throws(Errno) -> SyscallResult {
    if let answer = try call.jobControl(request, control, address) { return answer }
    if request.changesTerminal {
      try call.process.stopInBackground(of: control, call.task, .SIGTTOU)
    }
    switch request {
    case .FIONREAD: try call.store(Int32(discipline.readableCount), to: address)
    case .TCFLSH: try flush(address.rawValue)
    case .TCXONC: try control(flow: address.rawValue)
    case .TCSBRK, .TCSBRKP, .TIOCSBRK, .TIOCCBRK: break
    case .TIOCSTI: try typeFor(call, address)
    case .TIOCVHANGUP:
      guard call.credentials.has(.CAP_SYS_ADMIN) else { throw .EPERM }
      hangUp()
    case .TIOCGPTPEER: throw .EIO
    default: return try answerBoth(call, request, address)
    }
    return .success
  }

  func answerMaster(
    _ call: SyscallContext, _ request: TerminalRequest, _ address: GuestAddress
  ) throws(Errno) -> SyscallResult {
    if let answer = try call.jobControl(request, control, address, fromMaster: true) {
      return answer
    }
    switch request {
    case .TIOCGPTN: try call.store(UInt32(number), to: address)
    case .TIOCSPTLCK: isLocked = try call.load(Int32.self, at: address) != 0
    case .TIOCGPTLCK: try call.store(Int32(isLocked ? 1 : 0), to: address)
    case .TIOCGPTPEER: return try openPeer(call, address.rawValue)
    case .TIOCPKT: setPacketMode(try call.load(Int32.self, at: address) != 0)
    case .TIOCGPKT: try call.store(Int32(isPacketMode ? 1 : 0), to: address)
    case .TIOCSIG:
      let signal = Signal(rawValue: Int32(truncatingIfNeeded: address.rawValue))
      guard [.SIGINT, .SIGQUIT, .SIGTSTP].contains(signal) else { throw .EINVAL }
      control.signalForeground(signal, kernel)
    case .FIONREAD:
      // More than that is still on its way.
      let count = min(discipline.output.count, LineDiscipline.inputSize - 1)
      try call.store(Int32(count), to: address)
    case .TCFLSH: try flushMaster(address.rawValue)
    case .TCXONC: try control(masterFlow: address.rawValue)
    case .TCSBRK, .TCSBRKP, .TIOCSBRK, .TIOCCBRK: break
    default:
      // The modes belong to the slave; a background process may not change them.
      if request.changesTerminal {
        try call.process.stopInBackground(of: control, call.task, .SIGTTOU)
      }
      return try answerBoth(call, request, address)
    }
    return .success
  }

  /// Requests that both ends answer alike.
  private func answerBoth(
    _ call: SyscallContext, _ request: TerminalRequest, _ address: GuestAddress
  ) throws(Errno) -> SyscallResult {
    switch request {
    case .TCGETS: try call.store(discipline.modes.bytes, to: address)
    case .TCGETS2: try call.store(discipline.modes.bytes2, to: address)
    case .TCGETA: try call.store(Termio(discipline.modes).bytes, to: address)
    case .TCSETS, .TCSETSW, .TCSETSF, .TCSETS2, .TCSETSW2, .TCSETSF2, .TCSETA, .TCSETAW, .TCSETAF:
      try setModes(call, request, address)
    case .TIOCGWINSZ: try call.store(size.bytes, to: address)
    case .TIOCSWINSZ:
      resize(Winsize(bytes: try call.bytes(at: address, count: Winsize.byteCount)))
    case .TIOCOUTQ: try call.store(Int32(0), to: address)
    case .TIOCGETD: try call.store(Int32(0), to: address)
    case .TIOCSETD:
      guard try call.load(Int32.self, at: address) == 0 else { throw .EINVAL }
    case .TIOCEXCL: isExclusive = true
    case .TIOCNXCL: isExclusive = false
    case .TIOCGEXCL: try call.store(Int32(isExclusive ? 1 : 0), to: address)
    case .TIOCGSOFTCAR:
      try call.store(Int32(discipline.modes.c_cflag.contains(.CLOCAL) ? 1 : 0), to: address)
    case .TIOCSSOFTCAR:
      var modes = discipline.modes
      modes.c_cflag.remove(.CLOCAL)
      if try call.load(Int32.self, at: address) != 0 { modes.c_cflag.insert(.CLOCAL) }
      operate { $0.set(modes) }
    case .TIOCGDEV:
      try call.store(UInt32(truncatingIfNeeded: device.rawValue), to: address)
    default: throw .ENOTTY
    }
    return .success
  }

  // MARK: Modes and size

  private func setModes(
    _ call: SyscallContext, _ request: TerminalRequest, _ address: GuestAddress
  ) throws(Errno) {
    var modes: Termios
    switch request {
    case .TCSETS2, .TCSETSW2, .TCSETSF2:
      modes = Termios(bytes2: try call.bytes(at: address, count: Termios.byteCount2))
    case .TCSETA, .TCSETAW, .TCSETAF:
      let short = Termio(bytes: try call.bytes(at: address, count: Termio.byteCount))
      modes = short.applied(to: discipline.modes)
    default:
      modes = Termios(bytes: try call.bytes(at: address, count: Termios.byteCount))
      // This form has no speeds; keep them.
      modes.c_ispeed = discipline.modes.c_ispeed
      modes.c_ospeed = discipline.modes.c_ospeed
    }
    let discards = [.TCSETSF, .TCSETSF2, .TCSETAF].contains(request)
    operate {
      if discards { $0.discardInput() }
      $0.set(modes)
    }
  }

  /// - Parameter isAlwaysTold: the foreground gets SIGWINCH even if the size stays as it is.
  func resize(_ wanted: Winsize, isAlwaysTold: Bool = false) {
    guard wanted != size || isAlwaysTold else { return }
    size = wanted
    control.signalForeground(.SIGWINCH, kernel)
  }

  // MARK: Queues and flow

  private func flush(_ argument: UInt64) throws(Errno) {
    guard let queue = FlushQueue(rawValue: UInt32(truncatingIfNeeded: argument)) else {
      throw .EINVAL
    }
    operate {
      // What has not come to the line discipline goes, too; it stays when modes are set.
      if queue != .TCOFLUSH {
        $0.discardBacklog()
        $0.discardInput()
      }
      if queue != .TCIFLUSH { $0.discardOutput() }
    }
  }

  /// For the master, input and output are exchanged.
  private func flushMaster(_ argument: UInt64) throws(Errno) {
    guard let queue = FlushQueue(rawValue: UInt32(truncatingIfNeeded: argument)) else {
      throw .EINVAL
    }
    operate {
      if queue != .TCOFLUSH { $0.forgetOutput() }
      if queue != .TCIFLUSH { $0.discardBacklog() }
    }
  }

  private func control(flow argument: UInt64) throws(Errno) {
    let modes = discipline.modes
    switch FlowAction(rawValue: UInt32(truncatingIfNeeded: argument)) {
    case .TCOOFF: operate { $0.setStoppedByProgram(true) }
    case .TCOON: operate { $0.setStoppedByProgram(false) }
    case .TCIOFF where modes[.VSTOP] != 0: operate { $0.send(modes[.VSTOP]) }
    case .TCION where modes[.VSTART] != 0: operate { $0.send(modes[.VSTART]) }
    case .TCIOFF, .TCION: break
    case nil: throw .EINVAL
    }
  }

  private func control(masterFlow argument: UInt64) throws(Errno) {
    switch FlowAction(rawValue: UInt32(truncatingIfNeeded: argument)) {
    case .TCOOFF: isMasterStopped = true
    case .TCOON:
      isMasterStopped = false
      master?.waitQueue.wake(.writable)
    case .TCIOFF: operate { $0.type(Termios()[.VSTOP]) }
    case .TCION: operate { $0.type(Termios()[.VSTART]) }
    case nil: throw .EINVAL
    }
  }

  /// `TIOCSTI`: for the caller's own terminal, or for root.
  private func typeFor(_ call: SyscallContext, _ address: GuestAddress) throws(Errno) {
    let isOwn = call.process.controllingTerminal === control
    guard isOwn || call.credentials.has(.CAP_SYS_ADMIN) else { throw .EPERM }
    let byte: UInt8 = try call.load(at: address)
    operate { $0.type(byte) }
  }

  private func setPacketMode(_ isOn: Bool) {
    if isOn, !isPacketMode { _ = discipline.takeStatus() }
    isPacketMode = isOn
  }

  /// `TIOCGPTPEER`: opens the slave without its name, which may be unreachable.
  private func openPeer(_ call: SyscallContext, _ argument: UInt64) throws(Errno) -> SyscallResult {
    let flags = OpenFlags(UInt32(truncatingIfNeeded: argument), isa: call.isa)
    guard let mount = kernel.vfs.mounts.first(where: { $0.filesystem is PtsFS }) else {
      throw .EIO
    }
    let place = mount.root.child(Array(String(number).utf8), inode)
    let kept = flags.subtracting(.creation).subtracting(.O_CLOEXEC)
    let slave = try openSlave(kept, at: place)
    let descriptor = try call.install(slave, closeOnExec: flags.contains(.O_CLOEXEC))
    call.adoptTerminal(slave, flags)
    return .value(descriptor)
  }
}

extension SyscallContext {
  /// The first terminal that a session leader opens becomes its controlling terminal (`tty_open`).
  func adoptTerminal(_ file: OpenFile, _ flags: OpenFlags) {
    guard !flags.contains(.O_NOCTTY), file.isReadable, let slave = file as? PseudoterminalSlave,
      process.session == process.pid, process.controllingTerminal == nil,
      slave.pseudoterminal.control.session == 0
    else { return }
    kernel.attach(slave.pseudoterminal.control, to: process)
  }
}
