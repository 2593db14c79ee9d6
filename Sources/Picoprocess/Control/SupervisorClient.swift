import HostABI
import JSONText
import PosixHost
package import SupervisorMessages

/// Talks to this user's supervisor.
package enum SupervisorClient {
  private static let second: Int64 = 1_000_000_000
  /// For what takes a dialogue with other machines. They have less.
  private static let patience = 60 * second

  package static var isRunning: Bool {
    do throws(HostError) {
      _ = try SupervisorPlace.directory().connect(to: SupervisorPlace.name)
    } catch { return error != .notFound }
    return true
  }

  /// Asks, and waits for the answer.
  ///
  /// - Throws: the reason if there is no supervisor, or if it could not carry out the request.
  package static func ask(_ request: SupervisorRequest) throws(Failure) -> SupervisorAnswer {
    try converse(request).answer
  }

  /// Has a peer run godwit with `arguments`.
  ///
  /// - Returns: its standard input and output.
  static func link(to peer: String, running arguments: [String]) throws(Failure) -> ByteLink {
    let connection: ControlConnection
    do throws(Failure) {
      connection = try converse(.link(peer: peer, arguments: arguments)).connection
    } catch { throw Failure("peer://\(peer): \(error.message)") }
    let link = try withFailure("the supervisor") { () throws(HostError) in
      try connection.takeLink()
    }
    guard let link else { throw Failure("peer://\(peer): the supervisor has made no link") }
    return link
  }

  private static func converse(_ request: SupervisorRequest) throws(Failure)
    -> (answer: SupervisorAnswer, connection: ControlConnection)
  {
    let line: [UInt8]?
    let connection: ControlConnection
    do throws(HostError) {
      connection = try SupervisorPlace.directory().connect(to: SupervisorPlace.name)
      try connection.send(Array(JSON.line(request).utf8), timeout: 10 * second)
      line = try connection.receive(timeout: patience)
    } catch .notFound {
      throw Failure("no supervisor is running: see godwit serve")
    } catch .wouldBlock { throw Failure("the supervisor does not answer") } catch {
      throw Failure("the supervisor", error)
    }
    guard let line, let answer = JSON.decode(SupervisorAnswer.self, from: line) else {
      throw Failure("the supervisor ended without an answer")
    }
    if case .failed(let error) = answer { throw Failure(error) }
    return (answer, connection)
  }
}
