/// The `c_iflag` of `termios(3)` (`asm-generic/termbits.h`).
package struct TermiosInputFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let IGNBRK = TermiosInputFlags(rawValue: 0x1)
  package static let BRKINT = TermiosInputFlags(rawValue: 0x2)
  package static let IGNPAR = TermiosInputFlags(rawValue: 0x4)
  package static let PARMRK = TermiosInputFlags(rawValue: 0x8)
  package static let INPCK = TermiosInputFlags(rawValue: 0x10)
  package static let ISTRIP = TermiosInputFlags(rawValue: 0x20)
  package static let INLCR = TermiosInputFlags(rawValue: 0x40)
  package static let IGNCR = TermiosInputFlags(rawValue: 0x80)
  package static let ICRNL = TermiosInputFlags(rawValue: 0x100)
  package static let IUCLC = TermiosInputFlags(rawValue: 0x200)
  package static let IXON = TermiosInputFlags(rawValue: 0x400)
  package static let IXANY = TermiosInputFlags(rawValue: 0x800)
  package static let IXOFF = TermiosInputFlags(rawValue: 0x1000)
  package static let IMAXBEL = TermiosInputFlags(rawValue: 0x2000)
  package static let IUTF8 = TermiosInputFlags(rawValue: 0x4000)

  package static let names: [(name: String, value: TermiosInputFlags)] = [
    ("IGNBRK", IGNBRK),
    ("BRKINT", BRKINT),
    ("IGNPAR", IGNPAR),
    ("PARMRK", PARMRK),
    ("INPCK", INPCK),
    ("ISTRIP", ISTRIP),
    ("INLCR", INLCR),
    ("IGNCR", IGNCR),
    ("ICRNL", ICRNL),
    ("IUCLC", IUCLC),
    ("IXON", IXON),
    ("IXANY", IXANY),
    ("IXOFF", IXOFF),
    ("IMAXBEL", IMAXBEL),
    ("IUTF8", IUTF8),
  ]
}

/// The `c_oflag` of `termios(3)`.
package struct TermiosOutputFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let OPOST = TermiosOutputFlags(rawValue: 0x1)
  package static let OLCUC = TermiosOutputFlags(rawValue: 0x2)
  package static let ONLCR = TermiosOutputFlags(rawValue: 0x4)
  package static let OCRNL = TermiosOutputFlags(rawValue: 0x8)
  package static let ONOCR = TermiosOutputFlags(rawValue: 0x10)
  package static let ONLRET = TermiosOutputFlags(rawValue: 0x20)
  package static let OFILL = TermiosOutputFlags(rawValue: 0x40)
  package static let OFDEL = TermiosOutputFlags(rawValue: 0x80)
  package static let XTABS = TermiosOutputFlags(rawValue: 0x1800)

  package static let names: [(name: String, value: TermiosOutputFlags)] = [
    ("OPOST", OPOST),
    ("OLCUC", OLCUC),
    ("ONLCR", ONLCR),
    ("OCRNL", OCRNL),
    ("ONOCR", ONOCR),
    ("ONLRET", ONLRET),
    ("OFILL", OFILL),
    ("OFDEL", OFDEL),
    ("XTABS", XTABS),
  ]
}

/// The `c_cflag` of `termios(3)`. Character size and baud rate are values within it, not flags:
/// `CS8` is all bits of `CSIZE`, `B38400` the rate a fresh terminal has.
package struct TermiosControlFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let B38400 = TermiosControlFlags(rawValue: 0xf)
  package static let CS8 = TermiosControlFlags(rawValue: 0x30)
  package static let CSTOPB = TermiosControlFlags(rawValue: 0x40)
  package static let CREAD = TermiosControlFlags(rawValue: 0x80)
  package static let PARENB = TermiosControlFlags(rawValue: 0x100)
  package static let PARODD = TermiosControlFlags(rawValue: 0x200)
  package static let HUPCL = TermiosControlFlags(rawValue: 0x400)
  package static let CLOCAL = TermiosControlFlags(rawValue: 0x800)
  package static let BOTHER = TermiosControlFlags(rawValue: 0x1000)
  package static let CMSPAR = TermiosControlFlags(rawValue: 0x4000_0000)
  package static let CRTSCTS = TermiosControlFlags(rawValue: 0x8000_0000)

  package static let names: [(name: String, value: TermiosControlFlags)] = [
    ("B38400", B38400),
    ("CS8", CS8),
    ("CSTOPB", CSTOPB),
    ("CREAD", CREAD),
    ("PARENB", PARENB),
    ("PARODD", PARODD),
    ("HUPCL", HUPCL),
    ("CLOCAL", CLOCAL),
    ("BOTHER", BOTHER),
    ("CMSPAR", CMSPAR),
    ("CRTSCTS", CRTSCTS),
  ]

  package static let CSIZE: UInt32 = 0x30
  package static let CBAUD: UInt32 = 0x100f
}

