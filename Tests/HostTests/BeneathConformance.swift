import HostABI
import Testing

/// What lies beneath a directory, and what does not: the rules of `Docs/HostABI.md` by which nothing gets
/// out through names.
@Suite struct BeneathConformance {
  @Test func pathsThatLeadElsewhereAreNone() {
    for text in [
      "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "./a", "a\0", "a/\0b",
    ] {
      #expect(RelativePath(bytes(text)) == nil, "\(text)")
      #expect(FileName(bytes(text)) == nil, "\(text)")
    }
    #expect(FileName([]) == nil && FileName(bytes("a/b")) == nil)
    for text in ["a", "...", "a/..b", ".a/b.", "\u{e9}", "a\n"] {
      #expect(RelativePath(bytes(text))?.bytes == bytes(text))
    }
    #expect(RelativePath.here.split == nil && RelativePath([UInt8]()) == .here)
    let deep = RelativePath(bytes("a/b/c"))!
    #expect(deep.split?.parent.bytes == bytes("a/b") && deep.split?.last == bytes("c"))
    #expect(deep.names == [bytes("a"), bytes("b"), bytes("c")])
    #expect(RelativePath.here.appending(FileName(bytes("x"))!).bytes == bytes("x"))
  }

  /// Every call on a name, and what must not come of it.
  private func calls(_ host: any Host, _ name: HostName, other: HostName) -> [(
    String, () throws(HostError) -> Void
  )] {
    [
      ("attributes", { () throws(HostError) in _ = try host.attributes(at: name) }),
      (
        "setAttributes",
        { () throws(HostError) in try host.setAttributes(at: name, AttributeChange()) }
      ),
      (
        "attribute",
        { () throws(HostError) in _ = try host.extendedAttribute(bytes("user.a"), at: name) }
      ),
      ("attributes", { () throws(HostError) in _ = try host.extendedAttributes(at: name) }),
      (
        "setAttribute",
        { () throws(HostError) in
          try host.setExtendedAttribute(bytes("user.a"), at: name, to: bytes("x"))
        }
      ),
      ("entries", { () throws(HostError) in _ = try host.entries(of: name) }),
      ("mkdir", { () throws(HostError) in try host.makeDirectory(at: name, permissions: 0o700) }),
      ("symlink", { () throws(HostError) in try host.makeSymbolicLink(at: name, to: bytes("x")) }),
      ("readlink", { () throws(HostError) in _ = try host.readSymbolicLink(at: name) }),
      ("link from", { () throws(HostError) in try host.makeLink(at: other, to: name) }),
      ("link to", { () throws(HostError) in try host.makeLink(at: name, to: other) }),
      ("rename from", { () throws(HostError) in try host.rename(name, to: other, .replacing) }),
      ("rename to", { () throws(HostError) in try host.rename(other, to: name, .replacing) }),
      ("exchange", { () throws(HostError) in try host.rename(name, to: other, .exchanging) }),
      ("unlink", { () throws(HostError) in try host.remove(at: name, isDirectory: false) }),
      ("rmdir", { () throws(HostError) in try host.remove(at: name, isDirectory: true) }),
      ("volume", { () throws(HostError) in _ = try host.volume(of: name) }),
      ("open", { () throws(HostError) in host.close(try host.open(name, .read, permissions: 0)) }),
      ("path", { () throws(HostError) in host.close(try host.open(name, .path, permissions: 0)) }),
      (
        "create",
        { () throws(HostError) in
          host.close(try host.open(name, [.write, .create], permissions: 0o600))
        }
      ),
      (
        "unnamed",
        { () throws(HostError) in
          host.close(try host.open(name, [.write, .unnamed], permissions: 0o600))
        }
      ),
    ]
  }

  private func error(_ body: () throws(HostError) -> Void) -> HostError? {
    do throws(HostError) {
      try body()
      return nil
    } catch { return error }
  }

