import HostABI
import LinuxABI
import Machine
import PosixHost

/// How a user wants to be attached.
package struct AttachChoices: Sendable {
  /// What this process reads is typed into the guest.
  package var givesInput = true
  package var keys = DetachKeys.standard
  /// Signals to this process are sent to the guest, unless it is typed into its terminal.
  package var proxiesSignals = true

  package init() {}
}

/// How an attachment ended.
package enum AttachEnding: Sendable, Hashable {
  /// The guest ended with this status.
  case ended(Int32)
  /// It was suspended.
  case suspended
  /// The keys were typed: the guest goes on.
  case detached
  /// A signal ended this process: the guest goes on.
  case interrupted(signal: Int32)

  /// The guest's own end. What it wrote before is still shown.
  fileprivate var isOfGuest: Bool {
    switch self {
    case .ended, .suspended: true
    case .detached, .interrupted: false
    }
  }

  package var status: Int32 {
    switch self {
    case .ended(let status): status
    case .suspended, .detached: 0
    case .interrupted(let signal): 128 + signal
    }
  }
}

/// Joins the standard streams of this process with a guest's console.
///
/// If the guest has a terminal and standard input is one, that is in raw mode meanwhile; its modes come back however
/// this ends.
package final class AttachClient {
  private let choices: AttachChoices
  private let host = PosixHost()
  private var input: HostHandle?
  private let output: HostHandle?
  private let error: HostHandle?
  private let terminalHandle: HostHandle?

  private var filter: DetachKeys.Filter
  /// Frames that are to be sent.
  private var toPeer = PendingBytes()
  /// What is to be written.
  private var toOutput = PendingBytes()
  private var toError = PendingBytes()
  private var ending: AttachEnding?
  private var isRaw = false
  private var hasTerminal = false

  /// Bytes that may wait to be sent before no more are read.
  private static let inputLimit = 64 << 10
  /// Bytes that may wait to be written before no more are received. Output that is looked at page by page
  /// (`| less`) waits here, not in the picoprocess.
  private static let outputLimit = 16 << 20

  /// Signals that are sent on, and those that end this process otherwise.
  private static let proxied: [Signal] = [.SIGINT, .SIGQUIT, .SIGTERM, .SIGUSR1, .SIGUSR2]
  private static let caught: [Signal] = proxied + [.SIGHUP, .SIGWINCH, .SIGCONT]

  package init(_ choices: AttachChoices) {
    self.choices = choices
    filter = DetachKeys.Filter(choices.keys)
    let host = self.host
    let streams = (0...2).map { try? host.open(StreamURI(.stdio, String($0)), []) }
    (input, output, error) = (choices.givesInput ? streams[0] : nil, streams[1], streams[2])
    terminalHandle = streams[0...1].compactMap { $0 }.first {
      if case .terminal = try? host.kind(of: $0) { true } else { false }
    }
  }

  /// What is asked of the picoprocess first.
  var request: ControlRequest {
    .attach(
      size: windowSize.map { TerminalSize(rows: $0.rows, columns: $0.columns) }, output: true,
      input: choices.givesInput)
  }

  /// That of the terminal, if it has one.
  private var windowSize: WindowSize? {
    guard let handle = terminalHandle, let size = try? host.windowSize(handle),
      size.rows > 0, size.columns > 0
    else { return nil }
    return size
  }

  // MARK: The loop

  /// Moves bytes until the guest ends or the user has enough.
  func run(_ connection: ControlConnection, hasTerminal: Bool) throws(Failure) -> AttachEnding {
    self.hasTerminal = hasTerminal
    isRaw = hasTerminal && input != nil && input == terminalHandle
    let (stream, received) = connection.becomeStream()
    var reader = AttachFrame.Reader()
    reader.append(received)
    // Only one that was put into raw mode has to be put back when it is stopped.
    let signals = (isRaw ? Self.caught + [.SIGTSTP] : Self.caught).map(\.rawValue)
    HostSignals.install(signals.filter { !HostSignals.isIgnored($0) }, waking: host)
    defer {
      host.restoreTerminal()
      HostSignals.uninstall()
    }
    try enterRawMode()
    while true {
      try take(&reader)
      if let ending, !ending.isOfGuest || toOutput.isEmpty && toError.isEmpty { return ending }
      wait(stream)
      heed(HostSignals.takePending().map { Signal(rawValue: $0) })
      do throws(HostError) { try exchange(stream, &reader) } catch {
        if ending == nil { throw Failure("the guest's picoprocess has gone", error) }
      }
      readInput()
      try write(&toOutput, output, "standard output")
      try write(&toError, self.error, "standard error")
    }
  }

  private func wait(_ stream: ByteStream) {
    var items = [PollItem(.waker(host.waker))]
    if ending == nil {
      let isFull = toOutput.count + toError.count >= Self.outputLimit
      var interest: Readiness = isFull ? [] : .readable
      if !toPeer.isEmpty { interest.insert(.writable) }
      // One without interest would still tell that its peer has gone, again and again.
      if !interest.isEmpty { items.append(PollItem(.stream(stream), interest)) }
      if let input, toPeer.count < Self.inputLimit { items.append(PollItem(.handle(input))) }
    }
    if let output, !toOutput.isEmpty { items.append(PollItem(.handle(output), .writable)) }
    if let error, !toError.isEmpty { items.append(PollItem(.handle(error), .writable)) }
    PollItem.wait(&items, timeout: nil)
  }

  /// Sends and receives what can be.
  private func exchange(_ stream: ByteStream, _ reader: inout AttachFrame.Reader)
    throws(HostError)
  {
    guard ending == nil else { return }
    do throws(HostError) {
      try toPeer.drain(stream.send)
    } catch .brokenPipe {
      // What it sent last is still to be read.
      toPeer.removeAll()
    }
    guard toOutput.count + toError.count < Self.outputLimit else { return }
    do throws(HostError) {
      let bytes = try stream.receive()
      guard !bytes.isEmpty else { throw .connectionReset }
      reader.append(bytes)
    } catch .wouldBlock {}
  }

  private func take(_ reader: inout AttachFrame.Reader) throws(Failure) {
    do throws(HostError) {
      while let frame = try reader.next() {
        switch frame {
        case .output(let bytes): toOutput.append(bytes)
        case .error(let bytes): toError.append(bytes)
        case .skipped(let count):
          let end = isRaw ? "\r\n" : "\n"
          toError.append(
            Array("godwit: \(count) bytes of output were left out here\(end)".utf8))
        case .ended(let status): ending = .ended(status)
        case .suspended: ending = .suspended
        default: throw .invalid
        }
      }
    } catch { throw Failure("the guest's picoprocess speaks another language") }
  }

  // MARK: Standard streams

  private func readInput() {
    guard let handle = input, ending == nil, toPeer.count < Self.inputLimit else { return }
    var buffer = [UInt8](repeating: 0, count: 16384)
    do throws(HostError) {
      let count = try buffer.withMutableRawSpan { (span) throws(HostError) in
        try host.read(handle, at: nil, into: &span)
      }
      guard count > 0 else { throw .io }
      type(Array(buffer[..<count]))
    } catch .wouldBlock {
    } catch {
      // The end; a terminal that was hung up is at its end, too.
      input = nil
      toPeer.append(AttachFrame.inputEnd.bytes)
    }
  }

  private func type(_ bytes: [UInt8]) {
    guard isRaw else {
      toPeer.append(AttachFrame.input(bytes).bytes)
      return
    }
    let (passed, isDetached) = filter.pass(bytes)
    if !passed.isEmpty { toPeer.append(AttachFrame.input(passed).bytes) }
    if isDetached { ending = .detached }
  }

  private func write(_ bytes: inout PendingBytes, _ handle: HostHandle?, _ name: String)
    throws(Failure)
  {
    guard let handle else {
      bytes.removeAll()
      return
    }
    do throws(HostError) {
      try bytes.drain { (piece) throws(HostError) in
        try piece.withRawSpan { (span) throws(HostError) in
          try host.write(handle, at: nil, from: span)
        }
      }
    } catch { throw Failure(name, error) }
  }

  // MARK: Signals and modes

  private func heed(_ signals: [Signal]) {
    for signal in signals where ending == nil {
      switch signal {
      case .SIGWINCH: tellSize()
      case .SIGCONT:
        try? enterRawMode()
        tellSize()
      case .SIGTSTP:
        host.restoreTerminal()
        HostSignals.stopSelf()
      case _ where Self.proxied.contains(signal) && choices.proxiesSignals && !isRaw:
        toPeer.append(AttachFrame.signal(signal.rawValue).bytes)
      default: ending = .interrupted(signal: signal.rawValue)
      }
    }
  }

  private func tellSize() {
    guard hasTerminal, let size = windowSize else { return }
    toPeer.append(AttachFrame.resize(size).bytes)
  }

  private func enterRawMode() throws(Failure) {
    guard isRaw, let handle = input else { return }
    try withFailure("the terminal") { () throws(HostError) in
      var modes = try host.terminalModes(handle)
      modes.makeRaw()
      try host.setTerminalModes(handle, modes, .drained)
    }
  }
}

extension TerminalModes {
  /// As cfmakeraw(3) does.
  fileprivate mutating func makeRaw() {
    let input: TermiosInputFlags = [
      .IGNBRK, .BRKINT, .PARMRK, .ISTRIP, .INLCR, .IGNCR, .ICRNL, .IXON,
    ]
    self.input &= ~input.rawValue
    output &= ~TermiosOutputFlags.OPOST.rawValue
    let local: TermiosLocalFlags = [.ECHO, .ECHONL, .ICANON, .ISIG, .IEXTEN]
    self.local &= ~local.rawValue
    control &= ~TermiosControlFlags.PARENB.rawValue
    control |= TermiosControlFlags.CS8.rawValue
    characters[Self.minimum] = 1
    characters[Self.time] = 0
  }

  /// The places of VMIN and VTIME.
  private static let minimum = 6
  private static let time = 5
}
