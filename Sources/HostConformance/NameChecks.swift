import HostABI

extension HostSuite {
  mutating func addDirectories() {
    check("entries.sorted", "without `.` and `..`, sorted by bytes") { t in
      t.equal("of an empty directory", try t.entries(""), [])
      for name in ["b", "a", "Z"] { try t.fixture.make(name) }
      try t.link("c", to: "a")
      try t.directory("d")
      t.equal(
        "the entries", try t.host.entries(of: HostName(t.fixture.root)),
        [
          DirectoryEntry(name: bytes("Z"), kind: .regular),
          DirectoryEntry(name: bytes("a"), kind: .regular),
          DirectoryEntry(name: bytes("b"), kind: .regular),
          DirectoryEntry(name: bytes("c"), kind: .symbolicLink),
          DirectoryEntry(name: bytes("d"), kind: .directory),
        ])
    }
    check("entries.bytes", "the path is bytes without NUL") { t in
      let odd: [UInt8] = [0xff, 0x0a, 0x20]
      t.host.close(
        try t.host.open(
          HostName(t.fixture.root).child(odd), [.write, .create], permissions: 0o600))
      t.equal("its name", try t.host.entries(of: HostName(t.fixture.root)).map(\.name), [odd])
    }
    check("entries.many", "| `entries(of:)` | without `.` and `..`, sorted by bytes |") { t in
      let names = (1000..<2000).map { "entry\($0)" }
      for name in names.reversed() { try t.fixture.make(name) }
      t.holds("a thousand names are there, in order", try t.entries("") == names)
    }
    check(
      "entries.of-no-directory",
      "a component before the last, or the handle itself, is no directory"
    ) {
      t in
      try t.fixture.make("f")
      try t.directory("d")
      try t.link("l", to: "d")
      t.fails("of a file", .notDirectory) { try t.host.entries(of: t.name("f")) }
      t.fails("of a link to one", .notDirectory) { try t.host.entries(of: t.name("l")) }
      t.fails("through a file", .notDirectory) { try t.open("f/x", .read) }
      t.fails("made beneath a file", .notDirectory) {
        try t.host.makeDirectory(at: t.name("f/y"), permissions: 0o700)
      }
      let file = try t.open("f", .read)
      t.fails("beneath a file's handle", .notDirectory) {
        try t.host.attributes(at: HostName(file).child(bytes("x")))
      }
    }
    check("directory.make", "exactly these permissions") { t in
      try t.host.makeDirectory(at: t.name("d"), permissions: 0o777)
      t.equal("its permissions", try t.host.attributes(at: t.name("d")).permissions, 0o777)
      t.equal("its kind", try t.host.attributes(at: t.name("d")).kind, .directory)
    }
    check(
      "directory.make.exists", "| exactly these permissions | `exists`, `noSpace`, `tooManyLinks`"
    ) {
      t in
      try t.fixture.make("f")
      try t.link("l", to: "nowhere")
      for name in ["f", "l"] {
        t.fails("over \(name)", .exists) {
          try t.host.makeDirectory(at: t.name(name), permissions: 0o700)
        }
      }
    }
    check("name.not-found", "a component is missing, or the directory was removed") { t in
      t.fails("open", .notFound) { try t.open("none", .read) }
      t.fails("make in it", .notFound) { try t.open("none/x", [.write, .create]) }
      t.fails("makeDirectory", .notFound) {
        try t.host.makeDirectory(at: t.name("x/y"), permissions: 0o700)
      }
      t.fails("entries", .notFound) { try t.host.entries(of: t.name("none")) }
      t.fails("attributes", .notFound) { try t.host.attributes(at: t.name("none")) }
      t.fails("setAttributes", .notFound) {
        try t.host.setAttributes(at: t.name("none"), AttributeChange())
      }
      t.fails("readSymbolicLink", .notFound) { try t.host.readSymbolicLink(at: t.name("none")) }
      t.fails("remove", .notFound) { try t.host.remove(at: t.name("none"), isDirectory: false) }
      t.fails("remove a directory", .notFound) {
        try t.host.remove(at: t.name("none"), isDirectory: true)
      }
    }
    check("name.too-long", "a component of more than 255 bytes, a path of 4,096 or more") { t in
      t.fails("a component of 256", .nameTooLong) {
        try t.open(String(repeating: "n", count: 256), [.write, .create])
      }
      t.fails("a path of 6,001", .nameTooLong) {
        try t.open(String(repeating: "n/", count: 3000) + "n", .read)
      }
      let longest = String(repeating: "n", count: 255)
      t.host.close(try t.open(longest, [.write, .create]))
      t.equal("a component of 255", try t.entries(""), [longest])
    }
    check("name.empty", "Calls that make, remove or rename entries want a path: `invalid`.") { t in
      let root = HostName(t.fixture.root)
      let base = HostName(try t.fixture.file("f"))
      t.fails("remove", .invalid) { try t.host.remove(at: base, isDirectory: false) }
      t.fails("makeDirectory", .invalid) {
        try t.host.makeDirectory(at: root, permissions: 0o700)
      }
      t.fails("makeSymbolicLink", .invalid) {
        try t.host.makeSymbolicLink(at: root, to: bytes("x"))
      }
      t.fails("rename", .invalid) { try t.host.rename(base, to: t.name("g"), .replacing) }
    }
    check(
      "remove.kinds",
      "`isDirectory` for a directory as a file, `notDirectory` the other way round, `notEmpty`, `busy`"
    ) {
      t in
      try t.fixture.make("f")
      try t.directory("d")
      try t.fixture.make("d/x")
      try t.link("s", to: "d")
      t.fails("a file as a directory", .notDirectory) {
        try t.host.remove(at: t.name("f"), isDirectory: true)
      }
      t.fails("a link as a directory", .notDirectory) {
        try t.host.remove(at: t.name("s"), isDirectory: true)
      }
      t.fails("a directory as a file", .isDirectory) {
        try t.host.remove(at: t.name("d"), isDirectory: false)
      }
      t.fails("a full directory", .notEmpty) {
        try t.host.remove(at: t.name("d"), isDirectory: true)
      }
      t.equal("the names", try t.entries(""), ["d", "f", "s"])
    }
    check("remove.all", "| a name goes; what is open lives on |") { t in
      try t.fixture.make("f")
      try t.directory("d")
      try t.link("s", to: "d")
      try t.host.remove(at: t.name("s"), isDirectory: false)
      try t.host.remove(at: t.name("f"), isDirectory: false)
      t.equal("the names", try t.entries(""), ["d"])
      try t.host.remove(at: t.name("d"), isDirectory: true)
      t.equal("the names then", try t.entries(""), [])
    }
    check("rename.replacing", "a file by a file, an empty directory by a directory") { t in
      try t.fixture.make("a", "A")
      try t.fixture.make("b", "B")
      try t.host.rename(t.name("a"), to: t.name("b"), .replacing)
      t.equal("the file", try t.fixture.text("b"), "A")
      t.fails("again", .notFound) { try t.host.rename(t.name("a"), to: t.name("c"), .replacing) }
      try t.directory("d")
      try t.directory("e")
      try t.fixture.make("e/x")
      try t.host.rename(t.name("e"), to: t.name("d"), .replacing)
      t.equal("the directory", try t.entries("d"), ["x"])
      t.equal("the names", try t.entries(""), ["b", "d"])
    }
    check("rename.same-file", "two names of one file: nothing happens") { t in
      try t.fixture.make("a")
      try t.host.makeLink(at: t.name("b"), to: t.name("a"))
      try t.host.rename(t.name("a"), to: t.name("b"), .replacing)
      t.equal("the names", try t.entries(""), ["a", "b"])
    }
    check("rename.exclusive", "`exclusive`: replaces nothing.") { t in
      try t.fixture.make("a", "A")
      try t.fixture.make("b", "B")
      t.fails("onto a file", .exists) {
        try t.host.rename(t.name("a"), to: t.name("b"), .exclusive)
      }
      t.equal("the file", try t.fixture.text("b"), "B")
      try t.host.rename(t.name("a"), to: t.name("c"), .exclusive)
      t.equal("the names", try t.entries(""), ["b", "c"])
    }
    check("rename.exchanging", "`exchanging`: both change places, whatever they are") { t in
      try t.fixture.make("f", "F")
      try t.directory("d")
      try t.fixture.make("d/g", "G")
      do {
        try t.host.rename(t.name("f"), to: t.name("d/g"), .exchanging)
      } catch HostError.notSupported { throw Skip("this file system cannot exchange names") }
      t.equal("the file", try t.fixture.text("f"), "G")
      try t.host.rename(t.name("f"), to: t.name("d"), .exchanging)
      t.equal("the directory's file", try t.fixture.text("f/g"), "F")
      t.equal("the directory's place", try t.fixture.text("d"), "G")
      t.fails("with nothing", .notFound) {
        try t.host.rename(t.name("f"), to: t.name("none"), .exchanging)
      }
      t.fails("with what is in it", .invalid) {
        try t.host.rename(t.name("f"), to: t.name("f/g"), .exchanging)
      }
    }
    check(
      "rename.kinds",
      "`isDirectory`, `notDirectory`, `notEmpty`; `invalid` for a directory into itself"
    ) {
      t in
      try t.fixture.make("f")
      try t.directory("d")
      try t.directory("e")
      try t.fixture.make("e/x")
      func rename(_ from: String, _ to: String) throws(HostError) {
        try t.host.rename(t.name(from), to: t.name(to), .replacing)
      }
      t.fails("a file onto a directory", .isDirectory) { try rename("f", "d") }
      t.fails("a directory onto a file", .notDirectory) { try rename("d", "f") }
      t.fails("onto a full directory", .notEmpty) { try rename("d", "e") }
      t.fails("into itself", .invalid) { try rename("e", "e/sub") }
      t.fails("into nothing", .notFound) { try rename("f", "none/f") }
      t.equal("the names", try t.entries(""), ["d", "e", "f"])
    }
    check("rename.link", "at the end, where the link itself is meant") { t in
      try t.fixture.make("f")
      try t.link("s", to: "f")
      try t.host.rename(t.name("s"), to: t.name("t"), .replacing)
      t.equal("the target", try t.host.readSymbolicLink(at: t.name("t")), bytes("f"))
      t.equal("the names", try t.entries(""), ["f", "t"])
    }
  }

