import LinuxABI

/// What may be asked of a running picoprocess: one line of JSON over its control socket, as in
/// `{"checkpoint":{"output":"/tmp/x"}}`. The answer is another, a `ControlAnswer`.
package enum ControlRequest: Sendable, Hashable, Codable {
  /// What it is and how it does.
  case info
  /// Write a snapshot to the absolute path and go on.
  case checkpoint(output: String)
  /// Write a snapshot to the absolute path and end.
  case suspend(output: String)
  /// Send the guest a signal.
  case kill(signal: Int32)
}

extension ControlRequest {
  /// Reads a request; nil when nothing is asked for that is known and makes sense.
  init?(_ line: [UInt8]) {
    guard let request = JSON.decode(ControlRequest.self, from: line) else { return nil }
    switch request {
    case .info: break
    case .checkpoint(let output), .suspend(let output):
      guard output.hasPrefix("/"), !output.utf8.contains(0) else { return nil }
    case .kill(let signal):
      guard Signal(rawValue: signal).isValid else { return nil }
    }
    self = request
  }

  /// A `kill` with the signal of that name (`TERM`, `SIGTERM`) or number; nil when there is none.
  package init?(signalNamed text: String) {
    guard let signal = Signal(named: text) else { return nil }
    self = .kill(signal: signal.rawValue)
  }
}
