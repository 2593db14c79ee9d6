import HostABI

/// A call on a name.
private struct NameCall {
  let what: String
  /// Whether it changes nothing.
  let isReading: Bool
  let call: () throws(HostError) -> Void

  init(
    _ what: String, isReading: Bool = false, _ call: @escaping () throws(HostError) -> Void
  ) {
    self.what = what
    self.isReading = isReading
    self.call = call
  }

  /// Every call on `name`. `other` is a name for those that take two.
  static func all(_ host: any Host, _ name: HostName, other: HostName) -> [NameCall] {
    [
      NameCall("attributes", isReading: true) { () throws(HostError) in
        _ = try host.attributes(at: name)
      },
      NameCall("setAttributes") { () throws(HostError) in
        try host.setAttributes(at: name, AttributeChange())
      },
      NameCall("extendedAttribute", isReading: true) { () throws(HostError) in
        _ = try host.extendedAttribute(bytes("user.a"), at: name)
      },
      NameCall("extendedAttributes", isReading: true) { () throws(HostError) in
        _ = try host.extendedAttributes(at: name)
      },
      NameCall("setExtendedAttribute") { () throws(HostError) in
        try host.setExtendedAttribute(bytes("user.a"), at: name, to: bytes("x"))
      },
      NameCall("entries", isReading: true) { () throws(HostError) in
        _ = try host.entries(of: name)
      },
      NameCall("makeDirectory") { () throws(HostError) in
        try host.makeDirectory(at: name, permissions: 0o700)
      },
      NameCall("makeSymbolicLink") { () throws(HostError) in
        try host.makeSymbolicLink(at: name, to: bytes("x"))
      },
      NameCall("readSymbolicLink", isReading: true) { () throws(HostError) in
        _ = try host.readSymbolicLink(at: name)
      },
      NameCall("makeLink from it") { () throws(HostError) in
        try host.makeLink(at: other, to: name)
      },
      NameCall("makeLink to it") { () throws(HostError) in
        try host.makeLink(at: name, to: other)
      },
      NameCall("rename it") { () throws(HostError) in
        try host.rename(name, to: other, .replacing)
      },
      NameCall("rename to it") { () throws(HostError) in
        try host.rename(other, to: name, .replacing)
      },
      NameCall("exchange") { () throws(HostError) in
        try host.rename(name, to: other, .exchanging)
      },
      NameCall("remove") { () throws(HostError) in
        try host.remove(at: name, isDirectory: false)
      },
      NameCall("remove a directory") { () throws(HostError) in
        try host.remove(at: name, isDirectory: true)
      },
      NameCall("volume", isReading: true) { () throws(HostError) in
        _ = try host.volume(of: name)
      },
      NameCall("open", isReading: true) { () throws(HostError) in
        host.close(try host.open(name, .read, permissions: 0))
      },
      NameCall("open for names", isReading: true) { () throws(HostError) in
        host.close(try host.open(name, .path, permissions: 0))
      },
      NameCall("open and make") { () throws(HostError) in
        host.close(try host.open(name, [.write, .create], permissions: 0o600))
      },
      NameCall("open without a name") { () throws(HostError) in
        host.close(try host.open(name, [.write, .unnamed], permissions: 0o600))
      },
    ]
  }
}

