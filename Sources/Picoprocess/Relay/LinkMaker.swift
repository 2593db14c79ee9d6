import HostABI
import PosixHost

/// Has another process make the links of a relay's end, which so needs no right to start programs. The command is said once,
/// before anything of a peer is read: whoever takes the relay over later can't have another one run.
final class LinkMaker {
  let connection: ControlConnection

  private enum Request: Codable {
    /// This is the command: see `RelayOrder.dial`. Only the first one counts.
    case use(words: [String], carries: Bool, carried: String?, peer: String)
    /// Make a link in place of the last one.
    case make
    /// The last link is broken.
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

  /// Says the command, which makes links to `peer`.
  func use(_ words: [String], _ carrier: GodwitCarrier?, _ peer: String) throws(HostError) {
    try connection.send(
      Request.use(words: words, carries: carrier != nil, carried: carrier?.path, peer: peer))
  }

  /// Asks for a link: an answer follows.
  func make() throws(HostError) { try connection.send(Request.make) }

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
      return (answer, connection.takeLinkEnd())
    } catch .wouldBlock { return nil }
  }

  // MARK: The other process

  private static func serve(_ relay: ControlConnection) -> Never {
    Progress.isShown = false
    var command: (words: [String], carrier: GodwitCarrier?, peer: String)?
    var process: LinkProcess?
    while let line = try? relay.receive(), let request = JSON.decode(Request.self, from: line) {
      if case .use(let words, let carries, let carried, let peer) = request {
        command = command ?? (words, carries ? GodwitCarrier(path: carried) : nil, peer)
        continue
      }
      let status = process?.end(within: second / 2)
      process = nil
      guard case .make = request, let command else {
        try? relay.send(Answer.ended(status: status))
        continue
      }
      do throws(Failure) {
        let made = try withFailure(command.words[0]) { () throws(HostError) in
          try LinkProcess.start(command.words)
        }
        process = made.process
        try command.carrier?.introduce(over: made.link, peer: command.peer)
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
