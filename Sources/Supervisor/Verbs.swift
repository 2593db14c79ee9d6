import HostABI
import JSONText
import PosixHost
import SupervisorMessages

/// The verbs of godwit, which the supervisor has done by it: whoever decides something has it carried out here. What
/// fails says so on standard error, in its own line.
struct Verbs: Sendable {
  private let godwit: String

  init(godwit: String) { self.godwit = godwit }

  // The words of verbs that are logged for rules, and answered to browsers.
  static func suspension(of name: String, to file: String) -> [String] {
    ["suspend", "--quiet", name, "--output", file]
  }
  static func migration(of name: String, to peer: String) -> [String] {
    ["migrate", "--quiet", name, "peer://\(peer)"]
  }
  private static func copying(of name: String, to peer: String) -> [String] {
    migration(of: name, to: peer) + ["--copy"]
  }

  /// Moves all applications to a peer.
  func evacuate(to peer: String) -> Bool { run(["evacuate", "peer://\(peer)"]) }

  func suspend(_ name: String, to file: String) -> Bool {
    run(Self.suspension(of: name, to: file))
  }

  /// - Parameters:
  ///   - passport: what it had with it.
  ///   - options: what it gets of this machine, if the snapshot does not say so itself.
  func resume(
    _ name: String, from file: String, passport: String? = nil, options: [String] = []
  ) throws(SupervisorError) {
    let carried = passport.map { ["--passport", $0] } ?? []
    _ = try ask(["resume", "--quiet", "--detach", "--name", name] + carried + options + [file])
  }

  /// Has an application go on from a file that is gone then. Meanwhile the file is called `doubtful`: if this process ends
  /// before it knows the outcome, the application must not go on a second time by itself.
  func resumeOnce(
    _ name: String, from file: String, as doubtful: String, passport: String? = nil
  ) throws(SupervisorError) {
    do throws(HostError) { try HostFiles.rename(file, to: doubtful) } catch {
      throw SupervisorError(file, error)
    }
    do throws(SupervisorError) { try resume(name, from: doubtful, passport: passport) } catch {
      try? HostFiles.rename(doubtful, to: file)
      throw error
    }
    try? HostFiles.remove(doubtful)
  }

  /// Moves an application to a peer.
  ///
  /// - Parameter cancellation: ends it if that still can be done.
  /// - Returns: whether it has moved, and what that took, if it is known.
  func migrate(
    _ name: String, to peer: String, options: [String], _ cancellation: Cancellation
  ) -> (isDone: Bool, report: MoveReport?) {
    struct Statistics: Decodable { let move: MoveReport? }
    let words = Self.migration(of: name, to: peer) + ["--print-stats"] + options
    guard let text = try? output(words, patience: Self.day, cancellation) else {
      return (false, nil)
    }
    return (true, JSON.decode(Statistics.self, from: text)?.move)
  }

  /// Has a peer keep an application as it is now.
  func copy(_ name: String, to peer: String, options: [String]) -> Bool {
    run(Self.copying(of: name, to: peer) + options)
  }

  /// Runs a command of the user's that is to be sure of something.
  func isConfirmed(by command: [String]) -> Bool {
    do throws(HostError) {
      return try ChildProgram(command, isLogged: true).waitForEnd() == 0
    } catch {
      Log.say(SupervisorError(command[0], error).message)
      return false
    }
  }

  /// What moving each of those that run here to a peer would take.
  func forecasts(to peer: String) -> [ApplicationForecast] {
    let text = try? output(["evacuate", "peer://\(peer)", "--dry-run", "--print-stats"])
    return text.flatMap { JSON.decode([ApplicationForecast].self, from: $0) } ?? []
  }

  /// What `godwit ps --json` prints.
  func list() throws(SupervisorError) -> String {
    String(decoding: try output(["ps", "--json"]), as: UTF8.self)
  }

  /// The applications that run here.
  func applications() throws(SupervisorError) -> [RunningApplication] {
    try everything().filter(\.isApplication)
  }

