import Foundation
import Testing

/// Guests with terminals of their own, and those who are attached to them.
@Suite struct AttachTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("godwit-\(UUID().uuidString)")
  private let godwit = Checkout.godwit.path

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func withFolder(_ body: () throws -> Void) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    // A failed test leaves no application behind.
    defer { _ = try? elsewhere(["kill", "guest", "KILL"]) }
    try body()
  }

  private var runtime: [String: String] {
    [
      "XDG_RUNTIME_DIR": folder.path, "XDG_STATE_HOME": folder.path, "PS1": "$ ",
      "TERM": "xterm",
    ]
  }

  private func elsewhere(_ arguments: [String]) throws -> Outcome {
    try execute(
      URL(fileURLWithPath: "/usr/bin/env"),
      ["XDG_RUNTIME_DIR=\(folder.path)", "XDG_STATE_HOME=\(folder.path)", "TERM=xterm", godwit]
        + arguments, limit: 60)
  }

  private func program(_ isa: String, _ options: [String], _ command: [String]) -> [String] {
    ["run", "--name", "guest"] + options + ["--root", Checkout.rootfs(isa).path, "--"] + command
  }

  private func python(_ isa: String, _ options: [String], _ script: String) -> [String] {
    program(isa, options, ["/usr/bin/python3", "-uc", script])
  }

  /// Starts godwit on a new terminal.
  private func terminal(
    _ arguments: [String], rows: UInt16 = 24, columns: UInt16 = 80
  ) throws -> Terminal {
    let terminal = try Terminal(rows: rows, columns: columns)
    try terminal.start([godwit] + arguments, environment: runtime)
    return terminal
  }

  private static let detachKeys = "\u{10}\u{11}"

  /// Shows each key, and its size whenever that may have changed.
  static let keys = """
    import os, select, signal, sys, termios, tty
    def show(*_):
        size = os.get_terminal_size(0)
        print('size %d x %d' % (size.columns, size.lines), end='\\r\\n')
    # A signal just before a read must end the wait for it.
    signals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup)
    signal.signal(signal.SIGWINCH, show)
    tty.setraw(0)
    print(os.ttyname(0), 'ready', end='\\r\\n')
    while True:
        ready, _, _ = select.select([0, signals], [], [])
        if signals in ready: os.read(signals, 100)
        if 0 not in ready: continue
        key = os.read(0, 1)
        print('key', key[0], end='\\r\\n')
        if key == b'q': sys.exit(7)
    """

  @Test(arguments: ["x86_64", "aarch64"]) func aTerminalIsTheGuestsOwn(isa: String) throws {
    try withFolder {
      let terminal = try Terminal(rows: 31, columns: 77)
      let modes = terminal.modes
      try terminal.start(
        [godwit] + python(isa, ["-it"], Self.keys), environment: runtime)
      try terminal.expect("/dev/pts/0 ready\r\n")
      #expect(terminal.isRaw)
      terminal.type("a\u{3}\u{1a}\u{10}x")
      for key in [97, 3, 26, 16, 120] { try terminal.expect("key \(key)\r\n") }
      terminal.resize(rows: 40, columns: 100)
      try terminal.expect("size 100 x 40\r\n")
      terminal.type("q")
      #expect(try terminal.wait() == 7)
      #expect(terminal.modes == modes)
    }
  }

  @Test func shellsHaveJobControl() throws {
    try withFolder {
      let terminal = try terminal(
        program("x86_64", ["-it"], ["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"]))
      terminal.type("PS1='% '; tty\n")
      try terminal.expect("/dev/pts/0\r\n% ")
      // Quoted, so that the echo is not taken for it.
      terminal.type("sh -c 'echo be\"\"gun; exec sleep 1000'\n")
      try terminal.expect("begun\r\n")
      terminal.type("\u{1a}")
      try terminal.expect("Stopped")
      terminal.type("bg; jobs -r | wc -l\n")
      try terminal.expect("\r\n1\r\n")
      terminal.type("fg\n")
      try terminal.expect("exec sleep 1000'\r\n")
      // The shell says so before it gives the job the terminal.
      for _ in 0..<60 {
        terminal.type("\u{3}")
        if (try? terminal.expect("% ", seconds: 1)) != nil { break }
      }
      terminal.type("echo status $?\n")
      try terminal.expect("status 130\r\n")
      terminal.type("exit 9\n")
      #expect(try terminal.wait() == 9)
    }
  }

  /// The keys detach; who attaches again finds the last output, and the terminal gets the new size.
  @Test(arguments: [["--detach-keys", "ctrl-a,d"], []]) func keysDetach(keys: [String]) throws {
    try withFolder {
      let first = try Terminal()
      let modes = first.modes
      try first.start(
        [godwit] + python("x86_64", ["-it"] + keys, Self.keys), environment: runtime)
      try first.expect("ready\r\n")
      first.type("a")
      try first.expect("key 97\r\n")
      first.type(keys.isEmpty ? Self.detachKeys : "\u{1}d")
      #expect(try first.wait() == 0)
      #expect(first.modes == modes)

      let second = try terminal(["attach", "guest"] + keys, rows: 30, columns: 90)
      try second.expect("/dev/pts/0 ready\r\n")
      try second.expect("key 97\r\n")
      try second.expect("size 90 x 30\r\n")
      second.type("b")
      try second.expect("key 98\r\n")
      // One that is killed leaves all well.
      second.send(SIGKILL)
      #expect(try second.wait() == 128 + 9)

      let third = try terminal(["attach", "guest"])
      try third.expect("key 98\r\n")
      let fourth = try terminal(["attach", "--no-stdin", "guest"])
      // It is not in raw mode, so there is one more carriage return.
      try fourth.expect("key 98\r")
      third.type("c")
      try third.expect("key 99\r\n")
      try fourth.expect("key 99\r")
      third.type("q")
      #expect(try third.wait() == 7)
      #expect(try fourth.wait() == 7)
    }
  }

  /// A full-screen program draws anew for a terminal of another size.
  @Test func fullScreenProgramsDrawAnew() throws {
    try withFolder {
      let text = folder.appendingPathComponent("text")
      try Data((1...100).map { "line \($0) of the text\n" }.joined().utf8).write(to: text)
      let first = try terminal(
        program("x86_64", ["-it", "--mount", "\(text.path):/text:ro"], ["/usr/bin/less", "/text"]))
      try first.expect("line 23 of the text")
      first.type(Self.detachKeys)
      #expect(try first.wait() == 0)
      let second = try terminal(["attach", "guest"], rows: 35, columns: 70)
      try second.expect("line 34 of the text")
      second.type("q")
      #expect(try second.wait() == 0)
    }
  }

  @Test(arguments: [SIGTERM, SIGHUP]) func theTerminalIsRestoredAtSignals(signal: Int32) throws {
    try withFolder {
      let terminal = try Terminal()
      let modes = terminal.modes
      try terminal.start(
        [godwit] + python("x86_64", ["-it"], Self.keys), environment: runtime)
      try terminal.expect("ready\r\n")
      #expect(terminal.isRaw)
      terminal.send(signal)
      #expect(try terminal.wait() == 128 + signal)
      #expect(terminal.modes == modes)
      #expect(try elsewhere(["ps"]).text.contains("guest"))
      #expect(try elsewhere(["stop", "guest"]).status == 0)
      #expect(try !elsewhere(["ps"]).text.contains("guest"))
    }
  }

  /// The terminal and its last output travel, and whoever resumes the guest is attached at once.
  @Test(arguments: ["x86_64", "aarch64"]) func theTerminalTravels(isa: String) throws {
    try withFolder {
      let snapshot = folder.appendingPathComponent("snapshot").path
      let first = try Terminal()
      let modes = first.modes
      try first.start([godwit] + python(isa, ["-it"], Self.keys), environment: runtime)
      try first.expect("ready\r\n")
      first.type("a")
      try first.expect("key 97\r\n")
      #expect(try elsewhere(["suspend", "guest", "--output", snapshot]).status == 0)
      #expect(try first.wait() == 0)
      #expect(first.modes == modes)

      let second = try terminal(["resume", "--name", "guest", snapshot], rows: 30, columns: 90)
      try second.expect("/dev/pts/0 ready\r\n")
      try second.expect("key 97\r\n")
      try second.expect("size 90 x 30\r\n")
      #expect(second.isRaw)
      second.type("q")
      #expect(try second.wait() == 7)

      #expect(
        try elsewhere(["resume", "--detach", "--name", "guest", snapshot]).text == "guest\n")
      let third = try terminal(["attach", "guest"])
      try third.expect("key 97\r\n")
      third.type("q")
      #expect(try third.wait() == 7)
    }
  }

  @Test(arguments: ["whole", "lazy", "chain"]) func attachmentsOutlastSuspensions(mode: String)
    throws
  {
    try withFolder {
      let terminal = try terminal(
        python(
          "x86_64", ["-it", "--suspend-every", "200", "--suspend-mode", mode],
          """
          import os
          print('ready')
          while True:
              line = input()
              if line == 'end': break
              for name in sorted(os.listdir('/etc'))[:50]: os.lstat('/etc/' + name)
              print('got', line.upper())
          """))
      try terminal.expect("ready\r\n")
      for word in ["one", "two", "three", "four"] {
        terminal.type(word + "\n")
        try terminal.expect("got \(word.uppercased())\r\n")
      }
      terminal.type("end\n")
      #expect(try terminal.wait() == 0)
    }
  }

  /// A guest on the host's terminal has one of its own where it is resumed without a terminal.
  @Test func theHostsTerminalBecomesTheGuests() throws {
    try withFolder {
      let snapshot = folder.appendingPathComponent("snapshot").path
      let first = try terminal(
        program("x86_64", [], ["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"]))
      first.type("PS1='% '; word=kept; echo be''gun\n")
      try first.expect("begun\r\n")
      #expect(try elsewhere(["suspend", "guest", "--output", snapshot]).status == 0)
      #expect(try first.wait() == 0)
      #expect(
        try elsewhere(["resume", "--detach", "--name", "guest", snapshot]).text == "guest\n")
      let second = try terminal(["attach", "guest"])
      second.type("echo $word; tty\n")
      try second.expect("kept\r\n")
      try second.expect("/dev/pts/0\r\n")
      second.type("sh -c 'echo be\"\"gun; exec sleep 1000'\n")
      try second.expect("begun\r\n")
      second.type("\u{1a}")
      try second.expect("Stopped")
      second.type("exit; exit 5\n")
      #expect(try second.wait() == 5)
    }
  }

  @Test func whatCannotBeAttachedIsRefused() throws {
    try withFolder {
      func refusal(_ arguments: [String]) throws -> String {
        let outcome = try elsewhere(arguments)
        #expect(outcome.status == 125)
        #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
        return outcome.error
      }
      #expect(
        try refusal(["run", "-it", "--", "/bin/true"]) == "godwit: the input device is not a TTY\n")
      #expect(
        try refusal(["attach", "guest"]) == "godwit: no picoprocess named guest is running\n")
      let running = try terminal(python("x86_64", [], Self.keys))
      try running.expect("ready")
      #expect(try refusal(["attach", "guest"]).contains("it has the streams of the terminal"))
      #expect(
        try refusal(program("x86_64", ["--detach"], ["/bin/true"]))
          == "godwit: a picoprocess named guest is already running\n")
      running.type("q")
      #expect(try running.wait() == 7)
    }
  }
}
