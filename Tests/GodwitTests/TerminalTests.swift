import Foundation
import Testing

/// Guests on a terminal: it stays a terminal, and is as it was when they are gone.
@Suite struct TerminalTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("godwit-\(UUID().uuidString)")
  private let godwit = Checkout.godwit.path

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func withFolder(_ body: () throws -> Void) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try body()
  }

  private var runtime: [String: String] { ["XDG_RUNTIME_DIR": folder.path, "PS1": "$ "] }

  private func python(_ isa: String, _ script: String, name: String = "guest") -> [String] {
    [
      godwit, "run", "--name", name, "--root", Checkout.rootfs(isa).path, "--",
      "/usr/bin/python3", "-uc", script,
    ]
  }

  /// What another terminal's user does: runs godwit to its end.
  private func elsewhere(_ arguments: [String]) throws -> Outcome {
    try execute(
      URL(fileURLWithPath: "/usr/bin/env"),
      ["XDG_RUNTIME_DIR=\(folder.path)", godwit] + arguments, limit: 60)
  }

  static let raw = """
    import sys, tty, os, time
    assert os.isatty(0) and os.isatty(1) and os.ttyname(0)
    tty.setraw(0)
    print('ready', end='\\r\\n')
    while True:
        key = os.read(0, 1)
        print('key', key[0], end='\\r\\n')
        if key == b'q': break
    """

  @Test(arguments: ["x86_64", "aarch64"]) func rawModeIsTheGuestsAndEndsWithIt(isa: String) throws {
    try withFolder {
      let terminal = try Terminal()
      let modes = terminal.modes
      try terminal.start(python(isa, Self.raw), environment: runtime)
      try terminal.expect("ready\r\n")
      #expect(terminal.isRaw)
      // In raw mode these are keys like others.
      terminal.type("a\u{3}\u{1a}\u{1c}q")
      for key in [97, 3, 26, 28, 113] { try terminal.expect("key \(key)\r\n") }
      #expect(try terminal.wait() == 0)
      #expect(terminal.modes == modes, "the guest left it raw; godwit must not")
    }
  }

  @Test func modesAreRestoredWhenGodwitIsTerminated() throws {
    try withFolder {
      let terminal = try Terminal()
      let modes = terminal.modes
      try terminal.start(python("x86_64", Self.raw), environment: runtime)
      try terminal.expect("ready\r\n")
      #expect(terminal.isRaw)
      terminal.send(SIGTERM)
      #expect(try terminal.wait() == 128 + 15)
      #expect(terminal.modes == modes)
    }
  }

  @Test func modesAreRestoredWhenTheGuestIsKilled() throws {
    try withFolder {
      let terminal = try Terminal()
      let modes = terminal.modes
      try terminal.start(python("x86_64", Self.raw), environment: runtime)
      try terminal.expect("ready\r\n")
      #expect(try elsewhere(["kill", "guest", "KILL"]).status == 0)
      #expect(try terminal.wait() == 128 + 9)
      #expect(terminal.modes == modes)
    }
  }

  @Test(arguments: ["x86_64", "aarch64"]) func theWindowsSizeIsTheGuests(isa: String) throws {
    try withFolder {
      let terminal = try Terminal(rows: 31, columns: 77)
      try terminal.start(
        python(
          isa,
          """
          import os, signal
          signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
          while True:
              print('size %d x %d' % os.get_terminal_size(0))
              signal.sigwait([signal.SIGWINCH])
          """), environment: runtime)
      try terminal.expect("size 77 x 31")
      for (rows, columns) in [(40, 100), (10, 20)] as [(UInt16, UInt16)] {
        terminal.resize(rows: rows, columns: columns)
        try terminal.expect("size \(columns) x \(rows)")
      }
      // Python's SIGINT handler would run when sigwait returns.
      terminal.type("\u{1c}")
      #expect(try terminal.wait() == 128 + SIGQUIT)
    }
  }

  @Test(arguments: [("\u{3}", SIGINT), ("\u{1c}", SIGQUIT)])
  func keysThatKillReachTheGuest(key: String, signal: Int32) throws {
    try withFolder {
      let terminal = try Terminal()
      try terminal.start(
        python(
          "x86_64",
          """
          import signal, time
          def caught(number, _):
              signal.signal(number, signal.SIG_DFL)
              print('caught', number)
          signal.signal(signal.SIGINT, caught)
          signal.signal(signal.SIGQUIT, caught)
          print('ready')
          while True: time.sleep(0.1)
          """), environment: runtime)
      try terminal.expect("ready")
      terminal.type(key)
      try terminal.expect("caught \(signal)")
      // It goes on after the first, and has no handler any more.
      terminal.type(key)
      #expect(try terminal.wait() == 128 + signal)
    }
  }

  /// A shell with job control sees the guest stop, and has it go on in the background and in the
  /// foreground.
  @Test func shellsControlTheGuestAsAJob() throws {
    try withFolder {
      let terminal = try Terminal()
      let script = folder.appendingPathComponent("job.py")
      try Data(
        """
        import os, select, signal, time
        told, tell = os.pipe()
        os.set_blocking(tell, False)
        signal.set_wakeup_fd(tell)
        signal.signal(signal.SIGCONT, lambda *_: None)
        print('ready', flush=True)
        while True:
            ready, _, _ = select.select([0, told], [], [])
            if told in ready:
                os.read(told, 100)
                print('continued', flush=True)
            if 0 not in ready: continue
            line = os.read(0, 100)
            if not line: break
            print('got', line.decode().strip().upper(), flush=True)
            if line == b'later\\n':
                time.sleep(1)
                print('read', os.read(0, 100).decode().strip().upper(), flush=True)
        print('end', flush=True)
        """.utf8
      ).write(to: script)
      try terminal.start(
        ["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"], environment: runtime)
      try terminal.expect("$ ")
      terminal.type(
        "'\(godwit)' run --name guest --root '\(Checkout.rootfs("x86_64").path)' "
          + "--mount '\(script.path)':/job.py:ro -- /usr/bin/python3 /job.py\n")
      try terminal.expect("ready\r\n")
      terminal.type("one\n")
      try terminal.expect("got ONE\r\n")
      terminal.type("\u{1a}")
      try terminal.expect("Stopped")
      try terminal.expect("$ ")
      terminal.type("fg\n")
      try terminal.expect("continued\r\n")
      terminal.type("later\n")
      try terminal.expect("got LATER\r\n")
      terminal.type("\u{1a}")
      try terminal.expect("Stopped")
      terminal.type("bg\n")
      // It wants to read, which only the foreground may.
      terminal.type("while jobs -r | grep -q godwit; do sleep 0.1; done; jobs\n")
      try terminal.expect("\n[1]+  Stopped")
      terminal.type("fg\n")
      terminal.type("three\n")
      try terminal.expect("read THREE\r\n")
      terminal.type("\u{4}")
      try terminal.expect("end\r\n")
      try terminal.expect("$ ")
      terminal.type("echo status $?; exit\n")
      try terminal.expect("status 0\r\n")
      #expect(try terminal.wait() == 0)
    }
  }

  @Test(arguments: ["x86_64", "aarch64"]) func modesComeBackOnResume(isa: String) throws {
    try withFolder {
      let snapshot = folder.appendingPathComponent("snapshot").path
      let first = try Terminal()
      let modes = first.modes
      try first.start(python(isa, Self.raw), environment: runtime)
      try first.expect("ready\r\n")
      first.type("x")
      try first.expect("key 120\r\n")
      #expect(try elsewhere(["suspend", "guest", "--output", snapshot]).status == 0)
      #expect(try first.wait() == 0)
      #expect(first.modes == modes)

      let second = try Terminal()
      try second.start([godwit, "resume", snapshot], environment: runtime)
      second.type("y")
      try second.expect("key 121\r\n")
      #expect(second.isRaw)
      second.type("q")
      #expect(try second.wait() == 0)
      #expect(second.modes == modes)
    }
  }

  @Test func otherTerminalsFindTheGuest() throws {
    try withFolder {
      let terminal = try Terminal()
      try terminal.start(python("aarch64", Self.raw, name: "findme"), environment: runtime)
      try terminal.expect("ready\r\n")
      let list = try elsewhere(["ps"])
      let line = String(decoding: list.output, as: UTF8.self).split(separator: "\n").last ?? ""
      let cells = line.split(separator: " ")
      #expect(cells.count == 8, "\(line)")
      #expect(cells.prefix(3) == ["findme", "\(terminal.child)", "aarch64"], "\(line)")
      #expect(cells.last == "/usr/bin/python3", "\(line)")
      struct Info: Decodable { var name, isa, program: String; var pid: Int32; var threads: Int }
      let infos = try JSONDecoder().decode([Info].self, from: elsewhere(["ps", "--json"]).output)
      #expect(infos.map(\.name) == ["findme"] && infos[0].pid == terminal.child)
      #expect(infos[0].isa == "aarch64" && infos[0].threads == 1)
      #expect(try elsewhere(["kill", "findme"]).status == 0)
      #expect(try terminal.wait() == 128 + 15)
      #expect(try elsewhere(["ps", "--json"]).output == Data("[\n\n]\n".utf8))
    }
  }
}
