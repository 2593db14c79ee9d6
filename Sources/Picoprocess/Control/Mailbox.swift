import Synchronization

/// Requests on their way from control connections to the picoprocess's thread.
final class Mailbox: Sendable {
  /// A request and, once it was dealt with, its answer.
  final class Letter: Sendable {
    enum Progress: Sendable {
      case waiting, taken
      case answered(ControlAnswer)
      /// The answer has been handed to the connection, or nobody wants it.
      case sent
    }

    let request: ControlRequest
    private let state = Mutex(Progress.waiting)

    init(_ request: ControlRequest) { self.request = request }

    var progress: Progress {
      get { state.withLock { $0 } }
      set { state.withLock { $0 = newValue } }
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

  func post(_ request: ControlRequest) -> Letter {
    let letter = Letter(request)
    letters.withLock { $0.append(letter) }
    isFilled.store(true, ordering: .releasing)
    return letter
  }

  /// Takes out all letters.
  func takeAll() -> [Letter] {
    isFilled.store(false, ordering: .releasing)
    let taken = letters.withLock { letters in
      defer { letters = [] }
      return letters
    }
    for letter in taken { letter.progress = .taken }
    return taken
  }
}
