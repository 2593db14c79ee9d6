import HostABI
import Testing

/// The calls on open streams, as `Docs/HostABI.md` states them, against every host.
@Suite struct StreamConformance {
  @Test(arguments: HostUnderTest.allCases)
  func openMakesFilesWithExactlyThePermissionsGiven(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      for permissions: UInt16 in [0o666, 0o000, 0o4755, 0o1777] {
        let uri = fixture.name("p\(permissions)")
        let handle = try host.open(uri, [.write, .create], permissions: permissions)
        #expect(try host.attributes(of: handle).permissions == permissions)
        host.close(handle)
        // An old file keeps what it has.
        host.close(try host.open(uri, [.write, .create], permissions: 0o600))
        #expect(try host.attributes(at: uri).permissions == permissions)
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func openRefusesByName(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      func open(_ name: HostName, _ options: OpenOptions) throws(HostError) {
        host.close(try host.open(name, options, permissions: 0o600))
      }
      try fixture.make("file", "text")
      try host.makeDirectory(at: fixture.name("dir"), permissions: 0o755)
      try host.makeSymbolicLink(at: fixture.name("link"), to: bytes("file"))
      try host.makeSymbolicLink(at: fixture.name("dangling"), to: bytes("nowhere"))
      try host.makeSymbolicLink(at: fixture.name("loop"), to: bytes("loop"))
      try host.makeSymbolicLink(at: fixture.name("dirlink"), to: bytes("dir"))

      #expect(throws: HostError.notFound) { try open(fixture.name("none"), .read) }
      #expect(throws: HostError.notFound) { try open(fixture.name("none/x"), [.write, .create]) }
      #expect(throws: HostError.invalid) { try open(fixture.name("file"), []) }
      #expect(throws: HostError.invalid) { try open(fixture.name("file"), [.read, .truncate]) }
      #expect(throws: HostError.invalid) {
        try open(fixture.name("dir"), [.read, .create, .directory])
      }
      #expect(throws: HostError.exists) {
        try open(fixture.name("file"), [.write, .create, .exclusive])
      }
      #expect(throws: HostError.exists) {
        try open(fixture.name("dangling"), [.write, .create, .exclusive])
      }
      #expect(throws: HostError.notDirectory) { try open(fixture.name("file/x"), .read) }
      #expect(throws: HostError.notDirectory) {
        try open(fixture.name("file"), [.read, .directory])
      }
      #expect(throws: HostError.notDirectory) {
        try open(fixture.name("dirlink"), [.read, .directory])
      }
      #expect(throws: HostError.isDirectory) { try open(fixture.name("dir"), .write) }
      #expect(throws: HostError.isDirectory) { try open(fixture.name("dir"), [.write, .create]) }
      #expect(throws: HostError.isDirectory) { try open(fixture.name("dir"), [.read, .create]) }
      #expect(throws: HostError.tooManySymbolicLinks) { try open(fixture.name("link"), .read) }
      #expect(throws: HostError.tooManySymbolicLinks) {
        try open(fixture.name("dangling"), [.write, .create])
      }
      #expect(throws: HostError.tooManySymbolicLinks) { try open(fixture.name("loop/x"), .read) }
      #expect(throws: HostError.nameTooLong) {
        try open(fixture.name(String(repeating: "n", count: 256)), [.write, .create])
      }
      #expect(throws: HostError.nameTooLong) {
        try open(fixture.name(String(repeating: "n/", count: 3000) + "n"), .read)
      }
      #expect(throws: HostError.notSupported) { try host.open(StreamURI(.pipe, "x"), .read) }
      #expect(throws: HostError.invalid) { try host.open(StreamURI(.stdio, "one"), .read) }
      // Nobody follows a link in the middle of a path.
      #expect(throws: HostError.tooManySymbolicLinks) {
        try open(fixture.name("dirlink/new"), [.write, .create])
      }
      // None of that made or changed anything.
      #expect(try fixture.text("file") == "text")
      #expect(try host.entries(of: HostName(fixture.root)).count == 6)
      #expect(try host.entries(of: fixture.name("dir")).isEmpty)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func truncateAndKeep(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try fixture.make("f", "hello")
      host.close(try host.open(fixture.name("f"), [.write, .create], permissions: 0o600))
      #expect(try fixture.text("f") == "hello")
      host.close(try host.open(fixture.name("f"), [.write, .truncate], permissions: 0))
      #expect(try fixture.text("f") == "")
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func filesAreReadAndWrittenByOffset(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let handle = try fixture.file("f", "hello world")
      #expect(try host.readText(handle, at: 6) == "world")
      #expect(try host.readText(handle, at: 0, count: 5) == "hello")
      #expect(try host.readBytes(handle, at: 11).isEmpty)
      #expect(try host.readBytes(handle, at: 1 << 62).isEmpty)
      #expect(try host.readBytes(handle, at: 0, count: 0).isEmpty)
      #expect(try host.writeText(handle, at: 0, "J") == 1)
      #expect(try host.writeBytes(handle, at: 0, []) == 0)
      #expect(try host.readText(handle, at: 0) == "Jello world")
      // A gap reads as zeroes.
      try host.writeText(handle, at: 13, "!")
      #expect(try host.readBytes(handle, at: 10) == [100, 0, 0, 33])
      #expect(try host.attributes(of: handle).size == 14)
      #expect(throws: HostError.invalid) { try host.readBytes(handle, at: .max) }
      #expect(throws: HostError.invalid) { try host.writeText(handle, at: .max, "x") }
      #expect(throws: HostError.fileTooLarge) {
        try host.writeText(handle, at: UInt64(Int64.max) - 1, "x")
      }
      host.close(handle)
      #expect(throws: HostError.invalid) { try host.readBytes(handle, at: 0) }
      #expect(throws: HostError.invalid) { try host.writeText(handle, at: 0, "x") }
      host.close(handle)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func directionsAreKept(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try fixture.make("f", "text")
      let reader = try host.open(fixture.name("f"), .read, permissions: 0)
      let writer = try host.open(fixture.name("f"), .write, permissions: 0)
      let both = try host.open(fixture.name("f"), [.read, .write], permissions: 0)
      let directory = try host.open(HostName(fixture.root), .read, permissions: 0)
      #expect(try host.options(of: reader) == .read)
      #expect(try host.options(of: writer) == .write)
      #expect(try host.options(of: both) == [.read, .write])
      #expect(throws: HostError.invalid) { try host.writeText(reader, at: 0, "x") }
      #expect(throws: HostError.invalid) { try host.readText(writer, at: 0) }
      #expect(throws: HostError.isDirectory) { try host.readText(directory, at: 0) }
      #expect(throws: HostError.invalid) { try host.setLength(reader, to: 0) }
      #expect(throws: HostError.invalid) { try host.setLength(directory, to: 0) }
      #expect(try fixture.text("f") == "text")
      guard case .file(.directory) = try host.kind(of: directory) else {
        Issue.record("a directory is not one")
        return
      }
      guard case .file(.regular) = try host.kind(of: both) else {
        Issue.record("a file is not one")
        return
      }
      try host.flush(directory, metadata: true)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func aRemovedFileLivesUntilClosed(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let handle = try fixture.file("f", "still")
      try host.remove(at: fixture.name("f"), isDirectory: false)
      #expect(try host.readText(handle, at: 0) == "still")
      #expect(try host.attributes(of: handle).linkCount == 0)
      try host.writeText(handle, at: 5, " here")
      #expect(try host.readText(handle, at: 0) == "still here")
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func lengthAndAllocation(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let handle = try fixture.file("f", "hello")
      try host.setLength(handle, to: 2)
      try host.setLength(handle, to: 4)
      #expect(try host.readBytes(handle, at: 0) == [104, 101, 0, 0])
      #expect(throws: HostError.invalid) { try host.setLength(handle, to: .max) }
      #expect(throws: HostError.fileTooLarge) {
        try host.setLength(handle, to: UInt64(Int64.max))
      }

      try host.allocate(handle, 0..<8192, .reserve(keepSize: true))
      #expect(try host.attributes(of: handle).size == 4)
      try host.allocate(handle, 100..<8192, .reserve(keepSize: false))
      #expect(try host.attributes(of: handle).size == 8192)
      try host.writeBytes(handle, at: 0, [UInt8](repeating: 1, count: 8192))
      try host.allocate(handle, 10..<5000, .punchHole)
      #expect(
        try host.readBytes(handle, at: 0, count: 8192)
          == [UInt8](repeating: 1, count: 10) + [UInt8](repeating: 0, count: 4990)
          + [UInt8](repeating: 1, count: 3192))
      try host.allocate(handle, 8000..<20000, .punchHole)
      #expect(try host.attributes(of: handle).size == 8192)
      #expect(throws: HostError.invalid) { try host.allocate(handle, 5..<5, .punchHole) }
      #expect(throws: HostError.invalid) { try host.allocate(handle, 5 ..< .max, .punchHole) }
      try host.flush(handle, metadata: false)
      try host.flush(handle, metadata: true)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func inheritedFilesShareTheirPosition(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let uri = fixture.inheritedFile("line one\nline two\n", position: 9)
      let one = try host.open(uri, [.read, .write])
      let two = try host.open(uri, [.read, .write])
      #expect(try host.position(of: one) == 9)
      #expect(try host.readText(one, count: 4) == "line")
      #expect(try host.position(of: two) == 13)
      // By offset the position isn't touched.
      #expect(try host.readText(two, at: 0, count: 4) == "line")
      try host.writeText(two, " 2")
      #expect(try host.position(of: one) == 15)
      try host.setPosition(of: one, to: 3)
      #expect(try host.readText(two, count: 2) == "e ")
      host.close(one)
      host.close(two)
      // Closing a handle does not close what was inherited.
      let again = try host.open(uri, [.read, .write])
      #expect(try host.position(of: again) == 5)
      #expect(throws: HostError.invalid) { try host.setPosition(of: again, to: .max) }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func pipesThatAreRead(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let pipe = fixture.incoming()
      let handle = try host.open(pipe.uri, .read)
      guard case .pipe = try host.kind(of: handle) else {
        Issue.record("a pipe is not one")
        return
      }
      #expect(try host.options(of: handle) == .read)
      #expect(throws: HostError.wouldBlock) { try host.readText(handle) }
      #expect(try host.readText(handle, count: 0) == "")
      #expect(try host.bytesAvailable(handle) == 0)
      pipe.send("hello")
      #expect(try host.bytesAvailable(handle) == 5)
      #expect(throws: HostError.illegalSeek) { try host.readText(handle, at: 0) }
      #expect(throws: HostError.illegalSeek) { try host.position(of: handle) }
      #expect(throws: HostError.illegalSeek) { try host.setPosition(of: handle, to: 0) }
      #expect(throws: HostError.invalid) { try host.setLength(handle, to: 0) }
      #expect(throws: HostError.invalid) { try host.flush(handle, metadata: false) }
      #expect(throws: HostError.notTerminal) { try host.terminalModes(handle) }
      #expect(try host.readText(handle, count: 2) == "he")
      #expect(try host.readText(handle) == "llo")
      #expect(throws: HostError.wouldBlock) { try host.readText(handle) }
      pipe.send("bye")
      pipe.end()
      #expect(try host.readText(handle) == "bye")
      #expect(try host.readText(handle) == "")
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func pipesThatAreWritten(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let pipe = fixture.outgoing()
      let handle = try host.open(pipe.uri, .write)
      #expect(throws: HostError.illegalSeek) { try host.writeText(handle, at: 0, "x") }
      #expect(try host.writeText(handle, "hello") == 5)
      #expect(try host.writeText(handle, "") == 0)
      #expect(pipe.received() == bytes("hello"))
      // More than fits is written in part, and then not at all; nothing is lost or doubled.
      let much = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7 >> 3) }
      var sent = 0
      var received: [UInt8] = []
      while sent < much.count {
        do throws(HostError) {
          let count = try host.writeBytes(handle, Array(much[sent...]))
          #expect(count > 0)
          sent += count
        } catch {
          #expect(error == .wouldBlock)
          #expect(host.wait([WaitItem(handle: handle, interest: .writable)], until: 0) == [[]])
          received += pipe.received()
        }
      }
      received += pipe.received()
      #expect(received == much)
      pipe.stopReading()
      #expect(throws: HostError.brokenPipe) { try host.writeText(handle, "x") }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func attributesTellOneFileFromAnother(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let handle = try fixture.file("f", "12345")
      let before = try host.attributes(of: handle)
      #expect(before.kind == .regular)
      #expect(before.size == 5 && before.linkCount == 1)
      #expect(before.blocks > 0)
      #expect(before.modified.seconds >= 1_000_000_000)
      try fixture.make("g")
      let other = try host.attributes(at: fixture.name("g"))
      #expect(other.device == before.device && other.inode != before.inode)
      try host.rename(fixture.name("f"), to: fixture.name("h"), .replacing)
      #expect(try host.attributes(at: fixture.name("h")).inode == before.inode)
      #expect(throws: HostError.invalid) { try host.attributes(of: HostHandle(999)) }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func aHandleThatIsNotOpenIsInvalid(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      for handle in [HostHandle(-1), HostHandle(12345)] {
        let calls: [() throws -> Void] = [
          { _ = try host.kind(of: handle) }, { _ = try host.options(of: handle) },
          { _ = try host.readText(handle) }, { _ = try host.writeText(handle, "x") },
          { _ = try host.position(of: handle) }, { try host.setPosition(of: handle, to: 0) },
          { try host.flush(handle, metadata: true) }, { try host.setLength(handle, to: 0) },
          { try host.allocate(handle, 0..<1, .punchHole) },
          { _ = try host.attributes(of: handle) }, { _ = try host.terminalModes(handle) },
          { _ = try host.windowSize(handle) },
          { try host.setWindowSize(handle, WindowSize(rows: 1, columns: 1)) },
          { _ = try host.bytesAvailable(handle) },
          { try host.discardTerminal(handle, input: true, output: true) },
        ]
        for call in calls { #expect(throws: HostError.invalid) { try call() } }
        host.close(handle)
        #expect(host.wait([WaitItem(handle: handle, interest: .readable)], until: nil) == [.error])
      }
    }
  }
}
