import HostABI

private let here = NetworkAddress.loopback(port: 0)
private let anywhere = NetworkAddress([0, 0, 0, 0], port: 0)

extension Trial {
  /// Allows everything that the checks do.
  fileprivate func allowAll() {
    fixture.allow(
      NetworkPermission(
        reachesOthers: true, reachesLoopback: true,
        services: [
          .init(isDatagram: false, address: here), .init(isDatagram: true, address: here),
        ]))
  }

  /// Both ends of a connection, and the listener it came from.
  fileprivate func connection() throws -> (
    listener: HostHandle, client: HostHandle, server: HostHandle
  ) {
    allowAll()
    let listener = try host.open(StreamURI(tcp: here), .listen)
    let client = try host.open(StreamURI(tcp: host.localAddress(of: listener)), [.read, .write])
    wait(client, .writable)
    try host.finishConnecting(client)
    wait(listener, .readable)
    return (listener, client, try host.accept(listener).handle)
  }

  fileprivate func send(_ handle: HostHandle, _ text: String, to address: NetworkAddress?)
    throws(HostError)
  {
    try bytes(text).lend { (span) throws(HostError) in try host.send(handle, span, to: address) }
  }

  fileprivate func receive(_ handle: HostHandle, _ limit: Int = 100) throws(HostError)
    -> (text: String, source: NetworkAddress)
  {
    var buffer = [UInt8](repeating: 0, count: limit)
    let received = try buffer.lendMutable { (span) throws(HostError) in
      try host.receive(handle, into: &span)
    }
    return (String(decoding: buffer.prefix(max(0, received.count)), as: UTF8.self), received.source)
  }

  /// A service of datagrams, and its address.
  fileprivate func service() throws -> (handle: HostHandle, address: NetworkAddress) {
    allowAll()
    let handle = try host.open(StreamURI(udp: here), .listen)
    return (handle, try host.localAddress(of: handle))
  }
}

