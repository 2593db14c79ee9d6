import HostABI
import JSONText
import PosixHost

extension AttachClient {
  /// Attaches this process to the picoprocess `name` of a peer.
  package func run(at peer: String, _ name: String) throws(Failure) -> AttachEnding {
    let connection = ControlConnection(
      try SupervisorClient.link(to: peer, running: ["join", name]))
    try withFailure("peer://\(peer)") { () throws(HostError) in
      try connection.send(Array(JSON.line(request).utf8))
    }
    return try run(relayed: "peer://\(peer)/\(name)", connection)
  }
}

/// Joins a client at a peer, which is on standard input, with a picoprocess here.
package enum ConsoleJoin {
  private static let patience: Int64 = 10_000_000_000

  /// - Parameter machine: the peer.
  package static func run(_ name: String, at machine: String) throws(Failure) {
    let client = try withFailure("standard input") { () throws(HostError) in
      try ControlConnection.standardInput()
    }
    do throws(Failure) {
      let splice = try join(name, client, machine)
      while !splice.isOver {
        var items = splice.pollItems()
        PollItem.wait(&items, timeout: nil)
        splice.pump()
      }
    } catch {
      try? client.send(
        Array(JSON.line(ControlAnswer.failed(error: error.message)).utf8), timeout: patience)
    }
  }

  private static func join(_ name: String, _ client: ControlConnection, _ machine: String)
    throws(Failure) -> RelaySplice
  {
    let line = try withFailure("the client") { () throws(HostError) in
      try client.receive(timeout: patience)
    }
    guard let line,
      case .attach(let size, let output, let input, let goesOn, nil, _) = ControlRequest(line)
    else { throw Failure("a peer may only attach") }
    let request = ControlRequest.attach(
      size: size, output: output, input: input, goesOn: goesOn, machine: machine)
    let local = try ControlClient()
    let picoprocess: ControlConnection
    do throws(HostError) { picoprocess = try local.send(request, to: name) } catch {
      throw Failure("no picoprocess named \(name) is running there")
    }
    // It sends nothing more before it is answered.
    return RelaySplice(client.becomeStream().stream, picoprocess.becomeStream().stream)
  }
}
