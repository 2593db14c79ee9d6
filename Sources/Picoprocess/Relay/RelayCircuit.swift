import HostABI
import PosixHost

/// The way from one end of a relay to another: the streams that go by it, and the link in use, if there is one.
final class RelayCircuit {
  /// Nanoseconds without a link, after which its connections are reset.
  private static let patience: Int64 = 120_000_000_000

  /// The relay of the other end: this end's own, but for a shortcut.
  let other: RelayID
  /// Makes the links, and they lead to this machine; nil: they come.
  var dialer: RelayDialer?
  private(set) var link: RelayLink?
  private var lostSince = HostProcess.monotonicTime
  private(set) var streams: [UInt32: RelayedStream] = [:]
  /// The highest number that a stream has had.
  private(set) var lastNumber: UInt32 = 0
  /// Which relay the other end was told of over this link that the guest has moved on by.
  private var told: RelayID?
  /// It was told of clients that send datagrams.
  private var knowsClients = false

  init(to other: RelayID, _ dialer: RelayDialer? = nil) {
    self.other = other
    self.dialer = dialer
  }

  // MARK: Streams

  /// A stream that both ends have from the beginning.
  func add(_ socket: ByteStream?, key: String?) -> RelayedStream {
    lastNumber += 1
    return insert(RelayedStream(lastNumber, socket, key: key))
  }

  /// A stream that this end has the other open.
  @discardableResult
  func open(_ socket: ByteStream?, key: String? = nil, _ opening: (UInt32) -> RelayFrame)
    -> RelayedStream
  {
    lastNumber += 1
    return insert(RelayedStream(lastNumber, socket, key: key, opening: opening(lastNumber)))
  }

  /// Whether the other end may open a stream of this number: it was not used. One that is over is reset.
  func isFree(_ number: UInt32) -> Bool {
    if number > lastNumber { return true }
    if streams[number] == nil { link?.send(.reset(stream: number)) }
    return false
  }

  /// Takes a stream that the other end opens; nil: it can't be opened.
  func accept(_ number: UInt32, _ stream: RelayedStream?) {
    lastNumber = max(lastNumber, number)
    if let stream { insert(stream) } else { link?.send(.reset(stream: number)) }
  }

  @discardableResult
  private func insert(_ stream: RelayedStream) -> RelayedStream {
    streams[stream.number] = stream
    return stream
  }

  // MARK: Links

  var isLinked: Bool { link?.isUp ?? false }

  /// Uses a link that somebody has made, in place of an older one, which its maker knows to be broken.
  func use(_ link: RelayLink) {
    self.link?.close()
    self.link = link
    (told, knowsClients) = (nil, false)
    for stream in streams.values { stream.beginLink() }
  }

  /// The link is broken.
  func lose() {
    link?.close()
    link = nil
  }

  func beginPatience() { lostSince = HostProcess.monotonicTime }

  /// Whether there was no link for too long.
  func isLost(at now: Int64) -> Bool {
    if isLinked { lostSince = now }
    return now - lostSince > Self.patience
  }

  /// What has come. Frames for streams are taken here.
  ///
  /// - Returns: the others.
  func receive() throws(RelayFault) -> [RelayFrame] {
    guard let link else { return [] }
    let frames = try link.receive()
    if link.isUp, link === self.link { dialer?.succeed() }
    return frames
  }

  /// Takes a frame for a stream.
  func take(_ frame: RelayFrame) throws(Failure) {
    switch frame {
    case .received(let number, let position): try stream(number)?.acknowledge(position)
    case .data(let number, let position, let bytes):
      try stream(number)?.receive(bytes, at: position)
    case .end(let number, let position): try stream(number)?.receiveEnd(at: position)
    case .reset(let number): streams[number]?.receiveReset()
    default: break
    }
  }

  /// The stream of a frame; nil if it is over, which the other end is told.
  private func stream(_ number: UInt32) throws(Failure) -> RelayedStream? {
    if let stream = streams[number] { return stream }
    guard number <= lastNumber else { throw Failure("it names a connection that is not there") }
    link?.send(.reset(stream: number))
    return nil
  }

  /// Tells the other end, once over each link, by which relay the guest has moved on.
  func tell(_ onward: RelayID?) {
    guard let onward, onward != told, let link, link.knowsShortcuts else { return }
    link.send(.moved(onward))
    told = onward
  }

  /// Tells the other end, once over each link, that datagrams for these clients, which the guest knows by these addresses,
  /// go by here.
  func tell(_ clients: [DatagramPlace: NetworkAddress]) {
    guard !knowsClients, let link, link.isUp else { return }
    for frame in clients.map({ RelayFrame.client($0.key, known: $0.value) })
    where link.knows(frame) {
      link.send(frame)
    }
    knowsClients = true
  }

  /// Forgets what is over, and sends what is due, a piece of each stream in turn.
  func sendStreams() {
    for (number, stream) in streams {
      guard stream.isOver || stream.resetIsDue else { continue }
      // Told once a link is there; one that misses it asks again.
      if !stream.isOver { link?.send(.reset(stream: number)) }
      streams[number] = nil
    }
    guard let link, link.isUp else { return }
    // The other end takes a number that is lower than another one for that of a stream which is over.
    for (_, stream) in streams.filter({ $0.value.openingIsDue }).sorted(by: { $0.key < $1.key }) {
      if let frame = stream.nextFrame() { link.send(frame) }
    }
    var isBusy = true
    while isBusy, link.hasRoom {
      isBusy = false
      for stream in streams.values where link.hasRoom {
        guard let frame = stream.nextFrame() else { continue }
        link.send(frame)
        isBusy = true
      }
    }
  }

  /// Sends a frame that may be lost.
  func sendIfThereIsRoom(_ frame: RelayFrame) {
    if let link, link.isUp, link.hasRoom, link.knows(frame) { link.send(frame) }
  }

  // MARK: The end

  /// Nothing will come by it any more: connections whose bytes have not all come are reset.
  func cut() {
    for stream in streams.values where !stream.hasReturned { stream.reset() }
    streams = [:]
    link?.close()
    link = nil
  }

  /// Tells the other end that nothing follows, and leaves it.
  func leave() {
    if isLinked { link?.send(.bye) }
    try? link?.flush()
    cut()
  }

  /// The same, when this process ends.
  func sayBye() {
    guard let link, link.isUp else { return }
    link.send(.bye)
    let deadline = HostProcess.monotonicTime + 1_000_000_000
    while !link.allIsSent, HostProcess.monotonicTime < deadline, (try? link.flush()) != nil {
      HostProcess.sleep(nanoseconds: 1_000_000)
    }
  }
}
