import LibOS
import MigrationMessages
import PosixHost
import Snapshot
import Synchronization

/// The memory that an arrived guest has left at its source, on its way here. A thread of the control socket takes it
/// from the link; the guest's thread puts it in its place.
final class BorrowedMemory: DistantPages, Sendable {
  let migration: String
  let limit: UInt32

  /// A chunk that has come.
  struct Arrival: Sendable {
    var chunk: UInt32
    var bytes: [UInt8]
    /// The transfer over which it came, which is told when it is in its place.
    fileprivate var turn: Int
  }

  private struct State {
    /// Which transfer is the one that counts: the last.
    var turn = 0
    /// Chunks that have come.
    var held = ChunkSet()
    /// Those that are not in their places yet.
    var arrivals: [Arrival] = []
    /// How many were put there, and the other end is still to be told.
    var taken: UInt32 = 0
    /// Those that tasks wait for, in that order.
    var wanted: [(chunk: UInt32, isAsked: Bool)] = []
    /// Why nothing comes.
    var failure: String?
    /// Until when the first transfer has to begin, as nanoseconds of the monotonic clock.
    var deadline: Int64 = 0
  }

  private let state = Mutex(State())
  private let coder = BlockCoder(.none)

  private static let tick: Int64 = 1_000_000
  private static let patience: Int64 = 10_000_000_000
  /// Chunks that may wait for the guest's thread: twice as many as an honest source has under way.
  private static let arrivalLimit = 96

  /// - Parameter reader: the state of the guest, which names its memory as its parent.
  /// - Throws: `refused` if that is another one's, or too large.
  init(_ migration: String, parentOf reader: SnapshotReader) throws(SnapshotError) {
    guard let parent = reader.header.parent, parent.pageCount <= UInt64(DeferredPages.mostPages),
      try parent == .memory(pages: parent.pageCount, of: migration)
    else { throw .refused("what came is not the state of a guest whose memory follows") }
    self.migration = migration
    limit = UInt32(parent.pageCount)
  }

  // MARK: The guest's thread

  func want(_ page: UInt32) {
    let chunk = PageChunks.chunk(of: page)
    state.withLock { state in
      guard !state.held.contains(chunk), !state.wanted.contains(where: { $0.chunk == chunk }) else {
        return
      }
      state.wanted.append((chunk, false))
    }
  }

  /// The guest runs: its sender, if it is still there, is about to send pages.
  func expect() {
    state.withLock { $0.deadline = HostProcess.monotonicTime + Self.patience }
  }

  /// Why nothing comes at the moment; nil if something does, or will as far as is known.
  var failure: String? {
    state.withLock { state in
      guard state.turn == 0 else { return state.failure }
      return HostProcess.monotonicTime < state.deadline ? nil : "it has not begun to come"
    }
  }

  /// The next chunks that have come, at most `limit`.
  func arrivals(atMost limit: Int) -> [Arrival] {
    state.withLock { Array($0.arrivals.prefix(limit)) }
  }

  /// The first so many arrivals are in their places.
  ///
  /// - Returns: whether there are others.
  func noteTaken(_ count: Int) -> Bool {
    state.withLock { state in
      let turn = state.turn
      state.taken += UInt32(state.arrivals.prefix(count).count { $0.turn == turn })
      state.arrivals.removeFirst(count)
      return !state.arrivals.isEmpty
    }
  }

  // MARK: The thread of the control socket

  /// Takes pages from `link` until all are here, or another transfer begins.
  ///
  /// - Parameter wake: calls the guest's thread.
  /// - Throws: what the other end does wrong, or that it has gone.
  func serve(_ link: MigrationLink, _ wake: Wake) throws(Failure) {
    let (turn, held) = state.withLock { state in
      state.turn += 1
      state.taken = 0
      for index in state.wanted.indices { state.wanted[index].isAsked = false }
      return (state.turn, state.held)
    }
    do throws(Failure) {
      try link.send(.held(held))
      let first = try link.receivePages(of: .lender, within: MigrationLink.patience)
      if case .refused(let reason) = first { throw Failure(reason) }
      guard case .lent(let chunks) = first, chunks.pages <= limit, held.isBelow(chunks.count) else {
        throw Failure("\(link.peer): its messages are out of order")
      }
      note(nil, turn)
      while isCurrent(turn) {
        guard try takeMore(link, chunks, turn, wake) else { continue }
        // Of interest only to a guest whose tables name pages that there never were.
        return note("the source has no more of it", turn)
      }
    } catch {
      note(error.message, turn)
      throw error
    }
  }

  /// - Returns: whether all is here.
  private func takeMore(_ link: MigrationLink, _ chunks: PageChunks, _ turn: Int, _ wake: Wake)
    throws(Failure) -> Bool
  {
    try tell(link)
    try link.checkLife()
    let waiting = state.withLock { $0.arrivals.count }
    if waiting > 0 { wake.call() }
    guard waiting < Self.arrivalLimit else {
      HostProcess.sleep(nanoseconds: Self.tick)
      return false
    }
    switch try link.receivePages(of: .lender, within: Self.tick) {
    case nil: return false
    case .chunk(let number, let block):
      try take(number, block, chunks, turn, link)
      wake.call()
      return false
    case .done:
      guard state.withLock({ $0.held.count == chunks.count }) else {
        throw Failure("the source says that all pages are here, and they are not")
      }
      return true
    case .refused(let reason): throw Failure(reason)
    default: throw Failure("\(link.peer): its messages are out of order")
    }
  }

  /// Says what is needed, and what has been taken.
  private func tell(_ link: MigrationLink) throws(Failure) {
    let (wanted, taken) = state.withLock { state in
      var wanted: [UInt32] = []
      for index in state.wanted.indices
      where !state.wanted[index].isAsked && wanted.count < PageMessage.wantedLimit {
        state.wanted[index].isAsked = true
        wanted.append(state.wanted[index].chunk)
      }
      defer { state.taken = 0 }
      return (wanted, state.taken)
    }
    if !wanted.isEmpty { try link.send(.wanted(wanted)) }
    if taken > 0 { try link.send(.taken(taken)) }
  }

  private func take(
    _ number: UInt32, _ block: [UInt8], _ chunks: PageChunks, _ turn: Int, _ link: MigrationLink
  ) throws(Failure) {
    guard number < chunks.count else {
      throw Failure("the source sends pages that there are not")
    }
    guard !state.withLock({ $0.held.contains(number) }) else {
      throw Failure("the source sends pages twice")
    }
    let bytes: [UInt8]
    do throws(SnapshotError) {
      bytes = try coder.pages(ofTravelling: block, count: chunks.pages(of: number).count)
    } catch { throw Failure("the source sends damaged pages: \(error)") }
    state.withLock { state in
      // Another transfer may have begun, and then brings the chunk again.
      guard state.turn == turn, state.held.insert(number) else { return }
      state.arrivals.append(Arrival(chunk: number, bytes: bytes, turn: turn))
      state.wanted.removeAll { $0.chunk == number }
    }
  }

  private func isCurrent(_ turn: Int) -> Bool { state.withLock { $0.turn == turn } }

  private func note(_ failure: String?, _ turn: Int) {
    state.withLock { if $0.turn == turn { $0.failure = failure } }
  }
}
