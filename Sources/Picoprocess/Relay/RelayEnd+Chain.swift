import HostABI
import JSONText
import PosixHost

// A guest that moves on leaves a chain of relays behind. Where the first one of them may reach the last one, it makes a
// shortcut, a circuit to that far end, and has each stream carried on there. The relays between see streams that end.

/// What an end knows of the relays in front of it, and behind it.
struct RelayChain {
  // The far end of a relay.
  /// The relay by which the guest has moved on.
  var onward: RelayID?
  /// The near ends at this machine that have its connections now.
  var downstream: [ControlConnection] = []
  /// Shortcuts to here whose other ends have not proved yet who they are.
  var joining: [RelayLink] = []

  // The near end.
  /// The far ends at this machine whose connections it has.
  var upstream: [ControlConnection] = []
  /// Questions of theirs that were passed on.
  var passedOn: [PassedQuestion: (question: StreamQuestion, asker: ControlConnection)] = [:]
  /// The relay by which the guest has moved on, as long as there is no shortcut to its far end; and those with one.
  var wanted: RelayID?
  var found: Set<RelayID> = []
  /// The shortcut that is being made: its far end is looked for at one machine after the other.
  var target: RelayID?
  var machine = 0
  var attempt: RelayLink?
  /// On the host's monotonic clock.
  var nextPass: Int64 = 0
  var delay = Self.delays.lowerBound
  var nextQuestions: Int64 = 0

  var links: [RelayLink] { joining + (attempt.map { [$0] } ?? []) }

  private static let second: Int64 = 1_000_000_000
  /// Nanoseconds until all machines are tried again.
  static let delays = (5 * second)...(600 * second)
  /// Nanoseconds until one that has not been located is asked for again.
  static let questionPeriod = 2 * second
  /// Questions at once, and nanoseconds until there are more.
  static let questionLimit = 64
  static let questionPause = second / 20
  /// Shortcuts that may be joining.
  static let joiningLimit = 4
}

/// Which stream of a near end's has the connection `key`, at the far end of the relay `target`?
struct StreamQuestion: Codable {
  /// Who wants to know: the stream, and the circuit by which the question came.
  var circuit: RelayID
  var stream: UInt32
  var key: String
  var target: RelayID
}

/// The same, at the next far end.
struct PassedQuestion: Hashable {
  var circuit: RelayID
  var stream: UInt32
  var target: RelayID
}

/// What a near end tells the far ends whose connections it has.
enum ChainReport: Codable {
  case movedOn(relay: RelayID)
  case located(question: StreamQuestion, place: StreamPlace)
}

/// The other way round.
enum ChainRequest: Codable {
  case locate(question: StreamQuestion)
}

extension RelayEnd {
  private static let patience: Int64 = 100_000_000

  private func tell(_ connection: ControlConnection, _ message: some Encodable) {
    // What is lost is asked for again.
    try? connection.send(Array(JSON.line(message).utf8), timeout: Self.patience)
  }

  // MARK: News

  /// Tells the far ends whose connections this near end has that the guest has moved.
  func announceMove() {
    guard isNear, let directory = try? ControlDirectory.standard() else { return }
    for relay in earlier {
      // It may have ended.
      guard let far = try? directory.connect(to: RelayName.far(relay.migration)) else { continue }
      tell(far, ChainReport.movedOn(relay: id))
      chain.upstream.append(far)
    }
  }

  /// What a near end of this machine says.
  func take(_ report: ChainReport, of client: ControlConnection) {
    guard !isNear else { return }
    switch report {
    case .movedOn(let relay):
      chain.onward = relay
      if !chain.downstream.contains(where: { $0 === client }) { chain.downstream.append(client) }
    case .located(let question, let place):
      circuits.first { $0.other == question.circuit }?.link?
        .send(.located(stream: question.stream, at: question.target, place))
    }
  }