  private func everything() throws(SupervisorError) -> [RunningApplication] {
    let replies: [(name: String, reply: ControlReply)]
    do throws(HostError) {
      replies = try ControlDirectory.standard()
        .askAll(StateQuestion.bytes, within: 2 * Self.second)
    } catch { throw SupervisorError("the directory of control sockets", error) }
    return replies.compactMap { name, reply in
      guard case .answer(let line) = reply else { return RunningApplication(silent: name) }
      return StateQuestion.running(in: line)
    }
  }

  /// Whether connections go by way of this machine to where their applications are now.
  func hasDetours() throws(SupervisorError) -> Bool {
    let all = try everything()
    let relays = all.compactMap { end in
      end.relay.map {
        (name: end.name, guest: $0.guest, connections: $0.linkedConnections ?? 0)
      }
    }
    return Detours.count(relays, guests: Set(all.filter(\.isApplication).map(\.name))) > 0
  }

  /// The application of that name, if it runs here.
  func application(_ name: String) -> RunningApplication? {
    guard let directory = try? ControlDirectory.standard(),
      case .answer(let line)? = directory.ask([name], StateQuestion.bytes, within: 2 * Self.second)
        .first?.reply
    else { return nil }
    return StateQuestion.running(in: line).flatMap { $0.isApplication ? $0 : nil }
  }

  /// Starts godwit, with a socket as its standard input and output.
  func start(_ arguments: [String], over link: ByteLink) throws(SupervisorError) -> ChildProgram {
    do throws(HostError) { return try ChildProgram([godwit] + arguments, over: link) } catch {
      throw SupervisorError(godwit, error)
    }
  }

  private func run(_ arguments: [String]) -> Bool {
    do throws(HostError) {
      return try ChildProgram([godwit] + arguments, isLogged: true).waitForEnd() == 0
    } catch {
      Log.say(SupervisorError(godwit, error).message)
      return false
    }
  }

  /// Has something done for somebody who waits for it, however long it takes.
  ///
  /// - Returns: what it prints.
  /// - Throws: what godwit says of its failure.
  func ask(_ arguments: [String]) throws(SupervisorError) -> [UInt8] {
    try output(arguments, patience: Self.day, tellsErrors: true)
  }

  private static let second: Int64 = 1_000_000_000
  private static let day = 86_400 * second

  /// What godwit prints, and is expected to print soon.
  ///
  /// - Parameter cancellation: asks it to end.
  func output(
    _ arguments: [String], patience: Int64 = 10 * second, _ cancellation: Cancellation? = nil,
    tellsErrors: Bool = false
  ) throws(SupervisorError) -> [UInt8] {
    var bytes: [UInt8] = []
    let status: Int32?
    do throws(HostError) {
      let (program, link) = try LinkProcess.start([godwit] + arguments, tellsErrors: tellsErrors)
      // If it says nothing more in time.
      defer { _ = program.end(within: 0) }
      cancellation?.begin { program.interrupt() }
      defer { cancellation?.end() }
      while true {
        let piece = try link.read(64 << 10, timeout: patience)
        if piece.isEmpty { break }
        bytes += piece
      }
      cancellation?.end()
      status = program.end(within: 10 * Self.second)
    } catch { throw SupervisorError("godwit \(arguments[0])", error) }
    guard status == 0 else {
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      guard tellsErrors, let last = lines.last else {
        throw SupervisorError("godwit \(arguments[0]) failed")
      }
      let mark = "godwit: "
      throw SupervisorError(String(last.hasPrefix(mark) ? last.dropFirst(mark.count) : last))
    }
    return bytes
  }
}

extension StateQuestion {
  fileprivate static var bytes: [UInt8] { Array(line.utf8) }

  fileprivate static func running(in line: [UInt8]) -> RunningApplication? {
    JSON.decode(Answer.self, from: line)?.running?.picoprocess
  }
}

extension RunningApplication {
  /// A relay is none: it ends by itself. Nor is what is left of one that runs elsewhere.
  fileprivate var isApplication: Bool { relay == nil && lending == nil }
}
