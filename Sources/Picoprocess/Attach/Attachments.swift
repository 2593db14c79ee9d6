import HostABI
import LibOS
import PosixHost
import SupervisorMessages
import Synchronization

/// The clients that are attached to the guest's console. A thread of its own moves their bytes, so that the guest never
/// waits for one of them.
final class Attachments: Sendable {
  /// What a client wants of the guest.
  enum Event: Sendable {
    case input([UInt8])
    case inputEnd
    case resize(WindowSize)
    case signal(Int32)
  }

  struct State: Sendable {
    var clients: [AttachedClient] = []
    var lastNumber = 0
    var events: [Event] = []
    /// Bytes of the frames in `events`.
    var eventSize = 0
    /// The guest has no room for more input.
    var isInputHeld = false
    /// When somebody typed last, on the host's monotonic clock, in nanoseconds.
    var lastInput: Int64?
    /// When clients that have not taken everything are given up, on the host's monotonic clock; nil before the
    /// guest's end.
    var deadline: Int64?
    var thread: HostThread?
    /// Clients whose connections somebody else has, too: their bytes are left alone.
    var held: Set<Int> = []

    func index(of number: Int) -> Int? { clients.firstIndex { $0.number == number } }

    /// Takes what a client has sent.
    ///
    /// - Returns: whether more may come.
    mutating func receive(from index: Int) throws(HostError) -> Bool {
      guard let stream = clients[index].stream else { return true }
      do throws(HostError) {
        let bytes = try stream.receive()
        guard !bytes.isEmpty else { return false }
        clients[index].reader.append(bytes)
      } catch .wouldBlock { return true }
      try takeFrames(of: index)
      return true
    }

    /// - Throws: `invalid` for a client that sends what it may not send.
    mutating func takeFrames(of index: Int) throws(HostError) {
      while let frame = try clients[index].reader.next() {
        eventSize += frame.bytes.count
        switch frame {
        case .input(let bytes) where clients[index].givesInput:
          events.append(.input(bytes))
          lastInput = HostProcess.monotonicTime
        case .inputEnd where clients[index].givesInput: events.append(.inputEnd)
        case .resize(let size): events.append(.resize(size))
        case .signal(let number): events.append(.signal(number))
        default: throw .invalid
        }
      }
    }

    /// Whether more is taken from a client now.
    func isHeard(_ client: AttachedClient) -> Bool {
      eventSize < Attachments.eventLimit && !(client.givesInput && isInputHeld)
    }
  }

  let state = Mutex(State())
  let waker = Waker()
  private let wake: Wake
  // Atomics, since the run loop and every output look at them.
  let clientCount = Atomic(0)
  private let hasEvents = Atomic(false)

  /// Bytes that are taken from clients before the guest's thread takes them.
  private static let eventLimit = 64 << 10
  /// How long clients may take at the guest's end for what is pending, in nanoseconds.
  private static let patience: Int64 = 5_000_000_000

  init(_ wake: Wake) { self.wake = wake }

  /// The number of clients.
  var count: Int { clientCount.load(ordering: .relaxed) }

  /// Those that see or type anything; nil: nobody does.
  var users: [AttachedUser]? {
    let now = HostProcess.monotonicTime
    let users = state.withLock { state in
      state.clients.filter { $0.wantsOutput || $0.givesInput }.map { client in
        AttachedUser(
          machine: client.machine, isRelayed: client.token != nil, nanoseconds: now - client.start)
      }
    }
    return users.isEmpty ? nil : users
  }

  /// Nanoseconds since somebody typed; nil: nobody has.
  var inputAge: Int64? {
    state.withLock { $0.lastInput }.map { HostProcess.monotonicTime - $0 }
  }

  // MARK: The picoprocess's thread

  /// Adds a client, which gets `history` and all output from now on.
  ///
  /// - Parameter token: what the relay calls it by which it comes; nil: it comes by none.
  /// - Parameter machine: the peer at which its user is.
  /// - Returns: the number by which it is connected.
  func admit(output: Bool, input: Bool, history: [UInt8], token: UInt64?, machine: String?) -> Int {
    state.withLock { state in
      state.lastNumber += 1
      var client = AttachedClient(
        number: state.lastNumber, wantsOutput: output, givesInput: input, token: token,
        machine: machine)
      if !history.isEmpty { client.add(AttachFrame.output(history).bytes) }
      state.clients.append(client)
      clientCount.store(state.clients.count, ordering: .relaxed)
      if state.thread == nil { state.thread = HostThread { [self] in serve() } }
      return state.lastNumber
    }
  }

