import HostABI

extension HostSuite {
  mutating func addFiles() {
    check("file.read.at", "Reads at most the buffer's size.") { t in
      let handle = try t.fixture.file("f", "hello world")
      t.equal("from the middle", try t.host.readText(handle, at: 6), "world")
      t.equal("as much as fits", try t.host.readText(handle, at: 0, count: 5), "hello")
    }
    check("file.read.past-end", "0 is the end, or an empty buffer.") { t in
      let handle = try t.fixture.file("f", "hello")
      t.equal("at the end", try t.host.readBytes(handle, at: 5), [])
      t.equal("far beyond", try t.host.readBytes(handle, at: 1 << 62), [])
      t.equal("into nothing", try t.host.readBytes(handle, at: 0, count: 0), [])
    }
    check(
      "file.write.at",
      "Writes some of `bytes`, at least one unless there are none; `offset` as for `read`"
    ) {
      t in
      let handle = try t.fixture.file("f", "hello")
      t.equal("one byte", try t.host.writeText(handle, at: 0, "J"), 1)
      t.equal("no bytes", try t.host.writeBytes(handle, at: 0, []), 0)
      t.equal("the file", try t.host.readText(handle, at: 0), "Jello")
    }
    check("file.write.gap", "Writing beyond the end leaves zeroes between.") { t in
      let handle = try t.fixture.file("f", "ab")
      try t.host.writeText(handle, at: 4, "!")
      t.equal("the file", try t.host.readBytes(handle, at: 1), [98, 0, 0, 33])
      t.equal("its size", try t.host.attributes(of: handle).size, 5)
    }
    check("file.offset-limit", "at most 2⁶³−1 (`invalid` beyond)") { t in
      let handle = try t.fixture.file("f", "text")
      t.fails("read", .invalid) { try t.host.readBytes(handle, at: .max) }
      t.fails("write", .invalid) { try t.host.writeText(handle, at: .max, "x") }
      t.fails("setLength", .invalid) { try t.host.setLength(handle, to: .max) }
      t.fails("allocate", .invalid) { try t.host.allocate(handle, 5 ..< .max, .punchHole) }
      let inherited = try t.host.open(
        t.fixture.inheritedFile("text", position: 0), [.read, .write])
      t.fails("setPosition", .invalid) { try t.host.setPosition(of: inherited, to: .max) }
    }
    check("file.too-large", "`noSpace`, `quotaExceeded`, `fileTooLarge`.") { t in
      let handle = try t.fixture.file("f", "text")
      let atTheLimit = UInt64(Int64.max) - 1
      let error = t.outcome { try t.host.writeText(handle, at: atTheLimit, "x") }
      if error == nil { throw Skip("a file of this file system may be that long") }
      t.equal("write at the limit", error, .fileTooLarge)
      t.fails("a length at the limit", .fileTooLarge) {
        try t.host.setLength(handle, to: UInt64(Int64.max))
      }
      t.equal("the file", try t.host.readText(handle, at: 0), "text")
    }
    check("file.length", "Cuts off, or adds zeroes.") { t in
      let handle = try t.fixture.file("f", "hello")
      try t.host.setLength(handle, to: 2)
      try t.host.setLength(handle, to: 4)
      t.equal("the file", try t.host.readBytes(handle, at: 0), [104, 101, 0, 0])
    }
    check(
      "file.flush",
      "Returns when the file's bytes (and with `metadata` all else about it) are on storage."
    ) {
      t in
      let handle = try t.fixture.file("f", "text")
      t.equal("the bytes", t.outcome { try t.host.flush(handle, metadata: false) }, nil)
      t.equal("all", t.outcome { try t.host.flush(handle, metadata: true) }, nil)
    }
    check("directory.flush", "Also for directories: their names.") { t in
      let directory = try t.host.open(HostName(t.fixture.root), .read, permissions: 0)
      t.equal("its names", t.outcome { try t.host.flush(directory, metadata: true) }, nil)
    }
    check(
      "file.reserve",
      "makes sure that the bytes have storage and that the file reaches at least to the range's end"
    ) {
      t in
      let handle = try t.fixture.file("f", "text")
      try Self.allocate(t, handle, 0..<8192, .reserve(keepSize: true))
      t.equal("the size, kept", try t.host.attributes(of: handle).size, 4)
      try Self.allocate(t, handle, 100..<8192, .reserve(keepSize: false))
      t.equal("the size", try t.host.attributes(of: handle).size, 8192)
      t.equal("the bytes", try t.host.readText(handle, at: 0, count: 4), "text")
    }
    check(
      "file.punch-hole",
      "`punchHole` makes the bytes zero, gives their storage up and never changes the length."
    ) {
      t in
      let handle = try t.fixture.file("f")
      try t.host.writeBytes(handle, at: 0, [UInt8](repeating: 1, count: 8192))
      try Self.allocate(t, handle, 10..<5000, .punchHole)
      let expected =
        [UInt8](repeating: 1, count: 10) + [UInt8](repeating: 0, count: 4990)
        + [UInt8](repeating: 1, count: 3192)
      t.holds("its bytes", try t.host.readBytes(handle, at: 0, count: 8192) == expected)
      try Self.allocate(t, handle, 8000..<20000, .punchHole)
      t.equal("its size", try t.host.attributes(of: handle).size, 8192)
    }
    check("file.allocate.bad", "`invalid` for an empty range, or a file not opened for writing") {
      t in
      try t.fixture.make("f", "text")
      let writer = try t.open("f", .write)
      let reader = try t.open("f", .read)
      t.fails("an empty range", .invalid) { try t.host.allocate(writer, 5..<5, .punchHole) }
      t.fails("opened to read", .invalid) { try t.host.allocate(reader, 0..<1, .punchHole) }
    }
    check("file.removed", "a name goes; what is open lives on") { t in
      let handle = try t.fixture.file("f", "still")
      try t.host.remove(at: t.name("f"), isDirectory: false)
      t.equal("its bytes", try t.host.readText(handle, at: 0), "still")
      t.equal("its links", try t.host.attributes(of: handle).linkCount, 0)
      try t.host.writeText(handle, at: 5, " here")
      t.equal("its bytes then", try t.host.readText(handle, at: 0), "still here")
    }
  }

  /// Allocates, where the file system can.
  private static func allocate(
    _ t: Trial, _ handle: HostHandle, _ range: Range<UInt64>, _ how: Allocation
  ) throws {
    do {
      try t.host.allocate(handle, range, how)
    } catch HostError.notSupported { throw Skip("this file system cannot allocate") }
  }
}
