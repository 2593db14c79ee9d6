import HostABI
import Testing

/// The calls on streams of the network, as `Docs/HostABI.md` states them, against every host, which talks
/// to itself over loopback.
@Suite struct NetworkConformance {
  private static let here = NetworkAddress.loopback(port: 0)

  /// Everything that the tests do is allowed.
  private func with(_ which: HostUnderTest, _ body: (any Host) throws -> Void) throws {
    try which.with { fixture in
      fixture.allow(
        NetworkPermission(
          reachesOthers: true, reachesLoopback: true,
          services: [
            .init(isDatagram: false, address: Self.here),
            .init(isDatagram: true, address: Self.here),
          ]))
      try body(fixture.host)
    }
  }

  private func wait(_ host: any Host, _ handle: HostHandle, _ interest: Readiness) -> Readiness {
    host.wait([WaitItem(handle: handle, interest: interest)], until: nil)[0]
  }

  /// Both ends of a connection, and the listener it came from.
  private func connection(_ host: any Host) throws
    -> (listener: HostHandle, client: HostHandle, server: HostHandle)
  {
    let listener = try host.open(StreamURI(tcp: Self.here), .listen)
    let address = try host.localAddress(of: listener)
    #expect(address.bytes == Self.here.bytes && address.port != 0)
    #expect(throws: HostError.wouldBlock) { _ = try host.accept(listener) }
    let client = try host.open(StreamURI(tcp: address), [.read, .write])
    #expect(wait(host, client, .writable).contains(.writable))
    try host.finishConnecting(client)
    #expect(wait(host, listener, .readable) == .readable)
    let accepted = try host.accept(listener)
    #expect(try host.localAddress(of: client) == accepted.peer)
    #expect(try host.localAddress(of: accepted.handle) == address)
    return (listener, client, accepted.handle)
  }