  mutating func addLinks() {
    check("symlink.target", "the target is any bytes but NUL, 1 to 4,095 of them") { t in
      let target = bytes(String(repeating: "long/", count: 200))
      try t.host.makeSymbolicLink(at: t.name("l"), to: target)
      t.holds("the target is whole", try t.host.readSymbolicLink(at: t.name("l")) == target)
      t.equal("its kind", try t.host.attributes(at: t.name("l")).kind, .symbolicLink)
      t.equal("its size", try t.host.attributes(at: t.name("l")).size, UInt64(target.count))
      t.fails("4,096 bytes", .nameTooLong) {
        try t.host.makeSymbolicLink(at: t.name("e"), to: [UInt8](repeating: 65, count: 4096))
      }
    }
    check("symlink.bad", "`exists`, `noSpace`; `notFound` for an empty target") { t in
      try t.fixture.make("f")
      t.fails("over a file", .exists) {
        try t.host.makeSymbolicLink(at: t.name("f"), to: bytes("x"))
      }
      t.fails("to nothing", .notFound) { try t.host.makeSymbolicLink(at: t.name("e"), to: []) }
      t.equal("the names", try t.entries(""), ["f"])
    }
    check("symlink.read-no-link", "| the whole target | `invalid` for what is no link |") { t in
      let file = try t.fixture.file("f")
      t.fails("a file", .invalid) { try t.host.readSymbolicLink(at: t.name("f")) }
      t.fails("a file by its handle", .invalid) {
        try t.host.readSymbolicLink(at: HostName(file))
      }
    }
    check(
      "symlink.removed",
      "the name is what is open as the handle, under whatever names it has on the host, or none"
    ) {
      t in
      try t.link("l", to: "target")
      let link = try t.open("l", .path)
      try t.host.remove(at: t.name("l"), isDirectory: false)
      t.equal("its target", try t.host.readSymbolicLink(at: HostName(link)), bytes("target"))
      t.equal("its kind", try t.host.attributes(of: link).kind, .symbolicLink)
    }
    check("link.second-name", "a second name; of a link, the link's") { t in
      try t.fixture.make("f", "text")
      try t.host.makeLink(at: t.name("g"), to: t.name("f"))
      let one = try t.host.attributes(at: t.name("f"))
      let two = try t.host.attributes(at: t.name("g"))
      t.equal("its links", one.linkCount, 2)
      t.holds("it is one file", one.inode == two.inode && one.device == two.device)
      try t.host.remove(at: t.name("f"), isDirectory: false)
      t.equal("its bytes", try t.fixture.text("g"), "text")
      t.equal("its links then", try t.host.attributes(at: t.name("g")).linkCount, 1)
      try t.link("s", to: "nowhere")
      try t.host.makeLink(at: t.name("u"), to: t.name("s"))
      t.equal("a link's", try t.host.attributes(at: t.name("u")).kind, .symbolicLink)
    }
    check("link.bad", "`notPermitted` for a directory; `notFound` for what has lost its last name")
    { t in
      try t.directory("d")
      try t.fixture.make("f")
      try t.fixture.make("g")
      t.fails("a directory", .notPermitted) {
        try t.host.makeLink(at: t.name("e"), to: t.name("d"))
      }
      t.fails("over a file", .exists) { try t.host.makeLink(at: t.name("f"), to: t.name("g")) }
      t.fails("of nothing", .notFound) { try t.host.makeLink(at: t.name("e"), to: t.name("x")) }
      let handle = try t.fixture.file("h")
      try t.host.remove(at: t.name("h"), isDirectory: false)
      t.fails("without a name", .notFound) {
        try t.host.makeLink(at: t.name("e"), to: HostName(handle))
      }
      t.equal("the names", try t.entries(""), ["d", "f", "g"])
    }
  }

