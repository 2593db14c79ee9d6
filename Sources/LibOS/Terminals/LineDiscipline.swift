package import LinuxABI

/// What lies between the keys of a terminal and the programs that read from it: lines and their
/// editing, echo, the characters that send signals, the processing of output.
///
/// A plain value that knows no files and no processes. Follows `drivers/tty/n_tty.c` (`N_TTY`) and what
/// `drivers/tty/pty.c` puts on either side of it; termios(3) tells what each mode does. Bytes go round:
///
///     typed by the master ─▶ backlog ─▶ edited ─▶ ready ─▶ read by a program
///                                         │ echoes
///     read by the master  ◀─ output ◀─────┴────────────── written by a program
package struct LineDiscipline: Hashable, Sendable {
  /// One more than the bytes that can wait to be read (`N_TTY_BUF_SIZE`).
  static let inputSize = 4096
  /// Bytes on their way from one side to the other (`tty_buffer_set_limit` in `pty.c`).
  static let transitSize = 8192
  /// Bytes that a program can write before the master must read.
  static let outputSize = inputSize - 1 + transitSize

  package internal(set) var modes = Termios.pseudoterminal

  // MARK: Input

  /// What was typed and found no room yet.
  var backlog = ByteQueue()
  /// The line that is being typed.
  var edited: [UInt8] = []
  /// What can be read.
  var ready = ByteQueue()
  /// The lengths of the lines in `ready` in canonical mode. Each has its end in its last byte, which is
  /// a 0 that nobody sees where `VEOF` ended it.
  var lines: [Int] = []
  /// All bytes that ever got ready: tells that some did, whatever was read meanwhile.
  package internal(set) var arrivals: UInt64 = 0
  /// The next byte is plain, whatever it is (`VLNEXT`).
  var isQuoting = false
  /// Erased characters are being shown between `\` and `/` (`ECHOPRT`).
  var isErasing = false

  // MARK: Output

  /// What the master has yet to read.
  var output = ByteQueue()
  /// Echo that is due and found no room yet.
  var echoes: [Echo] = []
  /// Where the cursor is, as far as that can be told.
  var column = 0
  /// Where it was when the line began.
  var lineColumn = 0
  /// Output waits: `VSTOP` was typed, or tcflow(3) said so.
  package internal(set) var isStopped = false
  /// By tcflow(3), so that only tcflow starts it again.
  package internal(set) var isStoppedByProgram = false

  // MARK: What came of it

  /// What the master is to hear of in packet mode.
  package internal(set) var status: PacketStatus = []

  /// What others are to be told, since they were last told.
  struct News: Hashable, Sendable {
    var canRead = false
    var canWrite = false
    var masterCanRead = false
    var masterCanWrite = false
    var hasStatus = false
    /// For the foreground process group, in their order.
    var signals: [Signal] = []
  }
  var news = News()

  package init() {}

  mutating func takeNews() -> News {
    defer { news = News() }
    return news
  }

  // MARK: Modes

  func has(_ mode: TermiosInputFlags) -> Bool { modes.c_iflag.contains(mode) }
  func has(_ mode: TermiosOutputFlags) -> Bool { modes.c_oflag.contains(mode) }
  func has(_ mode: TermiosLocalFlags) -> Bool { modes.c_lflag.contains(mode) }

  /// Reads take lines.
  package var isCanonical: Bool { has(.ICANON) && !has(.EXTPROC) }

  /// Changes the modes (`n_tty_set_termios`, `pty_set_termios`).
  package mutating func set(_ wanted: Termios) {
    let old = self
    modes = wanted
    modes.c_cflag.subtract(.PARENB)
    modes.c_cflag.formUnion([.CS8, .CREAD])
    let lineModes: TermiosLocalFlags = [.ICANON, .EXTPROC]
    if modes.c_lflag.intersection(lineModes) != old.modes.c_lflag.intersection(lineModes) {
      // What was typed so far can be read: as bytes, or as one line.
      makeReady(edited)
      edited = []
      lines = isCanonical && !ready.isEmpty ? [ready.count] : []
      isErasing = false
      isQuoting = false
    }
    noteModes(old)
    if old.has(.IXON), !has(.IXON), !isStoppedByProgram { start() }
    receiveBacklog()
    news.canRead = true
    news.canWrite = true
  }

  /// Tells of modes that a master in packet mode may want to act on itself.
  private mutating func noteModes(_ old: LineDiscipline) {
    if old.stopsByCustomaryKeys != stopsByCustomaryKeys {
      if stopsByCustomaryKeys {
        note(.TIOCPKT_DOSTOP, insteadOf: .TIOCPKT_NOSTOP)
      } else {
        note(.TIOCPKT_NOSTOP, insteadOf: .TIOCPKT_DOSTOP)
      }
    }
    if old.has(.EXTPROC) || has(.EXTPROC) { note(.TIOCPKT_IOCTL) }
  }

  mutating func note(_ event: PacketStatus, insteadOf opposite: PacketStatus = []) {
    status.subtract(opposite)
    status.insert(event)
    news.hasStatus = true
  }

  private var stopsByCustomaryKeys: Bool {
    has(.IXON) && modes[.VSTOP] == 0x13 && modes[.VSTART] == 0x11
  }

  /// The modes of a terminal nobody has set anything of, and nothing on its way to a program
  /// (`tty_ldisc_hangup`).
  mutating func reset() {
    modes = .pseudoterminal
    forgetInput()
    backlog = ByteQueue()
    echoes = []
    isQuoting = false
    isStopped = false
    isStoppedByProgram = false
    status = []
  }
}

extension Termios {
  /// A fresh pseudoterminal's (`unix98_pty_init`).
  package static let pseudoterminal: Termios = {
    var modes = Termios()
    modes.c_cflag = [.B38400, .CS8, .CREAD]
    return modes
  }()
}
