import FoundationEssentials
import HostABI
import MigrationMessages
import PosixHost

/// The sender's end of a link to `godwit receive`, made by ssh(1).
final class MigrationChannel {
  let link: MigrationLink
  /// What the receiver is able to take.
  let hello: Godwit_Migration_Hello
  private let process: LinkProcess

  /// Whoever logs in may have to type a password, or to look for a key.
  private static let loginPatience: Int64 = 120_000_000_000

  /// Runs `command` there, and greets what answers.
  init(_ options: MigrationOptions, _ command: String) throws(Failure) {
    let shell = options.shell[0]
    var words = options.shell
    if words == ["ssh"], !(0...2).contains(where: { HostProcess.isTerminal($0) }) {
      // Nobody could answer.
      words += ["-o", "BatchMode=yes"]
    }
    let started: (process: LinkProcess, link: ByteLink)
    do throws(HostError) {
      started = try LinkProcess.start(words + options.remote.arguments(command))
    } catch .notFound {
      throw Failure("\(shell): there is no such program")
    } catch { throw Failure(shell, error) }
    process = started.process
    link = MigrationLink(started.link, peer: "\(options.remote)")
    do throws(Failure) {
      try link.sendPreamble()
      try link.receivePreamble(timeout: Self.loginPatience)
      guard case .hello(let hello) = try Self.message(link) else {
        throw Failure("\(link.peer): its messages are out of order")
      }
      self.hello = hello
    } catch {
      link.link.close()
      throw Failure(error.message + Self.note(started.process, shell))
    }
  }

  /// How the program ended, if that explains anything.
  private static func note(_ process: LinkProcess, _ shell: String) -> String {
    guard let status = process.end(within: 1_000_000_000), status != 0 else { return "" }
    return " (\(shell) ended with status \(status))"
  }

  /// The next message. Bytes received are acknowledged in between.
  func message() throws(Failure) -> MigrationMessage.OneOf_Kind { try Self.message(link) }

  private static func message(_ link: MigrationLink) throws(Failure) -> MigrationMessage.OneOf_Kind
  {
    while true {
      switch try link.receive() {
      case .message(.received): continue
      case .message(.refusal(let refusal)):
        link.isRefused = true
        throw Failure("\(link.peer): \(refusal.reason.isEmpty ? "it refuses" : refusal.reason)")
      case .message(let message): return message
      case .bytes: throw Failure("\(link.peer): its messages are out of order")
      case .end: throw Failure("\(link.peer): the link ended")
      }
    }
  }

  /// Closes the link, and waits a little for the program to end.
  func close() {
    link.link.close()
    _ = process.end(within: 2_000_000_000)
  }
}
