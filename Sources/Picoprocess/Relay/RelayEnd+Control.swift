import HostABI
import JSONText
import PosixHost

// What an end of a relay is told, and asked.

extension RelayEnd {
  // MARK: The command that has started it

  func serveStarter() {
    while let starter {
      let line: [UInt8]?
      do throws(HostError) { line = try starter.receive(timeout: 0) } catch .wouldBlock {
        return
      } catch { line = nil }
      guard let line, let order = JSON.decode(RelayOrder.self, from: line) else {
        self.starter = nil
        if phase == .waiting { end() }
        return
      }
      do throws(Failure) {
        guard let report = try carryOut(order, starter) else { continue }
        try? starter.send(report)
      } catch { try? starter.send(RelayReport.failed(reason: error.message)) }
    }
  }

  /// - Returns: nil if the report follows.
  private func carryOut(_ order: RelayOrder, _ starter: ControlConnection) throws(Failure)
    -> RelayReport?
  {
    switch order {
    case .listen(let migration, let earlier, let guest, let peer):
      name = isNear ? RelayName.near(migration) : RelayName.far(migration)
      (self.guest, self.peer) = (guest, peer)
      id = RelayID(migration)
      self.earlier = earlier.map { RelayID($0) }
      circuits = [RelayCircuit(to: id)]
      listener = try withFailure(name) { () throws(HostError) in
        try ControlDirectory.standard().listen(as: name)
      }
    case .dial(let machines, let name):
      try use(machines)
      guard let name else { break }
      try dial(name)
      return nil
    case .collect(let guest, let migration, let forwarding):
      let handed = try HandedSockets(of: guest, migration, limit: Self.streamLimit)
      self.forwarding = forwarding
      var numbers: [UInt64] = []
      var clients: [RelayedClient] = []
      var correspondents: [RelayedCorrespondent] = []
      for (what, socket) in handed.sockets {
        switch what {
        case .connection(let number):
          numbers.append(number)
          connections[number] = add(socket, key: RelayKey.near(socket))
        case .service(let port, let isDatagram, let known):
          // Another socket is none that could be forwarded.
          guard let service = RelayedService(port, isDatagram: isDatagram, socket) else { continue }
          services.append(service)
          correspondents += known
          heard.formUnion(known.compactMap(\.place))
          for client in known {
            if let place = client.place { names[place] = client.correspondent?.known }
          }
        case .client(let client):
          clients.append(client.client)
          add(socket, key: client.token.map(RelayKey.client))
            .begin(delivering: client.undelivered, taking: client.unheard)
        case .lease: break
        }
      }
      lease = handed.lease
      if handed.hasConsole { console = add(nil) }
      phase = .standing
      return .collected(
        numbers: numbers, clients: clients, hasConsole: handed.hasConsole,
        correspondents: Array(correspondents.prefix(Self.correspondentLimit)))
    case .introduce(let clients, let ports):
      return .introduced(clients: introduce(clients, ports))
    case .attach(let number):
      guard let socket = starter.takeSocket() else { throw Failure("a connection is missing") }
      connections[number] = add(socket, key: RelayKey.far(socket))
    case .relay(let ports):
      for port in ports where !port.isDatagram {
        self.ports[port.port] = NetworkAddress(port.address)
      }
      for port in ports where port.isDatagram {
        datagramPorts[port.port] = NetworkAddress(port.address)
      }
      beginRelaying()
    case .console(let client):
      let token = UInt64.random(in: .min ... .max)
      add(try attach(client, token), key: RelayKey.client(token))
        .awaitLine(isPassedOn: client == nil)
    case .bringHome(let relays): bringHome(relays)
    }
    return .done
  }

  /// A connection to the console of the guest, which will answer when it runs.
  private func attach(_ client: RelayedClient?, _ token: UInt64) throws(Failure) -> ByteStream {
    try withFailure(guest) { () throws(HostError) in
      let connection = try ControlDirectory.standard().connect(to: guest)
      let request = ControlRequest.attach(
        output: client?.wantsOutput ?? true, input: client?.givesInput ?? true,
        goesOn: client != nil, token: token)
      try connection.send(Array(JSON.line(request).utf8), timeout: 10_000_000_000)
      return connection.becomeStream().stream
    }
  }