extension HostSuite {
  mutating func addBeneath() {
    check(
      "beneath.links",
      "**No symbolic link is followed**, neither on the way (`tooManySymbolicLinks`)"
    ) {
      t in
      let host = t.host
      for path in ["base", "outside", "outside/sub"] { try t.directory(path) }
      try t.fixture.make("outside/canary", "secret")
      try t.fixture.make("base/mine")
      for target in ["../outside", t.fixture.path + "/outside"] {
        try t.link("base/l", to: target)
        let base = HostName(try t.open("base", [.path, .directory]))
        let mine = try base.child(bytes("mine"))
        for path in [["canary"], ["sub", "x"], ["sub"]] {
          var name = try base.child(bytes("l"))
          for part in path { name = try name.child(bytes(part)) }
          for call in NameCall.all(host, name, other: mine) {
            t.fails("\(call.what) of \(path) by \(target)", .tooManySymbolicLinks, call.call)
          }
        }
        host.close(base.directory)
        try host.remove(at: t.name("base/l"), isDirectory: false)
      }
      t.equal("what is outside", try t.fixture.text("outside/canary"), "secret")
      t.equal("the names outside", try t.entries("outside"), ["canary", "sub"])
      t.equal("the names within", try t.entries("base"), ["mine"])
    }
    check("beneath.link-loop", "a component before the last is a symbolic link") { t in
      try t.directory("dir")
      try t.link("loop", to: "loop")
      try t.link("dirlink", to: "dir")
      t.fails("a loop", .tooManySymbolicLinks) { try t.open("loop/x", .read) }
      t.fails("to make", .tooManySymbolicLinks) { try t.open("dirlink/new", [.write, .create]) }
      t.equal("the names", try t.entries("dir"), [])
    }
    check(
      "beneath.removed",
      "In one that was removed there is nothing, and nothing can be made: `notFound`."
    ) {
      t in
      let directory = try t.directory("d")
      try t.host.remove(at: t.name("d"), isDirectory: true)
      try t.directory("d")
      try t.fixture.make("d/x", "of the new one")
      try t.fixture.make("mine")
      let name = try HostName(directory).child(bytes("x"))
      for call in NameCall.all(t.host, name, other: t.name("mine")) {
        t.fails(call.what, .notFound, call.call)
      }
      t.fails("its entries", .notFound) { try t.host.entries(of: HostName(directory)) }
      t.equal("its links", try t.host.attributes(of: directory).linkCount, 0)
      t.equal("the new one", try t.fixture.text("d/x"), "of the new one")
    }
    check(
      "beneath.renamed",
      "One that is renamed keeps its handle, and names in it go on to mean what they meant."
    ) {
      t in
      let directory = try t.directory("d")
      try t.directory("e")
      try t.host.rename(t.name("d"), to: t.name("e/f"), .replacing)
      try t.link("d", to: "/")
      t.host.close(
        try t.host.open(
          HostName(directory).child(bytes("x")), [.write, .create], permissions: 0o600))
      t.equal("the names", try t.entries("e/f"), ["x"])
    }
    check(
      "inherited.no-names",
      "the host refuses the search or the change; or the handle is of no grant"
    ) {
      t in
      try t.fixture.make("mine")
      let inherited = try t.host.open(t.fixture.inheritedFile("text", position: 0), .read)
      let name = try HostName(inherited).child(bytes("x"))
      // The last looks at the other name first.
      for call in NameCall.all(t.host, name, other: t.name("mine"))
      where call.what != "makeLink to it" {
        t.fails(call.what, .permissionDenied, call.call)
      }
      t.fails("its own attributes", .permissionDenied) {
        try t.host.setAttributes(at: HostName(inherited), AttributeChange())
      }
      t.fails("to open it anew", .permissionDenied) {
        try t.host.open(HostName(inherited), .read, permissions: 0)
      }
    }
  }

