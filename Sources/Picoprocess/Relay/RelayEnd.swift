import HostABI
import PosixHost

/// One end of a relay: a process that carries the bytes of a guest's connections between this machine and another. The
/// *near* end has the connections, the *far* end is where the guest is.
///
/// Everything happens on one thread, which waits for all at once. Links are made by another process, and this one is
/// confined as soon as the command that has started it has ended.
final class RelayEnd {
  enum Phase {
    /// It has no connections yet, and ends with the command that has started it.
    case waiting
    /// Whose the guest is is not known: nothing is read from the connections, and nothing written to them.
    case standing
    case relaying
  }

  private static let second: Int64 = 1_000_000_000
  /// Connections that one relay carries.
  static let streamLimit = 4096
  private static let clientLimit = 16

  let isNear: Bool
  var phase = Phase.waiting
  /// The command that has started it.
  var starter: ControlConnection?
  var listener: ControlListener?
  /// Its migration, and those before whose relays the guest's connections go by.
  var id = RelayID([])
  var earlier: [RelayID] = []
  var name = ""
  var guest = ""
  var peer = ""
  let start = HostProcess.monotonicTime
  /// Who has connected to the listener.
  var clients: [ControlConnection] = []
  /// Those of them that wait for the end of this relay.
  var waiters: [ControlConnection] = []
  /// Ends of links that clients have handed over so far.
  var joinedInputs: [ObjectIdentifier: LinkEnd] = [:]
  /// The source, which says what becomes of its connections.
  var lease: ControlConnection?
  /// The lease becomes this stream.
  var console: RelayedStream?

  /// How far this process is confined; nil: it is not yet.
  var confinement: ConfinementReport?

  // Links.
  /// The ways to other ends of relays. New connections go by the last one, the others are left once it can have theirs.
  var circuits: [RelayCircuit] = []
  /// Those that make links, and have none to make.
  var dialers: [RelayDialer]
  /// Where links may be made to: first to the other end, then to where the guest may go from there.
  var machines: [RemoteShell] = []
  /// The starter waits for the first one.
  private var linkIsAwaited = false
  /// How the guest's way from here is found: see `RelayEnd+Chain`.
  var chain = RelayChain()

  // Connections.
  /// The streams of the guest's connections, by the numbers of its sockets.
  var connections: [UInt64: RelayedStream] = [:]
  /// Connections that are given back to those who asked for them.
  var returns: [(number: UInt64, stream: RelayedStream, client: ControlConnection)] = []
  /// Relays that give connections back.
  var homes: [ControlConnection] = []
  /// The numbers of those that they will give back.
  var awaited: Set<UInt64> = []
  /// What has come from them, by the numbers of the guest's sockets.
  var returned: [UInt64: ByteStream] = [:]
  /// Connections that have come back.
  var splices: [RelaySplice] = []
  /// Sockets for connections and datagrams to ports of the guest.
  var services: [RelayedService] = []
  var forwarding: Int64 = 0
  private var forwardingEnd: Int64 = .max
  /// Where ports of the guest are published here.
  var ports: [UInt16: NetworkAddress] = [:]
  var datagramPorts: [UInt16: NetworkAddress] = [:]
  /// Who has sent datagrams to ports of the guest.
  var heard: Set<DatagramPlace> = []
  /// By what addresses the guest knows those that had sent some before it left.
  var names: [DatagramPlace: NetworkAddress] = [:]
  var flows: [DatagramPlace: DatagramFlow] = [:]

  init(_ starter: ControlConnection, _ makers: [LinkMaker], isNear: Bool) {
    self.starter = starter
    self.isNear = isNear
    dialers = makers.map { RelayDialer($0) }
    Progress.isShown = false
    // It may have as many descriptors as the host allows.
    _ = PosixHost()
  }

  func run() -> Never {
    while true {
      keepTime()
      confineIfReady()
      for circuit in circuits { serve(circuit) }
      serveShortcuts()
      conclude()
      for circuit in circuits { send(over: circuit) }
      endIfDone()
      wait()
    }
  }

  /// Ends this process. Connections that are left are reset.
  func end() -> Never {
    for circuit in circuits {
      if phase == .relaying { for stream in circuit.streams.values { stream.reset() } }
      circuit.sayBye()
    }
    listener = nil
    dismissWaiters()
    HostProcess.exit(0)
  }