/// The `c_lflag` of `termios(3)`.
package struct TermiosLocalFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let ISIG = TermiosLocalFlags(rawValue: 0x1)
  package static let ICANON = TermiosLocalFlags(rawValue: 0x2)
  package static let XCASE = TermiosLocalFlags(rawValue: 0x4)
  package static let ECHO = TermiosLocalFlags(rawValue: 0x8)
  package static let ECHOE = TermiosLocalFlags(rawValue: 0x10)
  package static let ECHOK = TermiosLocalFlags(rawValue: 0x20)
  package static let ECHONL = TermiosLocalFlags(rawValue: 0x40)
  package static let NOFLSH = TermiosLocalFlags(rawValue: 0x80)
  package static let TOSTOP = TermiosLocalFlags(rawValue: 0x100)
  package static let ECHOCTL = TermiosLocalFlags(rawValue: 0x200)
  package static let ECHOPRT = TermiosLocalFlags(rawValue: 0x400)
  package static let ECHOKE = TermiosLocalFlags(rawValue: 0x800)
  package static let FLUSHO = TermiosLocalFlags(rawValue: 0x1000)
  package static let PENDIN = TermiosLocalFlags(rawValue: 0x4000)
  package static let IEXTEN = TermiosLocalFlags(rawValue: 0x8000)
  package static let EXTPROC = TermiosLocalFlags(rawValue: 0x10000)

  package static let names: [(name: String, value: TermiosLocalFlags)] = [
    ("ISIG", ISIG),
    ("ICANON", ICANON),
    ("XCASE", XCASE),
    ("ECHO", ECHO),
    ("ECHOE", ECHOE),
    ("ECHOK", ECHOK),
    ("ECHONL", ECHONL),
    ("NOFLSH", NOFLSH),
    ("TOSTOP", TOSTOP),
    ("ECHOCTL", ECHOCTL),
    ("ECHOPRT", ECHOPRT),
    ("ECHOKE", ECHOKE),
    ("FLUSHO", FLUSHO),
    ("PENDIN", PENDIN),
    ("IEXTEN", IEXTEN),
    ("EXTPROC", EXTPROC),
  ]
}

/// Index into the `c_cc` of `termios(3)`.
package enum TermiosCharacter: UInt8, Hashable, Sendable, CaseIterable {
  case VINTR = 0
  case VQUIT = 1
  case VERASE = 2
  case VKILL = 3
  case VEOF = 4
  case VTIME = 5
  case VMIN = 6
  case VSWTC = 7
  case VSTART = 8
  case VSTOP = 9
  case VSUSP = 10
  case VEOL = 11
  case VREPRINT = 12
  case VDISCARD = 13
  case VWERASE = 14
  case VLNEXT = 15
  case VEOL2 = 16
}

/// The argument of `TCFLSH`.
package enum FlushQueue: UInt32, Hashable, Sendable, CaseIterable {
  case TCIFLUSH = 0
  case TCOFLUSH = 1
  case TCIOFLUSH = 2
}

/// The argument of `TCXONC`.
package enum FlowAction: UInt32, Hashable, Sendable, CaseIterable {
  case TCOOFF = 0
  case TCOON = 1
  case TCIOFF = 2
  case TCION = 3
}

/// What the first byte of a read from a pseudoterminal's master tells in packet mode (`TIOCPKT` in
/// `ioctl_tty(2)`); none of it: data follow.
package struct PacketStatus: NamedFlags {
  package var rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let TIOCPKT_FLUSHREAD = PacketStatus(rawValue: 0x1)
  package static let TIOCPKT_FLUSHWRITE = PacketStatus(rawValue: 0x2)
  package static let TIOCPKT_STOP = PacketStatus(rawValue: 0x4)
  package static let TIOCPKT_START = PacketStatus(rawValue: 0x8)
  package static let TIOCPKT_NOSTOP = PacketStatus(rawValue: 0x10)
  package static let TIOCPKT_DOSTOP = PacketStatus(rawValue: 0x20)
  package static let TIOCPKT_IOCTL = PacketStatus(rawValue: 0x40)

  package static let names: [(name: String, value: PacketStatus)] = [
    ("TIOCPKT_FLUSHREAD", TIOCPKT_FLUSHREAD),
    ("TIOCPKT_FLUSHWRITE", TIOCPKT_FLUSHWRITE),
    ("TIOCPKT_STOP", TIOCPKT_STOP),
    ("TIOCPKT_START", TIOCPKT_START),
    ("TIOCPKT_NOSTOP", TIOCPKT_NOSTOP),
    ("TIOCPKT_DOSTOP", TIOCPKT_DOSTOP),
    ("TIOCPKT_IOCTL", TIOCPKT_IOCTL),
  ]
}
