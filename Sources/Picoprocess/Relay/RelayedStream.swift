import HostABI
import PosixHost

/// A relayed connection at one end of a relay, with the socket there.
final class RelayedStream {
  let number: UInt32
  private(set) var flow: RelayFlow
  /// Nil: the connection here is over, and the other end is to hear of it.
  private var socket: ByteStream?
  /// By what the programs at this machine know the connection: see `RelayKey`.
  let key: String?
  /// The frame that has the other end open it; nil once it is known there, or if it was known from the start.
  private var opening: RelayFrame?
  private var hasSentOpening = false
  /// The other end's connection broke: this one breaks when it has got what came before.
  private var isResetThere = false
  /// Nothing more is written to the socket.
  private var isBroken = false
  /// The connection comes home: nothing more is taken from the socket here, and an end of the other end's only says
  /// that all bytes have come.
  private var isReturning = false
  /// Relays that were asked to give the connection back, and have not answered: until then it is not known what an end
  /// means.
  private var questions = 0
  /// The socket was taken away for that.
  private var isReturned = false
  /// Bytes that come before those of the other end.
  private var preface: [UInt8] = []
  /// Who is at the other side of the socket is told nothing before he has said a line: an answer to what was asked.
  private var awaitsLine = false
  /// The other end gets that line.
  private var passesLine = false
  /// The stream that this one carries on, whose bytes come first; and the other way round.
  private var predecessor: RelayedStream?
  private(set) var successor: RelayedStream?
  /// When its place is to be asked for again, on the host's monotonic clock.
  var askAgain: Int64 = 0
  /// The stream that this one is to carry on, once the other end knows it.
  private var candidate: RelayedStream?

  /// - Parameters:
  ///   - socket: nil if it is yet to come, before the first bytes are moved.
  ///   - opening: has the other end open it; nil: it is known there.
  init(
    _ number: UInt32, _ socket: ByteStream?, key: String? = nil, opening: RelayFrame? = nil
  ) {
    self.number = number
    self.socket = socket
    self.key = key
    self.opening = opening
    flow = RelayFlow(stream: number)
  }

  func use(_ socket: ByteStream) { self.socket = socket }

  /// Has these bytes be written to the socket before all others, and those be sent to the other end.
  func begin(delivering preface: [UInt8], taking bytes: [UInt8]) {
    self.preface = preface
    flow.take(Array(bytes.prefix(flow.room)))
  }

  /// Has the socket's side say a line first.
  ///
  /// - Parameter isPassedOn: the other end gets it.
  func awaitLine(isPassedOn: Bool) { (awaitsLine, passesLine) = (true, isPassedOn) }

  private var hasOutput: Bool {
    !awaitsLine && predecessor == nil && !(preface.isEmpty && flow.incoming.isEmpty)
  }

  /// What to wait for; nil if there is nothing.
  func pollItem() -> PollItem? {
    guard let socket else { return nil }
    var interest: Readiness = []
    if flow.room > 0, !isResetThere, !isReturning { interest.insert(.readable) }
    if !isBroken, hasOutput { interest.insert(.writable) }
    return interest.isEmpty ? nil : PollItem(.stream(socket), interest)
  }

  /// Moves what can be moved between the socket and the flow.
  func pump() {
    settlePredecessor()
    if let socket {
      if flow.room > 0, !isResetThere, !isReturning { read(socket) }
      deliver(socket)
    } else {
      flow.deliver(flow.incoming.count)
      if isReturned, flow.endIsDue { flow.deliverEnd() }
    }
    if let successor, successor.settlePredecessor() { successor.pump() }
  }

  private func read(_ socket: ByteStream) {
    do throws(HostError) {
      let bytes = try socket.receive(limit: flow.room)
      if bytes.isEmpty { flow.end() } else { flow.take(awaitsLine ? takeLine(bytes) : bytes) }
    } catch .wouldBlock {} catch { breakOff() }
  }

  /// Looks for the end of the line.
  ///
  /// - Returns: what the other end gets.
  private func takeLine(_ bytes: [UInt8]) -> [UInt8] {
    let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
    awaitsLine = end == nil
    return passesLine ? bytes : Array(bytes[(end.map { $0 + 1 } ?? bytes.count)...])
  }

  private func deliver(_ socket: ByteStream) {
    while !isBroken, hasOutput {
      do throws(HostError) {
        if preface.isEmpty {
          flow.deliver(try socket.send(flow.incoming))
        } else {
          preface.removeFirst(try socket.send(preface))
        }
      } catch .wouldBlock { return } catch {
        // What the peer sent before it went is still to be read.
        isBroken = true
      }
    }
    if isBroken {
      preface = []
      flow.deliver(flow.incoming.count)
      if flow.hasEnded { breakOff() }
    }
    if isResetThere, flow.incoming.isEmpty, predecessor == nil { return reset() }
    if flow.endIsDue, predecessor == nil, isReturning || questions == 0 {
      if !isBroken, !isReturning { socket.endWriting() }
      flow.deliverEnd()
    }
  }

