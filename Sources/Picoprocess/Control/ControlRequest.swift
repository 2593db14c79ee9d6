import LinuxABI

/// What may be asked of a running picoprocess: one line of JSON over its control socket, as in
/// `{"kill":{"signal":15}}`. The answer is another, a `ControlAnswer`.
package enum ControlRequest: Sendable, Hashable, Codable {
  /// What it is and how it does.
  case info
  /// Write a snapshot to the file that comes along, and go on.
  case checkpoint
  /// Write a snapshot to the file that comes along, and end once the snapshot is safe: see `Docs/Handover.md`.
  ///
  /// - `patience`: how many nanoseconds to wait for the verdict, if less than usual.
  case suspend(patience: Int64? = nil)
  /// Send the guest a signal.
  case kill(signal: Int32)

  /// Whether an open file belongs to it.
  var takesFile: Bool {
    switch self {
    case .checkpoint, .suspend: true
    case .info, .kill: false
    }
  }
}

/// What the client says when it was told that a snapshot for `suspend` is written.
package enum ControlVerdict: Sendable, Hashable, Codable {
  /// The snapshot is on storage, under its name: the guest may end.
  case commit
  /// It is not: the guest goes on.
  case abort
}

extension ControlRequest {
  /// Reads a request; nil when nothing is asked for that is known and makes sense.
  init?(_ line: [UInt8]) {
    guard let request = JSON.decode(ControlRequest.self, from: line) else { return nil }
    if case .kill(let signal) = request, !Signal(rawValue: signal).isValid { return nil }
    self = request
  }

  /// A `kill` with the signal of that name (`TERM`, `SIGTERM`) or number; nil when there is none.
  package init?(signalNamed text: String) {
    guard let signal = Signal(named: text) else { return nil }
    self = .kill(signal: signal.rawValue)
  }
}
