import HostABI
import Picoprocess
import Testing

/// The bytes of a relayed connection, over links that break anywhere, and from peers that lie.
@Suite struct RelayFlowTests {
  private static let content = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }

  /// A source and a sink, whose links carry so many frames each way before they break: at least one besides the
  /// first, which only tells what was delivered.
  @Test(arguments: 2...12) func allBytesComeOnceWhateverBreaks(_ frames: Int) throws {
    var source = RelayFlow(stream: 1)
    var sink = RelayFlow(stream: 1)
    var taken = 0
    var delivered: [UInt8] = []
    sink.end()
    var links = 0
    while !(source.isComplete && sink.isComplete), links < 10_000 {
      links += 1
      source.beginLink()
      sink.beginLink()
      var (there, back) = (frames, frames)
      for _ in 0..<3 {
        let piece = min(source.room, Self.content.count - taken, 50_000)
        source.take(Array(Self.content[taken..<(taken + piece)]))
        taken += piece
        if taken == Self.content.count { source.end() }
        try Self.carry(&there, from: &source, to: &sink)
        // The connection takes little at a time.
        let count = min(sink.incoming.count, 30_000)
        delivered += sink.incoming.prefix(count)
        sink.deliver(count)
        if sink.endIsDue { sink.deliverEnd() }
        try Self.carry(&back, from: &sink, to: &source)
        if source.endIsDue { source.deliverEnd() }
      }
    }
    #expect(source.isComplete && sink.isComplete, "after \(links) links")
    #expect(delivered == Self.content)
  }

  /// Everything is sent, and what is beyond `left` frames does not arrive.
  private static func carry(
    _ left: inout Int, from a: inout RelayFlow, to b: inout RelayFlow
  ) throws {
    while let frame = a.nextFrame() {
      left -= 1
      guard left >= 0 else { continue }
      let wire = frame.wire
      let parsed = try #require(try RelayFrame.parse(wire[...]))
      #expect(parsed.frame == frame && parsed.size == wire.count)
      // Not yet whole.
      #expect(try RelayFrame.parse(wire.dropLast()) == nil)
      switch parsed.frame {
      case .received(_, let position): try b.acknowledge(position)
      case .data(_, let position, let bytes): try b.receive(bytes, at: position)
      case .end(_, let position): try b.receiveEnd(at: position)
      default: Issue.record("\(frame)")
      }
    }
  }

  /// What no honest peer sends.
  @Test func liesAreFound() throws {
    var flow = RelayFlow(stream: 1)
    flow.take([1, 2, 3])
    while flow.nextFrame() != nil {}
    for position in [4, 5, UInt64.max] {
      #expect(throws: Failure.self, "acknowledges \(position)") { try flow.acknowledge(position) }
    }
    try flow.acknowledge(2)
    #expect(throws: Failure.self) { try flow.acknowledge(1) }
    try flow.receive([1, 2, 3], at: 0)
    // What was there already is left out.
    try flow.receive([2, 3, 4], at: 1)
    #expect(flow.incoming == [1, 2, 3, 4])
    for position in [5, 1 << 40, UInt64.max] {
      #expect(throws: Failure.self, "bytes at \(position)") { try flow.receive([9], at: position) }
      #expect(throws: Failure.self) { try flow.receiveEnd(at: position) }
    }
    #expect(throws: Failure.self) { try flow.receiveEnd(at: 3) }
    let rest = [UInt8](repeating: 0, count: RelayFlow.window - 4)
    try flow.receive(rest, at: 4)
    #expect(throws: Failure.self) { try flow.receive([0], at: UInt64(RelayFlow.window)) }
    flow.deliver(1)
    try flow.receive([0], at: UInt64(RelayFlow.window))
    try flow.receiveEnd(at: UInt64(RelayFlow.window) + 1)
    #expect(throws: Failure.self) { try flow.receive([0], at: UInt64(RelayFlow.window) + 1) }
  }

  @Test func framesThatAreNone() throws {
    let relay = RelayID("00112233445566778899aabbccddeeff")
    let place = StreamPlace(near: relay, number: 7)
    let ipv6 = NetworkAddress([0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 7, count: 12), port: 9)
    let whole: [RelayFrame] = [
      .idle, .bye, .received(stream: 1, position: .max), .reset(stream: .max),
      .data(stream: 1, position: 0, bytes: [0]), .end(stream: 1, position: 2),
      .open(stream: 3, port: 80),
      .datagram(
        DatagramPlace(port: 53, client: NetworkAddress([192, 0, 2, 1], port: 9)), []),
      .moved(relay), .locate(stream: 1, at: relay), .located(stream: 2, at: relay, place),
      .carryOn(stream: 3, place), .challenge(Array(0..<16)), .proof(Array(0..<32)),
      .client(
        DatagramPlace(port: 53, client: NetworkAddress([192, 0, 2, 1], port: 9)),
        known: NetworkAddress([192, 0, 2, 2], port: 8)),
      .datagram(DatagramPlace(port: 53, client: ipv6), []),
      .client(
        DatagramPlace(port: 53, client: ipv6), known: NetworkAddress([192, 0, 2, 2], port: 8)),
      .client(
        DatagramPlace(port: 53, client: NetworkAddress([192, 0, 2, 1], port: 9)), known: ipv6),
    ]
    for frame in whole {
      let wire = frame.wire
      #expect(try RelayFrame.parse(wire[...])?.frame == frame)
      // One byte too few or too many in the content.
      for change in [-1, 1] where wire.count + change >= 5 {
        var other = wire
        let length = Int(wire[0]) + change
        guard length >= 0 else { continue }
        other[0] = UInt8(length)
        if change > 0 { other.append(0) } else { other.removeLast() }
        // These may have more bytes.
        if change > 0, [2, 7, 15].contains(wire[4]) { continue }
        #expect(throws: Failure.self, "\(frame) \(change)") { try RelayFrame.parse(other[...]) }
      }
    }
    // An address of a family that there is none of.
    var odd = RelayFrame.datagram(DatagramPlace(port: 53, client: ipv6), []).wire
    odd[7] = 5
    #expect(throws: Failure.self) { try RelayFrame.parse(odd[...]) }
    odd[7] = 4
    #expect(throws: Failure.self) { try RelayFrame.parse(odd[...]) }
    let huge = [0xff, 0xff, 0xff, 0xff, 2] as [UInt8]
    #expect(throws: Failure.self) { try RelayFrame.parse(huge[...]) }
    #expect(throws: Failure.self) { try RelayFrame.parse([0, 0, 0, 0, 7][...]) }
    let most = [UInt8](repeating: 1, count: RelayFrame.pieceLimit)
    let data = RelayFrame.data(stream: 1, position: 0, bytes: most)
    #expect(try RelayFrame.parse(data.wire[...])?.frame == data)
    let more = RelayFrame.data(stream: 1, position: 0, bytes: most + [1])
    #expect(throws: Failure.self) { try RelayFrame.parse(more.wire[...]) }
  }
}
