/// What a supervisor asks of another one: one line of JSON at the beginning of a connection of TLS, answered by a
/// `PeerAnswer`. Values are the peer's, and not checked.
package struct PeerRequest: Sendable, Codable {
  /// Of this exchange of lines.
  package static let version = 1
  /// Bytes of a request.
  package static let limit = 64 << 10

  package var version: Int
  package var what: Wish

  package enum Wish: Sendable, Codable {
    case status
    /// Say what runs, as `godwit ps --json` does.
    case list
    /// Run godwit with these arguments, and join the connection with its standard input and output.
    case run(arguments: [String])
    /// Send this application home, which is the machine that asks.
    ///
    /// - `milliseconds`: until it has to be over; nil: there is time.
    case recall(application: String, milliseconds: Int64?)
    /// Say what moving each of what runs there to the machine that asks would take.
    case forecasts
  }

  package init(_ what: Wish) {
    version = Self.version
    self.what = what
  }
}

package enum PeerAnswer: Sendable, Codable {
  /// Bytes of an answer.
  package static let limit = 4 << 20

  case failed(error: String)
  case status(MachineStatus)
  case list(applications: String)
  /// From now on the connection is the program's.
  case running
  /// It was taken note of.
  case done
  case forecasts([ApplicationForecast])
}