  /// What a far end of this machine asks.
  func receive(fromUpstream upstream: ControlConnection) {
    while true {
      let line: [UInt8]?
      do throws(HostError) { line = try upstream.receive(timeout: 0) } catch .wouldBlock {
        return
      } catch { line = nil }
      guard let line, let request = JSON.decode(ChainRequest.self, from: line) else {
        chain.upstream.removeAll { $0 === upstream }
        chain.passedOn = chain.passedOn.filter { $0.value.asker !== upstream }
        return
      }
      switch request {
      case .locate(let question): answer(question, to: upstream)
      }
    }
  }

  private func answer(_ question: StreamQuestion, to upstream: ControlConnection) {
    acceptAll()
    for circuit in circuits {
      guard
        let stream = circuit.streams.values.first(where: { $0.key == question.key && $0.isSettled })
      else { continue }
      if circuit.other == question.target {
        let place = StreamPlace(near: id, number: stream.number)
        tell(upstream, ChainReport.located(question: question, place: place))
      } else if let link = circuit.link, link.knowsShortcuts {
        link.send(.locate(stream: stream.number, at: question.target))
        let passed = PassedQuestion(
          circuit: circuit.other, stream: stream.number, target: question.target)
        chain.passedOn[passed] = (question, upstream)
      }
      return
    }
  }

  func takeOfChain(_ frame: RelayFrame, over circuit: RelayCircuit) throws(Failure) {
    switch frame {
    case .moved(let relay) where isNear:
      if !chain.found.contains(relay), relay != circuit.other { chain.wanted = relay }
      for upstream in chain.upstream { tell(upstream, ChainReport.movedOn(relay: relay)) }
    case .locate(let number, let target) where !isNear:
      guard let key = circuit.streams[number]?.key else { return }
      let question = StreamQuestion(
        circuit: circuit.other, stream: number, key: key, target: target)
      for client in chain.downstream { tell(client, ChainRequest.locate(question: question)) }
    case .located(let number, let target, let place) where isNear:
      let passed = PassedQuestion(circuit: circuit.other, stream: number, target: target)
      if let (question, asker) = chain.passedOn.removeValue(forKey: passed) {
        tell(asker, ChainReport.located(question: question, place: place))
      } else {
        carryOn(number, of: circuit, at: target, place)
      }
    case .carryOn(let number, let place) where !isNear: carryOn(place, as: number, over: circuit)
    case .client(let place, let known) where !isNear: redirect(place, known, to: circuit)
    default: throw Failure("it is the wrong end for that")
    }
  }

  // MARK: The near end

  /// When there is something to do about shortcuts, on the host's monotonic clock.
  var nextSearch: Int64 {
    var next = Int64.max
    if mayTryShortcut { next = chain.nextPass }
    if circuits.count > 1, isNear { next = min(next, chain.nextQuestions) }
    return next
  }

  private var mayTryShortcut: Bool {
    phase == .relaying && chain.wanted != nil && chain.target == nil && !dialers.isEmpty
      && !machines.isEmpty
  }

  /// Looks for the far end to which a shortcut is wanted.
  func search(at now: Int64) {
    if isNear, circuits.count > 1, now >= chain.nextQuestions { locateStreams(at: now) }
    guard mayTryShortcut, now >= chain.nextPass, let wanted = chain.wanted,
      let dialer = dialers.first
    else { return }
    chain.target = wanted
    dialer.aim(
      at: LinkMaker.Place(
        machine: chain.machine, relay: RelayName.far(wanted.migration), isShortcut: true))
    if (try? dialer.make()) == nil { giveUpShortcut(dialer) }
  }

  func tryShortcut(_ link: ByteLink, _ dialer: RelayDialer) {
    guard let target = chain.target else { return }
    chain.attempt = RelayLink(link, RelayProof(of: id, isNear: true, to: [target]))
  }

  /// The machine does not have the far end, or can't be reached. The chain stays.
  func giveUpShortcut(_ dialer: RelayDialer) {
    chain.attempt?.close()
    (chain.attempt, chain.target) = (nil, nil)
    dialer.aim(at: nil)
    chain.machine = (chain.machine + 1) % machines.count
    guard chain.machine == 0 else { return }
    chain.nextPass = HostProcess.monotonicTime + chain.delay
    chain.delay = min(chain.delay * 4, RelayChain.delays.upperBound)
  }

