import HostABI
import Synchronization

extension HostSuite {
  mutating func addTerminals() {
    check("terminal.kind", "`terminal` has modes") { t in
      let handle = try t.host.open(t.fixture.terminal(), [.read, .write])
      t.equal("its kind", "\(try t.host.kind(of: handle))", "\(StreamKind.terminal)")
    }
    check("terminal.modes", "Modes have the layout of the kernel's `struct termios2`") { t in
      let handle = try t.host.open(t.fixture.terminal(), [.read, .write])
      let modes = try t.host.terminalModes(handle)
      t.equal("the control characters", modes.characters.count, 19)
      t.equal("lines are edited and echoed (ICANON, ECHO)", modes.local & 0o12, 0o12)
      t.equal("the speed", modes.inputSpeed, 38400)
    }
    check(
      "terminal.set-modes",
      "at once (`now`), when the output has gone out (`drained`), or that and unread input dropped (`flushed`)"
    ) {
      t in
      let handle = try t.host.open(t.fixture.terminal(), [.read, .write])
      let modes = try t.host.terminalModes(handle)
      t.equal("the control characters", modes.characters.count, 19)
      guard modes.characters.count == 19 else { return }
      for when in [TerminalChange.now, .drained, .flushed] {
        var raw = modes
        raw.local &= ~0o12
        raw.characters[6] = when == .now ? 1 : 2
        try t.host.setTerminalModes(handle, raw, when)
        t.equal("changed, \(when)", try t.host.terminalModes(handle), raw)
        try t.host.setTerminalModes(handle, modes, when)
        t.equal("changed back, \(when)", try t.host.terminalModes(handle), modes)
      }
    }
    check("terminal.set-modes.bad", "Other than 19 characters: `invalid`") { t in
      let handle = try t.host.open(t.fixture.terminal(), [.read, .write])
      var wrong = try t.host.terminalModes(handle)
      wrong.characters = []
      t.fails("none", .invalid) { try t.host.setTerminalModes(handle, wrong, .now) }
    }
    check("terminal.size", "rows, columns, pixels") { t in
      let handle = try t.host.open(t.fixture.terminal(), [.read, .write])
      let size = WindowSize(rows: 40, columns: 132, pixelWidth: 1000, pixelHeight: 500)
      try t.host.setWindowSize(handle, size)
      t.equal("the size", try t.host.windowSize(handle), size)
    }
    check("terminal.stream", "a terminal 1,024; the caller comes back with the rest") { t in
      let handle = try t.host.open(t.fixture.terminal(), [.read, .write])
      t.fails("nothing is typed", .wouldBlock) { try t.host.readText(handle) }
      t.fails("by offset", .illegalSeek) { try t.host.readText(handle, at: 0) }
      t.equal("to write", try t.host.writeText(handle, "hello"), 5)
    }
    check("terminal.discard", "`notTerminal`; `invalid` for neither") { t in
      let handle = try t.host.open(t.fixture.terminal(), [.read, .write])
      t.equal(
        "both", t.outcome { try t.host.discardTerminal(handle, input: true, output: true) }, nil)
      t.fails("neither", .invalid) {
        try t.host.discardTerminal(handle, input: false, output: false)
      }
    }
    check("terminal.none", "All are `notTerminal` for anything else.") { t in
      let terminal = try t.host.open(t.fixture.terminal(), [.read, .write])
      let modes = try t.host.terminalModes(terminal)
      let file = try t.fixture.file("f", "text")
      let pipe = try t.host.open(t.fixture.incoming().uri, .read)
      for handle in [file, pipe] {
        t.fails("terminalModes", .notTerminal) { try t.host.terminalModes(handle) }
        t.fails("setTerminalModes", .notTerminal) {
          try t.host.setTerminalModes(handle, modes, .now)
        }
        t.fails("windowSize", .notTerminal) { try t.host.windowSize(handle) }
        t.fails("setWindowSize", .notTerminal) {
          try t.host.setWindowSize(handle, WindowSize(rows: 1, columns: 1))
        }
        t.fails("discardTerminal", .notTerminal) {
          try t.host.discardTerminal(handle, input: true, output: false)
        }
      }
    }
    check(
      "terminal.bytes-available",
      "bytes that `read` would give without waiting. For pipes and files, too"
    ) {
      t in
      let pipe = t.fixture.incoming()
      let handle = try t.host.open(pipe.uri, .read)
      t.equal("an empty pipe", try t.host.bytesAvailable(handle), 0)
      pipe.send("hello")
      t.equal("a pipe", try t.host.bytesAvailable(handle), 5)
      t.equal("a file", try t.host.bytesAvailable(t.fixture.file("f", "text")), 4)
      let terminal = try t.host.open(t.fixture.terminal(), [.read, .write])
      t.equal("a terminal", try t.host.bytesAvailable(terminal), 0)
      let directory = try t.host.open(HostName(t.fixture.root), .read, permissions: 0)
      t.fails("a directory", .notTerminal) { try t.host.bytesAvailable(directory) }
    }
  }

