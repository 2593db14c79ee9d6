import HostABI
import LinuxABI
import Machine
import TestHost
import Testing

import LibOS

/// A deterministic run's host: time is progress, chance a seed, and output never waits.
@Suite struct DeterministicHostTests {
  private let base = TestHost()
  private let host: DeterministicHost

  init() { host = DeterministicHost(base, seed: 7) }

  private func random(_ host: DeterministicHost, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withMutableRawSpan { host.entropy(into: &$0) }
    return bytes
  }

  /// The generator is part of the promise: its bytes are SHA-256 of "godwit entropy", the seed and the
  /// block's number, both as 64-bit little endian.
  @Test func entropyIsWhatItIs() {
    let bytes = random(host, 40)
    let expected: [UInt8] = [
      0x86, 0xb6, 0xa0, 0xc9, 0xf0, 0x90, 0x88, 0x34, 0x24, 0xaa, 0x32, 0xea, 0x66, 0x03,
      0x84, 0x4c, 0xc5, 0xa9, 0x0a, 0x11, 0x2c, 0x87, 0xb0, 0x43, 0x11, 0x71, 0x83, 0xd3,
      0x2c, 0x41, 0xc7, 0xf4, 0xeb, 0x90, 0x63, 0x3f, 0x1a, 0x86, 0x96, 0xb6,
    ]
    #expect(bytes == expected)
    #expect(random(DeterministicHost(base, seed: 7), 40) == bytes)
    #expect(random(DeterministicHost(base, seed: 8), 40) != bytes)
    let pieces = DeterministicHost(base, seed: 7)
    #expect(random(pieces, 1) + random(pieces, 31) + random(pieces, 3) + random(pieces, 5) == bytes)
  }

  @Test func timeDoesNotPassByItself() {
    base.advance(by: 5_000_000_000)
    #expect(host.now(.monotonic) == HostTime())
    #expect(host.now(.realtime) == HostTime(seconds: DeterministicHost.epoch))
    // Nobody is ready: time jumps, and the host's stands still.
    #expect(host.wait([], until: 3_000_000_007).isEmpty)
    #expect(host.now(.monotonic) == HostTime(seconds: 3, nanoseconds: 7))
    #expect(base.now(.monotonic) == HostTime(seconds: 5))
    // Never back.
    _ = host.wait([], until: 1)
    #expect(host.now(.monotonic) == HostTime(seconds: 3, nanoseconds: 7))
  }

  @Test func inputEndsAWaitAtOnce() throws {
    base.inherited[0] = .stream(TestStream(input: "x"))
    let handle = try host.open(StreamURI(.stdio, "0"), [])
    let item = WaitItem(handle: handle, interest: .readable)
    #expect(host.wait([item], until: 1000) == [.readable])
    #expect(host.now(.monotonic) == HostTime())
  }

  @Test func outputIsAlwaysPossible() throws {
    let stream = TestStream()
    stream.room = 3
    base.inherited[1] = .stream(stream)
    // A slow reader.
    base.schedule(at: 100) { stream.room = 4 }
    base.schedule(at: 200) { stream.room = nil }
    let handle = try host.open(StreamURI(.stdio, "1"), [])
    let item = WaitItem(handle: handle, interest: .writable)
    stream.room = 0
    #expect(host.wait([item], until: 1000) == [.writable])
    stream.room = 3
    let text = Array("as if nothing had been".utf8)
    let count = try text.withRawSpan { (bytes) throws(HostError) in
      try host.write(handle, at: nil, from: bytes)
    }
    #expect(count == text.count)
    #expect(stream.output == text)
    #expect(host.now(.monotonic) == HostTime())
  }

  @Test func aBrokenPipeIsTold() throws {
    base.stream(1).isBroken = true
    let handle = try host.open(StreamURI(.stdio, "1"), [])
    #expect(throws: HostError.brokenPipe) {
      try [UInt8](repeating: 1, count: 3).withRawSpan { (bytes) throws(HostError) in
        _ = try host.write(handle, at: nil, from: bytes)
      }
    }
  }

  @Test func factsAreAlwaysTheSame() {
    base.facts = MachineFacts(processors: 64, memory: 1, hostName: "elsewhere")
    #expect(host.facts.processors == 1)
    #expect(host.facts.hostName == "godwit")
    #expect(host.facts.memory == UInt64(DeterministicHost.memory))
  }
}