  /// What the other end of a link to `circuit` has to prove; nil: nothing.
  func proof(to circuit: RelayCircuit) -> RelayProof? {
    circuit.other == id ? nil : RelayProof(of: id, isNear: true, to: [circuit.other])
  }

  /// Uses shortcuts once their other ends have proved who they are.
  func serveShortcuts() {
    if let link = chain.attempt, let dialer = dialers.first, let target = chain.target {
      do throws(RelayFault) {
        let frames = try link.receive()
        try link.flush()
        guard link.isUp else { return }
        dialers.removeFirst()
        let circuit = RelayCircuit(to: target, dialer)
        circuits.append(circuit)
        peer = "\(machines[chain.machine].remote)"
        chain.found.insert(target)
        (chain.attempt, chain.target, chain.delay) = (nil, nil, RelayChain.delays.lowerBound)
        if chain.wanted == target { chain.wanted = nil }
        chain.nextQuestions = 0
        circuit.use(link)
        take(frames, over: circuit)
      } catch { giveUpShortcut(dialer) }
    }
    for link in chain.joining {
      do throws(RelayFault) {
        let frames = try link.receive()
        try link.flush()
        guard let near = link.proven else { continue }
        chain.joining.removeAll { $0 === link }
        let known = circuits.first { $0.other == near }
        let circuit = known ?? RelayCircuit(to: near)
        if known == nil { circuits.append(circuit) }
        circuit.use(link)
        take(frames, over: circuit)
      } catch {
        link.close()
        chain.joining.removeAll { $0 === link }
      }
    }
  }

  /// Asks, by the old way, for the places of streams that can be carried on by the new one.
  private func locateStreams(at now: Int64) {
    chain.nextQuestions = now + RelayChain.questionPeriod / 2
    guard let last = circuits.last, last.isLinked else { return }
    var count = 0
    for circuit in circuits where circuit !== last {
      guard let link = circuit.link, link.knowsShortcuts else { continue }
      for stream in circuit.streams.values where stream.canBeCarriedOn && stream.askAgain <= now {
        guard count < RelayChain.questionLimit else {
          chain.nextQuestions = now + RelayChain.questionPause
          return
        }
        count += 1
        stream.askAgain = now + RelayChain.questionPeriod
        link.send(.locate(stream: stream.number, at: last.other))
      }
    }
  }

  /// A stream is located: has it go on by the shortcut, if the other end agrees.
  private func carryOn(
    _ number: UInt32, of circuit: RelayCircuit, at target: RelayID, _ place: StreamPlace
  ) {
    guard let last = circuits.last, last !== circuit, last.other == target,
      let stream = circuit.streams[number], stream.canBeCarriedOn
    else { return }
    last.open(nil, key: stream.key) { .carryOn(stream: $0, place) }.await(stream)
  }

  /// Leaves circuits that have no streams any more.
  func leaveDetours() {
    guard isNear, let last = circuits.last, last.isLinked else { return }
    for circuit in circuits where circuit !== last && circuit.streams.isEmpty {
      circuit.leave()
      retire(circuit)
    }
  }

  /// Forgets a circuit; who has made its links may make others.
  func retire(_ circuit: RelayCircuit) {
    circuits.removeAll { $0 === circuit }
    guard let dialer = circuit.dialer else { return }
    circuit.dialer = nil
    dialer.aim(at: nil)
    dialers.append(dialer)
  }

  // MARK: The far end

  /// Somebody has made a shortcut to here.
  func join(_ link: ByteLink, from client: ControlConnection) {
    guard !isNear, chain.joining.count < RelayChain.joiningLimit else { return }
    chain.joining.append(
      RelayLink(link, from: client, RelayProof(of: id, isNear: false, to: earlier)))
  }

  private func carryOn(_ place: StreamPlace, as number: UInt32, over circuit: RelayCircuit) {
    guard circuit.isFree(number) else { return }
    let old = circuits.first { $0.other == place.near && $0 !== circuit }?.streams[place.number]
    guard let old, old.canBeCarriedOn else { return circuit.accept(number, nil) }
    let stream = RelayedStream(number, nil, key: old.key)
    circuit.accept(number, stream)
    stream.carryOn(old)
  }
}
