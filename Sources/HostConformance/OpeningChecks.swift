import HostABI

extension HostSuite {
  mutating func addOpening() {
    check("abi.version", "states the version that it implements") { t in
      let version = t.fixture.version
      t.equal("the major version", version.major, HostABIVersion.current.major)
      t.holds(
        "the minor version", version.minor <= HostABIVersion.current.minor,
        expected: "at most \(HostABIVersion.current.minor)", seen: "\(version.minor)")
    }
    check("open.permissions", "makes a regular file when there is none, with exactly `permissions`")
    {
      t in
      for permissions: UInt16 in [0o666, 0o000, 0o4755, 0o1777] {
        let handle = try t.open("p\(permissions)", [.write, .create], permissions: permissions)
        t.equal("the permissions", try t.host.attributes(of: handle).permissions, permissions)
        t.host.close(handle)
      }
      t.host.close(try t.open("p\(0o666)", [.write, .create], permissions: 0o600))
      t.equal(
        "an old file's permissions", try t.host.attributes(at: t.name("p\(0o666)")).permissions,
        0o666)
    }
    check("open.options", "Other combinations are `invalid`.") { t in
      try t.fixture.make("file", "text")
      try t.directory("dir")
      t.fails("no option", .invalid) { try t.open("file", []) }
      t.fails("truncate without write", .invalid) { try t.open("file", [.read, .truncate]) }
      t.fails("create of a directory", .invalid) {
        try t.open("dir", [.read, .create, .directory])
      }
      t.fails("unnamed without write", .invalid) {
        try t.host.open(HostName(t.fixture.root), [.read, .unnamed], permissions: 0o600)
      }
      t.equal("the file", try t.fixture.text("file"), "text")
    }
    check(
      "open.exclusive", "with `create`: `exists` when the name is taken, be it by a dangling link"
    ) {
      t in
      try t.fixture.make("file")
      try t.link("dangling", to: "nowhere")
      t.fails("a file", .exists) { try t.open("file", [.write, .create, .exclusive]) }
      t.fails("a dangling link", .exists) { try t.open("dangling", [.write, .create, .exclusive]) }
      t.host.close(try t.open("new", [.write, .create, .exclusive]))
      t.equal("the names", try t.entries(""), ["dangling", "file", "new"])
    }
    check("open.directory", "anything but a directory is `notDirectory`") { t in
      try t.fixture.make("file")
      try t.directory("dir")
      try t.link("dirlink", to: "dir")
      t.fails("a file", .notDirectory) { try t.open("file", [.read, .directory]) }
      t.fails("a link to one", .notDirectory) { try t.open("dirlink", [.read, .directory]) }
      t.host.close(try t.open("dir", [.read, .directory]))
    }
    check("open.directory-is-not-written", "`isDirectory` for a directory with `write` or `create`")
    {
      t in
      try t.directory("dir")
      t.fails("to write", .isDirectory) { try t.open("dir", .write) }
      t.fails("to make and write", .isDirectory) { try t.open("dir", [.write, .create]) }
      t.fails("to make and read", .isDirectory) { try t.open("dir", [.read, .create]) }
    }
    check(
      "open.last-link",
      "`tooManySymbolicLinks` when the last component is a link, except with `path`"
    ) { t in
      try t.fixture.make("file")
      try t.link("link", to: "file")
      try t.link("dangling", to: "nowhere")
      t.fails("to read", .tooManySymbolicLinks) { try t.open("link", .read) }
      t.fails("to make", .tooManySymbolicLinks) { try t.open("dangling", [.write, .create]) }
      let link = try t.open("link", .path)
      t.equal("with path", try t.host.attributes(of: link).kind, .symbolicLink)
      t.equal("the names", try t.entries(""), ["dangling", "file", "link"])
    }
    check("open.truncate", "with `write`: the file becomes empty") { t in
      try t.fixture.make("f", "hello")
      t.host.close(try t.open("f", [.write, .create]))
      t.equal("without it", try t.fixture.text("f"), "hello")
      t.host.close(try t.open("f", [.write, .truncate]))
      t.equal("with it", try t.fixture.text("f"), "")
    }
    check(
      "open.unnamed", "makes a regular file without a name in the directory named"
    ) { t in
      let root = HostName(t.fixture.root)
      let handle: HostHandle
      do {
        handle = try t.host.open(root, [.read, .write, .unnamed], permissions: 0o640)
      } catch HostError.notSupported { throw Skip("this file system has no files without names") }
      try t.host.writeText(handle, at: 0, "text")
      t.equal("its links", try t.host.attributes(of: handle).linkCount, 0)
      t.equal("its permissions", try t.host.attributes(of: handle).permissions, 0o640)
      t.equal("the names", try t.entries(""), [])
      try t.host.makeLink(at: t.name("f"), to: HostName(handle))
      t.equal("by its name", try t.fixture.text("f"), "text")
      t.equal("its links then", try t.host.attributes(of: handle).linkCount, 1)
      t.fails("beneath a file", .notDirectory) { try t.open("f", [.write, .unnamed]) }
    }
    check("open.path", "a handle for names and attributes only, of any kind of file") { t in
      try t.fixture.make("f", "text")
      let path = try t.open("f", .path)
      t.equal("its options", try t.host.options(of: path), .path)
      t.equal("its size", try t.host.attributes(of: path).size, 4)
      t.fails("to read", .invalid) { try t.host.readText(path, at: 0) }
      t.fails("to write", .invalid) { try t.host.writeText(path, at: 0, "x") }
    }
    check("open.reopen", "With an empty path, what is open as the handle is opened anew") { t in
      let handle = try t.fixture.file("f", "old")
      let path = try t.open("f", .path)
      try t.host.remove(at: t.name("f"), isDirectory: false)
      try t.fixture.make("f", "new")
      for old in [handle, path] {
        let again = try t.host.open(HostName(old), [.read, .write], permissions: 0)
        t.equal("its bytes", try t.host.readText(again, at: 0), "old")
        t.host.close(again)
      }
    }
    check("open.scheme-reserved", "| `pipe` | – | reserved: `notSupported` |") { t in
      t.fails("pipe:", .notSupported) { try t.host.open(StreamURI(.pipe, "x"), .read) }
    }
    check("open.bad-path", "`invalid` for a path that is none of its scheme") { t in
      t.fails("stdio:one", .invalid) { try t.host.open(StreamURI(.stdio, "one"), .read) }
      for path in ["", "relative", "/a\0b"] {
        t.fails("file:\(path)", .invalid) { try t.host.open(StreamURI(.file, path), .read) }
      }
    }
    check("close.twice", "Never fails; a handle that is not open is ignored.") { t in
      let handle = try t.fixture.file("f")
      t.host.close(handle)
      t.host.close(handle)
      t.fails("to read then", .invalid) { try t.host.readBytes(handle, at: 0) }
      t.fails("to write then", .invalid) { try t.host.writeText(handle, at: 0, "x") }
    }
    check("handle.not-open", "any that takes a handle throws `invalid` for one that is not open") {
      t in
      let host = t.host
      for handle in [HostHandle(-1), HostHandle(12345)] {
        t.fails("kind", .invalid) { try host.kind(of: handle) }
        t.fails("options", .invalid) { try host.options(of: handle) }
        t.fails("read", .invalid) { try host.readText(handle) }
        t.fails("write", .invalid) { try host.writeText(handle, "x") }
        t.fails("position", .invalid) { try host.position(of: handle) }
        t.fails("setPosition", .invalid) { try host.setPosition(of: handle, to: 0) }
        t.fails("flush", .invalid) { try host.flush(handle, metadata: true) }
        t.fails("setLength", .invalid) { try host.setLength(handle, to: 0) }
        t.fails("allocate", .invalid) { try host.allocate(handle, 0..<1, .punchHole) }
        t.fails("attributes", .invalid) { try host.attributes(of: handle) }
        t.fails("terminalModes", .invalid) { try host.terminalModes(handle) }
        t.fails("windowSize", .invalid) { try host.windowSize(handle) }
        t.fails("setWindowSize", .invalid) {
          try host.setWindowSize(handle, WindowSize(rows: 1, columns: 1))
        }
        t.fails("bytesAvailable", .invalid) { try host.bytesAvailable(handle) }
        t.fails("discardTerminal", .invalid) {
          try host.discardTerminal(handle, input: true, output: true)
        }
        t.fails("accept", .invalid) { try host.accept(handle) }
        t.fails("finishConnecting", .invalid) { try host.finishConnecting(handle) }
        t.fails("endWriting", .invalid) { try host.endWriting(handle) }
        t.fails("localAddress", .invalid) { try host.localAddress(of: handle) }
        t.equal("wait", t.look(handle, .readable), .error)
        host.close(handle)
      }
    }
  }
}
