/// The kernel's `struct termios`, 36 bytes, and `struct termios2`, 44 (`asm-generic/termbits.h`,
/// `ioctl_tty(2)`). The C library's is another, longer one.
package struct Termios: GuestStruct {
  package static let byteCount = 36
  /// The size of `struct termios2`.
  package static let byteCount2 = 44
  /// Control characters (`NCCS`).
  package static let NCCS = 19

  package var c_iflag: TermiosInputFlags
  package var c_oflag: TermiosOutputFlags
  package var c_cflag: TermiosControlFlags
  package var c_lflag: TermiosLocalFlags
  package var c_line: UInt8
  /// Always `NCCS` long.
  package var c_cc: [UInt8]
  /// Baud; `struct termios2` only.
  package var c_ispeed: UInt32
  package var c_ospeed: UInt32

  /// A fresh terminal's: cooked, with echo (`tty_std_termios` in `drivers/tty/tty_io.c`).
  package init() {
    c_iflag = [.ICRNL, .IXON]
    c_oflag = [.OPOST, .ONLCR]
    c_cflag = [.B38400, .CS8, .CREAD, .HUPCL]
    c_lflag = [.ISIG, .ICANON, .ECHO, .ECHOE, .ECHOK, .ECHOCTL, .ECHOKE, .IEXTEN]
    c_line = 0
    c_cc = [UInt8](repeating: 0, count: Self.NCCS)
    c_ispeed = 38400
    c_ospeed = 38400
    self[.VINTR] = 3
    self[.VQUIT] = 0x1c
    self[.VERASE] = 0x7f
    self[.VKILL] = 0x15
    self[.VEOF] = 4
    self[.VMIN] = 1
    self[.VSTART] = 0x11
    self[.VSTOP] = 0x13
    self[.VSUSP] = 0x1a
    self[.VREPRINT] = 0x12
    self[.VDISCARD] = 0x0f
    self[.VWERASE] = 0x17
    self[.VLNEXT] = 0x16
  }

  package subscript(character: TermiosCharacter) -> UInt8 {
    get { c_cc[Int(character.rawValue)] }
    set { c_cc[Int(character.rawValue)] = newValue }
  }

  package init(from reader: inout ByteReader) {
    c_iflag = TermiosInputFlags(rawValue: reader.read())
    c_oflag = TermiosOutputFlags(rawValue: reader.read())
    c_cflag = TermiosControlFlags(rawValue: reader.read())
    c_lflag = TermiosLocalFlags(rawValue: reader.read())
    c_line = reader.read()
    c_cc = reader.read(count: Self.NCCS)
    c_ispeed = 38400
    c_ospeed = 38400
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(c_iflag.rawValue)
    writer.write(c_oflag.rawValue)
    writer.write(c_cflag.rawValue)
    writer.write(c_lflag.rawValue)
    writer.write(c_line)
    writer.write(c_cc)
  }

  /// Decodes a `struct termios2`.
  package init(bytes2 bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    self.init(from: &reader)
    c_ispeed = reader.read()
    c_ospeed = reader.read()
  }

  /// The image of a `struct termios2`.
  package var bytes2: [UInt8] {
    var writer = ByteWriter(capacity: Self.byteCount2)
    encode(to: &writer)
    writer.write(c_ispeed)
    writer.write(c_ospeed)
    return writer.bytes
  }
}

/// `struct termio` of System V (`TCGETA`): the low halves of the modes and the first eight characters.
package struct Termio: GuestStruct {
  package static let byteCount = 18
  /// Control characters (`NCC`).
  private static let characterCount = 8

  package var c_iflag: UInt16
  package var c_oflag: UInt16
  package var c_cflag: UInt16
  package var c_lflag: UInt16
  package var c_line: UInt8
  package var c_cc: [UInt8]

  package init(_ modes: Termios) {
    c_iflag = UInt16(truncatingIfNeeded: modes.c_iflag.rawValue)
    c_oflag = UInt16(truncatingIfNeeded: modes.c_oflag.rawValue)
    c_cflag = UInt16(truncatingIfNeeded: modes.c_cflag.rawValue)
    c_lflag = UInt16(truncatingIfNeeded: modes.c_lflag.rawValue)
    c_line = modes.c_line
    c_cc = Array(modes.c_cc.prefix(Self.characterCount))
  }

  package init(from reader: inout ByteReader) {
    c_iflag = reader.read()
    c_oflag = reader.read()
    c_cflag = reader.read()
    c_lflag = reader.read()
    c_line = reader.read()
    c_cc = reader.read(count: Self.characterCount)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(c_iflag)
    writer.write(c_oflag)
    writer.write(c_cflag)
    writer.write(c_lflag)
    writer.write(c_line)
    writer.write(c_cc)
    writer.zero(1)
  }

  /// `modes` with the parts that this has.
  package func applied(to modes: Termios) -> Termios {
    func merged(_ old: UInt32, _ low: UInt16) -> UInt32 { old & 0xffff_0000 | UInt32(low) }
    var modes = modes
    modes.c_iflag = TermiosInputFlags(rawValue: merged(modes.c_iflag.rawValue, c_iflag))
    modes.c_oflag = TermiosOutputFlags(rawValue: merged(modes.c_oflag.rawValue, c_oflag))
    modes.c_cflag = TermiosControlFlags(rawValue: merged(modes.c_cflag.rawValue, c_cflag))
    modes.c_lflag = TermiosLocalFlags(rawValue: merged(modes.c_lflag.rawValue, c_lflag))
    modes.c_line = c_line
    modes.c_cc.replaceSubrange(0..<c_cc.count, with: c_cc)
    return modes
  }
}