  /// Nothing is left for which no other end is needed.
  private var isIdle: Bool { splices.isEmpty && awaited.isEmpty }

  /// Goes on without the other end of `circuit`, if there is anything that does not need it.
  func cutOff(_ circuit: RelayCircuit) {
    guard circuits.contains(where: { $0 === circuit }) else { return }
    if circuits.count == 1, isIdle { end() }
    retire(circuit)
    circuit.cut()
  }

  private func endIfDone() {
    splices.removeAll(where: \.isOver)
    guard phase == .relaying else { return }
    if circuits.isEmpty, isIdle { end() }
    leaveDetours()
    // The far end is told, as soon as there is a link.
    if isNear, services.isEmpty, circuits.allSatisfy({ $0.isLinked && $0.streams.isEmpty }) {
      end()
    }
  }

  // MARK: Waiting

  private enum Source {
    case starter, listener, lease, link
    case dialer(RelayDialer)
    case client(ControlConnection)
    case home(ControlConnection)
    case upstream(ControlConnection)
    case splice(RelaySplice)
    case service(Int)
    case stream(RelayedStream)
    case flow(DatagramPlace)
  }

  private func wait() {
    var sources: [Source] = []
    var items: [PollItem] = []
    func add(_ source: Source, _ item: PollItem?) {
      guard let item else { return }
      sources.append(source)
      items.append(item)
    }
    add(.starter, starter.map { PollItem(.control($0)) })
    if clients.count < Self.clientLimit { add(.listener, listener.map { PollItem(.listener($0)) }) }
    for dialer in allDialers { add(.dialer(dialer), PollItem(.control(dialer.connection))) }
    add(.lease, lease.map { PollItem(.control($0)) })
    for client in clients { add(.client(client), PollItem(.control(client))) }
    for home in homes { add(.home(home), PollItem(.control(home))) }
    for upstream in chain.upstream { add(.upstream(upstream), PollItem(.control(upstream))) }
    for splice in splices { for item in splice.pollItems() { add(.splice(splice), item) } }
    for link in circuits.compactMap(\.link) + chain.links {
      for item in link.pollItems() { add(.link, item) }
    }
    let streams = circuits.flatMap(\.streams.values)
    if phase == .relaying {
      for (index, service) in services.enumerated()
      where service.borrower == nil && (service.isDatagram || streams.count < Self.streamLimit) {
        add(.service(index), PollItem(.stream(service.socket)))
      }
      for (place, flow) in flows { add(.flow(place), PollItem(.stream(flow.socket))) }
      for stream in streams { add(.stream(stream), stream.pollItem()) }
    }
    let now = HostProcess.monotonicTime
    PollItem.wait(&items, timeout: max(0, min(nextAttempt - now, Self.second)))
    for (source, item) in zip(sources, items) where !item.ready.isEmpty {
      switch source {
      case .starter: serveStarter()
      case .dialer(let dialer): serve(dialer)
      case .listener: if let client = listener?.accept() { clients.append(client) }
      case .lease: serveLease()
      case .client(let client): serve(client)
      case .home(let home): receive(from: home)
      case .upstream(let upstream): receive(fromUpstream: upstream)
      case .splice(let splice): splice.pump()
      // It is looked at in each turn.
      case .link: break
      case .service(let index): if index < services.count { serve(services[index]) }
      case .flow(let place): forwardAnswers(to: place)
      case .stream(let stream): stream.pump()
      }
    }
  }

  // MARK: Connections

  /// Takes a connection of the guest that both ends have from the beginning.
  @discardableResult
  func add(_ socket: ByteStream?, key: String? = nil) -> RelayedStream {
    circuits[0].add(socket, key: key)
  }

  var streamCount: Int { circuits.reduce(0) { $0 + $1.streams.count } }

  var connectionCount: Int {
    // One that is carried on is there twice for a while.
    let left = circuits.reduce(0) { $0 + $1.streams.values.count { $0.successor != nil } }
    return streamCount - left + splices.count
  }

