import HostABI

extension HostSuite {
  mutating func addStreams() {
    check("kind.file", "`file(kind)` has positions and is always ready") { t in
      let file = try t.fixture.file("f")
      let directory = try t.host.open(HostName(t.fixture.root), .read, permissions: 0)
      t.equal("a file", "\(try t.host.kind(of: file))", "\(StreamKind.file(.regular))")
      t.equal("a directory", "\(try t.host.kind(of: directory))", "\(StreamKind.file(.directory))")
      t.equal("ready", t.look(file, [.readable, .writable]), [.readable, .writable])
    }
    check("kind.pipe", "`pipe` is any stream of bytes (pipe, FIFO, socket)") { t in
      let input = try t.host.open(t.fixture.incoming().uri, .read)
      let output = try t.host.open(t.fixture.outgoing().uri, .write)
      t.equal("to read", "\(try t.host.kind(of: input))", "\(StreamKind.pipe)")
      t.equal("to write", "\(try t.host.kind(of: output))", "\(StreamKind.pipe)")
    }
    check("options.as-opened", "`read`, `write` as the stream was opened") { t in
      try t.fixture.make("f")
      for options: OpenOptions in [.read, .write, [.read, .write]] {
        t.equal("the options", try t.host.options(of: t.open("f", options)), options)
      }
      let pipe = try t.host.open(t.fixture.incoming().uri, .read)
      t.equal("an inherited pipe's", try t.host.options(of: pipe), .read)
    }
    check("read.not-opened-for-it", "`invalid` for a stream not opened for reading") { t in
      try t.fixture.make("f", "text")
      let writer = try t.open("f", .write)
      t.fails("to read", .invalid) { try t.host.readText(writer, at: 0) }
    }
    check("write.not-opened-for-it", "`invalid` for a stream not opened for writing") { t in
      try t.fixture.make("f", "text")
      let reader = try t.open("f", .read)
      t.fails("to write", .invalid) { try t.host.writeText(reader, at: 0, "x") }
      t.equal("the file", try t.fixture.text("f"), "text")
    }
    check("read.directory", "`isDirectory`; `invalid` for a stream not opened for reading") { t in
      let directory = try t.host.open(HostName(t.fixture.root), .read, permissions: 0)
      t.fails("to read", .isDirectory) { try t.host.readText(directory, at: 0) }
    }
    check("pipe.read.would-block", "A call that would have to wait throws `wouldBlock`.") { t in
      let pipe = t.fixture.incoming()
      let handle = try t.host.open(pipe.uri, .read)
      t.fails("an empty pipe", .wouldBlock) { try t.host.readText(handle) }
      t.equal("an empty buffer", try t.host.readText(handle, count: 0), "")
      pipe.send("x")
      t.equal("what was sent", try t.host.readText(handle), "x")
      t.fails("an empty pipe again", .wouldBlock) { try t.host.readText(handle) }
    }
    check("pipe.read.in-order", "streams are read in order") { t in
      let pipe = t.fixture.incoming()
      let handle = try t.host.open(pipe.uri, .read)
      pipe.send("hello")
      t.equal("the first part", try t.host.readText(handle, count: 2), "he")
      t.equal("the rest", try t.host.readText(handle), "llo")
    }
    check("pipe.read.end", "`read` gives what is left, then 0") { t in
      let pipe = t.fixture.incoming()
      let handle = try t.host.open(pipe.uri, .read)
      pipe.send("bye")
      pipe.end()
      t.equal("what is left", try t.host.readText(handle), "bye")
      t.equal("the end", try t.host.readBytes(handle), [])
      t.equal("the end again", try t.host.readBytes(handle), [])
    }
    check("pipe.offset", "`illegalSeek` with an offset on what has none") { t in
      let input = t.fixture.incoming()
      input.send("x")
      let reader = try t.host.open(input.uri, .read)
      let writer = try t.host.open(t.fixture.outgoing().uri, .write)
      t.fails("to read", .illegalSeek) { try t.host.readText(reader, at: 0) }
      t.fails("to write", .illegalSeek) { try t.host.writeText(writer, at: 0, "x") }
    }
    check("position.stream", "`illegalSeek` for streams.") { t in
      let handle = try t.host.open(t.fixture.incoming().uri, .read)
      t.fails("to ask", .illegalSeek) { try t.host.position(of: handle) }
      t.fails("to set", .illegalSeek) { try t.host.setPosition(of: handle, to: 0) }
    }
    check(
      "flush.stream",
      "`invalid` for streams; `noSpace`, `quotaExceeded` where bytes had no storage yet."
    ) { t in
      let handle = try t.host.open(t.fixture.incoming().uri, .read)
      t.fails("to flush", .invalid) { try t.host.flush(handle, metadata: false) }
    }
    check("length.stream", "`invalid` for what is no file opened for writing") { t in
      try t.fixture.make("f", "text")
      let pipe = try t.host.open(t.fixture.incoming().uri, .read)
      let reader = try t.open("f", .read)
      let directory = try t.host.open(HostName(t.fixture.root), .read, permissions: 0)
      t.fails("a pipe", .invalid) { try t.host.setLength(pipe, to: 0) }
      t.fails("a file opened to read", .invalid) { try t.host.setLength(reader, to: 0) }
      t.fails("a directory", .invalid) { try t.host.setLength(directory, to: 0) }
      t.equal("the file", try t.fixture.text("f"), "text")
    }
    check("allocate.pipe", "`illegalSeek` for pipes") { t in
      let pipe = try t.host.open(t.fixture.outgoing().uri, .write)
      t.fails("to reserve", .illegalSeek) {
        try t.host.allocate(pipe, 0..<1, .reserve(keepSize: false))
      }
    }
    check("pipe.write", "Writes some of `bytes`, at least one unless there are none") { t in
      let pipe = t.fixture.outgoing()
      let handle = try t.host.open(pipe.uri, .write)
      t.equal("five bytes", try t.host.writeText(handle, "hello"), 5)
      t.equal("none", try t.host.writeText(handle, ""), 0)
      t.equal("what arrived", pipe.received(), bytes("hello"))
    }
    check("pipe.write.full", "A pipe may take 4,096 bytes at a time") { t in
      let pipe = t.fixture.outgoing()
      let handle = try t.host.open(pipe.uri, .write)
      let much = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7 >> 3) }
      var sent = 0
      var received: [UInt8] = []
      while sent < much.count {
        do {
          let count = try t.host.writeBytes(handle, Array(much[sent...]))
          guard count > 0 else {
            t.equal("bytes taken", count, 1)
            return
          }
          sent += count
        } catch HostError.wouldBlock {
          t.equal("the readiness of a full pipe", t.look(handle, .writable), [])
          let more = pipe.received()
          received += more
          guard !more.isEmpty else { break }
        }
      }
      received += pipe.received()
      t.equal("whether what was taken arrived, once and in order", received == much, true)
    }
    check("pipe.write.broken", "`brokenPipe` (never a signal)") { t in
      let pipe = t.fixture.outgoing()
      let handle = try t.host.open(pipe.uri, .write)
      pipe.stopReading()
      t.fails("to write", .brokenPipe) { try t.host.writeText(handle, "x") }
    }
    check(
      "inherited.position",
      "an inherited file at the position that it shares with the process it came from"
    ) { t in
      let uri = t.fixture.inheritedFile("line one\nline two\n", position: 9)
      let one = try t.host.open(uri, [.read, .write])
      let two = try t.host.open(uri, [.read, .write])
      t.equal("where it stood", try t.host.position(of: one), 9)
      t.equal("read there", try t.host.readText(one, count: 4), "line")
      t.equal("where it stands by the other handle", try t.host.position(of: two), 13)
      try t.host.writeText(two, " 2")
      t.equal("after a write", try t.host.position(of: one), 15)
      try t.host.setPosition(of: one, to: 3)
      t.equal("read where it was set", try t.host.readText(two, count: 2), "e ")
    }
    check(
      "inherited.by-offset", "With an `offset` the handle's position neither matters nor moves."
    ) {
      t in
      let handle = try t.host.open(
        t.fixture.inheritedFile("line one\nline two\n", position: 9), [.read, .write])
      t.equal("read by offset", try t.host.readText(handle, at: 0, count: 4), "line")
      t.equal("the position", try t.host.position(of: handle), 9)
      t.equal("read without", try t.host.readText(handle, count: 8), "line two")
    }
    check("inherited.close", "A descriptor that was inherited stays open for others.") { t in
      let uri = t.fixture.inheritedFile("text", position: 2)
      t.host.close(try t.host.open(uri, [.read, .write]))
      let again = try t.host.open(uri, [.read, .write])
      t.equal("read after it was closed", try t.host.readText(again), "xt")
    }
    check(
      "inherited.each-open", "Each open of a `stdio:` name gives a new handle on the same stream."
    ) {
      t in
      let pipe = t.fixture.incoming()
      let one = try t.host.open(pipe.uri, .read)
      let two = try t.host.open(pipe.uri, .read)
      t.holds("the handles differ", one != two)
      pipe.send("ab")
      t.equal("read by one", try t.host.readText(one, count: 1), "a")
      t.host.close(one)
      t.equal("read by the other", try t.host.readText(two, count: 1), "b")
    }
  }
}
