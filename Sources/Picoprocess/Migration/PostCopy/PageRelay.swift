import HostABI
import MigrationMessages
import PosixHost
import Snapshot

/// Passes pages on between the link and a picoprocess of this machine: what the sender and the receiver do of a
/// post-copy after the commit. Each message is checked on its way, so that neither picoprocess gets to see bytes of the
/// other machine that are none.
final class PageRelay {
  /// Why pages are not passed on any more, and not all are there.
  enum Interruption: Error {
    /// The link has broken: another one may do.
    case link(Failure)
    case fatal(Failure)

    var failure: Failure {
      switch self {
      case .link(let failure), .fatal(let failure): failure
      }
    }
  }

  /// The picoprocess of this machine, and what it is.
  private let name: String
  private let role: PageRole
  private let migration: String
  /// Bytes a second; nil: as many as the link carries.
  private let bandwidth: Int?
  /// Called with the bytes of memory that were passed on, and how many there are.
  private let progress: (UInt64, UInt64?) -> Void

  private let start = HostProcess.monotonicTime
  private var sent: UInt64 = 0
  private var total: UInt64?
  /// Chunks passed on, over all links.
  private(set) var chunks: UInt64 = 0

  private static let tick: Int64 = 20_000_000

  init(
    _ name: String, _ role: PageRole, _ migration: String, bandwidth: Int? = nil,
    _ progress: @escaping (UInt64, UInt64?) -> Void = { _, _ in }
  ) {
    self.name = name
    self.role = role
    self.migration = migration
    self.bandwidth = bandwidth
    self.progress = progress
  }

  private var other: PageRole { role == .lender ? .borrower : .lender }

  /// Passes on until all pages are there, or the guest has ended.
  ///
  /// - Parameter isFirst: the link is the one over which the guest came, so that this is its machine.
  func run(over link: MigrationLink, isFirst: Bool) throws(Interruption) {
    let local: MigrationLink
    do throws(Failure) { local = try ControlClient().pages(of: migration, name) } catch {
      if isFirst, role == .borrower, isGone { return try send(.ended, over: link) }
      try? link.send(.refused(error.message))
      throw .fatal(error)
    }
    while true {
      let mayRead = mayRead
      ByteLink.wait(mayRead ? [link.link, local.link] : [link.link], timeout: Self.tick)
      if try passInward(link, local) { return }
      if mayRead, try passOutward(local, link) { return }
      do throws(Failure) { try link.checkLife() } catch { throw .link(error) }
      do throws(Failure) { try local.checkLife() } catch { throw .fatal(error) }
    }
  }

  /// Whether a limit of the bandwidth allows more now.
  private var mayRead: Bool {
    guard let bandwidth, role == .lender else { return true }
    return Double(sent) <= Double(HostProcess.monotonicTime - start) / 1e9 * Double(bandwidth)
  }

  /// Passes on what has come over the link.
  ///
  /// - Returns: whether that was the last.
  private func passInward(_ link: MigrationLink, _ local: MigrationLink) throws(Interruption)
    -> Bool
  {
    while true {
      let message: PageMessage?
      do throws(Failure) { message = try link.receivePages(of: other, within: 0) } catch {
        try? local.send(.refused(error.message))
        guard link.isViolated else { throw .link(error) }
        try? link.send(.refused(error.message))
        throw .fatal(error)
      }
      guard let message else { return false }
      note(message)
      do throws(Failure) { try local.send(message) } catch {
        return try localHasEnded(link, reasonGiven(local))
      }
      switch message {
      case .done, .ended: return true
      case .refused(let reason): throw .fatal(Failure("\(link.peer): \(reason)"))
      default: break
      }
    }
  }

  /// Passes on what the picoprocess of this machine says, a message at a time.
  ///
  /// - Returns: whether that was the last.
  private func passOutward(_ local: MigrationLink, _ link: MigrationLink) throws(Interruption)
    -> Bool
  {
    let message: PageMessage?
    do throws(Failure) { message = try local.receivePages(of: role, within: 0) } catch {
      return try localHasEnded(link, nil)
    }
    guard let message else { return false }
    note(message)
    try send(message, over: link)
    switch message {
    case .done: return true
    case .refused(let reason): throw .fatal(Failure("\(name): \(reason)"))
    default: return false
    }
  }

  private func note(_ message: PageMessage) {
    switch message {
    case .lent(let chunks): total = UInt64(chunks.pages) * UInt64(Page.size)
    case .chunk(_, let block):
      chunks += 1
      sent += UInt64(block.count)
    default: break
    }
    progress(chunks * UInt64(BlockDescriptor.chunkSize), total)
  }

  private func send(_ message: PageMessage, over link: MigrationLink) throws(Interruption) {
    do throws(Failure) { try link.send(message) } catch { throw .link(error) }
  }

  private var isGone: Bool { (try? ControlDirectory.standard().connect(to: name)) == nil }

  /// Why a picoprocess that takes nothing more has ended the transfer, if it said so before.
  private func reasonGiven(_ local: MigrationLink) -> String? {
    while let message = try? local.receivePages(of: role, within: Self.tick) {
      if case .refused(let reason) = message { return reason }
    }
    return nil
  }

  /// - Parameter given: why, in its own words.
  /// - Returns: true if the guest has ended, which the other machine was told.
  private func localHasEnded(_ link: MigrationLink, _ given: String?) throws(Interruption) -> Bool {
    // It takes its name away before it ends.
    let isGone = isGone
    if isGone, role == .borrower {
      try send(.ended, over: link)
      return true
    }
    let reason =
      given
      ?? (isGone
        ? "its process has ended, and parts of its memory with it"
        : "its pages are carried by somebody else")
    try? link.send(.refused(reason))
    throw .fatal(Failure("\(name): \(reason)"))
  }
}

/// Has the pages of a guest carried over one link after another.
struct PageCarrier {
  let relay: PageRelay
  /// The guest, for people.
  let name: String
  /// Makes another link; nil: only the other end can.
  let reopen: (() throws(Failure) -> MigrationChannel)?

  private static let pauses: ClosedRange<Int64> = 500_000_000...30_000_000_000

  /// - Parameter first: the link over which the guest went; nil: there is none any more.
  /// - Throws: why not all pages are there. Those that are not, are where they were.
  func run(over first: MigrationLink?) throws(Failure) {
    var pause = Self.pauses.lowerBound
    var hasComplained = false
    var next = first
    while true {
      let before = relay.chunks
      let interruption = attempt(next)
      next = nil
      switch interruption {
      case nil: return
      case .fatal(let failure): throw failure
      case .link(let failure):
        guard reopen != nil else { throw failure }
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

extension MigrationChannel {
  /// Has an end that has just answered carry the pages of an earlier migration.
  ///
  /// - Parameters:
  ///   - name: the guest's name there.
  ///   - lends: its memory is there, else the guest.
  func continuePages(_ name: String, _ migration: String, lends: Bool) throws(Failure) {
    _ = try hello()
    var message = Godwit_Migration_ContinuePages()
    message.migration = messageData(MigrationID.bytes(migration))
    message.name = name
    message.lends = lends
    try link.send(.continuePages(message))
  }
}
