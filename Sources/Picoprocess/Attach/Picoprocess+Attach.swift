import HostABI
import LibOS
import LinuxABI
import PosixHost

// The guest's console, and those who are attached to it.

extension Picoprocess {
  /// Joins the console of a fresh machine with the clients and the log.
  func connectConsole() {
    kernel.console?.connect(
      onOutput: { [unowned self] stream, bytes in
        log?.append(stream, bytes)
        attachments.publish(stream, bytes)
      },
      onRoom: { [unowned self] in typePending() })
  }

  /// Admits a client, as it asks. It is connected when it was answered.
  func admit(_ letter: Mailbox.Letter) {
    guard
      case .attach(let size, let output, let input, let goesOn, let token, let machine) = letter
        .request
    else { return }
    letter.progress = .answered(
      attach(
        size?.window, output: output, input: input, goesOn: goesOn ?? false, token, at: machine))
  }

  /// - Parameter size: of the client's terminal.
  /// - Parameter goesOn: it has seen the output so far.
  /// - Parameter token: what the relay calls it by which it comes.
  /// - Parameter machine: the peer at which its user is.
  func attach(
    _ size: WindowSize?, output: Bool, input: Bool, goesOn: Bool = false, _ token: UInt64? = nil,
    at machine: String? = nil
  ) -> ControlAnswer {
    func admitted(_ output: Bool, _ input: Bool, _ history: [UInt8]) -> ControlAnswer {
      .attached(
        client: attachments.admit(
          output: output, input: input, history: history, token: token, machine: machine),
        hasTerminal: kernel.console?.pseudoterminal != nil)
    }
    guard let console = kernel.console else {
      if !output, !input { return admitted(false, false, []) }
      return .failed(
        error: "it has the streams of the terminal or program that started it: "
          + "only what was started with -t or --detach can be attached to")
    }
    let answer = admitted(output, input, output && !goesOn ? console.recentOutput : [])
    if let size { console.resize(to: Winsize(size)) }
    return answer
  }

  /// Tells clients that do not follow a guest which has moved.
  func tellWhereItWent() {
    guard let movedTo else { return }
    let end = kernel.console?.pseudoterminal == nil ? "\n" : "\r\n"
    attachments.publish(
      .error, Array("godwit: \(name) moved to \(printable(movedTo))\(end)".utf8))
  }

  /// Does what clients want, at the top of the loop.
  func serveAttachments() {
    for event in attachments.takeEvents() {
      switch event {
      case .input(let bytes): pendingInput += bytes
      case .inputEnd: inputIsEnding = true
      case .resize(let size): kernel.console?.resize(to: Winsize(size))
      case .signal(let number): deliver(Signal(rawValue: number))
      }
    }
    typePending()
  }

  /// Types what clients have typed, as far as there is room for it.
  private func typePending() {
    guard !isTyping else { return }
    isTyping = true
    defer { isTyping = false }
    while !pendingInput.isEmpty {
      let count = kernel.console?.type(Array(pendingInput.prefix(4096))) ?? pendingInput.count
      guard count > 0 else { break }
      pendingInput.removeFirst(count)
    }
    if pendingInput.isEmpty != !isHoldingInput {
      isHoldingInput = !pendingInput.isEmpty
      attachments.holdInput(isHoldingInput)
    }
    if inputIsEnding, pendingInput.isEmpty {
      inputIsEnding = false
      kernel.console?.endInput()
    }
  }

  /// What a terminal sends goes to the foreground of the guest's terminal, everything else to the first process.
  private func deliver(_ signal: Signal) {
    guard signal.isValid else { return }
    if Self.typed.contains(signal), kernel.console?.signalForeground(signal) == true { return }
    kernel.processes[kernel.initialPID]?.post(
      signal: signal.rawValue, code: SignalCode.SI_USER)
  }
}

extension Winsize {
  init(_ size: WindowSize) {
    self.init(
      ws_row: size.rows, ws_col: size.columns, ws_xpixel: size.pixelWidth,
      ws_ypixel: size.pixelHeight)
  }
}
