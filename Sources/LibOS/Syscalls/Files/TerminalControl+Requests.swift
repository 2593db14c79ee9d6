import LinuxABI
import Machine

// The part of ioctl_tty(2) that is about sessions and process groups, the same for every terminal.
extension SyscallContext {
  /// Answers a request of job control on `terminal`; nil for any other request.
  ///
  /// - Parameter fromMaster: it was made of the other end, which may ask who is at the terminal.
  func jobControl(
    _ request: TerminalRequest, _ terminal: TerminalControl, _ address: GuestAddress,
    fromMaster: Bool = false
  ) throws(Errno) -> SyscallResult? {
    switch request {
    case .TIOCGPGRP:
      if !fromMaster { try requireControlling(terminal) }
      try store(terminal.foreground, to: address)
    case .TIOCSPGRP: try setForeground(terminal, address)
    case .TIOCGSID:
      if !fromMaster { try requireControlling(terminal) }
      guard terminal.session != 0 else { throw .ENOTTY }
      try store(terminal.session, to: address)
    case .TIOCSCTTY: try takeTerminal(terminal, byForce: address.rawValue == 1)
    case .TIOCNOTTY:
      guard !fromMaster else { throw .ENOTTY }
      try requireControlling(terminal)
      if process.session == process.pid {
        kernel.detachTerminal(of: process.session, isEnd: false)
      } else {
        process.hasLeftTerminal = true
      }
    default: return nil
    }
    return .success
  }

  private func requireControlling(_ terminal: TerminalControl) throws(Errno) {
    guard process.controllingTerminal === terminal else { throw .ENOTTY }
  }

  private func setForeground(_ terminal: TerminalControl, _ address: GuestAddress) throws(Errno) {
    do { try process.stopInBackground(of: terminal, task, .SIGTTOU) } catch {
      throw error == .EIO ? .ENOTTY : error
    }
    let group: Int32 = try load(at: address)
    guard group >= 0 else { throw .EINVAL }
    try requireControlling(terminal)
    let members = kernel.processes.values.filter { $0.processGroup == group }
    guard !members.isEmpty else { throw .ESRCH }
    guard members.contains(where: { $0.session == process.session }) else { throw .EPERM }
    terminal.foreground = group
  }

  /// `TIOCSCTTY`: a session's leader without a terminal takes one that is free.
  private func takeTerminal(_ terminal: TerminalControl, byForce: Bool) throws(Errno) {
    let isLeader = process.session == process.pid
    if isLeader, process.controllingTerminal === terminal { return }
    guard isLeader, process.controllingTerminal == nil else { throw .EPERM }
    if terminal.session != 0 {
      guard byForce, credentials.has(.CAP_SYS_ADMIN) else { throw .EPERM }
      kernel.controllingTerminals[terminal.session] = nil
    }
    kernel.attach(terminal, to: process)
  }
}
