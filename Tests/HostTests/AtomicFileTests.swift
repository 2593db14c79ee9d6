import Glibc
import HostABI
import HostConformance
import PosixHost
import Testing

@Suite struct AtomicFileTests {
  /// A directory for one test.
  struct Directory: ~Copyable {
    let path = Native.temporaryDirectory()
    let host = PosixHost()
    private let root: HostHandle

    init() {
      // Made just now.
      root = try! host.granted(path)
    }

    deinit { Native.removeAll(path) }

    func name(_ path: String) -> HostName { HostName(root, RelativePath(bytes(path))!) }

    func names() throws -> [String] {
      try host.entries(of: HostName(root)).map { String(decoding: $0.name, as: UTF8.self) }
    }
    func text(_ name: String) throws -> String {
      String(
        decoding: try InputFile(path + "/" + name).read(at: 0, count: 1 << 20), as: UTF8.self)
    }
    func put(_ name: String, _ text: String) throws {
      let file = try AtomicFile(replacing: path + "/" + name)
      try file.write(text)
      try file.commit()
    }
  }

  @Test(arguments: [true, false]) func nothingIsSeenBeforeTheCommit(_ unnamed: Bool) throws {
    let directory = Directory()
    try directory.put("f", "old")
    let file = try AtomicFile(
      replacing: directory.path + "/f", permissions: 0o640, allowsUnnamed: unnamed)
    try file.write("....")
    try file.write(" content")
    try file.write("new!", at: 0)
    #expect(file.length == 12)
    #expect(try directory.text("f") == "old")
    try file.commit()
    #expect(try directory.text("f") == "new! content")
    #expect(try directory.names() == ["f"])
    #expect(try directory.host.attributes(at: directory.name("f")).permissions == 0o640)
  }

  @Test(arguments: [true, false]) func anUnfinishedFileLeavesNothing(_ unnamed: Bool) throws {
    let directory = Directory()
    try directory.put("f", "old")
    for name in ["f", "g"] {
      let file = try AtomicFile(replacing: directory.path + "/" + name, allowsUnnamed: unnamed)
      try file.write("half")
    }
    #expect(try directory.text("f") == "old")
    #expect(try directory.names() == ["f"])
  }