  mutating func addWaiting() {
    check("wait.deadline", "the monotonic clock reaches `deadline`") { t in
      let start = t.now
      t.sleep(20_000_000)
      let passed = t.now - start
      t.holds("20 ms pass", passed >= 20_000_000, expected: "20 ms", seen: "\(passed) ns")
    }
    check("wait.look", "one in the past: looks only") { t in
      let input = try t.host.open(t.fixture.incoming().uri, .read)
      let item = WaitItem(handle: input, interest: .readable)
      t.equal("of nothing", t.host.wait([], until: 0), [])
      t.equal("of a pipe", t.host.wait([item], until: 0), [[]])
      t.equal("long ago", t.host.wait([item], until: .min), [[]])
    }
    check("wait.in-order", "The result has one element for each item, in order") { t in
      let incoming = t.fixture.incoming()
      let input = try t.host.open(incoming.uri, .read)
      let output = try t.host.open(t.fixture.outgoing().uri, .write)
      let read = WaitItem(handle: input, interest: .readable)
      let write = WaitItem(handle: output, interest: .writable)
      t.equal("one is ready", t.host.wait([read, write], until: 0), [[], .writable])
      incoming.send("x")
      t.equal("both", t.host.wait([read, write], until: nil), [.readable, .writable])
      t.equal("one twice", t.host.wait([read, read], until: nil), [.readable, .readable])
    }
    check(
      "wait.asked-for",
      "asked for, and a `read` or `write` would not throw `wouldBlock`. Files: always"
    ) {
      t in
      let incoming = t.fixture.incoming()
      let input = try t.host.open(incoming.uri, .read)
      incoming.send("x")
      t.equal("not asked for", t.look(input, []), [])
      t.equal("asked for", t.look(input, .readable), .readable)
      let file = try t.fixture.file("f")
      t.equal("a file", t.look(file, [.readable, .writable]), [.readable, .writable])
    }
    check("wait.hangup", "the other end of what is read is closed") { t in
      let incoming = t.fixture.incoming()
      let input = try t.host.open(incoming.uri, .read)
      t.equal("before", t.look(input, []), [])
      incoming.end()
      t.equal("asked for", t.wait(input, .readable), .hangup)
      t.equal("not asked for", t.wait(input, []), .hangup)
    }
    check("wait.error", "nobody reads what is written, or the handle is not open. Asked for or not")
    { t in
      let outgoing = t.fixture.outgoing()
      let output = try t.host.open(outgoing.uri, .write)
      outgoing.stopReading()
      t.holds("nobody reads", t.wait(output, .writable).contains(.error))
      t.holds("not asked for", t.wait(output, []).contains(.error))
      t.equal("not open", t.wait(HostHandle(12345), .readable), .error)
    }
    check("interrupt.next", "Ends the current `wait`, else the next that does more than look.") {
      t in
      let hour = t.now + 3_600_000_000_000
      t.host.interrupt()
      t.equal("a look", t.host.wait([], until: 0), [])
      t.equal("a wait", t.host.wait([], until: hour), [])
      t.holds("it ended at once", t.now < hour - 3_000_000_000_000)
    }
    check("interrupt.once", "Several count as one.") { t in
      t.host.interrupt()
      t.host.interrupt()
      _ = t.host.wait([], until: t.now + 3_600_000_000_000)
      let start = t.now
      _ = t.host.wait([], until: start + 5_000_000)
      t.holds("the next wait lasts", t.now >= start + 5_000_000)
    }
    check("alarm.repeats", "then every millisecond until the alarm is set anew") { t in
      let counter = Counter()
      let start = t.now
      t.host.setAlarm(at: start + 10_000_000) { counter.add(1) }
      t.equal("calls at once", counter.count, 0)
      t.sleep { counter.count >= 5 }
      t.holds("it is called again and again", counter.count >= 5)
      t.holds("not before its time", t.now >= start + 14_000_000)
      t.host.setAlarm(at: nil, nil)
    }
    check(
      "alarm.taken-back",
      "When `setAlarm` returns, the former action is not running and will not be called again"
    ) {
      t in
      let counter = Counter()
      t.host.setAlarm(at: 0) { counter.add(1) }
      t.sleep { counter.count > 0 }
      t.host.setAlarm(at: nil, nil)
      let count = counter.count
      t.holds("it was called", count > 0)
      t.sleep(10_000_000)
      t.equal("calls after that", counter.count - count, 0)
    }
    check("alarm.one", "There is one alarm.") { t in
      let former = Counter()
      let counter = Counter()
      t.host.setAlarm(at: .max) { former.add(1) }
      t.host.setAlarm(at: 0) { counter.add(1) }
      t.sleep { counter.count > 0 }
      t.holds("an earlier one replaces a later one", counter.count > 0)
      t.host.setAlarm(at: t.now + 3_600_000_000_000) { former.add(1) }
      let last = counter.count
      t.sleep(5_000_000)
      t.equal("calls of the former", counter.count - last, 0)
      t.equal("calls of those that lie in the future", former.count, 0)
      t.host.setAlarm(at: nil, nil)
    }
    check("clock.forward", "`monotonic` never steps back") { t in
      for clock in [HostClock.monotonic, .realtime, .processorTime] {
        let first = t.host.now(clock)
        t.holds(
          "nanoseconds of \(clock)", (0..<1_000_000_000).contains(first.nanoseconds),
          seen: "\(first.nanoseconds)")
        if clock != .realtime { t.holds("\(clock) goes on", t.host.now(clock) >= first) }
      }
    }
    check("clock.realtime", "`realtime` counts from 1970") { t in
      let seconds = t.host.now(.realtime).seconds
      t.holds("it is later than 2001", seconds >= 1_000_000_000, seen: "\(seconds) s")
    }
  }

