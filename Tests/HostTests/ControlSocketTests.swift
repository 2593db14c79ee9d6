import Glibc
import HostABI
import HostConformance
import PosixHost
import Synchronization
import Testing

@Suite struct ControlSocketTests {
  /// Runs `body` with a control directory of its own.
  func withDirectory(_ body: (ControlDirectory) throws -> Void) throws {
    let path = Native.temporaryDirectory()
    defer { Native.removeAll(path) }
    try body(try ControlDirectory(path + "/godwit"))
  }

  @Test func questionsAreAnswered() throws {
    try withDirectory { directory in
      #expect(try directory.names().isEmpty)
      let server = ControlServer(try directory.listen(as: "one")) { connection in
        while let message = try? connection.receive() {
          try? connection.send(bytes("re: ") + message)
        }
      }
      _ = ControlServer(try directory.listen(as: "gone")) { _ in }
      #expect(try directory.names() == ["one"])
      let connection = try directory.connect(to: "one")
      #expect(try connection.peerUser() == geteuid())
      for message in ["hello", "", "{\"a\":1}", String(repeating: "long", count: 200_000)] {
        try connection.send(bytes(message))
        #expect(try connection.receive(timeout: 20_000_000_000) == bytes("re: " + message))
      }
      // Several at a time, and messages that arrive together.
      let others = try (0..<10).map { _ throws in try directory.connect(to: "one") }
      for (index, other) in others.enumerated() {
        try other.send(bytes("a\(index)"))
        try other.send(bytes("b\(index)"))
      }
      for (index, other) in others.enumerated().reversed() {
        #expect(try other.receive(timeout: 20_000_000_000) == bytes("re: a\(index)"))
        #expect(try other.receive(timeout: 20_000_000_000) == bytes("re: b\(index)"))
      }
      server.stop()
      server.stop()
    }
  }

  /// The file is the sender's: who gets it only writes.
  @Test func aFileGoesAlong() throws {
    try withDirectory { directory in
      let server = ControlServer(try directory.listen(as: "writer")) { connection in
        while let message = try? connection.receive() {
          do throws(HostError) {
            guard let file = try connection.takeFile() else { throw .notFound }
            try message.lend { (span) throws(HostError) in try file.write(span, at: 3) }
            try connection.send(bytes("written"))
          } catch { try? connection.send(bytes("\(error)")) }
        }
      }
      let connection = try directory.connect(to: "writer")
      func ask(_ message: String, _ file: AtomicFile?) throws -> String {
        try connection.send(bytes(message), handing: file)
        return String(
          decoding: try connection.receive(timeout: 20_000_000_000) ?? [], as: UTF8.self)
      }
      let path = Native.temporaryDirectory()
      defer { Native.removeAll(path) }
      let file = try AtomicFile(replacing: path + "/f")
      // What was in it is gone; a long message takes several turns.
      try bytes("before").lend { (span) throws(HostError) in try file.write(span) }
      let long = String(repeating: "long", count: 100_000)
      #expect(try ask(long, file) == "written")
      let input = try file.input()
      #expect(input.size == 400_003)
      #expect(try input.read(at: 0, count: 7) == [0, 0, 0] + bytes("long"))
      try file.commit()
      #expect(try InputFile(path + "/f").size == 400_003)
      #expect(try ask("nothing", nil) == "notFound")
      #expect(try ask("again", try AtomicFile(replacing: path + "/g")) == "written")
      server.stop()
    }
  }

  /// What is written into a pipe arrives whole and in order; a writer learns that nobody reads.
  @Test func aPipeGoesAlong() throws {
    try withDirectory { directory in
      let server = ControlServer(try directory.listen(as: "writer")) { connection in
        while let message = try? connection.receive() {
          do throws(HostError) {
            guard let file = try connection.takeFile() else { throw .notFound }
            // Much more than the pipe has room for.
            for _ in 0..<40 {
              try message.lend { (span) throws(HostError) in try file.write(span, at: 7) }
            }
            try connection.send(bytes("written"))
          } catch { try? connection.send(bytes("\(error)")) }
        }
      }
      let long = String(repeating: "long", count: 100_000)
      for isRead in [true, false] {
        let connection = try directory.connect(to: "writer")
        let pipe = try BytePipe()
        try connection.send(bytes(long), handing: pipe)
        #expect(throws: HostError.invalid) { try connection.send(bytes("again"), handing: pipe) }
        var count = 0
        var answer: [UInt8]?
        while answer == nil {
          pipe.wait(or: connection, timeout: 60_000_000_000)
          do throws(HostError) { answer = try connection.receive(timeout: 0) } catch .wouldBlock {}
          if isRead { pipe.drain { count += $0.byteCount } } else { pipe.stopReading() }
        }
        #expect(answer == bytes(isRead ? "written" : "brokenPipe"))
        if isRead { #expect(count == 40 * long.utf8.count) }
      }
      server.stop()
    }
  }

  @Test func aNameIsTakenOnce() throws {
    try withDirectory { directory in
      let first = try directory.listen(as: "name")
      #expect(throws: HostError.exists) { try directory.listen(as: "name") }
      withExtendedLifetime(first) {}
    }
    try withDirectory { directory in
      do { _ = try directory.listen(as: "name") }
      _ = try directory.listen(as: "name")
      #expect(throws: HostError.notFound) { try directory.connect(to: "name") }
      for name in ["", ".hidden", "a/b", "a b", "ü", String(repeating: "n", count: 65)] {
        #expect(throws: HostError.invalid) { try directory.listen(as: name) }
        #expect(throws: HostError.invalid) { try directory.connect(to: name) }
      }
    }
  }

  @Test(.startsItself) func whatAKilledProcessLeavesIsCleared() async throws {
    let path = "/tmp/godwit-control-\(getpid())"
    let directory = try ControlDirectory(path)
    defer { Native.removeAll(path) }
    for _ in 0..<2 {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let directory = try ControlDirectory("/tmp/godwit-control-\(getppid())")
        let listener = try directory.listen(as: "dead")
        _ = withExtendedLifetime(listener) { kill(getpid(), SIGKILL) }
      }
      #expect(try directory.names() == ["dead"])
    }
    #expect(throws: HostError.notFound) { try directory.connect(to: "dead") }
    #expect(try directory.names().isEmpty)
  }

