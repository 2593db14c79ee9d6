internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension PosixHost {
  package func terminalModes(_ handle: HostHandle) throws(HostError) -> TerminalModes {
    _ = try stream(handle)
    return TerminalModes(try system_get_termios2(handle.rawValue))
  }

  package func setTerminalModes(
    _ handle: HostHandle, _ modes: TerminalModes, _ when: TerminalChange
  ) throws(HostError) {
    _ = try stream(handle)
    guard modes.characters.count == 19 else { throw .invalid }
    let before = try system_get_termios2(handle.rawValue)
    let device = UInt64(truncatingIfNeeded: try system_fstat(handle.rawValue).st_rdev)
    let moment: Int32 =
      switch when {
      case .now: 0
      case .drained: 1
      case .flushed: 2
      }
    try system_set_termios2(handle.rawValue, moment, godwit_termios2(modes))
    if !changedTerminals.contains(where: { $0.device == device }) {
      let descriptor = try system_fcntl(handle.rawValue, F_DUPFD_CLOEXEC, 3)
      changedTerminals.append((device, descriptor, before))
    }
  }

  /// Restores the modes that every terminal had before the first `setTerminalModes`. To be called before the
  /// process ends or stops.
  package func restoreTerminal() {
    for terminal in changedTerminals {
      // This must also work in the background, where setting modes would stop the process (SIGTTOU).
      system_with_sigttou_blocked {
        _ = try? system_set_termios2(terminal.descriptor, 0, terminal.modes)
      }
      system_close(terminal.descriptor)
    }
    changedTerminals = []
  }

  package func windowSize(_ handle: HostHandle) throws(HostError) -> WindowSize {
    _ = try stream(handle)
    return try system_get_window_size(handle.rawValue)
  }

  package func setWindowSize(_ handle: HostHandle, _ size: WindowSize) throws(HostError) {
    _ = try stream(handle)
    try system_set_window_size(handle.rawValue, size)
  }

  package func bytesAvailable(_ handle: HostHandle) throws(HostError) -> Int {
    _ = try stream(handle)
    return try system_fionread(handle.rawValue)
  }

  package func discardTerminal(
    _ handle: HostHandle, input: Bool, output: Bool
  ) throws(HostError) {
    _ = try stream(handle)
    let queue =
      switch (input, output) {
      case (true, true): TCIOFLUSH
      case (true, false): TCIFLUSH
      case (false, true): TCOFLUSH
      case (false, false): Int32(-1)
      }
    try system_tcflush(handle.rawValue, queue)
  }
}

extension TerminalModes {
  fileprivate init(_ native: godwit_termios2) {
    var characters: [UInt8] = []
    // SAFETY: 19 bytes.
    unsafe withUnsafeBytes(of: native.c_cc) { unsafe characters.append(contentsOf: $0) }
    self.init(
      input: native.c_iflag, output: native.c_oflag, control: native.c_cflag,
      local: native.c_lflag, line: native.c_line, characters: characters,
      inputSpeed: native.c_ispeed, outputSpeed: native.c_ospeed)
  }
}

extension godwit_termios2 {
  /// `modes` has 19 characters.
  fileprivate init(_ modes: TerminalModes) {
    self.init()
    c_iflag = modes.input
    c_oflag = modes.output
    c_cflag = modes.control
    c_lflag = modes.local
    c_line = modes.line
    // SAFETY: both are 19 bytes.
    unsafe withUnsafeMutableBytes(of: &c_cc) { unsafe $0.copyBytes(from: modes.characters) }
    c_ispeed = modes.inputSpeed
    c_ospeed = modes.outputSpeed
  }
}