  mutating func addRest() {
    check("entropy.fills", "fills the buffer with bytes nobody can predict") { t in
      let bytes = t.host.randomBytes(100_000)
      t.equal("values among 100,000 bytes", Set(bytes).count, 256)
      t.holds("two calls differ", t.host.randomBytes(32) != t.host.randomBytes(32))
      t.equal("an empty buffer", t.host.randomBytes(0), [])
    }
    check("facts.plausible", "processors this process may use, bytes of memory, the host's name") {
      t in
      let facts = t.host.facts
      t.holds("processors", facts.processors > 0, expected: "some", seen: "\(facts.processors)")
      t.holds("memory", facts.memory > 0, expected: "some", seen: "\(facts.memory) bytes")
      t.holds("a name", !facts.hostName.isEmpty, expected: "some", seen: facts.hostName)
    }
    check(
      "log.line", "one line on standard error; control characters are shown as escapes"
    ) { t in
      let mark = t.host.randomBytes(8).map { String($0) }.joined(separator: ".")
      let shown = String(decoding: t.fixture.log("\(mark) a\nb\u{1b}[31m"), as: UTF8.self)
      // Whoever else writes there may do so.
      let lines = shown.split(separator: "\n").filter { $0.contains(mark) }.map(String.init)
      t.equal("what is logged", lines, ["\(mark) a\\nb\\x1b[31m"])
    }
  }
}

private final class Counter: Sendable {
  private let value = Atomic(0)
  var count: Int { value.load(ordering: .relaxed) }
  func add(_ more: Int) { value.add(more, ordering: .relaxed) }
}