  mutating func addAttributes() {
    check("attributes.of-a-file", "of what the name itself denotes") { t in
      let handle = try t.fixture.file("f", "12345")
      try t.link("l", to: "f")
      let seen = try t.host.attributes(of: handle)
      t.equal("its kind", seen.kind, .regular)
      t.equal("its size", seen.size, 5)
      t.equal("its links", seen.linkCount, 1)
      t.holds(
        "it was changed since 2001", seen.modified.seconds >= 1_000_000_000,
        seen: "\(seen.modified.seconds) s")
      t.equal("a link's kind", try t.host.attributes(at: t.name("l")).kind, .symbolicLink)
    }
    check("attributes.inherited", "with an empty path of any stream, inherited ones included") {
      t in
      let file = try t.host.open(t.fixture.inheritedFile("text", position: 0), .read)
      let pipe = try t.host.open(t.fixture.incoming().uri, .read)
      t.equal("a file's size", try t.host.attributes(of: file).size, 4)
      t.equal("a pipe's", t.outcome { try t.host.attributes(of: pipe) }, nil)
    }
    check("attributes.identity", "`device`, `inode` and `created` tell two files apart on one host")
    { t in
      try t.fixture.make("f")
      try t.fixture.make("g")
      let one = try t.host.attributes(at: t.name("f"))
      let two = try t.host.attributes(at: t.name("g"))
      t.equal("their device", one.device, two.device)
      t.holds("their inodes differ", one.inode != two.inode)
      try t.host.rename(t.name("f"), to: t.name("h"), .replacing)
      t.equal("its inode when renamed", try t.host.attributes(at: t.name("h")).inode, one.inode)
    }
    check("attributes.set", "owner, then permissions, then times; each only if given") { t in
      try t.fixture.make("f", "x")
      let before = try t.host.attributes(at: t.name("f"))
      var change = AttributeChange()
      change.permissions = 0o4711
      // Its own owner: allowed to everybody.
      change.userID = before.userID
      change.groupID = before.groupID
      change.accessed = HostTime(seconds: -5, nanoseconds: 999_999_999)
      change.modified = HostTime(seconds: 1 << 32, nanoseconds: 123_456_789)
      try t.host.setAttributes(at: t.name("f"), change)
      var after = try t.host.attributes(at: t.name("f"))
      t.equal("the permissions", after.permissions, 0o4711)
      t.equal("read", after.accessed, change.accessed ?? HostTime())
      t.equal("changed", after.modified, change.modified ?? HostTime())
      t.equal("the size", after.size, 1)
      change = AttributeChange()
      change.accessed = HostTime(seconds: 7)
      try t.host.setAttributes(at: t.name("f"), change)
      after = try t.host.attributes(at: t.name("f"))
      t.equal("the permissions, not given", after.permissions, 0o4711)
      t.equal("changed, not given", after.modified.seconds, 1 << 32)
      t.equal("read, given", after.accessed, HostTime(seconds: 7))
    }
    check("attributes.set-link", "`notPermitted`; `notSupported` for a link's permissions") { t in
      try t.fixture.make("f")
      try t.link("s", to: "f")
      var change = AttributeChange()
      change.modified = HostTime(seconds: 9)
      try t.host.setAttributes(at: t.name("s"), change)
      t.equal("its time", try t.host.attributes(at: t.name("s")).modified.seconds, 9)
      t.holds(
        "what it leads to keeps its own",
        try t.host.attributes(at: t.name("f")).modified.seconds != 9)
      change.permissions = 0o600
      t.fails("its permissions", .notSupported) {
        try t.host.setAttributes(at: t.name("s"), change)
      }
    }
    check("attributes.set-by-handle", "With an empty path the name is what is open as the handle") {
      t in
      let handle = try t.fixture.file("f", "old")
      let path = try t.open("f", .path)
      try t.host.remove(at: t.name("f"), isDirectory: false)
      try t.fixture.make("f", "new")
      var change = AttributeChange()
      change.permissions = 0o604
      change.modified = HostTime(seconds: 77)
      for old in [handle, path] {
        try t.host.setAttributes(at: HostName(old), change)
        let seen = try t.host.attributes(of: old)
        t.equal("its permissions", seen.permissions, 0o604)
        t.equal("its time", seen.modified, HostTime(seconds: 77))
        t.equal("its links", seen.linkCount, 0)
      }
      t.equal("the new one's", try t.host.attributes(at: t.name("f")).permissions, 0o644)
    }
    check("xattr.value", "the value, or that there is none") { t in
      let attribute = bytes("user.godwit.test")
      let handle = try t.fixture.file("f")
      let name = t.name("f")
      try Self.needExtendedAttributes(t, name)
      t.equal("before", try t.host.extendedAttribute(attribute, at: name), nil)
      let value = [UInt8](0...255) + [UInt8](repeating: 7, count: 1000)
      try t.host.setExtendedAttribute(attribute, at: name, to: value)
      try t.host.setExtendedAttribute(bytes("user.a"), at: HostName(handle), to: [])
      let seen = try t.host.extendedAttribute(attribute, at: HostName(handle))
      t.holds("a long one is whole", seen == value)
      t.equal("an empty one", try t.host.extendedAttribute(bytes("user.a"), at: name), [])
      let path = try t.open("f", .path)
      try t.host.remove(at: name, isDirectory: false)
      let later = try t.host.extendedAttribute(attribute, at: HostName(path))
      t.holds("it stays when the name goes", later == value)
    }
    check("xattr.names", "the names, sorted by bytes") { t in
      try t.fixture.make("f")
      let name = t.name("f")
      try Self.needExtendedAttributes(t, name)
      for attribute in ["user.b", "user.a", "user.B"] {
        try t.host.setExtendedAttribute(bytes(attribute), at: name, to: bytes("x"))
      }
      let names = try t.host.extendedAttributes(at: name).filter {
        $0.starts(with: bytes("user."))
      }
      t.equal("the names", names, ["user.B", "user.a", "user.b"].map(bytes))
    }
    check("xattr.remove", "sets or removes one; to remove what isn't there is no error") { t in
      try t.fixture.make("f")
      let name = t.name("f")
      try Self.needExtendedAttributes(t, name)
      try t.host.setExtendedAttribute(bytes("user.a"), at: name, to: bytes("x"))
      try t.host.setExtendedAttribute(bytes("user.a"), at: name, to: nil)
      t.equal("then", try t.host.extendedAttribute(bytes("user.a"), at: name), nil)
      t.equal(
        "again",
        t.outcome { try t.host.setExtendedAttribute(bytes("user.a"), at: name, to: nil) }, nil)
    }
    check("xattr.link", "`notSupported`, `noSpace`; `notPermitted` for a link") { t in
      try t.fixture.make("g")
      try Self.needExtendedAttributes(t, t.name("g"))
      try t.link("l", to: "g")
      try t.host.setExtendedAttribute(bytes("user.a"), at: t.name("g"), to: bytes("x"))
      t.equal("a link's", try t.host.extendedAttribute(bytes("user.a"), at: t.name("l")), nil)
      t.fails("to set a link's", .notPermitted) {
        try t.host.setExtendedAttribute(bytes("user.a"), at: t.name("l"), to: bytes("x"))
      }
    }
    check("volume.sizes", "sizes of the file system the name lies on") { t in
      let volume = try t.host.volume(of: HostName(t.fixture.root))
      t.holds("a block has a size", volume.blockSize > 0)
      t.holds("no more is free than there is", volume.blocksFree <= volume.blocks)
      t.equal("the longest name", volume.nameLimit, 255)
    }
  }

  private static func needExtendedAttributes(_ t: Trial, _ name: HostName) throws {
    do {
      _ = try t.host.extendedAttributes(at: name)
      try t.host.setExtendedAttribute(bytes("user.godwit.none"), at: name, to: nil)
    } catch HostError.notSupported {
      throw Skip("this file system has no extended attributes")
    }
  }
}