  /// The connection here broke: the other end is told when it has all that came before.
  private func breakOff() {
    // To programs that have both ended the connection, a reset would only lose what they have not read yet.
    if !(flow.hasEnded && flow.endIsDelivered) { socket?.resetAtClose() }
    socket = nil
    flow.deliver(flow.incoming.count)
    predecessor?.leaveSocket()
    predecessor = nil
  }

  /// Whether the other end is to be told that the connection broke: then it is over.
  var resetIsDue: Bool {
    socket == nil && !isReturned && !isResetThere && candidate == nil && flow.allIsDelivered
  }

  /// The connection ended at both ends, or broke at the other.
  var isOver: Bool { flow.isComplete || isResetThere && socket == nil }

  // MARK: The other end

  /// Whether the next frame has the other end open the stream.
  var openingIsDue: Bool { opening != nil && !hasSentOpening }

  /// The next frame to be sent; nil if there is none now.
  func nextFrame() -> RelayFrame? {
    if let opening, !hasSentOpening {
      hasSentOpening = true
      return opening
    }
    return flow.nextFrame()
  }

  func beginLink() {
    hasSentOpening = false
    flow.beginLink()
  }

  func acknowledge(_ position: UInt64) throws(Failure) {
    opening = nil
    try flow.acknowledge(position)
    if let candidate {
      self.candidate = nil
      carryOn(candidate)
    }
  }

  func receive(_ bytes: [UInt8], at position: UInt64) throws(Failure) {
    try flow.receive(bytes, at: position)
  }

  func receiveEnd(at position: UInt64) throws(Failure) { try flow.receiveEnd(at: position) }

  func receiveReset() {
    // An end that knows no more of it has delivered all.
    guard !flow.isCompleteWithoutAnswer else { return flow.complete() }
    isResetThere = true
    // It does not know the one that this is to carry on.
    candidate?.endQuestion()
    candidate = nil
  }

  // MARK: Coming home

  func beginQuestion() { questions += 1 }

  var isInQuestion: Bool { questions > 0 || candidate != nil }

  /// One of the relays does not have it.
  func endQuestion() {
    questions = max(0, questions - 1)
    pump()
  }

  /// Nobody will answer any more.
  func endQuestions() {
    questions = 0
    pump()
  }

  /// Moves what is under way to where it belongs, and nothing more.
  func beginReturning() {
    isReturning = true
    flow.end()
    pump()
  }

  /// All that was under way is there.
  var hasReturned: Bool { isReturning && flow.endIsDelivered && !isBroken }

  /// Takes the socket, once all that was under way is there; nil before.
  func takeReturned() -> ByteStream? {
    guard hasReturned, let socket else { return nil }
    isReturned = true
    self.socket = nil
    return socket
  }

  /// Whether one of its directions has ended: the connection's, or because all of it goes another way.
  var isEnding: Bool { flow.hasEnded || flow.incomingEnds }

  /// Whether it can't come home any more.
  var isLost: Bool { isResetThere || isBroken || socket == nil && !isReturned }

  /// Has the connection here be reset.
  func reset() {
    isResetThere = true
    breakOff()
    // Whether the other end has it carried on is not known.
    candidate?.reset()
    candidate = nil
    if let successor, successor.settlePredecessor() { successor.pump() }
  }

  // MARK: Shortcuts

  /// The stream that has the connection now.
  var latest: RelayedStream { successor?.latest ?? self }

  /// Whether it is known that this is the one.
  var isSettled: Bool { successor == nil && candidate == nil }

  /// Whether another stream can carry it on, which goes another way.
  var canBeCarriedOn: Bool {
    !isReturning && !isLost && !awaitsLine && questions == 0 && predecessor == nil
      && candidate == nil && socket != nil
  }

  /// Is to carry `other` on, once the other end knows it: until then it is not known what an end of that one means.
  func await(_ other: RelayedStream) {
    other.beginQuestion()
    candidate = other
  }

  /// Goes on with the connection of `other`: what is under way there comes first.
  func carryOn(_ other: RelayedStream) {
    socket = other.socket
    predecessor = other
    other.successor = self
    other.beginReturning()
    pump()
  }

  /// Looks whether all has come of what comes first.
  ///
  /// - Returns: whether that has changed anything.
  @discardableResult
  private func settlePredecessor() -> Bool {
    guard let predecessor else { return false }
    if predecessor.hasReturned {
      predecessor.leaveSocket()
    } else if predecessor.isLost {
      breakOff()
    } else {
      return false
    }
    self.predecessor = nil
    return true
  }

  /// The connection is the successor's: what still comes here is of no use.
  private func leaveSocket() {
    isReturned = true
    socket = nil
  }
}
