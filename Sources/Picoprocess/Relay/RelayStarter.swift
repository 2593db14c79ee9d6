import HostABI
import PosixHost

/// An end of a relay, as the command sees it that has started it.
final class RelayStarter {
  private let connection: ControlConnection

  /// For an order that takes a login at the other machine.
  private static let patience: Int64 = 40_000_000_000

  /// Forks: see `DetachedChild`.
  ///
  /// - Parameter abandon: closes, in the relay, what it must not have of this process.
  init(isNear: Bool, _ abandon: () -> Void = {}) throws(Failure) {
    do throws(HostError) {
      let maker = try LinkMaker(abandon)
      connection = try DetachedChild.start { starter in
        abandon()
        RelayEnd(starter, maker, isNear: isNear).run()
      }
    } catch { throw Failure("the process that is to relay connections", error) }
  }

  /// - Throws: why it can't be carried out.
  @discardableResult
  func carryOut(_ order: RelayOrder, handing socket: ByteStream? = nil) throws(Failure)
    -> RelayReport
  {
    let report: RelayReport?
    do throws(HostError) {
      let line = Array(JSON.line(order).utf8)
      if let socket {
        try connection.send(line, handing: socket, timeout: Self.patience)
      } else {
        try connection.send(line, timeout: Self.patience)
      }
      report = try connection.receive(timeout: Self.patience)
        .flatMap { JSON.decode(RelayReport.self, from: $0) }
    } catch { throw Failure("the process that relays connections", error) }
    switch report {
    case .failed(let reason): throw Failure(reason)
    case .some(let report): return report
    case nil: throw Failure("the process that relays connections has ended")
    }
  }

  /// Has it make links to the end `name` at another machine, and waits for the first one.
  func dial(_ shell: RemoteShell, _ name: String) throws(Failure) {
    let order = RelayOrder.dial(
      words: shell.relayCommand(name), carries: shell.carrier != nil, carried: shell.carrier?.path)
    do throws(Failure) { try carryOut(order) } catch {
      throw Failure(
        "\(shell.remote): no link for open connections: \(error.message); another \(shell.words[0]) must work there without asking, or say --connections reset"
      )
    }
  }
}

extension RemoteShell {
  /// The words of the command that joins a link with the relay `name` there. Nobody is there to answer a question.
  func relayCommand(_ name: String) -> [String] {
    let batch = words == ["ssh"] ? ["-o", "BatchMode=yes"] : []
    return words + batch + remote.arguments(command(["relay", name]))
  }
}

/// `godwit relay NAME`: joins its standard streams with a relay of this machine, until either ends.
package enum RelayJoiner {
  package static func run(_ name: String) throws(Failure) {
    let directory = try withFailure("the directory of control sockets") { () throws(HostError) in
      try ControlDirectory.standard()
    }
    let connection: ControlConnection
    do throws(HostError) { connection = try directory.connect(to: name) } catch .notFound {
      // It need not be asked again.
      let link = try withFailure("standard output") { () throws(HostError) in
        try ByteLink.standardStreams()
      }
      try withFailure("standard output") { () throws(HostError) in
        try link.write(RelayLink.preamble.bytes + RelayFrame.bye.wire, timeout: 10_000_000_000)
      }
      return
    } catch { throw Failure("relay \(name)", error) }
    try withFailure("relay \(name)") { () throws(HostError) in
      try connection.send(Array(JSON.line(RelayJoin.input).utf8), handingStandardStream: 0)
      try connection.send(Array(JSON.line(RelayJoin.output).utf8), handingStandardStream: 1)
      // Whatever comes is the end.
      _ = try connection.receive()
    }
  }
}
