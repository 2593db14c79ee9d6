import HostABI
import PosixHost

/// Where the supervisor keeps what must outlive it: `$XDG_STATE_HOME/godwit/supervisor` (or below `~/.local/state`).
struct StateDirectory: Sendable {
  let path: String

  init() throws(SupervisorError) {
    guard let state = HostProcess.stateDirectory else {
      throw SupervisorError("neither XDG_STATE_HOME nor HOME says where the state is to be")
    }
    path = state + "/godwit/supervisor"
    try Self.make(path)
  }

  private static func make(_ path: String) throws(SupervisorError) {
    do throws(HostError) { try HostFiles.makeDirectories(path) } catch .exists {} catch {
      throw SupervisorError(path, error)
    }
  }

  /// Has this machine's key and certificate.
  var identity: String { path + "/identity.pem" }
  /// Has the peers.
  var peers: String { path + "/peers.json" }
  /// Has the word that lets browsers in.
  var consoleToken: String { path + "/console-token" }

  /// Has the applications with which this machine went on in place of another.
  var successions: String { path + "/successions.json" }

  /// Has the applications of which peers were sent copies.
  var sentCopies: String { path + "/sent-copies.json" }

  /// Where the console puts snapshots.
  func saved() throws(SupervisorError) -> String {
    let directory = path + "/saved"
    try Self.make(directory)
    return directory
  }

  /// Where suspended applications are.
  func suspended() throws(SupervisorError) -> String {
    let directory = path + "/suspended"
    try Self.make(directory)
    return directory
  }
}
