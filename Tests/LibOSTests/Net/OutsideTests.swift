import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot
import TestHost
import Testing

import LibOS

/// What a guest has of the network outside, over a host in memory.
@Suite struct OutsideTests {
  private static let web = NetworkAddress([192, 0, 2, 80], port: 80)
  private static let resolver = NetworkAddress([192, 0, 2, 53], port: 53)
  private static let published = NetworkAddress.loopback(port: 8080)

  private static func outside(_ change: (inout OutsideConfiguration) -> Void = { _ in })
    -> OutsideConfiguration
  {
    var outside = OutsideConfiguration()
    outside.reachesOthers = true
    outside.resolver = resolver
    change(&outside)
    return outside
  }

  private static func machine(_ outside: OutsideConfiguration) -> SignalMachine {
    let machine = SignalMachine(.x86_64, outside: outside)
    machine.host.network.permission = NetworkPermission(
      reachesOthers: outside.reachesOthers, reachesLoopback: outside.reachesLoopback,
      services: Set(outside.published.map { .init(isDatagram: $0.isDatagram, address: $0.host) }))
    return machine
  }

  private static let data = SignalMachine.data
  private static let buffer = data + 0x1000
  private static let stream: UInt64 = 1 | 0x800
  private static let datagram: UInt64 = 2 | 0x800