  @Test func whatAKilledProcessLeftIsRemoved() throws {
    let directory = Directory()
    // Not held by anybody, as after a SIGKILL; of other files, or of nobody's making, are the rest.
    for name in [".f.3z9.tmp", ".f.!.tmp", ".g.3z9.tmp", ".f.tmp", "f.3z9.tmp"] {
      try directory.put(name, "half")
    }
    let working = try AtomicFile(replacing: directory.path + "/f", allowsUnnamed: false)
    try working.write("working")
    try directory.put("f", "whole")
    #expect(
      try directory.names().filter { !$0.hasPrefix(".f.") || $0 == ".f.!.tmp" || $0 == ".f.tmp" }
        .sorted() == [".f.!.tmp", ".f.tmp", ".g.3z9.tmp", "f", "f.3z9.tmp"])
    #expect(try directory.names().count == 6, "the one that is being written is left alone")
    try working.commit()
    #expect(try directory.text("f") == "working")
  }

  @Test func namesThatCannotBeReplaced() throws {
    let directory = Directory()
    let path = directory.path
    Native.makeFIFO(path + "/fifo")
    #expect(throws: HostError.isDirectory) { try AtomicFile(replacing: path) }
    #expect(throws: HostError.notSupported) { try AtomicFile(replacing: path + "/fifo") }
    #expect(throws: HostError.notSupported) { try AtomicFile(replacing: "/dev/null") }
    #expect(throws: HostError.notFound) { try AtomicFile(replacing: path + "/none/f") }
    #expect(throws: HostError.notFound) { try AtomicFile(replacing: path + "/none/") }
    #expect(throws: HostError.notFound) { try AtomicFile(replacing: "") }
    try directory.put("f", "old")
    #expect(throws: HostError.notDirectory) { try AtomicFile(replacing: path + "/f/g") }
    #expect(try directory.names() == ["f", "fifo"])
  }

  /// Whoever can write in the directory, such as a guest, must not lead the file elsewhere.
  @Test(arguments: [true, false]) func aSymbolicLinkIsReplaced(_ unnamed: Bool) throws {
    let directory = Directory()
    try directory.put("real", "old")
    for target in ["real", "nowhere", directory.path + "/real", "/dev/null", "link"] {
      let link = directory.name("link")
      try? directory.host.remove(at: link, isDirectory: false)
      try directory.host.makeSymbolicLink(at: link, to: bytes(target))
      let file = try AtomicFile(replacing: directory.path + "/link", allowsUnnamed: unnamed)
      try file.write("new")
      #expect(try directory.host.attributes(at: link).kind == .symbolicLink)
      try file.commit()
      #expect(try directory.text("link") == "new")
      #expect(try directory.host.attributes(at: link).kind == .regular)
      #expect(try directory.text("real") == "old")
    }
    #expect(try directory.names() == ["link", "real"])
  }

  /// The directory may get another name, and another one its name, while the file is written.
  @Test(arguments: [true, false]) func theDirectoryIsTheOneThatWasOpened(_ unnamed: Bool) throws {
    let directory = Directory()
    let host = directory.host
    try host.makeDirectory(at: directory.name("a"), permissions: 0o700)
    try host.makeDirectory(at: directory.name("b"), permissions: 0o700)
    let file = try AtomicFile(replacing: directory.path + "/a/f", allowsUnnamed: unnamed)
    try file.write("new")
    try host.rename(directory.name("a"), to: directory.name("c"), .exclusive)
    try host.makeSymbolicLink(at: directory.name("a"), to: bytes("b"))
    try file.commit()
    #expect(try directory.text("c/f") == "new")
    #expect(try host.entries(of: directory.name("b")).isEmpty)
    #expect(try host.entries(of: directory.name("c")).count == 1)
  }

  @Test(.enabled(if: geteuid() == 0)) func aFullDiskLeavesTheOldFile() throws {
    let directory = Directory()
    let path = directory.path + "/small"
    try directory.host.makeDirectory(at: directory.name("small"), permissions: 0o700)
    // SAFETY: strings that live through the call.
    let mounted = unsafe mount("godwit-test", path, "tmpfs", 0, "size=64k")
    // A container may forbid it even to root.
    guard mounted == 0 else { return }
    // SAFETY: a string that lives through the call.
    defer { _ = unsafe umount2(path, Int32(MNT_DETACH)) }
    for unnamed in [true, false] {
      try directory.put("small/f", "old")
      #expect(throws: HostError.noSpace) {
        let file = try AtomicFile(replacing: path + "/f", allowsUnnamed: unnamed)
        for _ in 0..<100 { try file.write(String(repeating: "x", count: 4096)) }
      }
      #expect(try directory.text("small/f") == "old")
      #expect(try directory.host.entries(of: directory.name("small")).count == 1)
    }
  }

  @Test(.startsItself) func aFileSizeLimitLeavesTheOldFile() async {
    await #expect(processExitsWith: .success) {
      let directory = Directory()
      try directory.put("f", "old")
      var limit = rlimit(rlim_cur: 10000, rlim_max: 10000)
      // SAFETY: read during the call.
      guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
        exit(2)
      }
      do {
        let file = try AtomicFile(replacing: directory.path + "/f")
        for _ in 0..<100 { try file.write(String(repeating: "x", count: 4096)) }
        exit(3)
      } catch let error as HostError {
        guard error == .fileTooLarge else { exit(4) }
      }
      guard try directory.text("f") == "old", try directory.names() == ["f"] else { exit(5) }
      Native.removeAll(directory.path)
      exit(0)
    }
  }

  /// The other process replaces a file again and again until it kills itself, at no particular moment.
  @Test(.startsItself) func aKilledProcessLeavesACompleteFile() async throws {
    let path = AtomicFileTests.killPath(getpid())
    // SAFETY: the path lives through the call.
    try #require(unsafe mkdir(path, 0o700) == 0)
    defer { Native.removeAll(path) }
    try AtomicFile.replace(path + "/f", byLinesOf: "first")
    for _ in 0..<6 {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let path = AtomicFileTests.killPath(getppid())
        _ = HostThread {
          usleep(.random(in: 0..<30000))
          kill(getpid(), SIGKILL)
        }
        for number in 0... {
          // Both ways in turn.
          try AtomicFile.replace(
            path + "/f", byLinesOf: "\(number)", allowsUnnamed: number % 2 == 0)
        }
      }
      let file = try InputFile(path + "/f")
      let text = String(decoding: try file.read(at: 0, count: 1 << 20), as: UTF8.self)
      let lines = text.split(separator: "\n")
      #expect(lines.count == 200 && Set(lines).count == 1 && text.last == "\n")
    }
  }

  static func killPath(_ process: Int32) -> String { "/tmp/godwit-killed-\(process)" }

  @Test func readingPiecemealOrMapped() throws {
    let directory = Directory()
    let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }
    let path = directory.path + "/f"
    let file = try AtomicFile(replacing: path)
    try content.lend { (span) throws(HostError) in try file.write(span) }
    try file.commit()
    let input = try InputFile(path)
    #expect(input.size == 100_000)
    #expect(try input.read(at: 0, count: 200_000) == content)
    #expect(try input.read(at: 99_990, count: 100) == Array(content[99_990...]))
    #expect(try input.read(at: 100_000, count: 5).isEmpty)
    #expect(throws: HostError.invalid) { try input.read(at: .max, count: 5) }
    // What was opened stays as it was when the name is given to another file.
    try directory.put("f", "short")
    #expect(try input.read(at: 5, count: 3) == [0, 0, 0])
    try directory.put("empty", "")
    #expect(try InputFile(directory.path + "/empty").read(at: 0, count: 9).isEmpty)
    for bad in [directory.path, "/dev/null", directory.path + "/none"] {
      let expected: HostError =
        bad == "/dev/null" ? .notSupported : bad == directory.path ? .isDirectory : .notFound
      #expect(throws: expected) { try InputFile(bad) }
    }
  }
}

extension AtomicFile {
  /// Replaces a file by one with 200 equal lines.
  fileprivate static func replace(
    _ path: String, byLinesOf text: String, allowsUnnamed: Bool = true
  ) throws(HostError) {
    let file = try AtomicFile(replacing: path, allowsUnnamed: allowsUnnamed)
    for _ in 0..<200 { try file.write(text + "\n") }
    try file.commit()
  }

  fileprivate func write(_ text: String) throws(HostError) { try write(text, at: length) }

  fileprivate func write(_ text: String, at offset: UInt64) throws(HostError) {
    try bytes(text).lend { (span) throws(HostError) in try write(span, at: offset) }
  }
}
