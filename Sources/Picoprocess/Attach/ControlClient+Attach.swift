import HostABI
import JSONText
import LinuxABI
package import PosixHost

extension ControlClient {
  /// Attaches this process to the picoprocess `name`.
  package func attach(_ name: String, _ choices: AttachChoices) throws(Failure) -> AttachEnding {
    let client = AttachClient(choices)
    let (connection, hasTerminal) = try join(name, client.request)
    return try client.run(connection, hasTerminal: hasTerminal)
  }

  /// Waits for the end of the guest of `name`: its status as a shell gives it; nil if it was suspended.
  package func wait(for name: String) throws(Failure) -> Int32? {
    let farewell: Farewell
    do throws(Failure) { farewell = try Farewell(name, of: self) } catch {
      // One that has ended may have left a log.
      switch LogReader.ending(of: name) {
      case .exited(let status): return status
      case .suspended: return nil
      case .none: throw error
      }
    }
    return try farewell.wait(timeout: nil)?.status
  }

  /// Ends the guest of `name`: with SIGTERM, and with SIGKILL if it has not ended after so many seconds.
  package func stop(_ name: String, seconds: Int64) throws(Failure) {
    let farewell = try Farewell(name, of: self)
    let limit: Int64 = 10_000_000_000
    _ = try ask(name, .kill(signal: Signal.SIGTERM.rawValue), timeout: limit)
    // A paused one has to run to end.
    _ = try? ask(name, .unpause, timeout: limit)
    if try farewell.wait(timeout: seconds * 1_000_000_000) != nil { return }
    do throws(Failure) {
      _ = try ask(name, .kill(signal: Signal.SIGKILL.rawValue), timeout: limit)
    } catch {
      // It may have ended meanwhile.
      if isRunning(name) { throw error }
    }
    _ = try farewell.wait(timeout: nil, Progress("ending", by: name))
  }

  fileprivate func join(_ name: String, _ request: ControlRequest) throws(Failure)
    -> (ControlConnection, hasTerminal: Bool)
  {
    try requireAnswer(of: name)
    var connection: ControlConnection?
    let answer = try converse(with: name) { (opened) throws(HostError) in
      connection = opened
      try opened.send(Array(JSON.line(request).utf8))
      return try Self.answer(of: name, opened)
    }
    guard let connection, case .attached(_, let hasTerminal) = answer else {
      throw Failure("the picoprocess \(name) can't be attached to")
    }
    return (connection, hasTerminal)
  }
}

extension AttachClient {
  /// Attaches this process to a picoprocess that it has started and whose guest does not run yet.
  package func run(started name: String, _ connection: ControlConnection) throws(Failure)
    -> AttachEnding
  {
    try withFailure("picoprocess \(name)") { () throws(HostError) in
      try connection.send(Array(JSON.line(request).utf8))
    }
    return try run(relayed: name, connection)
  }

  /// The same, if it was asked already.
  func run(relayed name: String, _ connection: ControlConnection) throws(Failure) -> AttachEnding {
    let answer = try withFailure("picoprocess \(name)") { () throws(HostError) in
      try ControlClient.answer(of: name, connection)
    }
    switch answer {
    case .attached(_, let hasTerminal): return try run(connection, hasTerminal: hasTerminal)
    case .failed(let error): throw Failure("\(name): \(error)")
    default: throw Failure("the picoprocess \(name) can't be attached to")
    }
  }
}

/// Hears how a guest ends.
private struct Farewell {
  private let name: String
  private let stream: ByteStream

  struct Ending {
    /// nil: it was suspended.
    var status: Int32?
  }

  init(_ name: String, of client: ControlClient) throws(Failure) {
    self.name = name
    stream = try client.join(name, .attach(output: false, input: false)).0.becomeStream().stream
  }

  /// - Parameters:
  ///   - timeout: nanoseconds; nil: for ever.
  ///   - progress: says that it ought to have ended.
  /// - Returns: nil if it has not ended by then.
  func wait(timeout: Int64?, _ progress: Progress? = nil) throws(Failure) -> Ending? {
    let deadline = timeout.map { HostProcess.monotonicTime + $0 }
    var reader = AttachFrame.Reader()
    while true {
      var items = [PollItem(.stream(stream))]
      let rest = deadline.map { $0 - HostProcess.monotonicTime }
      if let rest, rest <= 0 { return nil }
      PollItem.wait(&items, timeout: progress == nil ? rest : Progress.interval)
      progress?.tick()
      do throws(HostError) {
        let bytes = try stream.receive()
        guard !bytes.isEmpty else { throw .connectionReset }
        reader.append(bytes)
        while let frame = try reader.next() {
          switch frame {
          case .ended(let status): return Ending(status: status)
          case .suspended: return Ending(status: nil)
          default: break
          }
        }
      } catch .wouldBlock {
      } catch { throw Failure("the picoprocess \(name) has ended without saying how") }
    }
  }
}
