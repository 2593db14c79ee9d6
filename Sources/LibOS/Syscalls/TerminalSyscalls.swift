import LinuxABI

extension SyscallTable {
  package static let terminalRows: [SyscallRow] = [
    SyscallRow("vhangup", x64: 153, generic: 58, [], sys_vhangup)
  ]
}

/// Hangs up the caller's terminal. The host's own is only taken from the session.
private func sys_vhangup(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.credentials.has(.CAP_SYS_TTY_CONFIG) else { throw .EPERM }
  guard let control = call.process.controllingTerminal else { return .success }
  if let terminal = control.pseudoterminal {
    terminal.hangUp()
  } else {
    call.kernel.hangUp(control)
  }
  return .success
}
