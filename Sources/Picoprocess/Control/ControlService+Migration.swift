import HostABI
import JSONText
import PosixHost

extension ControlService {
  /// Asks the client whether the guest may stop. A client that has gone wants nothing any more.
  func settle(_ letter: Mailbox.Letter, _ connection: ControlConnection) {
    send(.settling, to: connection)
    _ = letter.decide(verdict(connection, nil) ?? .abort, on: .settling)
  }

  /// Receives the client's verdicts on a migration: first whether the other machine may run the guest, then whether
  /// it does. A client that has gone before the first leaves the guest running here; one that has gone after it
  /// leaves it standing.
  func concludeMigration(
    _ letter: Mailbox.Letter, _ connection: ControlConnection, _ patience: Int64
  ) {
    guard verdict(connection, patience) == .hold else {
      letter.progress = .decided(.abort)
      return send(.failed(error: "the migration was given up; the guest goes on"), to: connection)
    }
    letter.progress = .decided(.hold)
    send(farewell(letter), to: connection)
    while true {
      // The user may have resolved the doubt.
      if let answer = letter.answer, answer != .held { return send(answer, to: connection) }
      let line: [UInt8]?
      do throws(HostError) {
        line = try connection.receive(timeout: 20 * Self.millisecond)
      } catch .wouldBlock { continue } catch { return }
      switch line.flatMap({ JSON.decode(ControlVerdict.self, from: $0) }) {
      case .commit:
        guard letter.decide(.commit, on: .held) else { continue }
        send(farewell(letter), to: connection)
        letter.progress = .sent
        return
      case .abort:
        guard letter.decide(.abort, on: .held) else { continue }
        return send(.failed(error: "the guest goes on"), to: connection)
      case .hold, .goOn, .stop, nil: return
      }
    }
  }

  private func verdict(_ connection: ControlConnection, _ patience: Int64?) -> ControlVerdict? {
    guard let line = try? connection.receive(timeout: patience) else { return nil }
    return JSON.decode(ControlVerdict.self, from: line)
  }
}
