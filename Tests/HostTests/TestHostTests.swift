import HostABI
import HostConformance
import TestHost
import Testing

/// Features of the host in memory beyond the contract.
@Suite struct TestHostTests {
  @Test func theSameSeedGivesTheSameBytes() {
    #expect(TestHost(seed: 7).randomBytes(100) == TestHost(seed: 7).randomBytes(100))
    #expect(TestHost(seed: 7).randomBytes(100) != TestHost(seed: 8).randomBytes(100))
  }

  @Test func theClockOnlyMovesWhenTold() throws {
    let host = TestHost(start: HostTime(seconds: 5_000_000_000))
    #expect(host.now(.monotonic) == HostTime())
    #expect(host.now(.realtime) == HostTime(seconds: 5_000_000_000))
    host.advance(by: 1_500_000_000)
    #expect(host.now(.monotonic) == HostTime(seconds: 1, nanoseconds: 500_000_000))
    #expect(host.now(.realtime) == HostTime(seconds: 5_000_000_001, nanoseconds: 500_000_000))
    _ = host.wait([], until: 2_000_000_000)
    #expect(host.now(.monotonic) == HostTime(seconds: 2))
    // Files are stamped with it.
    let handle = try host.open(host.name("f"), [.write, .create], permissions: 0o600)
    host.advance(by: 1_000_000_000)
    try host.writeText(handle, at: 0, "x")
    #expect(try host.attributes(of: handle).modified == HostTime(seconds: 5_000_000_003))
  }

  @Test func inputArrivesOnSchedule() throws {
    let host = TestHost()
    host.inherited[0] = .stream(TestStream(options: .read))
    let input = host.stream(0)
    host.schedule(at: 2_000) { input.isEnded = true }
    host.schedule(at: 1_000) { input.type("hello\n") }
    let handle = try host.open(StreamURI(.stdio, "0"), .read)
    let item = WaitItem(handle: handle, interest: .readable)
    #expect(host.wait([item], until: 500) == [[]])
    #expect(host.wait([item], until: nil) == [.readable])
    #expect(host.now(.monotonic).totalNanoseconds == 1_000)
    #expect(try host.readText(handle) == "hello\n")
    #expect(host.wait([item], until: nil) == [.hangup])
    #expect(host.now(.monotonic).totalNanoseconds == 2_000)
    host.schedule(at: 3_000) { host.interrupt() }
    #expect(host.wait([], until: nil).isEmpty)
    #expect(host.now(.monotonic).totalNanoseconds == 3_000)
  }

  @Test func standardStreamsAreCaptured() throws {
    let host = TestHost()
    for number: Int32 in 0...2 {
      let handle = try host.open(
        StreamURI(.stdio, "\(number)"), [.read, .write])
      if number == 0 {
        #expect(try host.readText(handle) == "")
      } else {
        try host.writeText(handle, "to \(number)")
        #expect(host.stream(number).text == "to \(number)")
      }
    }
    host.log("a\nb")
    #expect(host.logged == ["a\\nb"])
  }

  @Test func callsFailAsPlanned() throws {
    let host = TestHost()
    host.files.addFile("/dir/f", "text")
    let uri = try host.name("dir/f")
    host.fail(.read, with: .io, after: 1, times: 2)
    host.fail(.open, with: .tooManyOpen)
    #expect(throws: HostError.tooManyOpen) { try host.open(uri, .read, permissions: 0) }
    let handle = try host.open(uri, .read, permissions: 0)
    #expect(try host.readText(handle, at: 0) == "text")
    #expect(throws: HostError.io) { try host.readText(handle, at: 0) }
    #expect(throws: HostError.io) { try host.readText(handle, at: 0) }
    #expect(try host.readText(handle, at: 0) == "text")
    #expect(host.count(of: .read) == 4 && host.count(of: .open) == 3)
    #expect(host.count(of: .flush) == 0)
  }

  @Test func storageRunsOutAndComesBack() throws {
    let host = TestHost()
    host.files.capacity = 1000
    let uri = try host.name("f")
    let handle = try host.open(uri, [.write, .create], permissions: 0o600)
    try host.writeBytes(handle, at: 0, [UInt8](repeating: 1, count: 900))
    #expect(throws: HostError.noSpace) {
      try host.writeBytes(handle, at: 900, [UInt8](repeating: 1, count: 101))
    }
    #expect(host.files.used == 900)
    try host.writeBytes(handle, at: 900, [UInt8](repeating: 1, count: 100))
    try host.setLength(handle, to: 10)
    #expect(host.files.used == 10)
    try host.remove(at: uri, isDirectory: false)
    #expect(host.files.used == 0)
    #expect(host.files.text(of: "/f") == nil)
  }

  @Test func theControllingTerminal() throws {
    let host = TestHost()
    let uri = StreamURI(.tty, "")
    #expect(throws: HostError.noDevice) { try host.open(uri, .read) }
    host.terminal = TestStream(input: "typed", isTerminal: true)
    let handle = try host.open(uri, [.read, .write])
    #expect(try host.readText(handle) == "typed")
    try host.writeText(handle, "shown")
    #expect(host.terminal?.text == "shown")
  }

  @Test(.startsItself) func aWaitWithoutEndIsFoundOut() async {
    await #expect(processExitsWith: .failure) { _ = TestHost().wait([], until: nil) }
  }
}

extension TestHost {
  /// What lies at `path` beneath the root of all files, which is granted for it.
  fileprivate func name(_ path: String) throws(HostError) -> HostName {
    try grant("/")
    return HostName(try open(StreamURI(.dir, "/"), [.read, .write]), RelativePath(bytes(path))!)
  }
}
