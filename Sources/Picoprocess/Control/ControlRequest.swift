import LinuxABI

/// What may be asked of a running picoprocess. One line of JSON over its control socket; the answer is
/// another: `{"ok":true,…}` or `{"error":"…"}`.
package enum ControlRequest: Sendable, Hashable {
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
  var json: JSON {
    switch self {
    case .info: .object([("request", "info")])
    case .checkpoint(let output):
      .object([("request", "checkpoint"), ("output", .string(output))])
    case .suspend(let output): .object([("request", "suspend"), ("output", .string(output))])
    case .kill(let signal):
      .object([("request", "kill"), ("signal", .integer(Int64(signal)))])
    }
  }

  /// `nil` when `json` asks for nothing that is known.
  init?(_ json: JSON) {
    switch json["request"]?.string {
    case "info": self = .info
    case "checkpoint":
      guard let output = json["output"]?.string, output.hasPrefix("/") else { return nil }
      self = .checkpoint(output: output)
    case "suspend":
      guard let output = json["output"]?.string, output.hasPrefix("/") else { return nil }
      self = .suspend(output: output)
    case "kill":
      guard let number = json["signal"]?.integer, let signal = Int32(exactly: number),
        Signal(rawValue: signal).isValid
      else { return nil }
      self = .kill(signal: signal)
    default: return nil
    }
  }
}

extension ControlRequest {
  /// A `kill` with the signal of that name (`TERM`, `SIGTERM`) or number; nil when there is none.
  package init?(signalNamed text: String) {
    guard let signal = Signal(named: text) else { return nil }
    self = .kill(signal: signal.rawValue)
  }
}
