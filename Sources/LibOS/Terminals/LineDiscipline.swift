package import LinuxABI

/// The layer between the keys of a terminal and the programs that read from it: line editing, echo,
/// special characters, signals, and output processing.
///
/// A plain value that knows neither files nor processes. Follows `drivers/tty/n_tty.c` (`N_TTY`) and the
/// buffers of `drivers/tty/pty.c`; termios(3) describes the modes. The way of the bytes:
///
///     typed by the master ─▶ backlog ─▶ edited ─▶ ready ─▶ read by a program
///                                         │ echoes
///     read by the master  ◀─ output ◀─────┴────────────── written by a program
package struct LineDiscipline: Hashable, Sendable {
  /// One more than the number of bytes that can wait to be read (`N_TTY_BUF_SIZE`).
  static let inputSize = 4096
  /// Number of bytes in transit from one side to the other (`tty_buffer_set_limit` in `pty.c`).
  static let transitSize = 8192
  /// Number of bytes that a program can write before the master must read.
  static let outputSize = inputSize - 1 + transitSize

  package internal(set) var modes = Termios.pseudoterminal

  // MARK: Input

  /// Typed bytes that wait for room.
  var backlog = ByteQueue()
  /// The line that is being typed.
  var edited: [UInt8] = []
  /// Bytes that programs can read.
  var ready = ByteQueue()
  /// In canonical mode, the lengths of the lines in `ready`. The last byte of each is its terminator; it
  /// is a hidden 0 if `VEOF` ended the line.
  var lines: [Int] = []
  /// Counts all bytes that ever became ready, so that a reader notices new ones.
  package internal(set) var arrivals: UInt64 = 0
  /// The next byte is literal (`VLNEXT`).
  var isQuoting = false
  /// Erased characters are being shown between `\` and `/` (`ECHOPRT`).
  var isErasing = false

  // MARK: Output

  /// Bytes that the master has not read.
  var output = ByteQueue()
  /// Echoes that wait for room.
  var echoes: [Echo] = []
  /// The column of the cursor, as far as it is known.
  var column = 0
  /// The column at which the line began.
  var lineColumn = 0
  /// Output is stopped, by `VSTOP` or by tcflow(3).
  package internal(set) var isStopped = false
  /// It was stopped by tcflow(3), so only tcflow restarts it.
  package internal(set) var isStoppedByProgram = false

  // MARK: Events

  /// Events that the master reads in packet mode.
  package internal(set) var status: PacketStatus = []

  /// Events since the last call of `takeEvents`.
  struct News: Hashable, Sendable {
    var canRead = false
    var canWrite = false
    var masterCanRead = false
    var masterCanWrite = false
    var hasStatus = false
    /// Signals for the foreground process group, in order.
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
      // The input typed so far becomes readable: as bytes, or as one line.
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

  /// Notes changed modes that a master in packet mode may act on.
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

  /// Resets the modes and discards input (`tty_ldisc_hangup`).
  mutating func reset() {
    modes = .pseudoterminal
    discardInput()
    backlog = ByteQueue()
    echoes = []
    isQuoting = false
    isStopped = false
    isStoppedByProgram = false
    status = []
  }
}

extension Termios {
  /// The modes of a new pseudoterminal (`unix98_pty_init`).
  package static let pseudoterminal: Termios = {
    var modes = Termios()
    modes.c_cflag = [.B38400, .CS8, .CREAD]
    return modes
  }()
}