  private func place(_ address: String, _ port: UInt16, _ machine: SignalMachine) {
    let bytes = NetworkAddress.ipv4(address)!
    machine.place(
      SockaddrIn(
        sin_family: 2, sin_port: port.bigEndian,
        sin_addr: bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }))
  }

  private func connect(_ machine: SignalMachine, _ fd: Int64, _ address: String, _ port: UInt16)
    -> Int64
  {
    place(address, port, machine)
    return machine.perform("connect", UInt64(fd), Self.data, 16)
  }

  private func send(_ machine: SignalMachine, _ fd: Int64, _ text: String) -> Int64 {
    machine.store(Array(text.utf8), at: Self.buffer)
    return machine.perform("sendto", UInt64(fd), Self.buffer, UInt64(text.utf8.count), 0x4000, 0, 0)
  }

  private func receive(_ machine: SignalMachine, _ fd: Int64, flags: UInt64 = 0) throws -> String? {
    let count = machine.perform("recvfrom", UInt64(fd), Self.buffer, 4096, flags, 0, 0)
    guard count >= 0 else {
      #expect(count == -Int64(Errno.EAGAIN.rawValue))
      return nil
    }
    let bytes = try machine.process.space.bytes(at: GuestAddress(Self.buffer), count: Int(count))
    return String(decoding: bytes, as: UTF8.self)
  }

  private func error(_ errno: Errno) -> Int64 { -Int64(errno.rawValue) }

  private func events(_ machine: SignalMachine, _ fd: Int64) throws -> PollEvents {
    try machine.process.files.file(Int32(fd)).pollEvents()
  }

  @Test func withoutPermissionNothingIsReached() {
    let machine = Self.machine(OutsideConfiguration())
    let tcp = machine.perform("socket", 2, Self.stream, 0)
    let udp = machine.perform("socket", 2, Self.datagram, 0)
    for address in ["192.0.2.80", "10.0.2.2", "10.0.2.15"] {
      #expect(connect(machine, tcp, address, 80) == error(.ENETUNREACH))
      #expect(connect(machine, udp, address, 80) == error(.ENETUNREACH))
    }
    #expect(machine.host.count(of: .open) == 0)
  }

  @Test func aConnectionCarriesBytesAndItsEnd() throws {
    let machine = Self.machine(Self.outside())
    let server = try machine.host.network.listen(Self.web)
    let fd = machine.perform("socket", 2, Self.stream, 0)
    #expect(connect(machine, fd, "192.0.2.80", 80) == error(.EINPROGRESS))
    #expect(try events(machine, fd).contains(.POLLOUT))
    #expect(connect(machine, fd, "192.0.2.80", 80) == 0)
    #expect(connect(machine, fd, "192.0.2.80", 80) == error(.EISCONN))
    let far = try #require(server.accept())
    #expect(send(machine, fd, "GET") == 3)
    #expect(try far.read() == Array("GET".utf8))
    #expect(try receive(machine, fd) == nil)
    _ = try far.write(Array("answer".utf8))
    #expect(try events(machine, fd).contains(.POLLIN))
    #expect(try receive(machine, fd, flags: 2) == "answer")
    #expect(try receive(machine, fd) == "answer")
    #expect(machine.perform("shutdown", UInt64(fd), 1) == 0)
    #expect(try far.read() == [])
    #expect(try !events(machine, fd).contains(.POLLRDHUP))
    far.finish()
    #expect(try events(machine, fd).contains(.POLLRDHUP))
    #expect(try receive(machine, fd) == "")
    #expect(send(machine, fd, "x") == error(.EPIPE))
    #expect(machine.perform("close", UInt64(fd)) == 0)
  }

  @Test func whatIsSplicedIsNotLost() throws {
    let machine = Self.machine(Self.outside())
    let server = try machine.host.network.listen(Self.web)
    let fd = machine.perform("socket", 2, Self.stream, 0)
    _ = connect(machine, fd, "192.0.2.80", 80)
    #expect(connect(machine, fd, "192.0.2.80", 80) == 0)
    let far = try #require(server.accept())
    #expect(machine.perform("pipe2", Self.data, 0x800) == 0)
    let ends = try machine.process.space.bytes(at: GuestAddress(Self.data), count: 8)
    let (reader, writer) = (UInt64(ends[0]), UInt64(ends[4]))
    let sent = (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7 >> 3) }
    machine.store(sent, at: Self.buffer)
    for _ in 0..<16 { #expect(machine.perform("write", writer, Self.buffer, 4096) == 4096) }
    var received: [UInt8] = []
    var spliced: [Int64] = []
    // The other end has room for less than what is in the pipe.
    _ = machine.perform("write", UInt64(fd), Self.buffer, 4095)
    while received.count < 4095 + 65536 {
      let count = machine.perform("splice", reader, 0, UInt64(fd), 0, 65536, 2)
      spliced.append(count)
      let part = try far.read()
      received += part
      guard count >= 0 || !part.isEmpty else { break }
    }
    #expect(spliced.count > 1)
    let expected = Array(sent.prefix(4095)) + Array(repeatElement(sent, count: 16).joined())
    #expect(received == expected)
  }

  @Test func whatFailsOutsideFailsInside() throws {
    let machine = Self.machine(Self.outside())
    let fd = machine.perform("socket", 2, Self.stream, 0)
    // Nobody listens there.
    #expect(connect(machine, fd, "192.0.2.81", 80) == error(.EINPROGRESS))
    #expect(try events(machine, fd).isSuperset(of: [.POLLERR, .POLLHUP]))
    #expect(
      machine.perform(
        "getsockopt", UInt64(fd), 1, 4, Self.buffer,
        { () -> UInt64 in
          machine.store([4, 0, 0, 0], at: Self.data)
          return Self.data
        }()) == 0)
    #expect(
      try machine.process.space.load(Int32.self, at: GuestAddress(Self.buffer))
        == Errno.ECONNREFUSED.rawValue)
    // Its own network has nobody else; the host itself has to be asked for.
    let other = machine.perform("socket", 2, Self.stream, 0)
    #expect(connect(machine, other, "10.0.2.77", 80) == error(.EHOSTUNREACH))
    #expect(connect(machine, other, "10.0.2.2", 80) == error(.ENETUNREACH))
    machine.host.fail(.open, with: .tooManyOpen)
    #expect(connect(machine, other, "192.0.2.80", 80) == error(.ENFILE))
  }

  @Test func namesAreAskedOfTheHostsResolver() throws {
    let machine = Self.machine(Self.outside())
    let resolver = try machine.host.network.datagramSocket(Self.resolver)
    let fd = machine.perform("socket", 2, Self.datagram, 0)
    #expect(connect(machine, fd, "10.0.2.3", 53) == 0)
    #expect(send(machine, fd, "who?") == 4)
    let question = try #require(resolver.receive())
    #expect(question.bytes == Array("who?".utf8))
    #expect(try receive(machine, fd) == nil)
    resolver.send(Array("me".utf8), to: question.source)
    #expect(try events(machine, fd).contains(.POLLIN))
    #expect(try machine.process.files.file(Int32(fd)).socket?.bytesToReceive() == 2)
    #expect(try receive(machine, fd) == "me")
    // To another port of it there is no way.
    let other = machine.perform("socket", 2, Self.datagram, 0)
    #expect(connect(machine, other, "10.0.2.3", 54) == 0)
    #expect(send(machine, other, "x") == error(.EHOSTUNREACH))
  }

  @Test func aPublishedPortIsReached() throws {
    let port = PublishedPort(isDatagram: false, host: Self.published, port: 80)
    let machine = Self.machine(Self.outside { $0.published = [port] })
    #expect(throws: HostError.connectionRefused) {
      _ = try machine.host.network.connect(to: Self.published)
    }
    let fd = machine.perform("socket", 2, Self.stream, 0)
    place("0.0.0.0", 80, machine)
    #expect(machine.perform("bind", UInt64(fd), Self.data, 16) == 0)
    #expect(machine.perform("listen", UInt64(fd), 5) == 0)
    #expect(try events(machine, fd).isEmpty)
    let client = try machine.host.network.connect(to: Self.published)
    #expect(try events(machine, fd) == .readable)
    let accepted = machine.perform("accept4", UInt64(fd), 0, 0, 0x800)
    #expect(accepted > fd)
    machine.store([16, 0, 0, 0], at: Self.data)
    #expect(machine.perform("getpeername", UInt64(accepted), Self.buffer, Self.data) == 0)
    let peer = try machine.process.space.bytes(at: GuestAddress(Self.buffer + 4), count: 4)
    #expect(peer == [10, 0, 2, 2])
    _ = try client.write(Array("in".utf8))
    #expect(try receive(machine, accepted) == "in")
    #expect(send(machine, accepted, "out") == 3)
    #expect(try client.read() == Array("out".utf8))
    // Closed with its listener.
    #expect(machine.perform("close", UInt64(fd)) == 0)
    #expect(throws: HostError.connectionRefused) {
      _ = try machine.host.network.connect(to: Self.published)
    }
  }

  @Test func aSnapshotBreaksConnectionsAndKeepsListening() throws {
    let port = PublishedPort(isDatagram: false, host: Self.published, port: 80)
    let outside = Self.outside { $0.published = [port] }
    let machine = Self.machine(outside)
    let server = try machine.host.network.listen(Self.web)
    let fd = machine.perform("socket", 2, Self.stream, 0)
    _ = connect(machine, fd, "192.0.2.80", 80)
    #expect(connect(machine, fd, "192.0.2.80", 80) == 0)
    let far = try #require(server.accept())
    let listener = machine.perform("socket", 2, Self.stream, 0)
    place("0.0.0.0", 80, machine)
    #expect(machine.perform("bind", UInt64(listener), Self.data, 16) == 0)
    #expect(machine.perform("listen", UInt64(listener), 5) == 0)
    #expect(machine.kernel.untransportable().isEmpty)
    let snapshot = try RoundTrip(machine.kernel)
    // Who was saved goes on undisturbed.
    #expect(send(machine, fd, "still here") == 10)
    #expect(try far.read() == Array("still here".utf8))
    // While somebody has the port nobody else can.
    #expect(throws: SnapshotError.self) {
      _ = try snapshot.resume(on: machine.host, outside: outside)
    }
    #expect(machine.perform("close", UInt64(listener)) == 0)
    let resumed = try snapshot.resume(on: machine.host, outside: outside)
    let file = try #require(try resumed.processes[1]?.files.file(Int32(fd)).socket)
    #expect(file.pollEvents().isSuperset(of: [.POLLERR, .POLLHUP, .POLLIN]))
    #expect(file.takeError() == .ECONNRESET)
    _ = try machine.host.network.connect(to: Self.published)
    let again = try #require(try resumed.processes[1]?.files.file(Int32(listener)).socket)
    #expect(again.pollEvents() == .readable)
    let kernel: Godwit_State_Kernel = try snapshot.section(.kernel)
    #expect(try kernel.publishedPorts() == [port])
    machine.successor = resumed
  }

  // MARK: Displays

  /// A guest with a display at a published port, and a viewer's connection to it that the guest has accepted.
  private func display() throws -> (machine: SignalMachine, fd: Int64, viewer: TestConnection) {
    let port = PublishedPort(isDatagram: false, host: Self.published, port: 80)
    let machine = Self.machine(Self.outside { $0.published = [port] })
    let fd = machine.perform("socket", 2, Self.stream, 0)
    place("0.0.0.0", 80, machine)
    #expect(machine.perform("bind", UInt64(fd), Self.data, 16) == 0)
    #expect(machine.perform("listen", UInt64(fd), 5) == 0)
    let viewer = try machine.host.network.connect(to: Self.published)
    return (machine, machine.perform("accept4", UInt64(fd), 0, 0, 0x800), viewer)
  }

  /// The viewer is let in, without a password.
  private func letIn(_ machine: SignalMachine, _ fd: Int64, _ viewer: TestConnection) throws {
    // In two pieces.
    _ = (send(machine, fd, "RFB "), send(machine, fd, "003.008\n"))
    _ = try viewer.write(Array("RFB 003.008\n".utf8))
    #expect(try receive(machine, fd) == "RFB 003.008\n")
    _ = send(machine, fd, "\u{1}\u{1}")
    _ = try viewer.write([1])
    #expect(try receive(machine, fd, flags: 2) == "\u{1}")
    #expect(try receive(machine, fd) == "\u{1}")
    #expect(machine.kernel.displays.isEmpty)
    _ = send(machine, fd, "\0\0\0\0")
    _ = try viewer.write([1])
    #expect(try receive(machine, fd) == "\u{1}")
  }

  private static let request: [UInt8] = [3, 1, 0, 0, 0, 0, 0, 8, 0, 8]
  private static let key: [UInt8] = [4, 1, 0, 0, 0, 0, 0, 65]

  @Test func inputAtADisplayIsTold() throws {
    let (machine, fd, viewer) = try display()
    #expect(machine.kernel.displays.isEmpty)
    try letIn(machine, fd, viewer)
    func look() -> DisplayUse? {
      #expect(machine.kernel.displays.count == 1)
      #expect(machine.kernel.displays.first?.isRelayed == false)
      return machine.kernel.displays.first
    }
    for _ in 0..<3 {
      _ = try viewer.write(Self.request)
      #expect(try receive(machine, fd)?.utf8.count == 10)
      #expect(look()?.inputAge == nil)
    }
    _ = try viewer.write(Self.request + Self.key)
    // What was only peeked at has come once all the same.
    #expect(try receive(machine, fd, flags: 2)?.utf8.count == 18)
    #expect(look()?.inputAge == 0)
    machine.host.advance(by: 5_000)
    #expect(look()?.inputAge == 5_000)
    #expect(try receive(machine, fd)?.utf8.count == 18)
    _ = try viewer.write(Self.request)
    #expect(try receive(machine, fd)?.utf8.count == 10)
    #expect(look()?.inputAge == 5_000)
    // One who goes leaves it behind.
    #expect(machine.perform("close", UInt64(fd)) == 0)
    #expect(look()?.inputAge == 5_000)
  }

  /// The guest moves with a viewer's message that has come by half: by one who follows nothing, each half would be something else.
  @Test(arguments: 1..<8) func aViewersMessageMovesInTheMiddle(_ cut: Int) throws {
    let (machine, fd, viewer) = try display()
    try letIn(machine, fd, viewer)
    _ = try viewer.write(Self.request + Self.key.prefix(cut))
    #expect(try receive(machine, fd)?.utf8.count == 10 + cut)
    let (resumed, far) = try move(machine)
    func look() -> [DisplayUse] { resumed.displays }
    #expect(look().map(\.isRelayed) == [true] && look()[0].inputAge == nil)
    let socket = try #require(try resumed.processes[1]?.files.file(Int32(fd)).socket)
    func take(_ bytes: ArraySlice<UInt8>) throws {
      _ = try far.write(Array(bytes))
      var buffer = [UInt8](repeating: 0, count: 100)
      let count = try buffer.withMutableRawSpan { span in
        var message = SocketMessage()
        return try socket.receive(into: &span, [], from: 0, &message)
      }
      #expect(count == bytes.count)
    }
    if cut < 7 { try take(Self.key[cut...].dropLast()) }
    #expect(look()[0].inputAge == nil)
    try take(Self.key.suffix(1) + Self.request)
    #expect(look()[0].inputAge == 0)
  }

  /// The guest moves, and its connection goes by a relay there.
  ///
  /// - Returns: the guest, and the relay's end.
  private func move(_ machine: SignalMachine) throws -> (Kernel, TestConnection) {
    machine.kernel.expectRelay(true)
    let snapshot = try RoundTrip(machine.kernel)
    let number = try #require(machine.kernel.outsideConnections.first?.number)
    let relay = try machine.host.network.listen(Self.web)
    let handle = try machine.host.open(StreamURI(tcp: Self.web), [.read, .write])
    try machine.host.finishConnecting(handle)
    let far = try #require(relay.accept())
    let resumed = try snapshot.resume(
      on: machine.host, outside: Self.outside(), relayed: [number: handle])
    machine.successor = resumed
    return (resumed, far)
  }

  /// A guest that has ended a connection says so again where it goes on: the old way may be left before that comes through.
  @Test(arguments: [true, false]) func anEndTravels(_ isEnded: Bool) throws {
    let (machine, fd, _) = try display()
    if isEnded { #expect(machine.perform("shutdown", UInt64(fd), 1) == 0) }
    let (_, far) = try move(machine)
    if isEnded {
      #expect(try far.read(10) == [])
    } else {
      #expect(throws: HostError.wouldBlock) { try far.read(10) }
    }
  }

  /// Where another protocol is spoken nothing is told of input, whatever comes.
  @Test func othersThanViewersAreNotFollowed() throws {
    let (machine, fd, client) = try display()
    _ = try client.write(Array("GET / HTTP/1.1\r\n".utf8))
    #expect(try receive(machine, fd)?.hasPrefix("GET") == true)
    _ = send(machine, fd, "RFB 003.008\n")
    for bytes in [Array("RFB 003.008\n".utf8), [1], [1], Self.key] {
      _ = try client.write(bytes)
      #expect(try receive(machine, fd)?.utf8.count == bytes.count)
    }
    #expect(machine.kernel.displays.isEmpty)
  }

  @Test func aSnapshotIsRefusedWhereThatIsWanted() throws {
    let machine = Self.machine(Self.outside { $0.refusesToBreak = true })
    let server = try machine.host.network.listen(Self.web)
    let fd = machine.perform("socket", 2, Self.stream, 0)
    #expect(machine.kernel.untransportable().isEmpty)
    _ = connect(machine, fd, "192.0.2.80", 80)
    #expect(connect(machine, fd, "192.0.2.80", 80) == 0)
    let obstacles = machine.kernel.untransportable()
    #expect(obstacles.count == 1)
    #expect(obstacles.first?.contains("192.0.2.80:80") == true)
    _ = try #require(server.accept())
    #expect(machine.perform("close", UInt64(fd)) == 0)
    #expect(machine.kernel.untransportable().isEmpty)
  }

  @Test func aPublishedDatagramPortAnswersWhoAsks() throws {
    let port = PublishedPort(isDatagram: true, host: .loopback(port: 5353), port: 53)
    var outside = OutsideConfiguration()
    outside.published = [port]
    let machine = Self.machine(outside)
    let fd = machine.perform("socket", 2, Self.datagram, 0)
    place("0.0.0.0", 53, machine)
    #expect(machine.perform("bind", UInt64(fd), Self.data, 16) == 0)
    let client = try machine.host.network.datagramSocket(.loopback(port: 0))
    client.send(Array("?".utf8), to: port.host)
    machine.store([16, 0, 0, 0], at: Self.data + 64)
    #expect(
      machine.perform("recvfrom", UInt64(fd), Self.buffer, 100, 0, Self.data, Self.data + 64) == 1)
    machine.store(Array("!".utf8), at: Self.buffer)
    #expect(machine.perform("sendto", UInt64(fd), Self.buffer, 1, 0, Self.data, 16) == 1)
    let answer = try #require(client.receive())
    #expect(answer.bytes == Array("!".utf8) && answer.source == port.host)
    place("192.0.2.1", 9, machine)
    #expect(
      machine.perform("sendto", UInt64(fd), Self.buffer, 1, 0, Self.data, 16)
        == error(.ENETUNREACH))
  }
}