  @Test(arguments: HostUnderTest.allCases)
  func bytesGoBothWaysAndEnd(_ which: HostUnderTest) throws {
    try with(which) { host in
      let (listener, client, server) = try connection(host)
      if case .pipe = try host.kind(of: client) {} else { Issue.record("not a stream of bytes") }
      #expect(throws: HostError.wouldBlock) { _ = try host.readText(server) }
      try host.writeText(client, "there")
      #expect(wait(host, server, .readable) == .readable)
      #expect(try host.bytesAvailable(server) == 5)
      #expect(try host.readText(server) == "there")
      try host.writeText(server, "and back")
      #expect(wait(host, client, .readable) == .readable)
      #expect(try host.readText(client) == "and back")
      // One way ends before the other.
      try host.endWriting(client)
      #expect(wait(host, server, .readable).contains(.readable))
      #expect(try host.readText(server) == "")
      #expect(throws: HostError.brokenPipe) { try host.writeText(client, "more") }
      try host.writeText(server, "still")
      #expect(wait(host, client, .readable).contains(.readable))
      #expect(try host.readText(client) == "still")
      host.close(server)
      #expect(wait(host, client, .readable).contains(.readable))
      #expect(try host.readText(client) == "")
      host.close(client)
      host.close(listener)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func aFullConnectionTakesNoMore(_ which: HostUnderTest) throws {
    try with(which) { host in
      let (_, client, server) = try connection(host)
      let block = [UInt8](repeating: 7, count: 1 << 20)
      var sent = 0
      do {
        while sent < 1 << 30 { sent += try host.writeBytes(client, block) }
        Issue.record("it took a gigabyte")
      } catch HostError.wouldBlock {}
      #expect(sent > 0)
      var received = 0
      while received < sent {
        #expect(wait(host, server, .readable) == .readable)
        received += try host.readBytes(server, count: 1 << 20).count
      }
      #expect(wait(host, client, .writable) == .writable)
      // As soon as it is writable again it takes so much at least.
      while host.wait([WaitItem(handle: client, interest: .writable)], until: 0) == [.writable] {
        #expect(try host.writeBytes(client, Array(block.prefix(2048))) == 2048)
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func anUnreadEndResetsTheOther(_ which: HostUnderTest) throws {
    try with(which) { host in
      let (_, client, server) = try connection(host)
      try host.writeText(client, "unread")
      #expect(wait(host, server, .readable) == .readable)
      host.close(server)
      #expect(wait(host, client, .readable).contains(.hangup))
      #expect(throws: HostError.connectionReset) { _ = try host.readText(client) }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func connectingWhereNobodyListensIsRefused(_ which: HostUnderTest) throws {
    try with(which) { host in
      let listener = try host.open(StreamURI(tcp: Self.here), .listen)
      let address = try host.localAddress(of: listener)
      host.close(listener)
      let client = try host.open(StreamURI(tcp: address), [.read, .write])
      _ = wait(host, client, .writable)
      #expect(throws: HostError.connectionRefused) { try host.finishConnecting(client) }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func datagramsKeepTheirBoundsAndSources(_ which: HostUnderTest) throws {
    try with(which) { host in
      let service = try host.open(StreamURI(udp: Self.here), .listen)
      let address = try host.localAddress(of: service)
      let any = StreamURI(udp: NetworkAddress([0, 0, 0, 0], port: 0))
      let client = try host.open(any, .listen)
      func send(_ handle: HostHandle, _ text: String, to address: NetworkAddress?) throws {
        try bytes(text).lend { (span) throws(HostError) in
          try host.send(handle, span, to: address)
        }
      }
      func receive(_ handle: HostHandle, _ limit: Int = 100) throws -> (String, NetworkAddress) {
        var buffer = [UInt8](repeating: 0, count: limit)
        let received = try buffer.lendMutable { (span) throws(HostError) in
          try host.receive(handle, into: &span)
        }
        return (String(decoding: buffer[..<received.count], as: UTF8.self), received.source)
      }
      #expect(throws: HostError.wouldBlock) { _ = try receive(service) }
      try send(client, "one", to: address)
      try send(client, "", to: address)
      try send(client, "three", to: address)
      #expect(wait(host, service, .readable) == .readable)
      let (text, source) = try receive(service)
      #expect(text == "one")
      #expect(source.port == (try host.localAddress(of: client)).port)
      #expect(try receive(service).0 == "")
      #expect(try receive(service, 2).0 == "th")
      #expect(throws: HostError.wouldBlock) { _ = try receive(service) }
      try send(service, "answer", to: source)
      #expect(wait(host, client, .readable) == .readable)
      #expect(try receive(client) == ("answer", address))
      // One for a single address sends there, and hears nobody else.
      let single = try host.open(StreamURI(udp: address), [.read, .write])
      try send(single, "to my peer", to: nil)
      _ = wait(host, service, .readable)
      let (question, asker) = try receive(service)
      #expect(question == "to my peer")
      try send(client, "noise", to: asker)
      try send(service, "for you", to: asker)
      _ = wait(host, single, .readable)
      #expect(try receive(single) == ("for you", address))
      let huge = [UInt8](repeating: 0, count: 70000)
      #expect(throws: HostError.messageTooLong) {
        try huge.lend { (span) throws(HostError) in try host.send(client, span, to: address) }
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func anAddressInUseIsRefused(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      fixture.allow(NetworkPermission(services: [.init(isDatagram: false, address: Self.here)]))
      let listener = try host.open(StreamURI(tcp: Self.here), .listen)
      let address = try host.localAddress(of: listener)
      fixture.allow(NetworkPermission(services: [.init(isDatagram: false, address: address)]))
      #expect(throws: HostError.addressInUse) {
        _ = try host.open(StreamURI(tcp: address), .listen)
      }
      host.close(listener)
      host.close(try host.open(StreamURI(tcp: address), .listen))
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func nothingIsAllowedThatNobodyAllowed(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let other = NetworkAddress([203, 0, 113, 1], port: 80)
      let any = NetworkAddress([0, 0, 0, 0], port: 0)
      func open(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) {
        host.close(try host.open(uri, options))
      }
      for permission in [NetworkPermission(), NetworkPermission(reachesLoopback: true)] {
        fixture.allow(permission)
        #expect(throws: HostError.networkUnreachable) {
          try open(StreamURI(tcp: other), [.read, .write])
        }
        #expect(throws: HostError.networkUnreachable) {
          try open(StreamURI(udp: other), [.read, .write])
        }
      }
      fixture.allow(NetworkPermission(reachesOthers: true))
      for text in ["127.0.0.1:9", "127.8.9.1:9", "0.0.0.0:9", "[::1]:9", "[::ffff:7f00:1]:9"] {
        #expect(throws: HostError.networkUnreachable) {
          try open(StreamURI(.tcp, text), [.read, .write])
        }
      }
      #expect(throws: HostError.permissionDenied) { try open(StreamURI(tcp: Self.here), .listen) }
      #expect(throws: HostError.permissionDenied) { try open(StreamURI(udp: Self.here), .listen) }
      #expect(throws: HostError.permissionDenied) { try open(StreamURI(tcp: any), .listen) }
      // To send from any port is no service.
      let sender = try host.open(StreamURI(udp: any), .listen)
      #expect(throws: HostError.networkUnreachable) {
        try [UInt8]([1]).lend { (span) throws(HostError) in
          try host.send(sender, span, to: .loopback(port: 9))
        }
      }
      fixture.allow(NetworkPermission())
      #expect(throws: HostError.permissionDenied) { try open(StreamURI(udp: any), .listen) }
      #expect(throws: HostError.invalid) {
        try open(StreamURI(.tcp, "localhost:80"), [.read, .write])
      }
      #expect(throws: HostError.invalid) { try open(StreamURI(.tcp, "1.2.3.4"), [.read, .write]) }
      #expect(throws: HostError.invalid) { try open(StreamURI(tcp: other), .read) }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func aServiceMayAnswerWhoAsked(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      fixture.allow(
        NetworkPermission(
          reachesLoopback: true, services: [.init(isDatagram: true, address: Self.here)]))
      let service = try host.open(StreamURI(udp: Self.here), .listen)
      let address = try host.localAddress(of: service)
      let client = try host.open(StreamURI(udp: address), [.read, .write])
      try bytes("?").lend { (span) throws(HostError) in try host.send(client, span, to: nil) }
      _ = wait(host, service, .readable)
      fixture.allow(NetworkPermission(services: [.init(isDatagram: true, address: Self.here)]))
      var buffer = [UInt8](repeating: 0, count: 9)
      let asker = try buffer.lendMutable { (span) throws(HostError) in
        try host.receive(service, into: &span).source
      }
      try bytes("!").lend { (span) throws(HostError) in try host.send(service, span, to: asker) }
      let stranger = NetworkAddress(asker.bytes, port: asker.port ^ 1)
      #expect(throws: HostError.networkUnreachable) {
        try bytes("!").lend { (span) throws(HostError) in
          try host.send(service, span, to: stranger)
        }
      }
    }
  }

  @Test func addressesReadAndWriteThemselves() {
    for text in ["192.0.2.1:80", "0.0.0.0:0", "255.255.255.255:65535"] {
      #expect(NetworkAddress(text)?.description == text)
    }
    for (text, bytes): (String, [UInt8]) in [
      ("[::1]:5", [UInt8](repeating: 0, count: 15) + [1]),
      ("[2001:db8::8:0]:5", [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 9) + [8, 0, 0]),
      ("[::]:5", [UInt8](repeating: 0, count: 16)),
    ] {
      let address = NetworkAddress(text)
      #expect(address?.bytes == bytes, "\(text)")
      #expect(address.flatMap { NetworkAddress($0.description) } == address)
    }
    for text in [
      "", "1.2.3.4", "1.2.3:4", "1.2.3.4.5:6", "1.2.3.256:1", "1.2.3.4:65536", "1.2.3.4:-1",
      "a.b.c.d:1",
      "[::1]", "::1:5", "[1:2:3:4:5:6:7]:1", "[1:2:3:4:5:6:7:8:9]:1", "[1::2::3]:1", "[12345::]:1",
      "[g::]:1", "1.2.3.4:+1", "[+1::]:1",
    ] {
      #expect(NetworkAddress(text) == nil, "\(text)")
    }
  }
}