  @Test func onlyAPrivateDirectoryWillDo() throws {
    let path = Native.temporaryDirectory()
    defer { Native.removeAll(path) }
    let made = path + "/made"
    _ = try ControlDirectory(made)
    let host = PosixHost()
    let root = try host.granted(path)
    let name = HostName(root, RelativePath(bytes("made"))!)
    #expect(try host.attributes(at: name).permissions == 0o700)
    var change = AttributeChange()
    change.permissions = 0o750
    try host.setAttributes(at: name, change)
    #expect(throws: HostError.permissionDenied) { try ControlDirectory(made) }
    #expect(throws: HostError.notFound) { try ControlDirectory(path + "/none/made") }
    try host.makeSymbolicLink(at: HostName(root).child(bytes("link")), to: bytes("made"))
    #expect(throws: HostError.notDirectory) { try ControlDirectory(path + "/link") }
    if geteuid() == 0 {
      change = AttributeChange()
      change.permissions = 0o700
      change.userID = 65534
      try host.setAttributes(at: name, change)
      #expect(throws: HostError.permissionDenied) { try ControlDirectory(made) }
    }
  }

  @Test func longDirectoriesFitASocketAddress() throws {
    let path = Native.temporaryDirectory()
    defer { Native.removeAll(path) }
    let long = path + "/" + String(repeating: "d", count: 150)
    let directory = try ControlDirectory(long)
    let listener = try directory.listen(as: "name")
    _ = try directory.connect(to: "name")
    withExtendedLifetime(listener) {}
  }

  @Test func patienceAndMessagesHaveLimits() throws {
    try withDirectory { directory in
      let listener = try directory.listen(as: "mute")
      let connection = try directory.connect(to: "mute")
      // Nobody answers, nobody reads.
      #expect(throws: HostError.wouldBlock) { try connection.receive(timeout: 2_000_000) }
      #expect(throws: HostError.invalid) { try connection.send(bytes("two\nlines")) }
      #expect(throws: HostError.invalid) {
        try connection.send([UInt8](repeating: 65, count: ControlConnection.messageLimit))
      }
      let large = [UInt8](repeating: 65, count: ControlConnection.messageLimit - 1)
      #expect(throws: HostError.wouldBlock) { try connection.send(large, timeout: 2_000_000) }
      withExtendedLifetime(listener) {}
    }
    try withDirectory { directory in
      let server = ControlServer(try directory.listen(as: "rude")) { connection in
        _ = try? connection.receive()
      }
      let connection = try directory.connect(to: "rude")
      try connection.send(bytes("bye"))
      #expect(try connection.receive(timeout: 20_000_000_000) == nil)
      #expect(throws: HostError.brokenPipe) { try connection.send(bytes("still there?")) }
      server.stop()
      #expect(try directory.names().isEmpty)
    }
  }

  @Test func tooManyConnectionsWaitTheirTurn() throws {
    try withDirectory { directory in
      let server = ControlServer(try directory.listen(as: "busy")) { connection in
        while let message = try? connection.receive() { try? connection.send(message) }
      }
      // More than are served at once, but not more than may queue.
      var connections = try (0..<24).map { _ throws in try directory.connect(to: "busy") }
      for connection in connections { try connection.send(bytes("ping")) }
      var answered = 0
      while !connections.isEmpty {
        let connection = connections.removeFirst()
        #expect(try connection.receive(timeout: 20_000_000_000) == bytes("ping"))
        answered += 1
      }
      #expect(answered == 24)
      server.stop()
    }
  }
}
