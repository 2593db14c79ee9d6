import HostABI
import HostConformance
import PosixHost
import Testing

/// Clients of a service of datagrams that are known by other addresses than those from which their datagrams come.
@Suite struct CorrespondentTests {
  @Test func whoWasIntroducedHasItsName() throws {
    let port = try #require(
      ByteStream.connectDatagrams(to: .loopback(port: 9)).localAddress?.port)
    let address = NetworkAddress.loopback(port: port)
    let service = NetworkPermission.Service(isDatagram: true, address: address)
    let direct = try ByteStream.connectDatagrams(to: address)
    let relay = try ByteStream.connectDatagrams(to: address)
    let (name, route) = (try #require(direct.localAddress), try #require(relay.localAddress))

    let host = PosixHost()
    host.network = NetworkPermission(services: [service])
    host.introduce([Correspondent(address: route, known: name)], to: service)
    let handle = try host.open(StreamURI(udp: address), .listen)
    #expect(host.correspondents(of: handle) == [Correspondent(address: route, known: name)])
    func answer(_ text: String) throws {
      try bytes(text).lend { (span) throws(HostError) in try host.send(handle, span, to: name) }
    }
    func heard(_ socket: ByteStream) throws -> [UInt8]? {
      var items = [PollItem(.stream(socket))]
      PollItem.wait(&items, timeout: 200_000_000)
      return try? socket.receiveDatagram().bytes
    }
    func source() throws -> NetworkAddress {
      _ = host.wait([WaitItem(handle: handle, interest: .readable)], until: nil)
      var buffer = [UInt8](repeating: 0, count: 9)
      return try buffer.lendMutable { (span) throws(HostError) in
        try host.receive(handle, into: &span).source
      }
    }

    // It has been silent here, and is answered by way of the relay.
    try answer("one")
    #expect(try heard(relay) == bytes("one"))
    try relay.sendDatagram(bytes("?"), to: nil)
    #expect(try source() == name)
    // It comes by itself, and then by the relay again: each time it is answered where it was heard last.
    try direct.sendDatagram(bytes("?"), to: nil)
    #expect(try source() == name)
    #expect(host.correspondents(of: handle) == [Correspondent(address: name, known: name)])
    try answer("two")
    #expect(try heard(direct) == bytes("two"))
    try relay.sendDatagram(bytes("?"), to: nil)
    #expect(try source() == name)
    try answer("three")
    #expect(try heard(relay) == bytes("three"))
    #expect(try heard(direct) == nil)
    let stranger = NetworkAddress(name.bytes, port: 9)
    #expect(throws: HostError.networkUnreachable) {
      try bytes("!").lend { (span) throws(HostError) in
        try host.send(handle, span, to: stranger)
      }
    }
  }
}
