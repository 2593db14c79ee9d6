import LinuxABI
import Machine

// Output of programs, and the echo of typed input.
extension LineDiscipline {
  /// An echo that waits for room in the output.
  enum Echo: Hashable, Sendable {
    /// A byte that is to pass through output processing.
    case byte(UInt8)
    /// A control character as `^X`.
    case control(UInt8)
    /// A byte of a character after its first; it takes no column.
    case moveBack
    /// The start of the line.
    case noteLine
    /// Erasure of a tab: the columns before it modulo 8, counted from the previous tab or from the start
    /// of the line.
    case eraseTab(columns: Int, isAfterTab: Bool)
  }

  /// How many bytes can be output now.
  package var outputRoom: Int { isStopped ? 0 : max(0, Self.outputSize - output.count) }

  /// Accepts bytes that a program writes, as many as there is room for.
  package mutating func write(_ bytes: RawSpan) -> Int {
    flushEchoes()
    var done = 0
    if has(.OPOST) {
      while done < bytes.byteCount, putProcessed(bytes.load(at: done)) { done += 1 }
    } else {
      done = min(bytes.byteCount, outputRoom)
      if done > 0 { putOut(bytes.extracting(0..<done)) }
    }
    return done
  }

  /// Outputs a byte ahead of everything that waits (`tty_send_xchar`).
  package mutating func send(_ byte: UInt8) { putOut(byte) }

  /// Discards output that the master has not read (`TCIFLUSH` of the master).
  package mutating func forgetOutput() {
    output = ByteQueue()
    news.canWrite = true
  }

  private mutating func putOut(_ bytes: RawSpan) {
    output.append(bytes)
    news.masterCanRead = true
  }

  private mutating func putOut(_ byte: UInt8) {
    output.append(byte)
    news.masterCanRead = true
  }

  /// Outputs one byte according to the modes; false without room (`do_output_char`).
  private mutating func putProcessed(_ byte: UInt8) -> Bool {
    let room = outputRoom
    guard room > 0 else { return false }
    var byte = byte
    switch byte {
    case UInt8(ascii: "\n"):
      if has(.ONLRET) { column = 0 }
      if has(.ONLCR) {
        guard room >= 2 else { return false }
        column = 0
        putOut(UInt8(ascii: "\r"))
      }
      lineColumn = column
    case UInt8(ascii: "\r"):
      if has(.ONOCR), column == 0 { return true }
      if has(.OCRNL) {
        byte = UInt8(ascii: "\n")
        if has(.ONLRET) { (column, lineColumn) = (0, 0) }
      } else {
        (column, lineColumn) = (0, 0)
      }
    case UInt8(ascii: "\t"):
      let spaces = 8 - column & 7
      if has(.XTABS) {
        guard room >= spaces else { return false }
        for _ in 0..<spaces { putOut(UInt8(ascii: " ")) }
        column += spaces
        return true
      }
      column += spaces
    case 8: column = max(0, column - 1)
    default:
      if !byte.isControl {
        if has(.OLCUC) { byte = byte.uppercased }
        if !isContinuation(byte) { column += 1 }
      }
    }
    putOut(byte)
    return true
  }

  /// A byte of a UTF-8 character after its first.
  func isContinuation(_ byte: UInt8) -> Bool { has(.IUTF8) && byte & 0xc0 == 0x80 }

  // MARK: Echo

  /// Bounds the echo that waits while the master does not read.
  private static let echoLimit = 4096

  mutating func echo(_ steps: Echo...) {
    echoes += steps
    if echoes.count > Self.echoLimit { echoes.removeFirst(echoes.count - Self.echoLimit) }
  }

  /// Echoes a character (`echo_char`).
  mutating func echoCharacter(_ byte: UInt8) {
    let isShownAsCaret = has(.ECHOCTL) && byte.isControl && byte != UInt8(ascii: "\t")
    echo(isShownAsCaret ? .control(byte) : .byte(byte))
  }

  /// Echoes a character that becomes part of the line.
  mutating func echoTyped(_ byte: UInt8) {
    guard has(.ECHO) else { return }
    finishErasing()
    echoLineStart()
    echoCharacter(byte)
  }

  mutating func echoLineStart() {
    if isCanonical, edited.isEmpty { echo(.noteLine) }
  }

  mutating func finishErasing() {
    guard isErasing else { return }
    isErasing = false
    echo(.byte(UInt8(ascii: "/")))
  }

  /// Outputs as many echoes as there is room for (`__process_echoes`).
  mutating func flushEchoes() {
    guard !echoes.isEmpty else { return }
    var done = 0
    while done < echoes.count, show(echoes[done]) { done += 1 }
    echoes.removeFirst(done)
  }

  /// False without room.
  private mutating func show(_ echo: Echo) -> Bool {
    switch echo {
    case .byte(let byte):
      if has(.OPOST) { return putProcessed(byte) }
      guard outputRoom > 0 else { return false }
      putOut(byte)
    case .control(let byte):
      guard outputRoom >= 2 else { return false }
      putOut(UInt8(ascii: "^"))
      putOut(byte ^ 0x40)
      column += 2
    case .moveBack: column = max(0, column - 1)
    case .noteLine: lineColumn = column
    case .eraseTab(let columns, let isAfterTab):
      let back = 8 - (isAfterTab ? columns : columns + lineColumn) & 7
      guard outputRoom >= back else { return false }
      for _ in 0..<back { putOut(8) }
      column = max(0, column - back)
    }
    return true
  }
}

extension UInt8 {
  /// The kernel's `iscntrl`, which does not count the upper control characters (C1).
  var isControl: Bool { self < 0x20 || self == 0x7f }

  // Latin-1, as in `lib/ctype.c`.

  private var isUpper: Bool {
    self >= 0x41 && self <= 0x5a || self >= 0xc0 && self <= 0xde && self != 0xd7
  }
  private var isLower: Bool {
    self >= 0x61 && self <= 0x7a || self >= 0xdf && self != 0xf7
  }
  var isAlphanumeric: Bool { isUpper || isLower || self >= 0x30 && self <= 0x39 }
  var lowercased: UInt8 { isUpper ? self + 0x20 : self }
  var uppercased: UInt8 { isLower ? self - 0x20 : self }
}
