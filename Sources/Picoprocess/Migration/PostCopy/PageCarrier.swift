import HostABI
import MigrationMessages
import PosixHost

/// Has the pages of a guest carried over one link after another.
struct PageCarrier {
  let relay: PageRelay
  /// The guest, for people.
  let name: String
  /// Makes another link; nil: only the other end can.
  let reopen: (() throws(Failure) -> MigrationChannel)?

  private static let pauses: ClosedRange<Int64> = 500_000_000...30_000_000_000

  /// - Parameter first: the link over which the guest went; nil: there is none any more.
  /// - Parameter retries: makes another link if the first attempt fails, too.
  /// - Throws: why not all pages are there. Those that are not, are where they were.
  func run(over first: MigrationLink?, retries: Bool = true) throws(Failure) {
    var pause = Self.pauses.lowerBound
    var hasComplained = false
    var next = first
    var mayFail = retries
    while true {
      let before = relay.chunks
      let interruption = attempt(next)
      next = nil
      switch interruption {
      case nil: return
      case .fatal(let failure): throw failure
      case .link(let failure):
        guard reopen != nil, mayFail || relay.chunks > 0 else { throw failure }
        mayFail = true
        if !hasComplained {
          Console.complain(
            "\(name): \(failure.message); the rest of its memory waits for another link")
        }
        hasComplained = true
      }
      if relay.chunks > before {
        (pause, hasComplained) = (Self.pauses.lowerBound, false)
      }
      HostProcess.sleep(nanoseconds: pause)
      pause = min(pause * 2, Self.pauses.upperBound)
    }
  }

  private func attempt(_ link: MigrationLink?) -> PageRelay.Interruption? {
    do throws(PageRelay.Interruption) {
      if let link {
        try relay.run(over: link, isFirst: true)
      } else {
        guard let reopen else { throw .fatal(Failure("\(name): there is no link")) }
        let channel: MigrationChannel
        do throws(Failure) { channel = try reopen() } catch { throw .link(error) }
        defer { channel.close() }
        try relay.run(over: channel.link, isFirst: false)
      }
      return nil
    } catch { return error }
  }
}

extension PageCarrier {
  /// Brings the memory of the guest `name` to the machine where it runs. When this returns, its process here has ended.
  ///
  /// - Parameter shell: makes other links; nil: only the other end can.
  /// - Returns: bytes of memory that were passed on, and bytes of the link.
  @discardableResult
  static func deliver(
    _ name: String, _ lent: LentGuest, _ pace: MigrationPace, _ shell: RemoteShell?,
    over link: MigrationLink?
  ) throws(Failure) -> (memory: UInt64, link: UInt64) {
    let progress = Progress("moving")
    var delivered: UInt64 = 0
    let relay = PageRelay(name, .lender, lent.migration, bandwidth: pace.bandwidth) { done, _ in
      delivered = done
      progress.note(done: done, of: nil)
    }
    var reopen: (() throws(Failure) -> MigrationChannel)?
    if let shell {
      reopen = { () throws(Failure) in
        try MigrationChannel(goingOnWith: lent.remoteName, lent.migration, lends: false, shell)
      }
    }
    let carrier = PageCarrier(relay: relay, name: name, reopen: reopen)
    // Who types a command wants to know at once that it can't work.
    try carrier.run(over: link, retries: link != nil)
    // Its name and its ports are free then.
    let client = try ControlClient()
    for _ in 0..<500 where client.isRunning(name) { HostProcess.sleep(nanoseconds: 10_000_000) }
    return (delivered, relay.sent)
  }

  /// Goes on with the memory of a guest that has moved already, if that is so.
  static func goOn(
    _ name: String, _ pace: MigrationPace, _ shell: RemoteShell
  ) throws(Failure) -> Bool {
    let answer = try ControlClient().ask(name, .describe, timeout: 10_000_000_000)
    guard case .lending(let lent) = answer else { return false }
    guard lent.peer == "\(shell.remote)" else { throw Failure("\(name): \(lent.refusal)") }
    try deliver(name, lent, pace, shell, over: nil)
    return true
  }

  /// For a guest of this machine that was fetched.
  ///
  /// - Parameter name: the guest's name on the machine that it came from.
  init(fetching name: String, _ relay: PageRelay, _ migration: String, _ shell: RemoteShell) {
    self.init(relay: relay, name: name) { () throws(Failure) in
      try MigrationChannel(goingOnWith: name, migration, lends: true, shell)
    }
  }

  /// Goes on with the memory of a guest that was fetched already, if that is so.
  static func goOnFetching(_ name: String, _ shell: RemoteShell, _ options: ArrivalOptions)
    throws(Failure) -> Bool
  {
    let localName = options.picoprocess.name ?? name
    let answer = try? ControlClient().ask(localName, .info, timeout: 2_000_000_000)
    guard case .running(let info) = answer, info.doubt == nil,
      let migration = info.missingPages?.migration
    else { return false }
    let relay = PageRelay(localName, .borrower, migration)
    try PageCarrier(fetching: name, relay, migration, shell).run(over: nil, retries: false)
    return true
  }
}

extension MigrationChannel {
  /// A link over which the other end goes on with the pages of an earlier migration.
  ///
  /// - Parameters:
  ///   - name: the guest's name there.
  ///   - lends: its memory is there, else the guest.
  convenience init(
    goingOnWith name: String, _ migration: String, lends: Bool, _ shell: RemoteShell
  ) throws(Failure) {
    try self.init(shell, RemoteShell.settleArguments)
    _ = try hello()
    var message = Godwit_Migration_ContinuePages()
    message.migration = messageData(MigrationID.bytes(migration))
    message.name = name
    message.lends = lends
    try link.send(.continuePages(message))
  }
}

extension RemoteShell {
  /// What godwit there is told, to take part in what is left of a migration.
  static let settleArguments = ["receive", "--protocol", "\(MigrationLink.versions.upperBound)"]
}
