import HostABI
import JSONText
import LinuxABI
package import Snapshot

/// A request to a running picoprocess: one line of JSON over its control socket, such as
/// `{"kill":{"signal":15}}`. It is answered by another line, a `ControlAnswer`.
package enum ControlRequest: Sendable, Hashable, Codable {
  /// Return the state of the picoprocess.
  case info
  /// Write a snapshot to the file passed along, and continue.
  ///
  /// - `parent`: the last snapshot of the observer, to which it is to be an increment.
  /// - `observer`: who takes it; nil: the user.
  /// - `reports`: answer with progress first, now and then.
  case checkpoint(
    parent: NamedParent? = nil, compression: Compression? = nil, observer: SnapshotObserver? = nil,
    reports: Bool? = nil)
  /// Write a snapshot to the file passed along, and end once the snapshot is safe; see `Docs/Handover.md`.
  ///
  /// - `parent`: the snapshot that it is to be an increment to.
  /// - `patience`: nanoseconds to wait for the verdict, if less than the default.
  /// - `reports`: answer with progress first, now and then.
  case suspend(
    parent: NamedParent? = nil, compression: Compression? = nil, patience: Int64? = nil,
    reports: Bool? = nil)
  /// Send the guest a signal.
  case kill(signal: Int32)
  /// Attach to the guest's console: `Docs/Attach.md`. Who wants neither output nor input waits for the guest's end.
  ///
  /// - `size`: that of the client's terminal.
  /// - `goesOn`: it has seen the output so far.
  /// - `token`: what the relay calls it that attaches itself for it.
  /// - `machine`: the peer of the supervisor at which its user is; nil: this machine, if there is no token.
  case attach(
    size: TerminalSize? = nil, output: Bool, input: Bool, goesOn: Bool? = nil, token: UInt64? = nil,
    machine: String? = nil)
  /// Let no instruction of the guest run.
  case pause
  /// Let it go on.
  case unpause
  /// Return what a migration's negotiation needs.
  case describe
  /// Write the files outside that a snapshot would need, as a message `OutsideFiles`, to the pipe passed along.
  ///
  /// - `reports`: answer with progress first, now and then.
  case listFiles(reports: Bool? = nil)
  /// Write a snapshot to the pipe passed along, and end once the guest is another machine's; see
  /// `Docs/MigrationProtocol.md`.
  ///
  /// - `peer`: the other machine, for people.
  /// - `migration`: in hexadecimal digits.
  /// - `maxPause`: nanoseconds for which the guest may stand, if rounds can achieve it.
  /// - `throttles`: if they can't, slow the guest.
  /// - `remoteName`: the guest's name there, if its pages are to follow after the commit (post-copy): then the
  ///   snapshot has only their numbers, and the guest stops at once.
  /// - `relays`: its connections and standard streams will be relayed.
  /// - `reports`: answer with progress first, now and then.
  /// - `asks`: after rounds, answer `settling` before the guest stops, and wait for a verdict.
  /// - `parent`: the copy, which was sent for the observer, to which the snapshot is to be an increment.
  case migrate(
    peer: String, migration: String, compression: Compression? = nil, maxPause: Int64,
    throttles: Bool, remoteName: String? = nil, relays: Bool? = nil,
    reports: Bool? = nil, asks: Bool? = nil, parent: NamedParent? = nil,
    observer: SnapshotObserver? = nil)
  /// Have this with the guest, for supervisors.
  case carry(passport: String)
  /// Watch how the guest writes its memory for so long, in nanoseconds, or until the client says a word.
  case watch(time: Int64)
  /// Carry the pages of this migration over the connection: from now on it has the frames of the protocol.
  case pages(migration: String)
  /// Share the sockets of the guest's connections, which stands for the sake of this migration, and say in the end
  /// whether it has gone: see `HandedSockets`.
  case relay(migration: String)
  /// End the doubt about a migration, as the user says.
  case resolve(resolution: Resolution)
  /// End the doubt about this migration, as the other end says.
  ///
  /// - `isCommitted`: the guest lives where it was to go, else where it came from.
  case settle(migration: String, isCommitted: Bool)

  /// Whether an open file must be passed along.
  var takesFile: Bool {
    switch self {
    case .checkpoint, .suspend, .migrate, .listFiles: true
    case .info, .kill, .attach, .pause, .unpause, .describe, .carry, .watch, .resolve, .settle,
      .pages, .relay:
      false
    }
  }
}

extension ControlRequest {
  /// Whether the client wants to know how far its snapshot has come.
  var wantsProgress: Bool {
    switch self {
    case .checkpoint(_, _, _, let reports), .suspend(_, _, _, let reports),
      .migrate(_, _, _, _, _, _, _, let reports, _, _, _), .listFiles(let reports):
      reports ?? false
    case .info, .kill, .attach, .pause, .unpause, .describe, .carry, .watch, .resolve, .settle,
      .pages, .relay:
      false
    }
  }
}

/// The size of a terminal, in characters.
package struct TerminalSize: Sendable, Hashable, Codable {
  package var rows: UInt16
  package var columns: UInt16

  var window: WindowSize { WindowSize(rows: rows, columns: columns) }
}

/// The client's decision after the snapshot for `suspend` was written.
package enum ControlVerdict: Sendable, Hashable, Codable {
  /// The snapshot is on storage under its name, so the guest may end.
  case commit
  /// It is not, so the guest must continue.
  case abort
  /// Of a migration that asks: there was time to send other things; ask again before the guest stops.
  case goOn
  /// Of a migration that asks: the guest may stop.
  case stop
  /// Of a migration, before `commit`: the other machine may run the guest from now on. If the client goes without
  /// another verdict, the guest stands until the user resolves the doubt.
  case hold
}

extension ControlRequest {
  /// Decodes a request; nil if it is unknown or invalid.
  init?(_ line: [UInt8]) {
    guard let request = JSON.decode(ControlRequest.self, from: line) else { return nil }
    if case .kill(let signal) = request, !Signal(rawValue: signal).isValid { return nil }
    self = request
  }

  /// A `kill` request for a signal given by name (`TERM`, `SIGTERM`) or number; nil if there is no such
  /// signal.
  package init?(signalNamed text: String) {
    guard let signal = Signal(named: text) else { return nil }
    self = .kill(signal: signal.rawValue)
  }
}
