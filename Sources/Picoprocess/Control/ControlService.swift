import HostABI
import PosixHost

/// Answers control connections: runs on their threads, and only posts to the mailbox.
struct ControlService: Sendable {
  let mailbox: Mailbox
  let wake: Wake

  private static let millisecond: Int64 = 1_000_000

  func serve(_ connection: ControlConnection) {
    guard let line = try? connection.receive(timeout: 5_000 * Self.millisecond) else { return }
    guard let request = ControlRequest(line) else {
      return send(.failed(error: "this picoprocess does not know the request"), to: connection)
    }
    let letter = mailbox.post(request)
    var isPeerGone = false
    while mailbox.isOpen {
      switch letter.progress {
      case .answered(let answer):
        send(answer, to: connection)
        letter.progress = .sent
        return
      case .sent: return
      case .waiting: wake.call()
      case .taken: break
      }
      pause(connection, &isPeerGone)
    }
    send(.failed(error: "the picoprocess has ended"), to: connection)
  }

  /// Waits for a millisecond. A request counts even when its sender doesn't wait for the answer.
  private func pause(_ connection: ControlConnection, _ isPeerGone: inout Bool) {
    if !isPeerGone {
      do throws(HostError) {
        isPeerGone = try connection.receive(timeout: Self.millisecond) == nil
        return
      } catch .wouldBlock {
        return
      } catch { isPeerGone = true }
    }
    HostProcess.sleep(nanoseconds: Self.millisecond)
  }

  private func send(_ answer: ControlAnswer, to connection: ControlConnection) {
    // The peer may have gone, or may not read.
    try? connection.send(Array(JSON.line(answer).utf8), timeout: 1_000 * Self.millisecond)
  }
}
