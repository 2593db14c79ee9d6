import LinuxABI
import Machine

// Typed input: `n_tty_receive_buf_common` and below.
extension LineDiscipline {
  /// Accepts bytes that the master writes, as many as there is room for.
  package mutating func type(_ bytes: RawSpan) -> Int {
    let count = min(bytes.byteCount, Self.transitSize - backlog.count)
    guard count > 0 else { return 0 }
    backlog.append(bytes.extracting(0..<count))
    receiveBacklog()
    return count
  }

  /// Whether the master can write.
  package var hasRoomToType: Bool { backlog.count < Self.transitSize }

  /// Accepts one byte as if it had been typed (`TIOCSTI`).
  package mutating func type(_ byte: UInt8) {
    receive(byte)
    flushEchoes()
  }

  /// Receives as many bytes of the backlog as there is room for.
  mutating func receiveBacklog() {
    guard !backlog.isEmpty else { return }
    let wasFull = !hasRoomToType
    while !backlog.isEmpty {
      let count = min(makeRoom(), backlog.count)
      guard count > 0 else { break }
      if isPlain {
        makeReady(backlog.take(count))
      } else {
        for _ in 0..<count { receive(backlog.removeFirst()) }
      }
    }
    flushEchoes()
    if wasFull, hasRoomToType { news.masterCanWrite = true }
  }

  /// Receives a byte without interpreting it.
  private var isPlain: Bool {
    modes.c_lflag.isDisjoint(with: [.ICANON, .ISIG, .ECHO])
      && modes.c_iflag.isDisjoint(
        with: [.IXON, .ISTRIP, .IUCLC, .IGNCR, .ICRNL, .INLCR, .PARMRK])
      && !isQuoting
  }

  /// How many bytes can be received. In a line that fills the buffer, each further byte replaces the
  /// last one, so that the end of the line can still be typed.
  private mutating func makeRoom() -> Int {
    var room = Self.inputSize - ready.count - edited.count
    // Each may become three (`PARMRK`).
    if has(.PARMRK) { room = (room + 2) / 3 }
    room -= 1
    guard room <= 0 else { return room }
    guard has(.ICANON), ready.isEmpty else { return 0 }
    if room < 0, !edited.isEmpty { edited.removeLast() }
    return 1
  }

  private mutating func receive(_ byte: UInt8) {
    var byte = byte
    if has(.ISTRIP) { byte &= 0x7f }
    if has(.IUCLC), has(.IEXTEN) { byte = byte.lowercased }
    if isQuoting {
      isQuoting = false
      receivePlain(byte)
    } else if has(.EXTPROC) {
      makeReady(byte)
    } else if byte != 0 {
      receiveUnquoted(byte)
    } else {
      receivePlain(byte)
    }
  }

  private mutating func receivePlain(_ byte: UInt8) {
    startByAnyKey()
    echoTyped(byte)
    put(byte)
  }

  /// Receives a byte that may be a special character (`n_tty_receive_char_special`).
  private mutating func receiveUnquoted(_ byte: UInt8) {
    if has(.IXON) {
      if byte == modes[.VSTART] { return start() }
      if byte == modes[.VSTOP] { return stop() }
    }
    if has(.ISIG) {
      if byte == modes[.VINTR] { return signal(.SIGINT, byte) }
      if byte == modes[.VQUIT] { return signal(.SIGQUIT, byte) }
      if byte == modes[.VSUSP] { return signal(.SIGTSTP, byte) }
    }
    startByAnyKey()
    let newline = UInt8(ascii: "\n")
    var byte = byte
    var isConverted = false
    if byte == UInt8(ascii: "\r") {
      if has(.IGNCR) { return }
      if has(.ICRNL) { (byte, isConverted) = (newline, true) }
    } else if byte == newline, has(.INLCR) {
      byte = UInt8(ascii: "\r")
    }
    if isCanonical, receiveEditing(byte) { return }
    if isConverted {
      // Echoed as it is; a typed newline would be echoed as `^J`.
      if has(.ECHO) { echo(.byte(newline)) }
    } else {
      echoTyped(byte)
    }
    put(byte)
  }

