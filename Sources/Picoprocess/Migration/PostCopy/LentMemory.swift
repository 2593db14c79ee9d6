import LibOS
import MigrationMessages
import PosixHost
import Snapshot
import Synchronization

/// The memory of a guest that runs elsewhere: its process here keeps it until all of it is there. The guest stands for
/// good, so that any thread may read it.
final class LentMemory: Sendable {
  let migration: String
  let chunks: PageChunks
  private let pages: DeferredPages
  private let coder: BlockCoder

  private struct State {
    /// Which transfer is the one that counts: the last.
    var turn = 0
    /// Chunks that are there.
    var taken: UInt32 = 0
    var isReturned = false
  }

  private let state = Mutex(State())

  private static let patience: Int64 = 20_000_000

  init(_ migration: String, _ pages: DeferredPages, _ compression: Compression) {
    self.migration = migration
    self.pages = pages
    // There are no more than the most: see `DeferredPages`.
    chunks = PageChunks(pages: pages.count)!
    coder = BlockCoder(compression)
  }

  /// Nobody needs it any more.
  var isReturned: Bool { state.withLock { $0.isReturned } }

  /// Bytes that are only here, rounded up to chunks.
  var bytesLeft: Int {
    let left = Int(chunks.count) - Int(state.withLock { $0.taken })
    return left * BlockDescriptor.chunkSize
  }

  /// Sends pages over `link` until all have been taken, or another transfer begins.
  ///
  /// - Throws: what the other end does wrong, or that it has gone.
  func serve(_ link: MigrationLink) throws(Failure) {
    let turn = state.withLock { state in
      state.turn += 1
      return state.turn
    }
    var sending = try begin(link)
    var reader = pages.reader()
    while state.withLock({ $0.turn == turn }) {
      let next = sending.next(at: HostProcess.monotonicTime)
      if let next { try send(next, &reader, over: link) }
      let patience = next == nil ? Self.patience : 0
      switch try link.receivePages(of: .borrower, within: patience) {
      case nil: break
      case .wanted(let list): try sending.want(list)
      case .taken(let count):
        try sending.acknowledge(count, at: HostProcess.monotonicTime)
        note(sending)
      case .ended: return finish()
      case .refused(let reason): throw Failure(reason)
      default: throw Failure("\(link.peer): its messages are out of order")
      }
      try link.checkLife()
      guard !sending.isComplete else {
        try? link.send(.done)
        return finish()
      }
    }
  }

  private func begin(_ link: MigrationLink) throws(Failure) -> PageSending {
    let first = try link.receivePages(of: .borrower, within: MigrationLink.patience)
    guard case .held(let held) = first else {
      throw Failure("\(link.peer): its messages are out of order")
    }
    let sending = try PageSending(chunks, held: held)
    note(sending)
    try link.send(.lent(chunks))
    return sending
  }

  private func send(
    _ chunk: UInt32, _ reader: inout DeferredPages.Reader, over link: MigrationLink
  ) throws(Failure) {
    let block: [UInt8]
    do throws(SnapshotError) {
      block = try coder.travelling(try reader.bytes(of: chunks.pages(of: chunk)))
    } catch { throw Failure("\(error)") }
    try link.send(.chunk(chunk, block))
  }

  private func note(_ sending: PageSending) {
    state.withLock { $0.taken = sending.taken.count }
  }

  private func finish() { state.withLock { $0.isReturned = true } }
}

/// What a picoprocess says of the guest whose memory it keeps.
package struct LentGuest: Sendable, Hashable, Codable {
  /// In hexadecimal digits.
  package var migration: String
  /// The machine that runs the guest, and its name there.
  package var peer: String
  package var remoteName: String
  /// Bytes of its memory that are only here.
  package var bytes: Int

  /// What a request that needs the guest is told.
  var refusal: String {
    "it runs at \(peer), which still takes memory from here: see godwit ps"
  }
}
