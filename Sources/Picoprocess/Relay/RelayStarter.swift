import HostABI
import JSONText
import PosixHost

/// An end of a relay, as the command sees it that has started it.
final class RelayStarter {
  private let connection: ControlConnection

  /// For an order that takes a login at the other machine.
  private static let patience: Int64 = 40_000_000_000

  /// Forks: see `DetachedChild`.
  ///
  /// - Parameter follows: it may make links to more than one place.
  /// - Parameter abandon: closes, in the relay, what it must not have of this process.
  init(isNear: Bool, follows: Bool = false, _ abandon: () -> Void = {}) throws(Failure) {
    do throws(HostError) {
      // A shortcut is made while the link that it replaces is in use.
      let maker = try LinkMaker(abandon)
      let second =
        follows
        ? try LinkMaker {
          abandon()
          maker.connection.abandon()
        } : nil
      connection = try DetachedChild.start { starter in
        abandon()
        RelayEnd(starter, [maker, second].compactMap(\.self), isNear: isNear).run()
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
  ///
  /// - Parameter follow: machines to which it may make links, too, when the guest is there.
  func dial(_ shell: RemoteShell, _ name: String, follow: [RemoteHost] = []) throws(Failure) {
    let others = follow.filter { $0 != shell.remote }.map { shell.to($0) }
    do throws(Failure) { try carryOut(.dial(machines: [shell] + others, name: name)) } catch {
      let remedy =
        shell.remote.isPeer ? "" : "another \(shell.words[0]) must work there without asking, or "
      throw Failure(
        "\(shell.remote): no link for open connections: \(error.message); \(remedy)say --connections reset"
      )
    }
  }
}

extension RemoteShell {
  /// The same way to another machine.
  fileprivate func to(_ remote: RemoteHost) -> RemoteShell {
    var shell = self
    shell.remote = remote
    return shell
  }
}

/// `godwit relay NAME`: joins its standard streams with a relay of this machine, until either ends.
package enum RelayJoiner {
  /// - Parameter isShortcut: the link comes from another relay than the one whose end `name` is.
  package static func run(_ name: String, isShortcut: Bool) throws(Failure) {
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
      let join = isShortcut ? RelayJoin.shortcut : .output
      try connection.send(Array(JSON.line(join).utf8), handingStandardStream: 1)
      // Whatever comes is the end.
      _ = try connection.receive()
    }
  }
}