  /// Edits or ends the line; false for a byte that is to be added to it.
  private mutating func receiveEditing(_ byte: UInt8) -> Bool {
    let isExtended = has(.IEXTEN)
    if byte == modes[.VERASE] {
      erase(.character)
    } else if byte == modes[.VKILL] {
      erase(.line)
    } else if isExtended, byte == modes[.VWERASE] {
      erase(.word)
    } else if isExtended, byte == modes[.VLNEXT] {
      isQuoting = true
      if has(.ECHO) {
        finishErasing()
        if has(.ECHOCTL) { echo(.byte(UInt8(ascii: "^")), .byte(8)) }
      }
    } else if isExtended, has(.ECHO), byte == modes[.VREPRINT] {
      finishErasing()
      echoCharacter(byte)
      echo(.byte(UInt8(ascii: "\n")))
      for byte in edited { echoCharacter(byte) }
    } else if byte == UInt8(ascii: "\n") {
      if has(.ECHO) || has(.ECHONL) { echo(.byte(byte)) }
      endLine(byte)
    } else if byte == modes[.VEOF] {
      endLine(0)
    } else if byte == modes[.VEOL] || isExtended && byte == modes[.VEOL2] {
      if has(.ECHO) {
        echoLineStart()
        echoCharacter(byte)
      }
      if byte == 0xff, has(.PARMRK) { edited.append(byte) }
      endLine(byte)
    } else {
      return false
    }
    return true
  }

  // MARK: Storing bytes

  private mutating func put(_ byte: UInt8) {
    // Doubled, so that it is not taken for a `PARMRK` mark.
    if byte == 0xff, has(.PARMRK) { store(byte) }
    store(byte)
  }

  private mutating func store(_ byte: UInt8) {
    if isCanonical { edited.append(byte) } else { makeReady(byte) }
  }

  private mutating func endLine(_ end: UInt8) {
    lines.append(edited.count + 1)
    makeReady(edited + [end])
    edited = []
  }

  private mutating func makeReady(_ byte: UInt8) {
    ready.append(byte)
    arrivals &+= 1
    news.canRead = true
  }

  mutating func makeReady(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    ready.append(bytes)
    arrivals &+= UInt64(bytes.count)
    news.canRead = true
  }

  // MARK: Signals and flow control

  private mutating func signal(_ signal: Signal, _ byte: UInt8) {
    news.signals.append(signal)
    if !has(.NOFLSH) {
      echoes = []
      discardOutput()
      discardInput()
    }
    if has(.IXON) { start() }
    if has(.ECHO) { echoCharacter(byte) }
  }

  private mutating func startByAnyKey() {
    if isStopped, has(.IXON), has(.IXANY) { start() }
  }

  /// Restarts output, unless a program has stopped it.
  mutating func start() {
    guard isStopped, !isStoppedByProgram else { return }
    isStopped = false
    note(.TIOCPKT_START, insteadOf: .TIOCPKT_STOP)
    news.canWrite = true
    flushEchoes()
  }

  mutating func stop() {
    guard !isStopped else { return }
    isStopped = true
    note(.TIOCPKT_STOP, insteadOf: .TIOCPKT_START)
  }

  /// `TCOOFF` and `TCOON`.
  package mutating func setStoppedByProgram(_ isStopping: Bool) {
    guard isStoppedByProgram != isStopping else { return }
    isStoppedByProgram = isStopping
    if isStopping { stop() } else { start() }
  }

  // MARK: Discarding

  /// Discards input that was received and not read (`TCIFLUSH`).
  package mutating func discardInput() {
    ready = ByteQueue()
    lines = []
    edited = []
    isErasing = false
    note(.TIOCPKT_FLUSHREAD)
  }

  /// Discards output that has not reached the master (`TCOFLUSH`).
  package mutating func discardOutput() {
    output.truncate(to: Self.inputSize - 1)
    note(.TIOCPKT_FLUSHWRITE)
    news.canWrite = true
  }

  /// Discards bytes that the master wrote and the line discipline has not received (`TCOFLUSH` of the
  /// master).
  package mutating func discardBacklog() {
    backlog = ByteQueue()
    news.masterCanWrite = true
  }
}
