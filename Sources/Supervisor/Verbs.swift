import HostABI
import JSONText
import PosixHost

/// The verbs of godwit, which the supervisor has done by it: whoever decides something has it carried out here. What
/// fails says so on standard error, in its own line.
struct Verbs: Sendable {
  private let godwit: String

  init(godwit: String) { self.godwit = godwit }

  /// Moves all applications to a peer.
  func evacuate(to peer: String) -> Bool { run(["evacuate", "peer://\(peer)"]) }

  func suspend(_ name: String, to file: String) -> Bool {
    run(["suspend", "--quiet", name, "--output", file])
  }

  func resume(_ name: String, from file: String) -> Bool {
    run(["resume", "--quiet", "--detach", "--name", name, file])
  }

  /// What `godwit ps --json` prints.
  func list() throws(SupervisorError) -> String {
    String(decoding: try output(["ps", "--json"]), as: UTF8.self)
  }

  /// The applications that run here.
  func applications() throws(SupervisorError) -> [Application] {
    guard let all = JSON.decode([Application].self, from: Array(try list().utf8)) else {
      throw SupervisorError("godwit ps: it is of another version")
    }
    // A relay is none: it ends by itself. Nor is what is left of one that runs elsewhere.
    return all.filter { $0.relay == nil && $0.lending == nil }
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

  private static let second: Int64 = 1_000_000_000

  private func output(_ arguments: [String]) throws(SupervisorError) -> [UInt8] {
    var bytes: [UInt8] = []
    let status: Int32?
    do throws(HostError) {
      let (program, link) = try LinkProcess.start([godwit] + arguments)
      while true {
        let piece = try link.read(64 << 10, timeout: 10 * Self.second)
        if piece.isEmpty { break }
        bytes += piece
      }
      status = program.end(within: 10 * Self.second)
    } catch { throw SupervisorError("godwit \(arguments[0])", error) }
    guard status == 0 else { throw SupervisorError("godwit \(arguments[0]) failed") }
    return bytes
  }
}

/// What the supervisor wants to know of a picoprocess.
struct Application: Decodable, Sendable {
  let name: String
  let isDetached: Bool?
  fileprivate let relay: Presence?
  fileprivate let lending: Presence?

  /// Something is there, whatever it is.
  fileprivate struct Presence: Decodable, Sendable {
    init(from decoder: any Decoder) {}
  }
}
