import HostABI
import LibOS
import Machine
import PosixHost

extension Picoprocess {
  /// Shares the sockets of the guest's connections, and of its clients, with the one who asks, while the guest stands.
  /// Nobody uses them until it is known whose the guest is.
  ///
  /// - Parameter clients: the clients are to follow it.
  /// - Returns: whether the request waits for that.
  func handOver(to letter: Mailbox.Letter, clients: Bool) -> Bool {
    var sockets: [(what: HandedSocket, socket: ByteStream)] = []
    do throws(HostError) {
      for connection in kernel.outsideConnections {
        sockets.append((.connection(number: connection.number), try host.share(connection.handle)))
      }
      for service in kernel.outsideServices {
        let (port, isDatagram) = (service.port.port, service.port.isDatagram)
        let correspondents = host.correspondents(of: service.handle)
          .prefix(RelayEnd.correspondentLimit).map { RelayedCorrespondent(port, $0) }
        sockets.append(
          (
            .service(port: port, isDatagram: isDatagram, correspondents: correspondents),
            try host.share(service.handle)
          ))
      }
    } catch {
      letter.progress = .answered(
        .failed(error: "its connections can't be handed over: \(Failure.reason(error))"))
      return false
    }
    if clients {
      for client in attachments.hold(typed: pendingInput, inputIsEnding: inputIsEnding) {
        sockets.append((.client(HandedClient(client)), client.stream))
      }
    }
    letter.sockets = sockets
    // Whoever waits for this process goes on waiting.
    let hasConsole = options.console == nil
    letter.progress = .answered(.handing(count: sockets.count, hasConsole: hasConsole))
    return true
  }

  /// The guest has gone: whoever shares its connections has them from now on.
  func beginRelaying(_ relays: [Mailbox.Letter]) {
    attachments.giveAway()
    for relay in relays {
      relay.progress = .answered(.done)
      waitUntilSent(relay)
      console = relay.console ?? console
    }
  }

  /// Goes on as a client of the guest that has moved: its streams are those of this process.
  ///
  /// - Parameter stream: leads to its console.
  func followConsole(_ stream: ByteStream) throws(Failure) -> Ending {
    let connection = try withFailure(name) { () throws(HostError) in
      try ControlConnection(joining: stream)
    }
    // Nothing of the guest is left here.
    for process in kernel.processes.values { process.space.discardPrivatePages() }
    let ending = try AttachClient(AttachChoices()).run(relayed: name, connection)
    return .exited(.exited(ending.status))
  }

  /// Has the guest that is about to be restored find the sockets that came for its connections.
  func adoptRelayedConnections() {
    // One that can't be adopted is reset.
    guard let sockets = options.relayed?.takeConnections() else { return }
    kernel.relayOutside(sockets.compactMapValues { try? host.adopt($0) })
  }
}