  @Test(arguments: HostUnderTest.allCases)
  func noLinkOnTheWayIsFollowed(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try host.makeDirectory(at: fixture.name("base"), permissions: 0o755)
      try host.makeDirectory(at: fixture.name("outside"), permissions: 0o755)
      try host.makeDirectory(at: fixture.name("outside/sub"), permissions: 0o755)
      try fixture.make("outside/canary", "secret")
      try fixture.make("base/mine")
      for target in ["../outside", fixture.path + "/outside", "/proc/self/root" + fixture.path] {
        try host.makeSymbolicLink(at: fixture.name("base/l"), to: bytes(target))
        let base = try host.open(fixture.name("base"), [.path, .directory], permissions: 0)
        for path in ["l/canary", "l/sub/x", "l/sub"] {
          let name = HostName(base, RelativePath(bytes(path))!)
          let mine = HostName(base, RelativePath(bytes("mine"))!)
          for (what, call) in calls(host, name, other: mine) {
            #expect(error(call) == .tooManySymbolicLinks, "\(what) of \(path) by \(target)")
          }
        }
        host.close(base)
        try host.remove(at: fixture.name("base/l"), isDirectory: false)
      }
      #expect(try fixture.text("outside/canary") == "secret")
      #expect(try host.entries(of: fixture.name("outside")).count == 2)
      #expect(try host.entries(of: fixture.name("base")).count == 1)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func aRemovedDirectoryIsDead(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try host.makeDirectory(at: fixture.name("d"), permissions: 0o755)
      let directory = try host.open(fixture.name("d"), [.path, .directory], permissions: 0)
      try host.remove(at: fixture.name("d"), isDirectory: true)
      try host.makeDirectory(at: fixture.name("d"), permissions: 0o755)
      try fixture.make("d/x", "of the new one")
      try fixture.make("mine")
      let name = HostName(directory, RelativePath(bytes("x"))!)
      for (what, call) in calls(host, name, other: fixture.name("mine")) {
        #expect(error(call) == .notFound, "\(what)")
      }
      #expect(throws: HostError.notFound) { try host.entries(of: HostName(directory)) }
      #expect(try host.attributes(of: directory).linkCount == 0)
      #expect(try fixture.text("d/x") == "of the new one")
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func aMovedDirectoryIsFollowed(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try host.makeDirectory(at: fixture.name("d"), permissions: 0o755)
      try host.makeDirectory(at: fixture.name("e"), permissions: 0o755)
      let directory = try host.open(fixture.name("d"), [.path, .directory], permissions: 0)
      try host.rename(fixture.name("d"), to: fixture.name("e/f"), .replacing)
      try host.makeSymbolicLink(at: fixture.name("d"), to: bytes("/"))
      host.close(
        try host.open(
          HostName(directory).child(bytes("x")), [.write, .create], permissions: 0o600))
      #expect(try host.attributes(at: fixture.name("e/f/x")).kind == .regular)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func onlyWhatWasGrantedIsOpened(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try host.makeDirectory(at: fixture.name("d"), permissions: 0o755)
      try fixture.make("f", "text")
      func open(_ uri: StreamURI, _ options: OpenOptions = .read) throws(HostError) -> HostHandle {
        try host.open(uri, options)
      }
      for path in ["/", "/etc", "/etc/passwd", fixture.path + "/d", fixture.path + "/f"] {
        #expect(throws: HostError.permissionDenied) { try open(StreamURI(.file, path)) }
        #expect(throws: HostError.permissionDenied) { try open(StreamURI(.dir, path)) }
      }
      for path in ["", "relative", "/a\0b"] {
        #expect(throws: HostError.invalid) { try open(StreamURI(.file, path)) }
      }
      try fixture.grant("d", isReadOnly: true)
      try fixture.grant("f", isReadOnly: false)
      let directory = StreamURI(.dir, fixture.path + "/d")
      let file = StreamURI(.file, fixture.path + "/f")
      #expect(throws: HostError.readOnly) { try open(directory, [.read, .write]) }
      #expect(throws: HostError.invalid) { try open(directory, [.read, .create]) }
      #expect(throws: HostError.invalid) { try open(directory, []) }
      #expect(throws: HostError.notDirectory) {
        try open(StreamURI(.dir, fixture.path + "/f"))
      }
      #expect(try host.attributes(of: open(directory)).kind == .directory)
      // A single file: it is opened by its handle, and has nothing beneath.
      let base = try open(file, [.read, .write])
      let handle = try host.open(HostName(base), [.read, .write], permissions: 0)
      #expect(try host.readText(handle, at: 0) == "text")
      try host.writeText(handle, at: 0, "TEXT")
      #expect(try fixture.text("f") == "TEXT")
      #expect(throws: HostError.notDirectory) {
        try host.attributes(at: HostName(base).child(bytes("x")))
      }
      // The name belongs to the directory, which was not granted with it.
      #expect(throws: HostError.invalid) { try host.remove(at: HostName(base), isDirectory: false) }
      // Once opened, it is what it was, whatever its name means now.
      try host.rename(fixture.name("f"), to: fixture.name("g"), .replacing)
      try host.makeSymbolicLink(at: fixture.name("f"), to: bytes("/etc/passwd"))
      let again = try host.open(HostName(open(file)), .read, permissions: 0)
      #expect(try host.readText(again, at: 0) == "TEXT")
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func nothingBeneathAReadOnlyGrantChanges(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try host.makeDirectory(at: fixture.name("ro"), permissions: 0o755)
      try host.makeDirectory(at: fixture.name("ro/d"), permissions: 0o755)
      try fixture.make("ro/f", "text")
      try fixture.make("mine")
      try fixture.grant("ro", isReadOnly: true)
      let base = try host.open(StreamURI(.dir, fixture.path + "/ro"), .read)
      let directory = try host.open(
        HostName(base).child(bytes("d")), [.path, .directory], permissions: 0)
      let file = try host.open(HostName(base).child(bytes("f")), .read, permissions: 0)
      let reads: Set<String> = [
        "attributes", "attribute", "entries", "readlink", "volume", "open", "path",
      ]
      let names = [
        try HostName(base).child(bytes("f")), try HostName(base).child(bytes("none")),
        try HostName(directory).child(bytes("none")),
      ]
      for name in names {
        for (what, call) in calls(host, name, other: fixture.name("mine"))
        where !reads.contains(what) {
          #expect(error(call) == .readOnly, "\(what)")
        }
      }
      // By handle, too.
      var change = AttributeChange()
      change.permissions = 0o777
      for handle in [base, directory, file] {
        #expect(throws: HostError.readOnly) { try host.setAttributes(at: HostName(handle), change) }
        #expect(throws: HostError.readOnly) {
          try host.setExtendedAttribute(bytes("user.a"), at: HostName(handle), to: [])
        }
        #expect(throws: HostError.readOnly) {
          try host.open(HostName(handle), [.read, .write], permissions: 0)
        }
        // A second name in a place that may be changed would let it be changed.
        #expect(throws: HostError.readOnly) {
          try host.makeLink(at: fixture.name("link"), to: HostName(handle))
        }
      }
      #expect(throws: HostError.invalid) { try host.writeText(file, at: 0, "x") }
      #expect(throws: HostError.invalid) { try host.setLength(file, to: 0) }
      #expect(try fixture.text("ro/f") == "text")
      #expect(try host.entries(of: fixture.name("ro")).count == 2)
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func inheritedStreamsLeadToNoFiles(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let inherited = try host.open(fixture.inheritedFile("text", position: 0), .read)
      let name = HostName(inherited, RelativePath(bytes("x"))!)
      for (what, call) in calls(host, name, other: fixture.name("mine")) where what != "link to" {
        #expect(error(call) == .permissionDenied, "\(what)")
      }
      #expect(throws: HostError.permissionDenied) {
        try host.setAttributes(at: HostName(inherited), AttributeChange())
      }
      #expect(throws: HostError.permissionDenied) {
        try host.open(HostName(inherited), .read, permissions: 0)
      }
      #expect(try host.attributes(of: inherited).size == 4)
      // Only those that the composition named are there at all.
      #expect(throws: HostError.permissionDenied) { try host.open(StreamURI(.stdio, "3"), .read) }
      #expect(throws: HostError.permissionDenied) { try host.open(StreamURI(.stdio, "700"), .read) }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func handlesOutliveNames(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let handle = try fixture.file("f", "old")
      let path = try host.open(fixture.name("f"), .path, permissions: 0)
      try host.remove(at: fixture.name("f"), isDirectory: false)
      try fixture.make("f", "new")
      var change = AttributeChange()
      change.permissions = 0o604
      change.modified = HostTime(seconds: 77)
      for old in [handle, path] {
        try host.setAttributes(at: HostName(old), change)
        #expect(try host.attributes(of: old).permissions == 0o604)
        #expect(try host.attributes(of: old).modified == HostTime(seconds: 77))
        #expect(try host.attributes(of: old).linkCount == 0)
        let again = try host.open(HostName(old), [.read, .write], permissions: 0)
        #expect(try host.readText(again, at: 0) == "old")
        host.close(again)
        // What has lost its last name gets no other.
        #expect(throws: HostError.notFound) {
          try host.makeLink(at: fixture.name("g"), to: HostName(old))
        }
      }
      #expect(try host.attributes(at: fixture.name("f")).permissions == 0o644)
      #expect(throws: HostError.invalid) { try host.readText(path, at: 0) }
      #expect(try host.options(of: path) == .path)
      // A link, too.
      try host.makeSymbolicLink(at: fixture.name("l"), to: bytes("target"))
      let link = try host.open(fixture.name("l"), .path, permissions: 0)
      try host.remove(at: fixture.name("l"), isDirectory: false)
      #expect(try host.readSymbolicLink(at: HostName(link)) == bytes("target"))
      #expect(try host.attributes(of: link).kind == .symbolicLink)
      #expect(throws: HostError.invalid) { try host.readSymbolicLink(at: HostName(handle)) }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func filesWithoutNames(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let root = HostName(fixture.root)
      let handle = try host.open(root, [.read, .write, .unnamed], permissions: 0o640)
      try host.writeText(handle, at: 0, "text")
      #expect(try host.attributes(of: handle).linkCount == 0)
      #expect(try host.attributes(of: handle).permissions == 0o640)
      #expect(try host.entries(of: root).isEmpty)
      try host.makeLink(at: fixture.name("f"), to: HostName(handle))
      #expect(try fixture.text("f") == "text")
      #expect(try host.attributes(of: handle).linkCount == 1)
      #expect(throws: HostError.notDirectory) {
        try host.open(fixture.name("f"), [.write, .unnamed], permissions: 0o600)
      }
      #expect(throws: HostError.invalid) {
        try host.open(root, [.read, .unnamed], permissions: 0o600)
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func exchanging(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      try fixture.make("f", "F")
      try host.makeDirectory(at: fixture.name("d"), permissions: 0o755)
      try fixture.make("d/g", "G")
      try host.rename(fixture.name("f"), to: fixture.name("d/g"), .exchanging)
      #expect(try fixture.text("f") == "G")
      try host.rename(fixture.name("f"), to: fixture.name("d"), .exchanging)
      #expect(try fixture.text("f/g") == "F")
      #expect(try fixture.text("d") == "G")
      #expect(throws: HostError.notFound) {
        try host.rename(fixture.name("f"), to: fixture.name("none"), .exchanging)
      }
      #expect(throws: HostError.invalid) {
        try host.rename(fixture.name("f"), to: fixture.name("f/g"), .exchanging)
      }
    }
  }

  @Test(arguments: HostUnderTest.allCases)
  func extendedAttributes(_ which: HostUnderTest) throws {
    try which.with { fixture in
      let host = fixture.host
      let handle = try fixture.file("f")
      let name = fixture.name("f")
      let attribute = bytes("user.godwit.test")
      #expect(try host.extendedAttribute(attribute, at: name) == nil)
      let value = [UInt8](0...255) + [UInt8](repeating: 7, count: 1000)
      try host.setExtendedAttribute(attribute, at: name, to: value)
      try host.setExtendedAttribute(bytes("user.a"), at: HostName(handle), to: [])
      #expect(try host.extendedAttribute(attribute, at: HostName(handle)) == value)
      #expect(try host.extendedAttribute(bytes("user.a"), at: name) == [])
      let names = try host.extendedAttributes(at: name).filter { $0.starts(with: bytes("user.")) }
      #expect(names == [bytes("user.a"), attribute])
      let path = try host.open(name, .path, permissions: 0)
      try host.remove(at: name, isDirectory: false)
      #expect(try host.extendedAttribute(attribute, at: HostName(path)) == value)
      try host.setExtendedAttribute(attribute, at: HostName(path), to: nil)
      try host.setExtendedAttribute(attribute, at: HostName(path), to: nil)
      #expect(try host.extendedAttribute(attribute, at: HostName(handle)) == nil)
      // A link has none, and what it leads to is not asked.
      try fixture.make("g")
      try host.makeSymbolicLink(at: fixture.name("l"), to: bytes("g"))
      try host.setExtendedAttribute(attribute, at: fixture.name("g"), to: value)
      #expect(try host.extendedAttribute(attribute, at: fixture.name("l")) == nil)
      #expect(throws: HostError.notPermitted) {
        try host.setExtendedAttribute(attribute, at: fixture.name("l"), to: value)
      }
    }
  }
}