  func beginRelaying() {
    phase = .relaying
    let now = HostProcess.monotonicTime
    forwardingEnd = forwarding < .max - now ? now + forwarding : .max
    for circuit in circuits {
      circuit.beginPatience()
      // What has come meanwhile.
      for stream in circuit.streams.values { stream.pump() }
    }
    announceMove()
    // Who has not been told to make links does not need to.
    if machines.isEmpty { dialers = [] }
  }

  private func serve(_ service: RelayedService) {
    if service.isDatagram { return forwardDatagrams(to: service) }
    while let circuit = circuits.last, streamCount < Self.streamLimit,
      let accepted = try? service.socket.accept()
    {
      let key = RelayKey.near(accepted.stream, accepted.peer)
      circuit.open(accepted.stream, key: key) { .open(stream: $0, port: service.port) }
    }
  }

  /// Forwards what has come so far, and nothing more. Ports that are lent are the borrower's business.
  private func endForwarding() {
    for service in services where service.borrower == nil { serve(service) }
    services = []
  }

  /// Takes the connections that wait at the ports.
  func acceptAll() {
    for service in services where service.borrower == nil && !service.isDatagram { serve(service) }
  }

  /// Somebody has connected to a port of the guest at the other end.
  private func open(_ number: UInt32, _ port: UInt16, over circuit: RelayCircuit) {
    guard circuit.isFree(number) else { return }
    guard streamCount < Self.streamLimit, let address = ports[port],
      let socket = try? ByteStream.connect(to: address)
    else { return circuit.accept(number, nil) }
    circuit.accept(number, RelayedStream(number, socket, key: RelayKey.far(socket, address)))
  }

  // MARK: Links

  /// May make links to these machines from now on.
  func use(_ machines: [RemoteShell]) throws(Failure) {
    do throws(HostError) {
      for dialer in dialers { try dialer.use(machines) }
    } catch { throw Failure("the process that makes it", error) }
    self.machines = machines
  }

  /// Makes links from now on, to the first of these machines.
  func dial(_ name: String) throws(Failure) {
    guard !machines.isEmpty, let dialer = dialers.first, let circuit = circuits.first else {
      throw Failure("no process can make it")
    }
    dialers.removeFirst()
    dialer.aim(at: LinkMaker.Place(machine: 0, relay: name))
    circuit.dialer = dialer
    linkIsAwaited = true
  }

  /// All that may make links: one for each circuit that has one, and those that have none to make.
  private var allDialers: [RelayDialer] { circuits.compactMap(\.dialer) + dialers }

  /// When the next link is to be made, on the host's monotonic clock.
  private var nextAttempt: Int64 {
    let attempts = circuits.compactMap { circuit -> Int64? in
      guard circuit.link == nil, let dialer = circuit.dialer, !dialer.isMaking else { return nil }
      return dialer.nextAttempt
    }
    return min(attempts.min() ?? .max, nextSearch)
  }

  private func keepTime() {
    let now = HostProcess.monotonicTime
    if now >= forwardingEnd, !services.isEmpty { endForwarding() }
    if !flows.isEmpty { expireFlows() }
    for circuit in circuits {
      if phase == .relaying, circuit.isLost(at: now) { cutOff(circuit) }
      guard circuit.link == nil, let dialer = circuit.dialer, !dialer.isMaking,
        now >= dialer.nextAttempt
      else { continue }
      if (try? dialer.make()) == nil { lose(circuit, "no process can make it") }
    }
    search(at: now)
  }

  private func serve(_ dialer: RelayDialer) {
    let outcomes: [RelayDialer.Outcome]
    do throws(HostError) { outcomes = try dialer.outcomes() } catch {
      // The links that there are stay.
      for circuit in circuits where circuit.dialer === dialer { circuit.dialer = nil }
      if dialers.first === dialer, chain.target != nil { giveUpShortcut(dialer) }
      dialers.removeAll { $0 === dialer }
      return
    }
    let circuit = circuits.first { $0.dialer === dialer }
    for outcome in outcomes {
      switch (outcome, circuit) {
      case (.link(let link), let circuit?):
        circuit.use(RelayLink(link, proof(to: circuit)))
      case (.failed(let reason), let circuit?): lose(circuit, reason)
      case (.link(let link), nil): tryShortcut(link, dialer)
      case (.failed, nil): giveUpShortcut(dialer)
      }
    }
  }

