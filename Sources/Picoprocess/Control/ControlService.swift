import HostABI
import PosixHost

/// Answers control connections: runs on their threads, and only posts to the mailbox.
struct ControlService: Sendable {
  let mailbox: Mailbox
  let wake: Wake

  private static let millisecond: Int64 = 1_000_000
  private static let second: Int64 = 1000 * millisecond

  func serve(_ connection: ControlConnection) {
    guard let line = try? connection.receive(timeout: 5 * Self.second) else { return }
    guard let request = ControlRequest(line) else {
      return send(.failed(error: "this picoprocess does not know the request"), to: connection)
    }
    let file = try? connection.takeFile()
    guard (file != nil) == request.takesFile else {
      return send(.failed(error: "the request takes a file that can be written"), to: connection)
    }
    let letter = mailbox.post(request, file)
    guard let answer = answer(to: letter, connection) else {
      return send(.failed(error: "the picoprocess has ended"), to: connection)
    }
    send(answer, to: connection)
    letter.progress = .sent
    if case .suspend(let limit) = request, case .saved(let snapshot) = answer {
      conclude(letter, connection, min(limit ?? .max, Self.patience(snapshot)))
    }
  }

  /// Waits until the letter is answered; nil when that will not be.
  private func answer(to letter: Mailbox.Letter, _ connection: ControlConnection) -> ControlAnswer?
  {
    var isPeerGone = false
    while mailbox.isOpen {
      switch letter.progress {
      case .answered(let answer): return answer
      case .waiting: wake.call()
      case .taken, .sent, .decided: break
      }
      pause(connection, &isPeerGone)
    }
    return letter.answer
  }

  /// Hears what the client says to the snapshot, and tells it what became of that. A client that is gone,
  /// or silent for too long, has not said that the guest may end.
  private func conclude(
    _ letter: Mailbox.Letter, _ connection: ControlConnection, _ patience: Int64
  ) {
    var silence = "the snapshot was not confirmed; the guest goes on"
    do throws(HostError) {
      let line = try connection.receive(timeout: patience)
      switch line.flatMap({ JSON.decode(ControlVerdict.self, from: $0) }) {
      case .commit:
        letter.progress = .decided(.commit)
        send(farewell(letter), to: connection)
        letter.progress = .sent
        return
      case .abort, nil: break
      }
    } catch {
      if error == .wouldBlock {
        silence = "the snapshot was not confirmed in time; the guest goes on"
      }
    }
    letter.progress = .decided(.abort)
    send(.failed(error: silence), to: connection)
  }

  /// The last answer: the picoprocess has let go of everything.
  private func farewell(_ letter: Mailbox.Letter) -> ControlAnswer {
    while true {
      if let answer = letter.answer { return answer }
      HostProcess.sleep(nanoseconds: Self.millisecond)
    }
  }

  /// How long it may take to bring a snapshot to storage: a minute, and a second for each 4 MiB.
  private static func patience(_ snapshot: SavedSnapshot) -> Int64 {
    60 * second + Int64(clamping: snapshot.bytes >> 22) * second
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
    try? connection.send(Array(JSON.line(answer).utf8), timeout: Self.second)
  }
}
