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
  /// Bytes that went out over the link.
  private(set) var sent: UInt64 = 0
  private var total: UInt64?
  /// Chunks passed on, over all links.
  private(set) var chunks: UInt64 = 0

  private static let tick: Int64 = 20_000_000
  /// More than a source has under way.
  private static let lastMessages = 100

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
      if isFirst, isGone {
        _ = try localHasEnded(link, nil)
        return
      }
      try? link.send(.refused(error.message))
      throw .fatal(error)
    }
    var isIdle = true
    while true {
      let mayRead = mayRead
      // What has come may be read already, and wait in a link's own buffer.
      ByteLink.wait(
        mayRead ? [link.link, local.link] : [link.link], timeout: isIdle ? Self.tick : 0)
      let inward = try passInward(link, local)
      // Who has had the last message hangs up.
      if inward == .last { return }
      let outward = mayRead ? try passOutward(local, link) : .nothing
      if outward == .last { return }
      isIdle = inward == .nothing && outward == .nothing
      do throws(Failure) { try link.checkLife() } catch {
        return try linkHasFailed(error, link, local)
      }
      do throws(Failure) { try local.checkLife() } catch { throw .fatal(error) }
    }
  }

  /// The same, for an end that can't make another link.
  ///
  /// - Returns: false if the link broke: the other machine makes another one, or its user does.
  func runOnce(over link: MigrationLink) throws(Failure) -> Bool {
    do throws(Interruption) { try run(over: link, isFirst: true) } catch {
      if case .link = error { return false }
      throw error.failure
    }
    return true
  }

  /// Carries the pages of an earlier migration, as the other end of `link` wishes.
  static func goOn(_ message: Godwit_Migration_ContinuePages, over link: MigrationLink)
    throws(Failure)
  {
    let migration = try MigrationID.text(Array(message.migration))
    guard ControlDirectory.isValid(name: message.name) else {
      throw link.violation("its messages are out of order")
    }
    if message.lends {
      // The guest runs there: its source may not know yet.
      _ = try ControlClient().ask(
        message.name, .settle(migration: migration, isCommitted: true), timeout: 10_000_000_000)
    }
    let relay = PageRelay(message.name, message.lends ? .lender : .borrower, migration)
    do throws(Interruption) { try relay.run(over: link, isFirst: false) } catch {
      throw error.failure
    }
  }

  /// What one direction has had to pass on.
  private enum Passing {
    case nothing, some, last
  }

  /// Whether a limit of the bandwidth allows more now.
  private var mayRead: Bool {
    guard let bandwidth, role == .lender else { return true }
    return Double(sent) <= Double(HostProcess.monotonicTime - start) / 1e9 * Double(bandwidth)
  }

  /// Passes on the next message that has come over the link.
  private func passInward(_ link: MigrationLink, _ local: MigrationLink) throws(Interruption)
    -> Passing
  {
    let message: PageMessage?
    do throws(Failure) { message = try link.receivePages(of: other, within: 0) } catch {
      try? local.send(.refused(error.message))
      if link.isRefused { throw .fatal(error) }
      guard link.isViolated else { throw .link(error) }
      try? link.send(.refused(error.message))
      throw .fatal(error)
    }
    guard let message else { return .nothing }
    note(message)
    do throws(Failure) { try local.send(message) } catch {
      if case .ended = message { return .last }
      return try localTakesNothing(link, local)
    }
    switch message {
    case .done: return .last
    case .ended:
      letEnd(local)
      return .last
    case .refused(let reason): throw .fatal(Failure("\(link.peer): \(reason)"))
    default: return .some
    }
  }

  /// Takes what a picoprocess has still to say, so that it gets to read that it need not.
  private func letEnd(_ local: MigrationLink) {
    for _ in 0..<Self.lastMessages {
      guard (try? local.receivePages(of: role, within: MigrationLink.patience)) != nil else {
        return
      }
    }
  }

  /// Passes on the next message of the picoprocess of this machine.
  private func passOutward(_ local: MigrationLink, _ link: MigrationLink) throws(Interruption)
    -> Passing
  {
    let message: PageMessage?
    do throws(Failure) { message = try local.receivePages(of: role, within: 0) } catch {
      return try localHasEnded(link, nil)
    }
    guard let message else { return .nothing }
    note(message)
    do throws(Failure) { try link.send(message) } catch {
      try linkHasFailed(error, link, local)
      return .last
    }
    switch message {
    case .done: return .last
    case .refused(let reason): throw .fatal(Failure("\(name): \(reason)"))
    default: return .some
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

  /// Passes on what has come over a link that takes nothing more: it may be all that is needed, or say why.
  ///
  /// - Throws: unless the transfer is over.
  private func linkHasFailed(_ failure: Failure, _ link: MigrationLink, _ local: MigrationLink)
    throws(Interruption)
  {
    while true {
      switch try passInward(link, local) {
      case .last: return
      case .some: break
      case .nothing:
        try? local.send(.refused(failure.message))
        throw .link(failure)
      }
    }
  }

  /// Whether the picoprocess, which has hung up, has ended. One that is killed closes its connections before its socket.
  private var isGone: Bool {
    for _ in 0..<50 {
      if (try? ControlDirectory.standard().connect(to: name)) == nil { return true }
      HostProcess.sleep(nanoseconds: Self.tick)
    }
    return false
  }

  /// A picoprocess that takes nothing more may have said before that all is there, or why it ends the transfer.
  private func localTakesNothing(_ link: MigrationLink, _ local: MigrationLink)
    throws(Interruption) -> Passing
  {
    while let message = try? local.receivePages(of: role, within: Self.tick) {
      switch message {
      case .done:
        try? link.send(message)
        return .last
      case .refused(let reason): return try localHasEnded(link, reason)
      default: break
      }
    }
    return try localHasEnded(link, nil)
  }

  /// Tells the other machine that the picoprocess of this one takes no more part.
  ///
  /// - Parameter given: why, in its own words.
  /// - Throws: unless the guest has ended.
  private func localHasEnded(_ link: MigrationLink, _ given: String?) throws(Interruption)
    -> Passing
  {
    // It takes its name away before it ends.
    let isGone = isGone
    if isGone, role == .borrower {
      do throws(Failure) { try link.send(.ended) } catch { throw .link(error) }
      return .last
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
