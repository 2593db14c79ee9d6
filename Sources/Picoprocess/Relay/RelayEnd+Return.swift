import HostABI
import JSONText
import PosixHost

// A guest comes home: the connections that a relay here has for it need no detour any more. Both ends of the detour say
// that nothing follows, so that all that is under way comes; then the socket itself is handed over.

extension RelayEnd {
  // MARK: The relay that has the connection

  func carryOut(_ request: ReturnRequest, _ client: ControlConnection) {
    switch request {
    case .listPorts:
      try? client.send(ReturnAnswer.ports(ports: lendable.map { services[$0].place }))
    case .lendPorts(let ports): lend(ports, to: client)
    case .keepPorts: services.removeAll { $0.borrower === client }
    case .giveBack(let number):
      // One that is about to take a shortcut keeps to that. One that ends here may have gone home already, and left again by
      // another way.
      guard isNear, phase == .relaying, let stream = connections[number]?.latest, !stream.isLost,
        !stream.isEnding, !stream.isInQuestion
      else {
        try? client.send(ReturnAnswer.unknown(number: number))
        return
      }
      connections[number] = nil
      try? client.send(ReturnAnswer.accepted(number: number))
      stream.beginReturning()
      returns.append((number, stream, client))
    }
  }

  /// The indices of services that nobody has borrowed.
  private var lendable: [Int] {
    phase == .relaying ? services.indices.filter { services[$0].borrower == nil } : []
  }

  /// Leaves ports to who holds the guest, as long as he is there.
  private func lend(_ ports: [RelayedPort], to client: ControlConnection) {
    let lent = lendable.filter { ports.contains(services[$0].place) }
    for index in lent { services[index].borrower = client }
    do throws(HostError) {
      try client.send(ReturnAnswer.lending(count: lent.count))
      for service in lent.map({ services[$0] }) {
        // They need no detour any more.
        let known = heard.filter { service.isDatagram && $0.port == service.port }.map { place in
          RelayedCorrespondent(
            place.port, Correspondent(address: place.client, known: place.client))
        }
        let what = HandedSocket.service(
          port: service.port, isDatagram: service.isDatagram, correspondents: known)
        try client.send(
          Array(JSON.line(what).utf8), handing: service.socket, timeout: 1_000_000_000)
      }
    } catch { takeBack(from: client) }
  }

  /// Relays again what comes to the ports that `client` had borrowed.
  func takeBack(from client: ControlConnection) {
    for index in services.indices where services[index].borrower === client {
      services[index].borrower = nil
    }
  }

  // MARK: The relay where the guest is

  func bringHome(_ relays: [String]) {
    guard let directory = try? ControlDirectory.standard() else { return }
    for relay in relays {
      // It may have ended.
      guard let home = try? directory.connect(to: RelayName.near(relay)) else { continue }
      homes.append(home)
      for (number, stream) in connections {
        guard (try? home.send(ReturnRequest.giveBack(number: number))) != nil else { break }
        stream.beginQuestion()
      }
    }
  }

  func receive(from home: ControlConnection) {
    while true {
      let answer: ReturnAnswer?
      do throws(HostError) {
        answer = try home.receive(timeout: 0).flatMap { JSON.decode(ReturnAnswer.self, from: $0) }
      } catch .wouldBlock { return } catch { answer = nil }
      switch answer {
      case .accepted(let number):
        guard let stream = connections[number] else { continue }
        awaited.insert(number)
        stream.beginReturning()
      case .returned(let number): returned[number] = home.takeSocket()
      case .unknown(let number): connections[number]?.endQuestion()
      case .ports, .lending: break
      case nil:
        homes.removeAll { $0 === home }
        guard homes.isEmpty else { return }
        // Those that have not come are lost.
        awaited.formIntersection(returned.keys)
        for stream in connections.values { stream.endQuestions() }
        return
      }
    }
  }

  // MARK: Both

  /// Hands over what has come in full, and joins what has come home.
  func conclude() {
    returns.removeAll { number, stream, client in
      guard let socket = stream.takeReturned() else { return stream.isLost }
      let answer = Array(JSON.line(ReturnAnswer.returned(number: number)).utf8)
      try? client.send(answer, handing: socket, timeout: 1_000_000_000)
      return true
    }
    for (number, socket) in returned {
      if let guests = connections[number]?.takeReturned() {
        splices.append(RelaySplice(socket, guests))
      } else if let stream = connections[number], !stream.isLost {
        continue
      }
      returned[number] = nil
      awaited.remove(number)
    }
  }
}
