import LinuxABI
import Machine

/// Requests of io_submit(2) and their results (io_setup(2)). Reads and writes are done when they are submitted; only
/// polls are under way for a while.
final class AsyncContext {
  /// Its number: the address of a page that libraries look at.
  let address: GuestAddress
  /// Requests and results that there may be at once.
  let capacity: Int
  private(set) var events = Queue<IoEvent>()
  private(set) var polls = ObjectQueue<AsyncPoll>()
  /// Woken when there is another result, and when the context goes.
  let waitQueue = WaitQueue()
  private let memory: MemoryCharge
  /// Bytes that the library OS has for a request or result.
  private static let entrySize = 64

  init(_ address: GuestAddress, capacity: Int, _ arena: FrameArena) {
    self.address = address
    self.capacity = capacity
    memory = MemoryCharge(arena, .files, bytes: 512 + capacity * Self.entrySize)
  }

  static func hasRoom(capacity: Int, in arena: FrameArena) -> Bool {
    arena.hasRoom(forKernel: 512 + capacity * entrySize)
  }

  var hasRoom: Bool { events.count + polls.count < capacity }

  func complete(_ event: IoEvent, telling eventFile: EventFile?) {
    events.append(event)
    waitQueue.wake()
    let one: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
    _ = try? one.withRawSpan { (span) throws(Errno) in try eventFile?.write(from: span) }
  }

  /// The oldest results, at most `limit` of them.
  func take(_ limit: Int) -> [IoEvent] {
    var taken: [IoEvent] = []
    while taken.count < limit, !events.isEmpty { taken.append(events.removeFirst()) }
    return taken
  }

  func add(_ poll: AsyncPoll) {
    polls.append(poll)
    poll.file.waitQueue.add(poll)
  }

  fileprivate func end(_ poll: AsyncPoll, _ result: PollEvents) {
    poll.file.waitQueue.remove(poll)
    polls.remove(poll)
    complete(
      IoEvent(data: poll.data, obj: poll.request, res: Int64(result.rawValue)),
      telling: poll.eventFile)
    poll.leave()
  }

  /// Ends the poll of the request at `request`, if there is one; whether there was.
  func cancel(_ request: UInt64) -> Bool {
    guard let poll = polls.elements.first(where: { $0.request == request }) else { return false }
    end(poll, [])
    return true
  }

  /// Nobody is to hear of anything any more; polls end, which their event files count (`aio_poll_cancel` of `fs/aio.c`).
  func dismantle() {
    for poll in polls { end(poll, []) }
    waitQueue.wake()
  }

  func restore(_ events: [IoEvent]) { for event in events { self.events.append(event) } }
}

/// A request that waits for a file (`IOCB_CMD_POLL`).
final class AsyncPoll: WaitListener {
  private unowned let context: AsyncContext
  let file: OpenFile
  let events: PollEvents
  let data: UInt64
  let request: UInt64
  let eventFile: EventFile?

  init(
    _ context: AsyncContext, _ file: OpenFile, _ events: PollEvents, data: UInt64, request: UInt64,
    _ eventFile: EventFile?
  ) {
    self.context = context
    self.file = file
    self.events = events.union([.POLLERR, .POLLHUP])
    self.data = data
    self.request = request
    self.eventFile = eventFile
    file.retain()
    eventFile?.retain()
  }

  fileprivate func leave() {
    file.release()
    eventFile?.release()
  }

  /// What is wanted and there.
  var ready: PollEvents { file.pollEvents().intersection(events) }

  func objectChanged() {
    let ready = ready
    if !ready.isEmpty { context.end(self, ready) }
  }
}

extension Process {
  /// What the end of the memory means to asynchronous input and output.
  func dropAsyncContexts() {
    for context in asyncContexts.values { context.dismantle() }
    asyncContexts = [:]
  }
}