  /// Sends output to all clients that want it.
  func publish(_ stream: GuestConsole.Stream, _ bytes: [UInt8]) {
    guard count > 0 else { return }
    let frame = (stream == .output ? AttachFrame.output(bytes) : .error(bytes)).bytes
    let isNews = state.withLock { state in
      var isNews = false
      for index in state.clients.indices where state.clients[index].wantsOutput {
        isNews = isNews || state.clients[index].isIdle
        state.clients[index].addOutput(frame, count: bytes.count)
      }
      return isNews
    }
    if isNews { waker.wake() }
  }

  /// What clients want since the last call.
  func takeEvents() -> [Event] {
    guard hasEvents.load(ordering: .acquiring) else { return [] }
    let events = state.withLock { state in
      defer { (state.events, state.eventSize) = ([], 0) }
      hasEvents.store(false, ordering: .releasing)
      return state.events
    }
    waker.wake()
    return events
  }

  /// Has clients keep their input while the guest has no room for it.
  func holdInput(_ isHeld: Bool) {
    state.withLock { $0.isInputHeld = isHeld }
    if !isHeld { waker.wake() }
  }

  /// Tells all clients how it ended, and lets them go.
  func end(_ frame: AttachFrame) {
    let thread = state.withLock { state in
      for index in state.clients.indices { state.clients[index].add(frame.bytes) }
      state.deadline = HostProcess.monotonicTime + Self.patience
      defer { state.thread = nil }
      return state.thread
    }
    waker.wake()
    thread?.join()
  }

  // MARK: Threads of control connections

  /// Gives an admitted client its connection, on which `received` came already.
  func connect(_ number: Int, _ stream: ByteStream, _ received: [UInt8]) {
    let isThere = state.withLock { state in
      guard let index = state.index(of: number) else { return false }
      state.clients[index].stream = stream
      state.clients[index].reader.append(received)
      defer { hasEvents.store(!state.events.isEmpty, ordering: .releasing) }
      return (try? state.takeFrames(of: index)) != nil
    }
    if !isThere { remove(number) }
    waker.wake()
  }

  /// Forgets a client that left before it was connected.
  func drop(_ number: Int) {
    remove(number)
    waker.wake()
  }

  // MARK: The thread of the clients

  private func remove(_ number: Int) {
    state.withLock { state in
      state.clients.removeAll { $0.number == number }
      clientCount.store(state.clients.count, ordering: .relaxed)
    }
  }

  private func serve() {
    while true {
      var (numbers, items, deadline) = plan()
      // Until the events were taken: see `Wake`.
      var timeout: Int64? = hasEvents.load(ordering: .acquiring) ? 1_000_000 : nil
      if let deadline {
        let rest = deadline - HostProcess.monotonicTime
        if count == 0 || rest <= 0 { return }
        timeout = rest
      }
      PollItem.wait(&items, timeout: timeout)
      for (number, item) in zip(numbers, items.dropFirst()) where !item.ready.isEmpty {
        serve(number, item.ready, isEnding: deadline != nil)
      }
      if hasEvents.load(ordering: .acquiring) { wake.call() }
    }
  }

  /// What to wait for: the waker, and the streams of these clients.
  private func plan() -> (numbers: [Int], items: [PollItem], deadline: Int64?) {
    var numbers: [Int] = []
    var items = [PollItem(.waker(waker))]
    let deadline = state.withLock { state in
      for client in state.clients {
        guard let stream = client.stream, !state.held.contains(client.number) else { continue }
        let isHeard = state.deadline == nil && state.isHeard(client)
        var interest: Readiness = isHeard ? .readable : []
        if !client.isIdle { interest.insert(.writable) }
        numbers.append(client.number)
        items.append(PollItem(.stream(stream), interest))
      }
      return state.deadline
    }
    return (numbers, items, deadline)
  }

  private func serve(_ number: Int, _ ready: Readiness, isEnding: Bool) {
    let isThere = state.withLock { state in
      guard !state.held.contains(number), let index = state.index(of: number) else { return true }
      defer { hasEvents.store(!state.events.isEmpty, ordering: .releasing) }
      do throws(HostError) {
        try state.clients[index].send()
        if isEnding { return !state.clients[index].isIdle }
        if ready == .writable { return true }
        // One that has gone may have typed before, as far as that is wanted.
        guard state.isHeard(state.clients[index]) else {
          return ready.isDisjoint(with: [.hangup, .error])
        }
        return try state.receive(from: index)
      } catch { return false }
    }
    if !isThere { remove(number) }
  }
}