  private func serve(_ circuit: RelayCircuit) {
    do throws(RelayFault) {
      let frames = try circuit.receive()
      if circuit.isLinked, linkIsAwaited { answer(.done) }
      take(frames, over: circuit)
    } catch .linkBroke(let reason) { lose(circuit, reason) } catch { cutOff(circuit) }
  }

  /// Takes frames. One that no honest end sends ends the circuit.
  func take(_ frames: [RelayFrame], over circuit: RelayCircuit) {
    do throws(Failure) {
      for frame in frames { try take(frame, over: circuit) }
    } catch { cutOff(circuit) }
  }

  private func lose(_ circuit: RelayCircuit, _ reason: String) {
    circuit.lose()
    guard linkIsAwaited, let dialer = circuit.dialer else { return }
    let status = dialer.isMaking ? nil : dialer.drop()
    circuit.dialer = nil
    answer(
      .failed(reason: status.map { "\(reason); its program ended with status \($0)" } ?? reason))
  }

  private func answer(_ report: RelayReport) {
    linkIsAwaited = false
    try? starter?.send(report)
  }

  private func take(_ frame: RelayFrame, over circuit: RelayCircuit) throws(Failure) {
    switch frame {
    case .idle: return
    case .datagram(let place, let bytes):
      if phase == .relaying { take(place, bytes, over: circuit) }
    case .bye: cutOff(circuit)
    case .open(let number, let port):
      guard !isNear else { throw Failure("it opens connections") }
      open(number, port, over: circuit)
    case .moved, .locate, .located, .carryOn, .client: try takeOfChain(frame, over: circuit)
    case .challenge, .proof: throw Failure("it has nothing to prove")
    case .received, .data, .end, .reset: try circuit.take(frame)
    }
    guard phase == .relaying, let number = frame.stream else { return }
    circuit.streams[number]?.pump()
  }

  /// Sends what is due.
  private func send(over circuit: RelayCircuit) {
    // Before that the far end does not know the streams.
    if phase == .relaying {
      circuit.tell(chain.onward)
      if isNear, circuit.other != id { circuit.tell(names) }
      circuit.sendStreams()
    }
    do throws(RelayFault) { try circuit.link?.flush() } catch .linkBroke(let reason) {
      lose(circuit, reason)
    } catch { cutOff(circuit) }
  }
}

/// By what the two relays of one machine know a connection between them: its addresses, first that of the far end, whose
/// relay has come here with the guest.
enum RelayKey {
  static func near(_ socket: ByteStream, _ peer: NetworkAddress? = nil) -> String? {
    key(peer ?? socket.peerAddress, socket.localAddress)
  }

  static func far(_ socket: ByteStream, _ peer: NetworkAddress? = nil) -> String? {
    key(socket.localAddress, peer ?? socket.peerAddress)
  }

  /// A connection of a client to the guest's console, which has no addresses.
  static func client(_ token: UInt64) -> String { "client \(token)" }

  private static func key(_ far: NetworkAddress?, _ near: NetworkAddress?) -> String? {
    guard let far, let near else { return nil }
    return "\(far) \(near)"
  }
}

/// A published port of the guest on the machine that it has left.
struct RelayedService {
  let port: UInt16
  let socket: ByteStream
  let service: NetworkPermission.Service
  /// Who has the socket, too, for a guest that comes home: it is left alone meanwhile.
  var borrower: ControlConnection?

  /// - Returns: nil if the socket is none of that kind.
  init?(_ port: UInt16, isDatagram: Bool, _ socket: ByteStream) {
    guard let service = socket.service, service.isDatagram == isDatagram else { return nil }
    (self.port, self.socket, self.service) = (port, socket, service)
  }

  var isDatagram: Bool { service.isDatagram }

  var place: RelayedPort {
    RelayedPort(port: port, isDatagram: isDatagram, address: "\(service.address)")
  }
}

extension RelayFrame {
  /// The stream that it is about.
  var stream: UInt32? {
    switch self {
    case .idle, .bye, .datagram, .moved, .locate, .located, .challenge, .proof, .client: nil
    case .received(let stream, _), .data(let stream, _, _), .end(let stream, _),
      .reset(let stream), .open(let stream, _), .carryOn(let stream, _):
      stream
    }
  }
}