extension HostSuite {
  mutating func addConnections() {
    check("tcp.listen", "Port 0 is any free one; `localAddress` tells which.") { t in
      t.allowAll()
      let listener = try t.host.open(StreamURI(tcp: here), .listen)
      let address = try t.host.localAddress(of: listener)
      t.equal("the address", address.bytes, here.bytes)
      t.holds("the port is not 0", address.port != 0)
      t.fails("to accept from nobody", .wouldBlock) { try t.host.accept(listener) }
    }
    check("tcp.accept", "the next connection: its handle, and the address at the other end") { t in
      t.allowAll()
      let listener = try t.host.open(StreamURI(tcp: here), .listen)
      let address = try t.host.localAddress(of: listener)
      let client = try t.host.open(StreamURI(tcp: address), [.read, .write])
      t.holds("the client gets writable", t.wait(client, .writable).contains(.writable))
      t.equal("it is connected", t.outcome { try t.host.finishConnecting(client) }, nil)
      t.equal("the listener gets readable", t.wait(listener, .readable), .readable)
      let accepted = try t.host.accept(listener)
      t.equal("the peer", accepted.peer, try t.host.localAddress(of: client))
      t.equal("the server's address", try t.host.localAddress(of: accepted.handle), address)
    }
    check("tcp.accept.no-listener", "`invalid` for what does not listen") { t in
      let (_, client, _) = try t.connection()
      t.fails("a connection", .invalid) { try t.host.accept(client) }
    }
    check("tcp.bytes", "Then it is a stream like a pipe, with `read`, `write` and `bytesAvailable`")
    { t in
      let (_, client, server) = try t.connection()
      t.equal("its kind", "\(try t.host.kind(of: client))", "\(StreamKind.pipe)")
      t.fails("nothing is there", .wouldBlock) { try t.host.readText(server) }
      try t.host.writeText(client, "there")
      t.equal("ready", t.wait(server, .readable), .readable)
      t.equal("bytes to be had", try t.host.bytesAvailable(server), 5)
      t.equal("what came", try t.host.readText(server), "there")
      try t.host.writeText(server, "and back")
      t.equal("ready", t.wait(client, .readable), .readable)
      t.equal("what came back", try t.host.readText(client), "and back")
    }
    check(
      "tcp.half-close", "the other end reads what was written and then the end; reading goes on"
    ) { t in
      let (_, client, server) = try t.connection()
      try t.host.writeText(client, "last")
      try t.host.endWriting(client)
      t.holds("ready", t.wait(server, .readable).contains(.readable))
      t.equal("what was written", try t.host.readText(server), "last")
      t.holds("ready for the end", t.wait(server, .readable).contains(.readable))
      t.equal("the end", try t.host.readBytes(server), [])
      t.fails("to write more", .brokenPipe) { try t.host.writeText(client, "more") }
      try t.host.writeText(server, "still")
      t.holds("ready", t.wait(client, .readable).contains(.readable))
      t.equal("the other way", try t.host.readText(client), "still")
    }
    check("tcp.close", "A connection is closed in good order by `close`") { t in
      let (_, client, server) = try t.connection()
      t.host.close(server)
      t.holds("ready", t.wait(client, .readable).contains(.readable))
      t.equal("the end", try t.host.readBytes(client), [])
    }
    check(
      "tcp.close.unread",
      "closed with bytes unread it is reset, which the other end learns as `connectionReset`"
    ) {
      t in
      let (_, client, server) = try t.connection()
      try t.host.writeText(client, "unread")
      t.wait(server, .readable)
      t.host.close(server)
      t.holds("hangup", t.wait(client, .readable).contains(.hangup))
      t.fails("to read", .connectionReset) { try t.host.readText(client) }
    }
    check("tcp.full", "later when a `write` of 2,048 bytes takes all of them") { t in
      let (_, client, server) = try t.connection()
      let block = [UInt8](repeating: 7, count: 1 << 20)
      var sent = 0
      for _ in 0..<1024 {
        do { sent += try t.host.writeBytes(client, block) } catch HostError.wouldBlock { break }
      }
      t.holds(
        "it takes some, and not a gigabyte", (1..<(1 << 30)).contains(sent), seen: "\(sent) bytes")
      var received = 0
      while received < sent, t.wait(server, .readable).contains(.readable) {
        let count = try t.host.readBytes(server, count: 1 << 20).count
        if count <= 0 { break }
        received += count
      }
      t.equal("bytes that arrived", received, sent)
      t.equal("ready", t.wait(client, .writable), .writable)
      var short = 0
      for _ in 0..<100_000 {
        guard t.look(client, .writable) == .writable else { break }
        if try t.host.writeBytes(client, Array(block.prefix(2048))) != 2048 { short += 1 }
      }
      t.equal("short writes when ready", short, 0)
    }
    check(
      "tcp.refused", "returns once connected; after a failure the handle is only good to be closed"
    ) { t in
      t.allowAll()
      let listener = try t.host.open(StreamURI(tcp: here), .listen)
      let address = try t.host.localAddress(of: listener)
      t.host.close(listener)
      let client = try t.host.open(StreamURI(tcp: address), [.read, .write])
      t.wait(client, .writable)
      t.fails("to finish", .connectionRefused) { try t.host.finishConnecting(client) }
    }
    check("tcp.address-in-use", "The port is to be had again as soon as the listener is closed") {
      t in
      t.allowAll()
      let listener = try t.host.open(StreamURI(tcp: here), .listen)
      let address = try t.host.localAddress(of: listener)
      t.fixture.allow(NetworkPermission(services: [.init(isDatagram: false, address: address)]))
      t.fails("a second listener", .addressInUse) {
        try t.host.open(StreamURI(tcp: address), .listen)
      }
      t.host.close(listener)
      t.equal(
        "when it is closed", t.outcome { try t.host.open(StreamURI(tcp: address), .listen) }, nil)
    }
  }

  mutating func addDatagrams() {
    check(
      "udp.whole", "one datagram, whole; to `nil` for the address that the stream was opened for"
    ) { t in
      let (service, address) = try t.service()
      let single = try t.host.open(StreamURI(udp: address), [.read, .write])
      try t.send(single, "to my peer", to: nil)
      t.equal("ready", t.wait(service, .readable), .readable)
      let received = try t.receive(service)
      t.equal("what came", received.text, "to my peer")
      t.equal("from whom", received.source, try t.host.localAddress(of: single))
    }
    check("udp.bounds", "one datagram and its source; what does not fit into the buffer is lost") {
      t in
      let (service, address) = try t.service()
      let client = try t.host.open(StreamURI(udp: anywhere), .listen)
      t.fails("nothing is there", .wouldBlock) { try t.receive(service) }
      for text in ["one", "", "three"] { try t.send(client, text, to: address) }
      t.wait(service, .readable)
      let first = try t.receive(service)
      t.equal("the first", first.text, "one")
      t.equal("its source's port", first.source.port, try t.host.localAddress(of: client).port)
      t.equal("an empty one", try t.receive(service).text, "")
      t.equal("what fits", try t.receive(service, 2).text, "th")
      t.fails("the rest", .wouldBlock) { try t.receive(service) }
    }
    check("udp.one-peer", "datagrams to and from that address alone") { t in
      let (service, address) = try t.service()
      let client = try t.host.open(StreamURI(udp: anywhere), .listen)
      let single = try t.host.open(StreamURI(udp: address), [.read, .write])
      let its = try t.host.localAddress(of: single)
      try t.send(client, "noise", to: its)
      try t.send(service, "for you", to: its)
      t.wait(single, .readable)
      let received = try t.receive(single)
      t.equal("what came", received.text, "for you")
      t.equal("from whom", received.source, address)
    }
    check(
      "udp.too-long", "`wouldBlock`; `messageTooLong`; `networkUnreachable`; `connectionRefused`"
    ) { t in
      let (_, address) = try t.service()
      let client = try t.host.open(StreamURI(udp: anywhere), .listen)
      t.fails("70,000 bytes", .messageTooLong) {
        try t.send(client, String(repeating: "x", count: 70000), to: address)
      }
    }
    check("udp.answer", "A service may also answer who has sent to it lately, allowed or not") {
      t in
      let (service, address) = try t.service()
      let client = try t.host.open(StreamURI(udp: address), [.read, .write])
      try t.send(client, "?", to: nil)
      t.wait(service, .readable)
      t.fixture.allow(NetworkPermission(services: [.init(isDatagram: true, address: here)]))
      let asker = try t.receive(service).source
      t.equal("to answer", t.outcome { try t.send(service, "!", to: asker) }, nil)
      let stranger = NetworkAddress(asker.bytes, port: asker.port ^ 1)
      t.fails("to a stranger", .networkUnreachable) { try t.send(service, "!", to: stranger) }
    }
  }

