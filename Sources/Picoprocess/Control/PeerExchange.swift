import HostABI
import JSONText
import PosixHost
package import SupervisorMessages

/// Has two supervisors learn each other's certificates, over a link that their user trusts: `godwit peer add ssh://HOST`.
/// Each end says a line, first the one that has made the link.
package enum PeerExchange {
  package struct Options {
    /// The other machine's name here, and this one's name there; nil: their host names.
    package var name: String?
    package var ownName: String?
    /// Where the other machine is reached; nil: where it says.
    package var address: String?
    package var replaces = false

    package init() {}
  }

  private static let second: Int64 = 1_000_000_000
  /// Whoever logs in may have to type a password.
  private static let patience = 120 * second
  /// Bytes of a line.
  private static let limit = 64 << 10

  /// Makes the link.
  ///
  /// - Returns: the card of the other machine, which is trusted now, as this one is there.
  package static func begin(_ shell: RemoteShell, _ options: Options) throws(Failure) -> PeerCard {
    var own = try identity()
    if let name = options.ownName { own.name = name }
    let arguments = ["peer", "exchange"] + (options.replaces ? ["--replace"] : [])
    let (process, link) = try shell.open(arguments, asks: true)
    let answer: SupervisorAnswer
    do throws(Failure) {
      try say(own, over: link)
      answer = try line(SupervisorAnswer.self, from: "\(shell.remote)", over: link)
    } catch { throw Failure(error.message + shell.note(process)) }
    link.close()
    _ = process?.end(within: 2 * second)
    switch answer {
    case .identity(var card, _, _):
      if let name = options.name { card.name = name }
      card.address = options.address ?? card.address.map { concrete($0, at: shell.remote.host) }
      _ = try SupervisorClient.ask(.pin(card: card, replaces: options.replaces))
      return card
    case .failed(let error): throw Failure("\(shell.remote): \(error)")
    default: throw Failure("\(shell.remote): its godwit is of another version")
    }
  }

  /// Answers over the standard streams.
  package static func answer(replaces: Bool) throws(Failure) {
    let link = try withFailure("standard input and output") { () throws(HostError) in
      try ByteLink.standardStreams()
    }
    do throws(Failure) {
      var other = try line(PeerCard.self, from: "the other machine", over: link)
      var own = try identity()
      // sshd(8) says how the two have reached each other.
      let ends = (HostProcess.environmentValue("SSH_CONNECTION") ?? "").split(separator: " ")
      if ends.count == 4 {
        other.address = other.address.map { concrete($0, at: String(ends[0])) }
        own.address = own.address.map { concrete($0, at: String(ends[2])) }
      }
      _ = try SupervisorClient.ask(.pin(card: other, replaces: replaces))
      try say(SupervisorAnswer.identity(card: own, fingerprint: "", process: 0), over: link)
    } catch {
      try say(SupervisorAnswer.failed(error: error.message), over: link)
    }
  }

  private static func identity() throws(Failure) -> PeerCard {
    guard case .identity(let card, _, _) = try SupervisorClient.ask(.identify) else {
      throw Failure("the supervisor is of another version")
    }
    return card
  }

  /// An address at which a machine listens, as another one reaches it: `0.0.0.0` is all of its addresses.
  private static func concrete(_ address: String, at host: String) -> String {
    for all in ["0.0.0.0:", "[::]:"] where address.hasPrefix(all) {
      return (host.contains(":") ? "[\(host)]:" : "\(host):") + address.dropFirst(all.count)
    }
    return address
  }

  // MARK: Lines

  private static func say(_ value: some Encodable, over link: ByteLink) throws(Failure) {
    try withFailure("the link") { () throws(HostError) in
      try link.write(Array((JSON.line(value) + "\n").utf8), timeout: 10 * second)
    }
  }

  private static func line<Value: Decodable>(
    _ type: Value.Type, from peer: String, over link: ByteLink
  ) throws(Failure) -> Value {
    let deadline = HostProcess.monotonicTime + patience
    var bytes: [UInt8] = []
    while bytes.last != UInt8(ascii: "\n") {
      let rest = max(0, deadline - HostProcess.monotonicTime)
      let piece: [UInt8]
      do throws(HostError) { piece = try link.read(limit, timeout: rest) } catch .timedOut {
        throw Failure("\(peer): it does not answer")
      } catch { throw Failure(peer, error) }
      guard !piece.isEmpty else {
        throw Failure("\(peer): the link ended before the far end answered")
      }
      bytes += piece
      guard bytes.count <= limit else { throw Failure("\(peer): it says too much") }
    }
    bytes.removeLast()
    guard let value = JSON.decode(type, from: bytes) else {
      throw Failure("\(peer): the far end says something else: '\(printable(bytes.prefix(80)))'")
    }
    return value
  }
}