  // MARK: The source

  /// The source has said whose the guest is. One that has died has no use for connections.
  func serveLease() {
    guard let lease else { return }
    let line: [UInt8]?
    do throws(HostError) { line = try lease.receive(timeout: 0) } catch .wouldBlock {
      return
    } catch { line = nil }
    self.lease = nil
    let answer = line.flatMap { JSON.decode(ControlAnswer.self, from: $0) }
    if answer == .kept { end() }
    if answer == .done, let console { console.use(lease.becomeStream().stream) }
    beginRelaying()
  }

  // MARK: Others

  func serve(_ client: ControlConnection) {
    while true {
      let line: [UInt8]?
      do throws(HostError) { line = try client.receive(timeout: 0) } catch .wouldBlock {
        return
      } catch { line = nil }
      guard let line else {
        takeBack(from: client)
        joinedInputs[ObjectIdentifier(client)] = nil
        chain.downstream.removeAll { $0 === client }
        clients.removeAll { $0 === client }
        waiters.removeAll { $0 === client }
        return
      }
      if let join = JSON.decode(RelayJoin.self, from: line) {
        take(join, of: client)
      } else if let request = JSON.decode(ReturnRequest.self, from: line) {
        carryOut(request, client)
      } else if let report = JSON.decode(ChainReport.self, from: line) {
        take(report, of: client)
      } else {
        answer(ControlRequest(line), client)
      }
    }
  }

  private func take(_ join: RelayJoin, of client: ControlConnection) {
    guard let end = client.takeLinkEnd() else { return }
    if join == .input {
      joinedInputs[ObjectIdentifier(client)] = end
      return
    }
    guard let input = joinedInputs.removeValue(forKey: ObjectIdentifier(client)),
      let link = try? LinkEnd.join(input: input, output: end)
    else { return }
    // From here on the link has the client.
    clients.removeAll { $0 === client }
    if join == .shortcut {
      self.join(link, from: client)
    } else {
      circuits.first { $0.other == id }?.use(RelayLink(link, from: client))
    }
  }

  private func answer(_ request: ControlRequest?, _ client: ControlConnection) {
    // Who has given up does not want it done any more.
    if client.hangUp.hasHappened { return }
    func answer(_ answer: ControlAnswer) { try? client.send(answer) }
    switch request {
    case .info: answer(.running(picoprocess: info))
    case .kill:
      answer(.done)
      end()
    case .attach(_, output: false, input: false, _, _, _):
      answer(.attached(client: 0, hasTerminal: false))
      waiters.append(client)
    case nil: answer(.failed(error: "this relay does not know the request"))
    default: answer(.failed(error: "it is a relay of connections, and no guest"))
    }
  }

  /// Tells those who wait for it that this relay ends.
  func dismissWaiters() {
    for waiter in waiters {
      _ = try? waiter.becomeStream().stream.send(AttachFrame.ended(status: 0).bytes)
    }
  }

  /// What it relays, for people.
  private var summary: String {
    let count = connectionCount
    var what = ["\(count) connection\(count == 1 ? "" : "s")"]
    let ports = services.map { "\($0.port)\($0.isDatagram ? "/udp" : "")" }
    if !ports.isEmpty {
      what.append("port\(ports.count == 1 ? "" : "s") " + ports.joined(separator: ", "))
    }
    let place = isNear ? "now at" : "by way of"
    return "\(what.joined(separator: " and ")) of \(guest), \(place) \(peer)"
  }

  private var info: PicoprocessInfo {
    PicoprocessInfo(
      name: name, pid: HostProcess.id, isa: "-", program: summary,
      uptimeNanoseconds: HostProcess.monotonicTime - start, memoryBytes: 0, threads: 1,
      syscallCount: 0, sandbox: confinement ?? ConfinementReport(),
      relay: RelayInfo(
        guest: guest, peer: peer, connections: connectionCount,
        linkedConnections: connectionCount - splices.count, forwarded: services.map(\.port),
        addresses: services.map { "\($0.service.address)" },
        isLinked: circuits.last?.isLinked ?? false))
  }
}
