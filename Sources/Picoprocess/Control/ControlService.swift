import HostABI
import JSONText
import PosixHost

/// Serves control connections. It runs on their threads, and does no more than post requests to the mailbox.
struct ControlService: Sendable {
  let mailbox: Mailbox
  let wake: Wake
  let attachments: Attachments
  let exchange: PageExchange

  static let millisecond: Int64 = 1_000_000
  private static let second: Int64 = 1000 * millisecond

  func serve(_ connection: ControlConnection) {
    guard let line = try? connection.receive(timeout: 5 * Self.second) else { return }
    guard let request = ControlRequest(line) else {
      return send(.failed(error: "this picoprocess does not know the request"), to: connection)
    }
    if case .pages(let migration) = request { return servePages(of: migration, connection) }
    let file = try? connection.takeFile()
    guard (file != nil) == request.takesFile else {
      return send(.failed(error: "the request takes a file that can be written"), to: connection)
    }
    let letter = mailbox.post(request, file, from: connection)
    var answer = answer(to: letter, connection)
    while answer == .settling {
      settle(letter, connection)
      answer = self.answer(to: letter, connection)
    }
    if case .attached(let client, _) = answer { return attach(client, letter, connection) }
    if case .watch(let time) = request, let watch = letter.watch {
      return self.watch(watch, for: time, connection)
    }
    if case .handing = answer { return handOver(letter, connection) }
    guard let answer else {
      return send(.failed(error: "the picoprocess has ended"), to: connection)
    }
    send(answer, to: connection)
    letter.progress = .sent
    if case .suspend(_, _, let limit, _) = request, case .saved(let snapshot) = answer {
      conclude(letter, connection, min(limit ?? .max, Self.patience(snapshot)))
    }
    if case .migrate = request, case .saved(let snapshot) = answer {
      concludeMigration(letter, connection, Self.patience(snapshot))
    }
  }

  /// Answers a client that was admitted, and hands its connection over.
  private func attach(
    _ client: Int, _ letter: Mailbox.Letter, _ connection: ControlConnection
  ) {
    guard let answer = letter.answer, reaches(connection, answer) else {
      return attachments.drop(client)
    }
    letter.progress = .sent
    let (stream, received) = connection.becomeStream()
    attachments.connect(client, stream, received)
  }

  /// Waits for the answer to the letter; nil if there will be none. What the picoprocess has begun it completes, also
  /// without its client.
  private func answer(to letter: Mailbox.Letter, _ connection: ControlConnection) -> ControlAnswer?
  {
    var nextReport = HostProcess.monotonicTime + Self.reportInterval
    while mailbox.isOpen {
      switch letter.progress {
      case .answered(let answer): return answer
      case .waiting:
        mailbox.dropAbandoned()
        wake.call()
      case .decided: wake.call()
      case .dropped: return nil
      case .taken, .sent: break
      }
      report(letter, to: connection, &nextReport)
      HostProcess.sleep(nanoseconds: Self.millisecond)
    }
    return letter.answer
  }

  private static let reportInterval: Int64 = 200 * millisecond

  /// Tells the client now and then how far its snapshot has come, if it wants to know. One that does not read misses it: so few
  /// bytes are sent whole or not at all.
  private func report(
    _ letter: Mailbox.Letter, to connection: ControlConnection, _ next: inout Int64
  ) {
    let now = HostProcess.monotonicTime
    guard letter.request.wantsProgress, now >= next else { return }
    next = now + Self.reportInterval
    try? connection.send(Array(JSON.line(letter.count.answer).utf8), timeout: 0)
  }

  /// Receives the client's verdict on the snapshot, and reports the outcome. If the client has gone, or is
  /// silent for too long, the guest must continue.
  private func conclude(
    _ letter: Mailbox.Letter, _ connection: ControlConnection, _ patience: Int64
  ) {
    var silence = "the snapshot was not confirmed; the guest goes on"
    do throws(HostError) {
      let line = try connection.receive(timeout: patience)
      switch line.flatMap({ JSON.decode(ControlVerdict.self, from: $0) }) {
      case .commit:
        letter.progress = .decided(.commit)
        send(farewell(letter, reportingTo: connection), to: connection)
        letter.progress = .sent
        return
      case .abort, .hold, .goOn, .stop, nil: break
      }
    } catch {
      if error == .wouldBlock {
        silence = "the snapshot was not confirmed in time; the guest goes on"
      }
    }
    letter.progress = .decided(.abort)
    send(.failed(error: silence), to: connection)
  }

  /// Waits for the last answer: the picoprocess has released everything.
  ///
  /// - Parameter client: hears meanwhile that it is on it, if it wants to.
  func farewell(_ letter: Mailbox.Letter, reportingTo client: ControlConnection? = nil)
    -> ControlAnswer
  {
    var nextReport = HostProcess.monotonicTime
    while true {
      if let answer = letter.answer { return answer }
      if let client { report(letter, to: client, &nextReport) }
      HostProcess.sleep(nanoseconds: Self.millisecond)
    }
  }

  /// How long the client may take to sync a snapshot: a minute, and a second for each 4 MiB.
  private static func patience(_ snapshot: SavedSnapshot) -> Int64 {
    60 * second + Int64(clamping: snapshot.bytes >> 22) * second
  }

  func send(_ answer: ControlAnswer, to connection: ControlConnection) {
    _ = reaches(connection, answer)
  }

  /// Sends an answer; `false` if the peer has gone, or is not reading.
  private func reaches(_ connection: ControlConnection, _ answer: ControlAnswer) -> Bool {
    (try? connection.send(Array(JSON.line(answer).utf8), timeout: Self.second)) != nil
  }
}
