/// Requests of `ioctl(2)` on terminals, pipes, sockets and any descriptor (`asm-generic/ioctls.h`),
/// the same on x86-64, AArch64 and RISC-V.
package enum TerminalRequest: UInt32, Hashable, Sendable, CaseIterable {
  case TCGETS = 0x5401
  case TCSETS = 0x5402
  case TCSETSW = 0x5403
  case TCSETSF = 0x5404
  case TCGETA = 0x5405
  case TCSETA = 0x5406
  case TCSETAW = 0x5407
  case TCSETAF = 0x5408
  case TCSBRK = 0x5409
  case TCXONC = 0x540a
  case TCFLSH = 0x540b
  case TIOCEXCL = 0x540c
  case TIOCNXCL = 0x540d
  case TIOCSCTTY = 0x540e
  case TIOCGPGRP = 0x540f
  case TIOCSPGRP = 0x5410
  case TIOCOUTQ = 0x5411
  case TIOCSTI = 0x5412
  case TIOCGWINSZ = 0x5413
  case TIOCSWINSZ = 0x5414
  case TIOCMGET = 0x5415
  case TIOCMBIS = 0x5416
  case TIOCMBIC = 0x5417
  case TIOCMSET = 0x5418
  case TIOCGSOFTCAR = 0x5419
  case TIOCSSOFTCAR = 0x541a
  case FIONREAD = 0x541b
  case TIOCLINUX = 0x541c
  case TIOCCONS = 0x541d
  case TIOCGSERIAL = 0x541e
  case TIOCSSERIAL = 0x541f
  case TIOCPKT = 0x5420
  case FIONBIO = 0x5421
  case TIOCNOTTY = 0x5422
  case TIOCSETD = 0x5423
  case TIOCGETD = 0x5424
  case TCSBRKP = 0x5425
  case TIOCSBRK = 0x5427
  case TIOCCBRK = 0x5428
  case TIOCGSID = 0x5429
  case TCGETS2 = 0x802c_542a
  case TCSETS2 = 0x402c_542b
  case TCSETSW2 = 0x402c_542c
  case TCSETSF2 = 0x402c_542d
  case TIOCGPTN = 0x8004_5430
  case TIOCSPTLCK = 0x4004_5431
  case TIOCGDEV = 0x8004_5432
  case TIOCSIG = 0x4004_5436
  case TIOCVHANGUP = 0x5437
  case TIOCGPKT = 0x8004_5438
  case TIOCGPTLCK = 0x8004_5439
  case TIOCGEXCL = 0x8004_5440
  case TIOCGPTPEER = 0x5441
  case FIONCLEX = 0x5450
  case FIOCLEX = 0x5451
  case FIOASYNC = 0x5452
  case FIOQSIZE = 0x5460

  /// Another name for `FIONREAD`.
  package static let TIOCINQ = TerminalRequest.FIONREAD

  /// It changes the terminal, which background processes may not (termios(3)).
  package var changesTerminal: Bool {
    switch self {
    case .TCSETS, .TCSETSW, .TCSETSF, .TCSETS2, .TCSETSW2, .TCSETSF2, .TCSBRK, .TCSBRKP, .TCXONC,
      .TCFLSH, .TIOCSETD:
      true
    default: false
    }
  }
}
