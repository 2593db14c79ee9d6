import FoundationEssentials
import HostABI
import MigrationMessages
import PosixHost

/// A link to another machine, made by ssh(1), by the supervisor or by whoever started this command, after both ends have
/// greeted.
final class MigrationChannel {
  let link: MigrationLink
  private let process: LinkProcess?

  /// Whoever logs in may have to type a password, or to look for a key.
  private static let loginPatience: Int64 = 120_000_000_000

  /// The link over this process's standard streams.
  init(standardStreamsTo peer: String) throws(Failure) {
    let bytes = try withFailure("standard input and output") { () throws(HostError) in
      try ByteLink.standardStreams()
    }
    process = nil
    link = MigrationLink(bytes, peer: peer)
    try link.sendPreamble()
    try link.receivePreamble(timeout: Self.loginPatience)
  }

  /// Runs godwit with `arguments` on another machine, and greets what answers.
  init(_ remote: RemoteShell, _ arguments: [String]) throws(Failure) {
    let opened = try remote.open(arguments, asks: true)
    process = opened.process
    link = MigrationLink(opened.link, peer: "\(remote.remote)")
    do throws(Failure) {
      // A program that has ended already may have left a line that says why.
      try? link.sendPreamble()
      try link.receivePreamble(timeout: Self.loginPatience)
    } catch {
      link.link.close()
      throw Failure(error.message + remote.note(opened.process))
    }
  }

  /// The next message of a receiver, but for acknowledgments.
  func message() throws(Failure) -> MigrationMessage.OneOf_Kind {
    while true {
      switch try link.receive() {
      case .message(.received): continue
      case .message(.refusal(let refusal)): throw link.refused(refusal)
      case .message(let message): return message
      case .bytes: throw Failure("\(link.peer): its messages are out of order")
      case .end: throw Failure("\(link.peer): the link ended")
      }
    }
  }

  /// What the receiver is able to take.
  func hello() throws(Failure) -> Godwit_Migration_Hello {
    guard case .hello(let hello) = try message() else {
      throw Failure("\(link.peer): its messages are out of order")
    }
    return hello
  }

  /// Says what has become of a guest of the other end, to an end that has just answered.
  ///
  /// - Parameters:
  ///   - name: the guest's name there.
  ///   - migration: in hexadecimal digits.
  ///   - commits: it is the one end's that was to have it; else it stays where it was.
  /// - Returns: the answer.
  func settle(_ name: String, _ migration: String, commits: Bool) throws(Failure)
    -> MigrationMessage.OneOf_Kind
  {
    _ = try hello()
    var settle = Godwit_Migration_Settle()
    settle.migration = messageData(MigrationID.bytes(migration))
    settle.name = name
    settle.commit = commits
    try link.send(.settle(settle))
    return try message()
  }

  /// Closes the link, and waits a little for the program to end.
  ///
  /// - Returns: whether the command at the other end says that nothing failed. A supervisor does not pass that on.
  @discardableResult
  func close() -> Bool {
    link.link.close()
    return process?.end(within: 2_000_000_000) == 0
  }
}
