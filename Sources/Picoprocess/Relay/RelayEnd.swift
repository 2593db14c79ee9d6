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
  /// Nanoseconds without a link, after which the connections are reset.
  static let patience = 120 * second
  /// Connections that one relay carries.
  static let streamLimit = 4096
  private static let clientLimit = 16
  private static let backoff: ClosedRange<Int64> = (second / 5)...(5 * second)

  let isNear: Bool
  var phase = Phase.waiting
  /// The command that has started it.
  var starter: ControlConnection?
  var listener: ControlListener?
  var name = ""
  var guest = ""
  var peer = ""
  let start = HostProcess.monotonicTime
  /// Who has connected to the listener.
  var clients: [ControlConnection] = []
  /// Those of them that wait for the end of this relay.
  var waiters: [ControlConnection] = []
  /// Ends of a link that a client has handed over so far.
  var joinedInput: LinkEnd?
  /// The client that has handed over the link in use; it waits for the link's end.
  var joiner: ControlConnection?
  /// The source, which says what becomes of its connections.
  var lease: ControlConnection?
  /// The lease becomes this stream.
  var console: RelayedStream?

  /// How far this process is confined; nil: it is not yet.
  var confinement: ConfinementReport?

  // Links.
  /// Makes them; nil: they come.
  private var maker: LinkMaker?
  private var makesLinks = false
  /// What it does now, and one end of the link that it has made.
  private var isMaking = false
  private var madeInput: LinkEnd?
  /// The starter waits for the first one.
  private var linkIsAwaited = false
  private var link: RelayLink?
  private var lostSince = HostProcess.monotonicTime
  private var nextAttempt: Int64 = 0
  private var delay = backoff.lowerBound

  // Connections.
  private var streams: [UInt32: RelayedStream] = [:]
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
  /// There is no other end any more.
  private var isCutOff = false
  /// The highest number that a stream has had.
  private var lastNumber: UInt32 = 0
  /// Sockets for connections and datagrams to ports of the guest.
  var services: [RelayedService] = []
  var forwarding: Int64 = 0
  private var forwardingEnd: Int64 = .max
  /// Where ports of the guest are published here.
  var ports: [UInt16: NetworkAddress] = [:]
  var datagramPorts: [UInt16: NetworkAddress] = [:]
  /// Who has sent datagrams to ports of the guest.
  var heard: Set<DatagramPlace> = []
  var flows: [DatagramPlace: DatagramFlow] = [:]

  init(_ starter: ControlConnection, _ maker: LinkMaker, isNear: Bool) {
    self.starter = starter
    self.maker = maker
    self.isNear = isNear
    Progress.isShown = false
    // It may have as many descriptors as the host allows.
    _ = PosixHost()
  }

  func run() -> Never {
    while true {
      keepTime()
      confineIfReady()
      serveLink()
      conclude()
      send()
      endIfDone()
      wait()
    }
  }

  /// Ends this process. Connections that are left are reset.
  func end() -> Never {
    if phase == .relaying { for stream in streams.values { stream.reset() } }
    if let link, link.isUp {
      link.send(.bye)
      let deadline = HostProcess.monotonicTime + Self.second
      while !link.allIsSent, HostProcess.monotonicTime < deadline, (try? link.flush()) != nil {
        HostProcess.sleep(nanoseconds: 1_000_000)
      }
    }
    link?.close()
    listener = nil
    dismissWaiters()
    HostProcess.exit(0)
  }

  /// Nothing is left for which no other end is needed.
  private var isIdle: Bool { splices.isEmpty && awaited.isEmpty }

  /// Goes on without the other end, if there is anything that does not need it.
  private func cutOff() {
    if isIdle { end() }
    for stream in streams.values where !stream.hasReturned { stream.reset() }
    streams = [:]
    isCutOff = true
    dismissMaker()
    link?.close()
    link = nil
  }

  private func endIfDone() {
    splices.removeAll(where: \.isOver)
    if isCutOff, isIdle { end() }
    // The far end is told, as soon as there is a link.
    if isNear, isLinked, phase == .relaying, streams.isEmpty, services.isEmpty { end() }
  }

  // MARK: Waiting

  private enum Source {
    case starter, listener, lease, link, maker
    case client(Int), home(Int), splice(Int)
    case service(Int)
    case stream(UInt32)
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
    add(.maker, maker.map { PollItem(.control($0.connection)) })
    add(.lease, lease.map { PollItem(.control($0)) })
    for (index, client) in clients.enumerated() { add(.client(index), PollItem(.control(client))) }
    for (index, home) in homes.enumerated() { add(.home(index), PollItem(.control(home))) }
    for (index, splice) in splices.enumerated() {
      for item in splice.pollItems() { add(.splice(index), item) }
    }
    for item in link?.pollItems() ?? [] { add(.link, item) }
    if phase == .relaying {
      for (index, service) in services.enumerated()
      where service.borrower == nil && (service.isDatagram || streams.count < Self.streamLimit) {
        add(.service(index), PollItem(.stream(service.socket)))
      }
      for (place, flow) in flows { add(.flow(place), PollItem(.stream(flow.socket))) }
      for (number, stream) in streams { add(.stream(number), stream.pollItem()) }
    }
    let now = HostProcess.monotonicTime
    let deadline = link == nil && makesLinks && !isMaking ? nextAttempt : .max
    PollItem.wait(&items, timeout: max(0, min(deadline - now, Self.second)))
    var readyClients: [ControlConnection] = []
    var readyHomes: [ControlConnection] = []
    for (source, item) in zip(sources, items) where !item.ready.isEmpty {
      switch source {
      case .starter: serveStarter()
      case .maker: serveMaker()
      case .listener: if let client = listener?.accept() { clients.append(client) }
      case .lease: serveLease()
      case .client(let index): readyClients.append(clients[index])
      case .home(let index): readyHomes.append(homes[index])
      case .splice(let index): splices[index].pump()
      // It is looked at in each turn.
      case .link: break
      case .service(let index): if index < services.count { serve(services[index]) }
      case .flow(let place): forwardAnswers(to: place)
      case .stream(let number): streams[number]?.pump()
      }
    }
    for client in readyClients { serve(client) }
    for home in readyHomes { receive(from: home) }
  }

  // MARK: Connections

  /// Takes a connection of the guest that both ends have from the beginning.
  @discardableResult
  func add(_ socket: ByteStream?) -> RelayedStream {
    lastNumber += 1
    let stream = RelayedStream(lastNumber, socket)
    streams[lastNumber] = stream
    return stream
  }

  var connectionCount: Int { streams.count + splices.count }

  func beginRelaying() {
    phase = .relaying
    // Who has not been told to make links does not need to.
    if !makesLinks { dismissMaker() }
    let now = HostProcess.monotonicTime
    lostSince = now
    forwardingEnd = forwarding < .max - now ? now + forwarding : .max
    // What has come meanwhile.
    for stream in streams.values { stream.pump() }
  }

  private func serve(_ service: RelayedService) {
    if service.isDatagram { return forwardDatagrams(to: service) }
    while streams.count < Self.streamLimit, let accepted = try? service.socket.accept() {
      lastNumber += 1
      streams[lastNumber] = RelayedStream(lastNumber, accepted.stream, port: service.port)
    }
  }

  /// Forwards what has come so far, and nothing more. Ports that are lent are the borrower's business.
  private func endForwarding() {
    for service in services where service.borrower == nil { serve(service) }
    services = []
  }

  /// Somebody has connected to a port of the guest at the other end.
  private func open(_ number: UInt32, _ port: UInt16) {
    guard number > lastNumber else {
      // It is known already, or over.
      if streams[number] == nil { link?.send(.reset(stream: number)) }
      return
    }
    lastNumber = number
    guard streams.count < Self.streamLimit, let address = ports[port],
      let socket = try? ByteStream.connect(to: address)
    else {
      link?.send(.reset(stream: number))
      return
    }
    streams[number] = RelayedStream(number, socket)
  }

  // MARK: Links

  /// Makes links with this command from now on.
  func dial(_ words: [String], _ carrier: GodwitCarrier?) throws(Failure) {
    guard !words.isEmpty, let maker else { throw Failure("no process can make it") }
    try withFailure("the process that makes it") { () throws(HostError) in
      try maker.use(words, carrier, peer)
    }
    (makesLinks, linkIsAwaited) = (true, true)
  }

  /// Uses a link that somebody has made, in place of an older one, which its maker knows to be broken.
  func use(_ link: RelayLink) {
    self.link?.close()
    self.link = link
    for stream in streams.values { stream.beginLink() }
  }

  var isLinked: Bool { link?.isUp ?? false }

  private func keepTime() {
    let now = HostProcess.monotonicTime
    if now >= forwardingEnd, !services.isEmpty { endForwarding() }
    if isLinked { lostSince = now }
    if !flows.isEmpty { expireFlows() }
    if phase == .relaying, !isCutOff, now - lostSince > Self.patience { cutOff() }
    guard link == nil, makesLinks, !isMaking, now >= nextAttempt else { return }
    nextAttempt = now + delay
    delay = min(delay * 2, Self.backoff.upperBound)
    isMaking = (try? maker?.make()) != nil
    if !isMaking { lose("no process can make it") }
  }

  private func serveMaker() {
    do throws(HostError) {
      while let (answer, end) = try maker?.answer() {
        switch answer {
        case .input: madeInput = end
        case .output:
          isMaking = false
          if let input = madeInput, let end, let link = try? LinkEnd.join(input: input, output: end)
          {
            use(RelayLink(link))
          }
          madeInput = nil
        case .failed(let reason):
          isMaking = false
          lose(reason)
        case .ended: break
        }
      }
    } catch {
      // The links that there are stay.
      maker = nil
      isMaking = false
    }
  }

  private func dismissMaker() { (maker, makesLinks, isMaking) = (nil, false, false) }

  private func serveLink() {
    guard let link else { return }
    do throws(RelayFault) {
      let frames = try link.receive()
      if link.isUp {
        delay = Self.backoff.lowerBound
        if linkIsAwaited { answer(.done) }
      }
      for frame in frames {
        do throws(Failure) { try take(frame) } catch { throw RelayFault.violation(error.message) }
      }
    } catch .linkBroke(let reason) { lose(reason) } catch { end() }
  }

  private func lose(_ reason: String) {
    link?.close()
    link = nil
    joiner = nil
    guard linkIsAwaited else { return }
    let status = isMaking ? nil : maker?.drop()
    dismissMaker()
    answer(
      .failed(reason: status.map { "\(reason); its program ended with status \($0)" } ?? reason))
  }

  private func answer(_ report: RelayReport) {
    linkIsAwaited = false
    try? starter?.send(report)
  }

  private func take(_ frame: RelayFrame) throws(Failure) {
    switch frame {
    case .idle: return
    case .datagram(let place, let bytes):
      if phase == .relaying { take(place, bytes) }
      return
    case .bye: return cutOff()
    case .open(let number, let port):
      guard !isNear else { throw Failure("it opens connections") }
      return open(number, port)
    case .received(let number, let position):
      try stream(number)?.acknowledge(position)
    case .data(let number, let position, let bytes):
      try stream(number)?.receive(bytes, at: position)
    case .end(let number, let position): try stream(number)?.receiveEnd(at: position)
    case .reset(let number): streams[number]?.receiveReset()
    }
    guard phase == .relaying, let number = frame.stream else { return }
    streams[number]?.pump()
  }

  /// The stream of a frame; nil if it is over, which the other end is told.
  private func stream(_ number: UInt32) throws(Failure) -> RelayedStream? {
    if let stream = streams[number] { return stream }
    guard number <= lastNumber else { throw Failure("it names a connection that is not there") }
    link?.send(.reset(stream: number))
    return nil
  }

  /// Sends what is due, a piece of each stream in turn.
  private func send() {
    // Before that the far end does not know them.
    guard phase == .relaying else { return flush() }
    for (number, stream) in streams {
      guard stream.isOver || stream.resetIsDue else { continue }
      // Told once a link is there; one that misses it asks again.
      if !stream.isOver { link?.send(.reset(stream: number)) }
      streams[number] = nil
    }
    guard let link, link.isUp else { return flush() }
    // The other end takes a number that is lower than another one for that of a stream which is over.
    for (_, stream) in streams.filter({ $0.value.openingIsDue }).sorted(by: { $0.key < $1.key }) {
      if let frame = stream.nextFrame() { link.send(frame) }
    }
    var isBusy = true
    while isBusy, link.hasRoom {
      isBusy = false
      for stream in streams.values where link.hasRoom {
        guard let frame = stream.nextFrame() else { continue }
        link.send(frame)
        isBusy = true
      }
    }
    flush()
  }

  /// Sends a frame that may be lost.
  func sendIfThereIsRoom(_ frame: RelayFrame) {
    if let link, link.isUp, link.hasRoom { link.send(frame) }
  }

  private func flush() {
    guard let link else { return }
    do throws(RelayFault) { try link.flush() } catch .linkBroke(let reason) { lose(reason) } catch {
      end()
    }
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
    case .idle, .bye, .datagram: nil
    case .received(let stream, _), .data(let stream, _, _), .end(let stream, _),
      .reset(let stream), .open(let stream, _):
      stream
    }
  }
}
