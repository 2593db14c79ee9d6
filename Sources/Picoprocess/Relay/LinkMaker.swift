import HostABI
import JSONText
import PosixHost

/// Has another process make the links of a relay's end, which so needs no right to start programs. The machines are said
/// once, before anything of a peer is read: whoever takes the relay over later can't have it reach another one, or run
/// another command there than `godwit relay`.
final class LinkMaker {
  /// An end of a relay, on one of the machines.
  struct Place: Codable {
    /// The index of the machine.
    var machine: Int
    /// The end's name there.
    var relay: String
    /// It has another link to the one that made it.
    var isShortcut: Bool

    init(machine: Int, relay: String, isShortcut: Bool = false) {
      (self.machine, self.relay, self.isShortcut) = (machine, relay, isShortcut)
    }

    /// What godwit there is told, to join a link with it.
    var arguments: [String] { ["relay", relay] + (isShortcut ? ["--shortcut"] : []) }
  }

  let connection: ControlConnection

  private enum Request: Codable {
    /// These are the machines. Only the first of these requests counts.
    case use(machines: [RemoteShell])
    /// Make a link in place of the last one.
    case make(place: Place)
    /// The last link is not needed any more.
    case drop
  }

  /// What comes of it.
  enum Answer: Codable {
    /// The descriptors come with these, in this order.
    case input, output
    case failed(reason: String)
    /// The program that made the link has ended with this status; nil: it had to be ended.
    case ended(status: Int32?)
  }

  private static let second: Int64 = 1_000_000_000

  /// Forks: see `DetachedChild`.
  ///
  /// - Parameter abandon: closes, in the other process, what it must not have of this one.
  init(_ abandon: () -> Void) throws(HostError) {
    connection = try DetachedChild.start { relay in
      abandon()
      Self.serve(relay)
    }
  }

  /// Says which machines links may lead to.
  func use(_ machines: [RemoteShell]) throws(HostError) {
    try connection.send(Request.use(machines: machines))
  }

  /// Asks for a link: an answer follows.
  func make(_ place: Place) throws(HostError) { try connection.send(Request.make(place: place)) }

  /// Ends the program that made the last link. An answer follows.
  func release() { try? connection.send(Request.drop) }

  /// Ends the program that made the last link.
  ///
  /// - Returns: its status, if it has ended by itself.
  func drop() -> Int32? {
    guard (try? connection.send(Request.drop)) != nil,
      let line = try? connection.receive(timeout: 3 * Self.second),
      case .ended(let status) = JSON.decode(Answer.self, from: line)
    else { return nil }
    return status
  }

  /// What came of a request; nil if nothing has yet.
  func answer() throws(HostError) -> (answer: Answer, end: LinkEnd?)? {
    do throws(HostError) {
      guard let line = try connection.receive(timeout: 0),
        let answer = JSON.decode(Answer.self, from: line)
      else { throw .brokenPipe }
      // Another answer's may have come with the bytes of this one.
      switch answer {
      case .input, .output: return (answer, connection.takeLinkEnd())
      case .failed, .ended: return (answer, nil)
      }
    } catch .wouldBlock { return nil }
  }

  // MARK: The other process

  private static func serve(_ relay: ControlConnection) -> Never {
    Progress.isShown = false
    var machines: [RemoteShell]?
    var process: LinkProcess?
    while let line = try? relay.receive(), let request = JSON.decode(Request.self, from: line) {
      if case .use(let named) = request {
        machines = machines ?? named
        continue
      }
      let status = process?.end(within: second / 2)
      process = nil
      guard case .make(let place) = request else {
        try? relay.send(Answer.ended(status: status))
        continue
      }
      do throws(Failure) {
        guard let machines, machines.indices.contains(place.machine),
          RelayName.isValid(place.relay)
        else { throw Failure("it may not be reached") }
        // Nobody is there to answer a question.
        let made = try machines[place.machine].open(place.arguments, asks: false)
        process = made.process
        try withFailure("the relay") { () throws(HostError) in
          try relay.send(
            [Answer.input, Answer.output].map { Array(JSON.line($0).utf8) }, handing: made.link)
        }
        made.link.close()
      } catch { try? relay.send(Answer.failed(reason: error.message)) }
    }
    _ = process?.end(within: second / 5)
    HostProcess.exit(0)
  }
}
