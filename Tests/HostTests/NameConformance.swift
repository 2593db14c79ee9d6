import HostABI
import Testing

/// The calls on names, as `Docs/HostABI.md` states them, against every host.
@Suite struct NameConformance {
  @Test(arguments: HostUnderTest.allCases)
  func directories(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      #expect(try host.entries(of: HostName(fixture.root)).isEmpty)
      try host.makeDirectory(at: fixture.name("d"), permissions: 0o777)
      #expect(try host.attributes(at: fixture.name("d")).permissions == 0o777)
      #expect(try host.attributes(at: fixture.name("d")).kind == .directory)
      try fixture.make("b")
      try fixture.make("a")
      try fixture.make("Z")
      try host.makeSymbolicLink(at: fixture.name("c"), to: bytes("a"))
      // Names are bytes, not text.
      let odd: [UInt8] = [0xff, 0x0a, 0x20]
      host.close(
        try host.open(HostName(fixture.root).child(odd), [.write, .create], permissions: 0o600))
      #expect(
        try host.entries(of: HostName(fixture.root)) == [
          DirectoryEntry(name: bytes("Z"), kind: .regular),
          DirectoryEntry(name: bytes("a"), kind: .regular),
          DirectoryEntry(name: bytes("b"), kind: .regular),
          DirectoryEntry(name: bytes("c"), kind: .symbolicLink),
          DirectoryEntry(name: bytes("d"), kind: .directory),
          DirectoryEntry(name: odd, kind: .regular),
        ])
      #expect(throws: HostError.notDirectory) { try host.entries(of: fixture.name("a")) }
      #expect(throws: HostError.notDirectory) { try host.entries(of: fixture.name("c")) }
      #expect(throws: HostError.notFound) { try host.entries(of: fixture.name("none")) }
      #expect(throws: HostError.exists) {
        try host.makeDirectory(at: fixture.name("a"), permissions: 0o700)
      }
      #expect(throws: HostError.exists) {
        try host.makeDirectory(at: fixture.name("c"), permissions: 0o700)
      }
      #expect(throws: HostError.notFound) {
        try host.makeDirectory(at: fixture.name("x/y"), permissions: 0o700)
      }
      #expect(throws: HostError.notDirectory) {
        try host.makeDirectory(at: fixture.name("a/y"), permissions: 0o700)
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func manyEntries(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let names = (1000..<2000).map { "entry\($0)" }
      for name in names.reversed() { try fixture.make(name) }
      #expect(try fixture.host.entries(of: HostName(fixture.root)).map(\.name) == names.map(bytes))
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func symbolicLinks(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let target = bytes(String(repeating: "long/", count: 200))
      try host.makeSymbolicLink(at: fixture.name("l"), to: target)
      #expect(try host.readSymbolicLink(at: fixture.name("l")) == target)
      #expect(try host.attributes(at: fixture.name("l")).kind == .symbolicLink)
      #expect(try host.attributes(at: fixture.name("l")).size == UInt64(target.count))
      try fixture.make("f")
      #expect(throws: HostError.invalid) { try host.readSymbolicLink(at: fixture.name("f")) }
      #expect(throws: HostError.notFound) { try host.readSymbolicLink(at: fixture.name("none")) }
      #expect(throws: HostError.exists) {
        try host.makeSymbolicLink(at: fixture.name("f"), to: target)
      }
      #expect(throws: HostError.notFound) {
        try host.makeSymbolicLink(at: fixture.name("e"), to: [])
      }
      #expect(throws: HostError.nameTooLong) {
        try host.makeSymbolicLink(at: fixture.name("e"), to: [UInt8](repeating: 65, count: 4096))
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func hardLinks(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try fixture.make("f", "text")
      try host.makeLink(at: fixture.name("g"), to: fixture.name("f"))
      #expect(try host.attributes(at: fixture.name("f")).linkCount == 2)
      #expect(
        try host.attributes(at: fixture.name("f")).inode
          == host.attributes(at: fixture.name("g")).inode)
      try host.remove(at: fixture.name("f"), isDirectory: false)
      #expect(try fixture.text("g") == "text")
      #expect(try host.attributes(at: fixture.name("g")).linkCount == 1)
      // A link to a link is a link.
      try host.makeSymbolicLink(at: fixture.name("s"), to: bytes("nowhere"))
      try host.makeLink(at: fixture.name("t"), to: fixture.name("s"))
      #expect(try host.attributes(at: fixture.name("t")).kind == .symbolicLink)
      try host.makeDirectory(at: fixture.name("d"), permissions: 0o755)
      #expect(throws: HostError.notPermitted) {
        try host.makeLink(at: fixture.name("e"), to: fixture.name("d"))
      }
      #expect(throws: HostError.exists) {
        try host.makeLink(at: fixture.name("t"), to: fixture.name("g"))
      }
      #expect(throws: HostError.notFound) {
        try host.makeLink(at: fixture.name("e"), to: fixture.name("f"))
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func renaming(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      func rename(_ from: String, _ to: String, exclusive: Bool = false) throws(HostError) {
        try host.rename(
          fixture.name(from), to: fixture.name(to), exclusive ? .exclusive : .replacing)
      }
      try fixture.make("a", "A")
      try fixture.make("b", "B")
      #expect(throws: HostError.exists) { try rename("a", "b", exclusive: true) }
      #expect(try fixture.text("b") == "B")
      try rename("a", "b")
      #expect(try fixture.text("b") == "A")
      #expect(throws: HostError.notFound) { try rename("a", "c") }
      try rename("b", "c", exclusive: true)
      #expect(try fixture.text("c") == "A")
      // Two names of one file: nothing to do (rename(2)).
      try host.makeLink(at: fixture.name("c2"), to: fixture.name("c"))
      try rename("c", "c2")
      #expect(try host.attributes(at: fixture.name("c")).linkCount == 2)

      try host.makeDirectory(at: fixture.name("d"), permissions: 0o755)
      try host.makeDirectory(at: fixture.name("e"), permissions: 0o755)
      try fixture.make("e/x")
      #expect(throws: HostError.isDirectory) { try rename("c", "d") }
      #expect(throws: HostError.notDirectory) { try rename("d", "c") }
      #expect(throws: HostError.notEmpty) { try rename("d", "e") }
      #expect(throws: HostError.invalid) { try rename("e", "e/sub") }
      #expect(throws: HostError.notFound) { try rename("c", "none/c") }
      try rename("e", "d")
      #expect(try host.entries(of: fixture.name("d")).map(\.name) == [bytes("x")])
      #expect(throws: HostError.notFound) { try host.attributes(at: fixture.name("e")) }
      // The link itself moves, not what it points to.
      try host.makeSymbolicLink(at: fixture.name("s"), to: bytes("c"))
      try rename("s", "t")
      #expect(try host.readSymbolicLink(at: fixture.name("t")) == bytes("c"))
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func removing(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      func remove(_ name: String, isDirectory: Bool) throws(HostError) {
        try host.remove(at: fixture.name(name), isDirectory: isDirectory)
      }
      try fixture.make("f")
      try host.makeDirectory(at: fixture.name("d"), permissions: 0o755)
      try fixture.make("d/x")
      try host.makeSymbolicLink(at: fixture.name("s"), to: bytes("d"))
      #expect(throws: HostError.notDirectory) { try remove("f", isDirectory: true) }
      #expect(throws: HostError.notDirectory) { try remove("s", isDirectory: true) }
      #expect(throws: HostError.isDirectory) { try remove("d", isDirectory: false) }
      #expect(throws: HostError.notEmpty) { try remove("d", isDirectory: true) }
      #expect(throws: HostError.notFound) { try remove("none", isDirectory: false) }
      #expect(throws: HostError.notFound) { try remove("none", isDirectory: true) }
      #expect(throws: HostError.notDirectory) { try remove("f/x", isDirectory: false) }
      try remove("s", isDirectory: false)
      try remove("d/x", isDirectory: false)
      try remove("d", isDirectory: true)
      try remove("f", isDirectory: false)
      #expect(try host.entries(of: HostName(fixture.root)).isEmpty)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func changingAttributes(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try fixture.make("f", "x")
      let uri = fixture.name("f")
      let before = try host.attributes(at: uri)
      var change = AttributeChange()
      change.permissions = 0o4711
      // Its own owner: allowed to everybody.
      change.userID = before.userID
      change.groupID = before.groupID
      change.accessed = HostTime(seconds: -5, nanoseconds: 999_999_999)
      change.modified = HostTime(seconds: 1 << 32, nanoseconds: 123_456_789)
      try host.setAttributes(at: uri, change)
      var after = try host.attributes(at: uri)
      #expect(after.permissions == 0o4711)
      #expect(after.accessed == change.accessed)
      #expect(after.modified == change.modified)
      #expect(after.size == 1)
      // What isn't named stays.
      change = AttributeChange()
      change.accessed = HostTime(seconds: 7)
      try host.setAttributes(at: uri, change)
      after = try host.attributes(at: uri)
      #expect(after.permissions == 0o4711)
      #expect(after.modified.seconds == 1 << 32)
      #expect(after.accessed == HostTime(seconds: 7))
      try host.setAttributes(at: uri, AttributeChange())

      try host.makeSymbolicLink(at: fixture.name("s"), to: bytes("f"))
      change = AttributeChange()
      change.modified = HostTime(seconds: 9)
      try host.setAttributes(at: fixture.name("s"), change)
      #expect(try host.attributes(at: fixture.name("s")).modified == HostTime(seconds: 9))
      #expect(try host.attributes(at: uri).modified.seconds == 1 << 32)
      change.permissions = 0o600
      #expect(throws: HostError.notSupported) {
        try host.setAttributes(at: fixture.name("s"), change)
      }
      #expect(throws: HostError.notFound) {
        try host.setAttributes(at: fixture.name("none"), change)
      }
      #expect(throws: HostError.notFound) {
        try host.setAttributes(at: fixture.name("none"), AttributeChange())
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func volumes(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let volume = try fixture.host.volume(of: HostName(fixture.root))
      #expect(volume.blockSize >= 512 && volume.nameLimit == 255)
      #expect(volume.blocks >= volume.blocksFree && volume.blocksFree >= volume.blocksAvailable)
      #expect(volume.blocksAvailable > 0)
      #expect(throws: HostError.notFound) { try fixture.host.volume(of: fixture.name("none")) }
    }
  }
}
