import PosixHost
import Synchronization

/// The queue of requests from control connections to the picoprocess's thread.
final class Mailbox: Sendable {
  /// A request, and its progress.
  final class Letter: Sendable {
    enum Progress: Sendable {
      case waiting, taken
      case answered(ControlAnswer)
      /// The answer was handed to the connection, or is no longer wanted.
      case sent
      /// The client's verdict.
      case decided(ControlVerdict)
    }

    let request: ControlRequest
    /// When it came, on the host's monotonic clock, in nanoseconds.
    let time: Int64
    /// The file passed along.
    let file: HandedFile?
    /// Pages of the snapshot that the request is for.
    let count = PageCount()
    private let state = Mutex(Progress.waiting)
    private let handedSockets = Mutex<[(what: HandedSocket, socket: ByteStream)]>([])
    private let consoleStream = Mutex<ByteStream?>(nil)

    init(_ request: ControlRequest, _ file: HandedFile?) {
      self.request = request
      time = HostProcess.monotonicTime
      self.file = file
    }

    var progress: Progress {
      get { state.withLock { $0 } }
      set { state.withLock { $0 = newValue } }
    }

    /// What is handed over with the answer.
    var sockets: [(what: HandedSocket, socket: ByteStream)] {
      get { handedSockets.withLock { $0 } }
      set { handedSockets.withLock { $0 = newValue } }
    }

    /// Leads to the console of a guest that has moved.
    var console: ByteStream? {
      get { consoleStream.withLock { $0 } }
      set { consoleStream.withLock { $0 = newValue } }
    }

    /// Passes the verdict of the client for whom the guest is held; `false` if there is another answer by now.
    func decide(_ verdict: ControlVerdict) -> Bool {
      state.withLock { progress in
        guard case .answered(.held) = progress else { return false }
        progress = .decided(verdict)
        return true
      }
    }

    /// The answer to send; nil if there is none yet.
    var answer: ControlAnswer? {
      if case .answered(let answer) = progress { answer } else { nil }
    }
  }

  private let letters = Mutex<[Letter]>([])
  /// An atomic, since the run loop checks it often and must not take locks.
  private let isFilled = Atomic(false)
  private let isClosed = Atomic(false)

  var isEmpty: Bool { !isFilled.load(ordering: .acquiring) }

  /// Whether letters are still processed.
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

  /// Takes the oldest letter whose request satisfies `isWanted`.
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
