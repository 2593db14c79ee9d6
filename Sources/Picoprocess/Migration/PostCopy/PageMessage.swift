import MigrationMessages
import Snapshot

/// What the process that lends the pages of a guest and the one that borrows them say to each other, once it is checked
/// that it can be.
enum PageMessage {
  // The borrower's.

  /// Begins the transfer: these are here.
  case held(ChunkSet)
  /// Tasks wait for these.
  case wanted([UInt32])
  /// So many more are in the guest's memory.
  case taken(UInt32)
  /// The guest has ended.
  case ended

  // The lender's.

  /// Answers `held`.
  case lent(PageChunks)
  case chunk(UInt32, [UInt8])
  /// All have been taken.
  case done

  /// Either's: no more, for this reason.
  case refused(String)

  /// Chunks that may be asked for at once.
  static let wantedLimit = 1024
  private static let reasonLimit = 1000

  /// - Returns: nil for a message that has nothing to do with pages, or can't be.
  init?(_ kind: MigrationMessage.OneOf_Kind) {
    switch kind {
    case .pagesHeld(let message):
      guard let chunks = ChunkSet(bytes: Array(message.chunks)) else { return nil }
      self = .held(chunks)
    case .pagesWanted(let message):
      guard (1...Self.wantedLimit).contains(message.chunks.count) else { return nil }
      self = .wanted(message.chunks)
    case .pagesTaken(let message): self = .taken(message.chunks)
    case .pagesEnded: self = .ended
    case .pagesLent(let message):
      guard let chunks = PageChunks(pages: message.pages) else { return nil }
      self = .lent(chunks)
    case .pageChunk(let message):
      guard message.block.count <= BlockCoder.travellingLimit else { return nil }
      self = .chunk(message.number, Array(message.block))
    case .pagesDone: self = .done
    case .refusal(let message): self = .refused(String(message.reason.prefix(Self.reasonLimit)))
    default: return nil
    }
  }

  /// The message as the protocol has it.
  var kind: MigrationMessage.OneOf_Kind {
    switch self {
    case .held(let chunks):
      var message = Godwit_Migration_PagesHeld()
      message.chunks = messageData(chunks.bytes)
      return .pagesHeld(message)
    case .wanted(let chunks):
      var message = Godwit_Migration_PagesWanted()
      message.chunks = chunks
      return .pagesWanted(message)
    case .taken(let count):
      var message = Godwit_Migration_PagesTaken()
      message.chunks = count
      return .pagesTaken(message)
    case .ended: return .pagesEnded(Godwit_Migration_PagesEnded())
    case .lent(let chunks):
      var message = Godwit_Migration_PagesLent()
      message.pages = chunks.pages
      return .pagesLent(message)
    case .chunk(let number, let block):
      var message = Godwit_Migration_PageChunk()
      message.number = number
      message.block = messageData(block)
      return .pageChunk(message)
    case .done: return .pagesDone(Godwit_Migration_PagesDone())
    case .refused(let reason):
      var message = Godwit_Migration_Refusal()
      message.reason = String(reason.prefix(Self.reasonLimit))
      return .refusal(message)
    }
  }

  /// Who may send it; nil: both.
  var sender: PageRole? {
    switch self {
    case .held, .wanted, .taken, .ended: .borrower
    case .lent, .chunk, .done: .lender
    case .refused: nil
    }
  }
}

/// Which of the two a picoprocess is.
enum PageRole: Sendable {
  /// It has the pages: the guest was there.
  case lender
  /// It runs the guest.
  case borrower
}

extension MigrationLink {
  func send(_ message: PageMessage) throws(Failure) { try send(message.kind) }

  /// The next message about pages, if it comes within so many nanoseconds.
  ///
  /// - Throws: if the link has ended, or what came is none of `sender`'s.
  func receivePages(of sender: PageRole, within timeout: Int64) throws(Failure) -> PageMessage? {
    switch try receive(within: timeout) {
    case nil: return nil
    case .end: throw Failure("\(peer): the link ended")
    case .message(let kind):
      guard let message = PageMessage(kind), message.sender == nil || message.sender == sender
      else { throw violation("its messages are out of order") }
      return message
    case .bytes: throw violation("its messages are out of order")
    }
  }
}
