import HostABI
import Testing

/// The calls on names, as `Docs/HostABI.md` states them, against every host.
@Suite struct NameConformance {
  @Test(arguments: HostUnderTest.allCases)
  func directories(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      #expect(try host.entries(of: fixture.root).isEmpty)
      try host.makeDirectory(at: fixture.uri("d"), permissions: 0o777)
      #expect(try host.attributes(at: fixture.uri("d")).permissions == 0o777)
      #expect(try host.attributes(at: fixture.uri("d")).kind == .directory)
      try fixture.make("b")
      try fixture.make("a")
      try fixture.make("Z")
      try host.makeSymbolicLink(at: fixture.uri("c"), to: bytes("a"))
      // Names are bytes, not text.
      let odd: [UInt8] = [0xff, 0x0a, 0x20]
      host.close(try host.open(fixture.root.child(odd), [.write, .create], permissions: 0o600))
      #expect(
        try host.entries(of: fixture.root) == [
          DirectoryEntry(name: bytes("Z"), kind: .regular),
          DirectoryEntry(name: bytes("a"), kind: .regular),
          DirectoryEntry(name: bytes("b"), kind: .regular),
          DirectoryEntry(name: bytes("c"), kind: .symbolicLink),
          DirectoryEntry(name: bytes("d"), kind: .directory),
          DirectoryEntry(name: odd, kind: .regular),
        ])
      #expect(throws: HostError.notDirectory) { try host.entries(of: fixture.uri("a")) }
      #expect(throws: HostError.notDirectory) { try host.entries(of: fixture.uri("c")) }
      #expect(throws: HostError.notFound) { try host.entries(of: fixture.uri("none")) }
      #expect(throws: HostError.exists) {
        try host.makeDirectory(at: fixture.uri("a"), permissions: 0o700)
      }
      #expect(throws: HostError.exists) {
        try host.makeDirectory(at: fixture.uri("c"), permissions: 0o700)
      }
      #expect(throws: HostError.notFound) {
        try host.makeDirectory(at: fixture.uri("x/y"), permissions: 0o700)
      }
      #expect(throws: HostError.notDirectory) {
        try host.makeDirectory(at: fixture.uri("a/y"), permissions: 0o700)
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func manyEntries(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let names = (1000..<2000).map { "entry\($0)" }
      for name in names.reversed() { try fixture.make(name) }
      #expect(try fixture.host.entries(of: fixture.root).map(\.name) == names.map(bytes))
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func symbolicLinks(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let target = bytes(String(repeating: "long/", count: 200))
      try host.makeSymbolicLink(at: fixture.uri("l"), to: target)
      #expect(try host.readSymbolicLink(at: fixture.uri("l")) == target)
      #expect(try host.attributes(at: fixture.uri("l")).kind == .symbolicLink)
      #expect(try host.attributes(at: fixture.uri("l")).size == UInt64(target.count))
      try fixture.make("f")
      #expect(throws: HostError.invalid) { try host.readSymbolicLink(at: fixture.uri("f")) }
      #expect(throws: HostError.notFound) { try host.readSymbolicLink(at: fixture.uri("none")) }
      #expect(throws: HostError.exists) {
        try host.makeSymbolicLink(at: fixture.uri("f"), to: target)
      }
      #expect(throws: HostError.notFound) {
        try host.makeSymbolicLink(at: fixture.uri("e"), to: [])
      }
      #expect(throws: HostError.nameTooLong) {
        try host.makeSymbolicLink(at: fixture.uri("e"), to: [UInt8](repeating: 65, count: 4096))
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func hardLinks(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try fixture.make("f", "text")
      try host.makeLink(at: fixture.uri("g"), to: fixture.uri("f"))
      #expect(try host.attributes(at: fixture.uri("f")).linkCount == 2)
      #expect(
        try host.attributes(at: fixture.uri("f")).inode
          == host.attributes(at: fixture.uri("g")).inode)
      try host.remove(at: fixture.uri("f"), isDirectory: false)
      #expect(try fixture.text("g") == "text")
      #expect(try host.attributes(at: fixture.uri("g")).linkCount == 1)
      // A link to a link is a link.
      try host.makeSymbolicLink(at: fixture.uri("s"), to: bytes("nowhere"))
      try host.makeLink(at: fixture.uri("t"), to: fixture.uri("s"))
      #expect(try host.attributes(at: fixture.uri("t")).kind == .symbolicLink)
      try host.makeDirectory(at: fixture.uri("d"), permissions: 0o755)
      #expect(throws: HostError.notPermitted) {
        try host.makeLink(at: fixture.uri("e"), to: fixture.uri("d"))
      }
      #expect(throws: HostError.exists) {
        try host.makeLink(at: fixture.uri("t"), to: fixture.uri("g"))
      }
      #expect(throws: HostError.notFound) {
        try host.makeLink(at: fixture.uri("e"), to: fixture.uri("f"))
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func renaming(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      func rename(_ from: String, _ to: String, exclusive: Bool = false) throws(HostError) {
        try host.rename(fixture.uri(from), to: fixture.uri(to), exclusive: exclusive)
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
      try host.makeLink(at: fixture.uri("c2"), to: fixture.uri("c"))
      try rename("c", "c2")
      #expect(try host.attributes(at: fixture.uri("c")).linkCount == 2)

      try host.makeDirectory(at: fixture.uri("d"), permissions: 0o755)
      try host.makeDirectory(at: fixture.uri("e"), permissions: 0o755)
      try fixture.make("e/x")
      #expect(throws: HostError.isDirectory) { try rename("c", "d") }
      #expect(throws: HostError.notDirectory) { try rename("d", "c") }
      #expect(throws: HostError.notEmpty) { try rename("d", "e") }
      #expect(throws: HostError.invalid) { try rename("e", "e/sub") }
      #expect(throws: HostError.notFound) { try rename("c", "none/c") }
      try rename("e", "d")
      #expect(try host.entries(of: fixture.uri("d")).map(\.name) == [bytes("x")])
      #expect(throws: HostError.notFound) { try host.attributes(at: fixture.uri("e")) }
      // The link itself moves, not what it points to.
      try host.makeSymbolicLink(at: fixture.uri("s"), to: bytes("c"))
      try rename("s", "t")
      #expect(try host.readSymbolicLink(at: fixture.uri("t")) == bytes("c"))
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func removing(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      func remove(_ name: String, isDirectory: Bool) throws(HostError) {
        try host.remove(at: fixture.uri(name), isDirectory: isDirectory)
      }
      try fixture.make("f")
      try host.makeDirectory(at: fixture.uri("d"), permissions: 0o755)
      try fixture.make("d/x")
      try host.makeSymbolicLink(at: fixture.uri("s"), to: bytes("d"))
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
      #expect(try host.entries(of: fixture.root).isEmpty)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func changingAttributes(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try fixture.make("f", "x")
      let uri = fixture.uri("f")
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

      try host.makeSymbolicLink(at: fixture.uri("s"), to: bytes("f"))
      change = AttributeChange()
      change.modified = HostTime(seconds: 9)
      try host.setAttributes(at: fixture.uri("s"), change)
      #expect(try host.attributes(at: fixture.uri("s")).modified == HostTime(seconds: 9))
      #expect(try host.attributes(at: uri).modified.seconds == 1 << 32)
      change.permissions = 0o600
      #expect(throws: HostError.notSupported) {
        try host.setAttributes(at: fixture.uri("s"), change)
      }
      #expect(throws: HostError.notFound) {
        try host.setAttributes(at: fixture.uri("none"), change)
      }
      #expect(throws: HostError.notFound) {
        try host.setAttributes(at: fixture.uri("none"), AttributeChange())
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func volumes(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let volume = try fixture.host.volume(of: fixture.root)
      #expect(volume.blockSize >= 512 && volume.nameLimit == 255)
      #expect(volume.blocks >= volume.blocksFree && volume.blocksFree >= volume.blocksAvailable)
      #expect(volume.blocksAvailable > 0)
      #expect(throws: HostError.notFound) { try fixture.host.volume(of: fixture.uri("none")) }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func onlyFilesHaveNames(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try fixture.make("f")
      let file = fixture.uri("f")
      for uri in [
        StreamURI(.stdio, "0"), StreamURI(.tty, ""), StreamURI(.tcp, "x"),
        StreamURI(.file, "relative"), StreamURI(.file, "/nul\0"),
      ] {
        let calls: [() throws -> Void] = [
          { _ = try host.attributes(at: uri) },
          { try host.setAttributes(at: uri, AttributeChange()) },
          { _ = try host.entries(of: uri) },
          { try host.makeDirectory(at: uri, permissions: 0o700) },
          { try host.makeSymbolicLink(at: uri, to: bytes("x")) },
          { _ = try host.readSymbolicLink(at: uri) },
          { try host.makeLink(at: uri, to: file) }, { try host.makeLink(at: file, to: uri) },
          { try host.rename(uri, to: file, exclusive: false) },
          { try host.rename(file, to: uri, exclusive: true) },
          { try host.remove(at: uri, isDirectory: false) },
          { try host.remove(at: uri, isDirectory: true) }, { _ = try host.volume(of: uri) },
        ]
        for (index, call) in calls.enumerated() {
          #expect(throws: HostError.invalid, "\(uri), call \(index)") { try call() }
        }
      }
    }
  }
}
