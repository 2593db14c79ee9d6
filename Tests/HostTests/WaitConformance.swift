import HostABI
import Synchronization
import Testing

/// Waiting, time, terminals and the rest, as `Docs/HostABI.md` states them, against every host.
@Suite struct WaitConformance {
  @Test(arguments: HostUnderTest.allCases)
  func waitsUntilTheDeadlineAndNotLonger(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let start = host.now(.monotonic)
      #expect(host.wait([], until: start.totalNanoseconds + 20_000_000).isEmpty)
      let end = host.now(.monotonic)
      #expect(end.totalNanoseconds >= start.totalNanoseconds + 20_000_000)
      // In the past: only looks.
      #expect(host.wait([], until: 0).isEmpty)
      #expect(host.wait([], until: .min).isEmpty)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func tellsWhatIsReady(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let incoming = fixture.incoming()
      let outgoing = fixture.outgoing()
      let input = try host.open(incoming.uri, .read)
      let output = try host.open(outgoing.uri, .write)
      let file = try fixture.file("f")
      let read = WaitItem(handle: input, interest: .readable)
      let write = WaitItem(handle: output, interest: .writable)
      #expect(host.wait([read, write], until: 0) == [[], .writable])
      #expect(host.wait([read], until: 0) == [[]])
      incoming.send("x")
      #expect(host.wait([read, write], until: nil) == [.readable, .writable])
      #expect(host.wait([read, read], until: nil) == [.readable, .readable])
      #expect(host.wait([WaitItem(handle: input, interest: [])], until: 0) == [[]])
      _ = try host.readText(input)
      incoming.end()
      #expect(host.wait([read], until: nil) == [.hangup])
      outgoing.stopReading()
      #expect(host.wait([write], until: nil)[0].contains(.error))
      let both = WaitItem(handle: file, interest: [.readable, .writable])
      #expect(host.wait([both], until: nil) == [[.readable, .writable]])
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func interruptEndsTheNextWaitAndOnlyThat(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      host.interrupt()
      host.interrupt()
      // To look is not to wait.
      #expect(host.wait([], until: 0).isEmpty)
      #expect(host.wait([], until: nil).isEmpty)
      let start = host.now(.monotonic).totalNanoseconds
      _ = host.wait([], until: start + 5_000_000)
      #expect(host.now(.monotonic).totalNanoseconds >= start + 5_000_000)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func theAlarmRepeatsUntilItIsSetAnew(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let counter = Counter()
      let start = host.now(.monotonic).totalNanoseconds
      host.setAlarm(at: start + 10_000_000) { counter.value.add(1, ordering: .relaxed) }
      #expect(counter.value.load(ordering: .relaxed) == 0)
      while counter.value.load(ordering: .relaxed) < 5 {
        _ = host.wait([], until: host.now(.monotonic).totalNanoseconds + 1_000_000)
      }
      #expect(host.now(.monotonic).totalNanoseconds >= start + 14_000_000)
      host.setAlarm(at: nil, nil)
      let count = counter.value.load(ordering: .relaxed)
      _ = host.wait([], until: host.now(.monotonic).totalNanoseconds + 10_000_000)
      #expect(counter.value.load(ordering: .relaxed) == count)
      // An earlier one replaces a later one, and the other way round.
      host.setAlarm(at: .max) { counter.value.store(-1000, ordering: .relaxed) }
      host.setAlarm(at: 0) { counter.value.add(1, ordering: .relaxed) }
      while counter.value.load(ordering: .relaxed) == count {
        _ = host.wait([], until: host.now(.monotonic).totalNanoseconds + 1_000_000)
      }
      host.setAlarm(at: host.now(.monotonic).totalNanoseconds + 3_600_000_000_000) {
        counter.value.store(-1000, ordering: .relaxed)
      }
      let last = counter.value.load(ordering: .relaxed)
      _ = host.wait([], until: host.now(.monotonic).totalNanoseconds + 5_000_000)
      #expect(counter.value.load(ordering: .relaxed) == last)
    }
  }

  final class Counter: Sendable {
    let value = Atomic(0)
  }

  @Test(arguments: HostUnderTest.allCases)
  func clocksGoForward(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      for clock in [HostClock.monotonic, .realtime, .processorTime] {
        let first = host.now(clock)
        #expect((0..<1_000_000_000).contains(first.nanoseconds))
        #expect(host.now(clock) >= first)
      }
      #expect(host.now(.realtime).seconds >= 1_000_000_000)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func entropyFillsEverything(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let bytes = host.randomBytes(100_000)
      #expect(Set(bytes).count == 256)
      #expect(host.randomBytes(32) != host.randomBytes(32))
      #expect(host.randomBytes(0).isEmpty)
      #expect(host.facts.processors > 0 && host.facts.memory > 0)
      #expect(!host.facts.hostName.isEmpty)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func terminals(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let handle = try host.open(fixture.terminal(), [.read, .write])
      guard case .terminal = try host.kind(of: handle) else {
        Issue.record("a terminal is not one")
        return
      }
      let modes = try host.terminalModes(handle)
      #expect(modes.characters.count == 19)
      #expect(modes.local & 0o12 == 0o12, "ICANON and ECHO are on")
      #expect(modes.inputSpeed == 38400 && modes.outputSpeed == 38400)
      for when in [TerminalChange.now, .drained, .flushed] {
        var raw = modes
        raw.local &= ~0o12
        raw.characters[6] = UInt8(when == .now ? 1 : 2)
        try host.setTerminalModes(handle, raw, when)
        #expect(try host.terminalModes(handle) == raw)
        try host.setTerminalModes(handle, modes, when)
        #expect(try host.terminalModes(handle) == modes)
      }
      var wrong = modes
      wrong.characters = []
      #expect(throws: HostError.invalid) { try host.setTerminalModes(handle, wrong, .now) }
      let size = WindowSize(rows: 40, columns: 132, pixelWidth: 1000, pixelHeight: 500)
      try host.setWindowSize(handle, size)
      #expect(try host.windowSize(handle) == size)
      #expect(try host.bytesAvailable(handle) == 0)
      #expect(throws: HostError.wouldBlock) { try host.readText(handle) }
      #expect(throws: HostError.illegalSeek) { try host.readText(handle, at: 0) }
      #expect(try host.writeText(handle, "hello") == 5)
      try host.discardTerminal(handle, input: true, output: true)
      #expect(throws: HostError.invalid) {
        try host.discardTerminal(handle, input: false, output: false)
      }

      let file = try fixture.file("f", "text")
      #expect(throws: HostError.notTerminal) { try host.terminalModes(file) }
      #expect(throws: HostError.notTerminal) { try host.setTerminalModes(file, modes, .now) }
      #expect(throws: HostError.notTerminal) { try host.windowSize(file) }
      #expect(throws: HostError.notTerminal) { try host.setWindowSize(file, size) }
      #expect(throws: HostError.notTerminal) {
        try host.discardTerminal(file, input: true, output: false)
      }
      #expect(try host.bytesAvailable(file) == 4)
    }
  }
}