  mutating func addGrants() {
    check("grant.none", "A path that was not granted is `permissionDenied`.") { t in
      try t.directory("d")
      try t.fixture.make("f")
      for path in ["/", "/etc", "/etc/passwd", t.fixture.path + "/d", t.fixture.path + "/f"] {
        t.fails("file:\(path)", .permissionDenied) {
          try t.host.open(StreamURI(.file, path), .read)
        }
        t.fails("dir:\(path)", .permissionDenied) {
          try t.host.open(StreamURI(.dir, path), .read)
        }
      }
    }
    check("grant.inherited", "So is a descriptor that the composition did not name") { t in
      for number in ["3", "700"] {
        t.fails("stdio:\(number)", .permissionDenied) {
          try t.host.open(StreamURI(.stdio, number), .read)
        }
      }
    }
    check(
      "grant.options",
      "takes `read`, or `read` and `write`: `readOnly` when it may not be changed, `invalid` for other options"
    ) {
      t in
      try t.directory("d")
      try t.fixture.grant("d", isReadOnly: true)
      let uri = StreamURI(.dir, t.fixture.path + "/d")
      t.fails("to change", .readOnly) { try t.host.open(uri, [.read, .write]) }
      t.fails("to make", .invalid) { try t.host.open(uri, [.read, .create]) }
      t.fails("no options", .invalid) { try t.host.open(uri, []) }
      t.equal("to read", try t.host.attributes(of: t.host.open(uri, .read)).kind, .directory)
    }
    check("grant.dir", "a directory that was granted; anything else is `notDirectory`") { t in
      try t.fixture.make("f")
      try t.fixture.grant("f", isReadOnly: false)
      t.fails("a file", .notDirectory) {
        try t.host.open(StreamURI(.dir, t.fixture.path + "/f"), .read)
      }
    }
    check("grant.file", "A grant is the path of a directory or of a single file") { t in
      try t.fixture.make("f", "text")
      try t.fixture.grant("f", isReadOnly: false)
      let base = try t.host.open(StreamURI(.file, t.fixture.path + "/f"), [.read, .write])
      let handle = try t.host.open(HostName(base), [.read, .write], permissions: 0)
      t.equal("its bytes", try t.host.readText(handle, at: 0), "text")
      try t.host.writeText(handle, at: 0, "TEXT")
      t.equal("its bytes then", try t.fixture.text("f"), "TEXT")
      t.fails("beneath it", .notDirectory) {
        try t.host.attributes(at: HostName(base).child(bytes("x")))
      }
    }
    check("grant.once", "gives a handle on what was opened then, whatever the path means by now") {
      t in
      try t.fixture.make("f", "text")
      try t.fixture.grant("f", isReadOnly: false)
      try t.host.rename(t.name("f"), to: t.name("g"), .replacing)
      try t.link("f", to: "/etc/passwd")
      let base = try t.host.open(StreamURI(.file, t.fixture.path + "/f"), .read)
      let handle = try t.host.open(HostName(base), .read, permissions: 0)
      t.equal("its bytes", try t.host.readText(handle, at: 0), "text")
    }
    check(
      "grant.read-only.names",
      "beneath one that was opened for reading, each call that changes something is `readOnly`"
    ) {
      t in
      for path in ["ro", "ro/d"] { try t.directory(path) }
      try t.fixture.make("ro/f", "text")
      try t.fixture.make("mine")
      try t.fixture.grant("ro", isReadOnly: true)
      let base = HostName(try t.host.open(StreamURI(.dir, t.fixture.path + "/ro"), .read))
      let directory = HostName(
        try t.host.open(base.child(bytes("d")), [.path, .directory], permissions: 0))
      for name in [
        try base.child(bytes("f")), try base.child(bytes("none")),
        try directory.child(bytes("none")),
      ] {
        for call in NameCall.all(t.host, name, other: t.name("mine")) where !call.isReading {
          t.fails(call.what, .readOnly, call.call)
        }
      }
      t.equal("the file", try t.fixture.text("ro/f"), "text")
      t.equal("the names", try t.entries("ro"), ["d", "f"])
    }
    check("grant.read-only.handles", "Whatever is opened beneath it may do what the handle may") {
      t in
      try t.directory("ro")
      try t.fixture.make("ro/f", "text")
      try t.fixture.grant("ro", isReadOnly: true)
      let base = try t.host.open(StreamURI(.dir, t.fixture.path + "/ro"), .read)
      let file = try t.host.open(HostName(base).child(bytes("f")), .read, permissions: 0)
      var change = AttributeChange()
      change.permissions = 0o777
      for handle in [base, file] {
        t.fails("its attributes", .readOnly) {
          try t.host.setAttributes(at: HostName(handle), change)
        }
        t.fails("its extended attributes", .readOnly) {
          try t.host.setExtendedAttribute(bytes("user.a"), at: HostName(handle), to: [])
        }
        t.fails("to open it anew", .readOnly) {
          try t.host.open(HostName(handle), [.read, .write], permissions: 0)
        }
      }
      t.fails("to write", .invalid) { try t.host.writeText(file, at: 0, "x") }
      t.fails("its length", .invalid) { try t.host.setLength(file, to: 0) }
      t.equal("the file", try t.fixture.text("ro/f"), "text")
    }
    check("grant.read-only.link", "Both must lie where things may be changed") { t in
      try t.directory("ro")
      try t.fixture.make("ro/f")
      try t.fixture.grant("ro", isReadOnly: true)
      let base = try t.host.open(StreamURI(.dir, t.fixture.path + "/ro"), .read)
      let file = try t.host.open(HostName(base).child(bytes("f")), .read, permissions: 0)
      t.fails("a second name elsewhere", .readOnly) {
        try t.host.makeLink(at: t.name("link"), to: HostName(file))
      }
      t.equal("the names", try t.entries(""), ["ro"])
    }
  }
}
