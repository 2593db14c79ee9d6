import PosixHost
import Synchronization

/// Requests on their way from control connections to the picoprocess's thread.
final class Mailbox: Sendable {
  /// A request and what came of it so far.
  final class Letter: Sendable {
    enum Progress: Sendable {
      case waiting, taken
      case answered(ControlAnswer)
      /// The answer has been handed to the connection, or nobody wants it.
      case sent
      /// What the client says to the answer.
      case decided(ControlVerdict)
    }

    let request: ControlRequest
    /// What came along.
    let file: HandedFile?
    private let state = Mutex(Progress.waiting)

    init(_ request: ControlRequest, _ file: HandedFile?) {
      self.request = request
      self.file = file
    }

    var progress: Progress {
      get { state.withLock { $0 } }
      set { state.withLock { $0 = newValue } }
    }

    /// The answer that is to be sent; nil while there is none.
    var answer: ControlAnswer? {
      if case .answered(let answer) = progress { answer } else { nil }
    }
  }

  private let letters = Mutex<[Letter]>([])
  /// Looked at by the run loop, which has no time for locks.
  private let isFilled = Atomic(false)
  private let isClosed = Atomic(false)

  var isEmpty: Bool { !isFilled.load(ordering: .acquiring) }

  /// Whether anybody still takes letters out.
  var isOpen: Bool { !isClosed.load(ordering: .acquiring) }

  func close() { isClosed.store(true, ordering: .releasing) }

  func post(_ request: ControlRequest, _ file: HandedFile?) -> Letter {
    let letter = Letter(request, file)
    letters.withLock { letters in
      letters.append(letter)
      isFilled.store(true, ordering: .releasing)
    }
    return letter
  }

  /// Takes out the oldest letter, of those whose request `isWanted`.
  func take(where isWanted: (ControlRequest) -> Bool = { _ in true }) -> Letter? {
    letters.withLock { letters in
      guard let index = letters.firstIndex(where: { isWanted($0.request) }) else { return nil }
      let letter = letters.remove(at: index)
      letter.progress = .taken
      isFilled.store(!letters.isEmpty, ordering: .releasing)
      return letter
    }
  }
}
