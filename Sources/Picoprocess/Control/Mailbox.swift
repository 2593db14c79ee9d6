import Machine
import PosixHost
import Synchronization

/// The queue of requests from control connections to the picoprocess's thread.
final class Mailbox: Sendable {
  /// A request, and its progress.
  final class Letter: Sendable {
    enum Progress: Sendable {
      case waiting, taken
      /// The client had gone before the letter was taken: it is not carried out.
      case dropped
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
    /// The connection is open while the letter waits.
    private let hangUp: ControlConnection.HangUp
    private let state = Mutex(Progress.waiting)
    private let handedSockets = Mutex<[(what: HandedSocket, socket: ByteStream)]>([])
    private let watchBegun = Mutex<Watch?>(nil)
    private let consoleStream = Mutex<ByteStream?>(nil)

    init(_ request: ControlRequest, _ file: HandedFile?, _ hangUp: ControlConnection.HangUp) {
      self.request = request
      self.hangUp = hangUp
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

    /// What was begun for the client of a watch.
    struct Watch: Sendable {
      /// On the host's monotonic clock, in nanoseconds.
      var start: Int64
      var writes: WriteCount
      var writesBefore: UInt64
      /// Bytes in use.
      var memory: UInt64
      /// Some of its pages.
      var sample: [[UInt8]]
    }

    var watch: Watch? {
      get { watchBegun.withLock { $0 } }
      set { watchBegun.withLock { $0 = newValue } }
    }

    /// Leads to the console of a guest that has moved.
    var console: ByteStream? {
      get { consoleStream.withLock { $0 } }
      set { consoleStream.withLock { $0 = newValue } }
    }

    /// Whether nobody waits for the answer any more.
    fileprivate var isAbandoned: Bool { hangUp.hasHappened }

    /// Passes the verdict of a client that was given `answer`; `false` if there is another one by now.
    func decide(_ verdict: ControlVerdict, on answer: ControlAnswer) -> Bool {
      state.withLock { progress in
        guard case .answered(answer) = progress else { return false }
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

  func post(
    _ request: ControlRequest, _ file: HandedFile?, from client: ControlConnection
  ) -> Letter {
    let letter = Letter(request, file, client.hangUp)
    letters.withLock { letters in
      letters.append(letter)
      isFilled.store(true, ordering: .releasing)
    }
    return letter
  }

  /// Drops the letters of clients that have gone.
  func dropAbandoned() {
    letters.withLock { letters in
      drop(from: &letters)
      isFilled.store(!letters.isEmpty, ordering: .releasing)
    }
  }

  private func drop(from letters: inout [Letter]) {
    for letter in letters where letter.isAbandoned { letter.progress = .dropped }
    letters.removeAll {
      if case .dropped = $0.progress { true } else { false }
    }
  }

  /// Takes the oldest letter whose request satisfies `isWanted`, and whose client still waits.
  func take(where isWanted: (ControlRequest) -> Bool = { _ in true }) -> Letter? {
    letters.withLock { letters in
      drop(from: &letters)
      defer { isFilled.store(!letters.isEmpty, ordering: .releasing) }
      guard let index = letters.firstIndex(where: { isWanted($0.request) }) else { return nil }
      let letter = letters.remove(at: index)
      letter.progress = .taken
      return letter
    }
  }
}