  mutating func addNetworkPermissions() {
    check(
      "network.other-streams",
      "All calls of this section are `invalid` for a stream that is not of the network."
    ) { t in
      let handle = try t.fixture.file("f", "text")
      t.fails("accept", .invalid) { try t.host.accept(handle) }
      t.fails("finishConnecting", .invalid) { try t.host.finishConnecting(handle) }
      t.fails("endWriting", .invalid) { try t.host.endWriting(handle) }
      t.fails("localAddress", .invalid) { try t.host.localAddress(of: handle) }
      t.fails("send", .invalid) { try t.send(handle, "x", to: nil) }
      t.fails("receive", .invalid) { try t.receive(handle) }
    }
    check(
      "network.unreachable",
      "What is sent to an address that is not allowed is `networkUnreachable`"
    ) {
      t in
      let other = NetworkAddress([203, 0, 113, 1], port: 80)
      for permission in [NetworkPermission(), NetworkPermission(reachesLoopback: true)] {
        t.fixture.allow(permission)
        t.fails("tcp, other machines", .networkUnreachable) {
          try t.host.open(StreamURI(tcp: other), [.read, .write])
        }
        t.fails("udp, other machines", .networkUnreachable) {
          try t.host.open(StreamURI(udp: other), [.read, .write])
        }
      }
      t.fixture.allow(NetworkPermission(reachesOthers: true))
      for text in ["127.0.0.1:9", "127.8.9.1:9", "0.0.0.0:9", "[::1]:9", "[::ffff:7f00:1]:9"] {
        t.fails("tcp, \(text)", .networkUnreachable) {
          try t.host.open(StreamURI(.tcp, text), [.read, .write])
        }
      }
      let sender = try t.host.open(StreamURI(udp: anywhere), .listen)
      t.fails("a datagram", .networkUnreachable) { try t.send(sender, "x", to: .loopback(port: 9)) }
    }
    check("network.no-service", "listening where it is not allowed is `permissionDenied`") { t in
      t.fixture.allow(NetworkPermission(reachesOthers: true))
      for uri in [StreamURI(tcp: here), StreamURI(udp: here), StreamURI(tcp: anywhere)] {
        t.fails("\(uri)", .permissionDenied) { try t.host.open(uri, .listen) }
      }
    }
    check(
      "network.sender",
      "Port 0 of the wildcard address is for who only sends first, and needs no service"
    ) {
      t in
      t.fixture.allow(NetworkPermission(reachesOthers: true))
      t.equal(
        "who may send", t.outcome { try t.host.open(StreamURI(udp: anywhere), .listen) }, nil)
      t.fixture.allow(NetworkPermission())
      t.fails("who may not", .permissionDenied) {
        try t.host.open(StreamURI(udp: anywhere), .listen)
      }
    }
    check(
      "network.names", "Names of machines are not resolved: a path that is no address is `invalid`."
    ) {
      t in
      t.allowAll()
      for path in ["localhost:80", "1.2.3.4", ""] {
        t.fails("tcp:\(path)", .invalid) {
          try t.host.open(StreamURI(.tcp, path), [.read, .write])
        }
      }
    }
    check("network.options", "`open` is `invalid` for other options.") {
      t in
      t.allowAll()
      t.fails("to read only", .invalid) {
        try t.host.open(StreamURI(tcp: .loopback(port: 9)), .read)
      }
    }
  }
}
