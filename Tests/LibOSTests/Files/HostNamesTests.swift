import HostABI
import LibOS
import LinuxABI
import Machine
import TestHost
import Testing

/// A mounted directory of the host in which others make, move and remove things, too.
@Suite final class HostNamesTests {
  private let machine = SignalMachine(.aarch64, mount: "/shared")
  private var host: TestHost { machine.host }
  private var vfs: VFS { machine.kernel.vfs }
  private var fs: FSContext { machine.process.fs }

  private func find(_ path: String) throws(Errno) -> Dentry {
    try vfs.resolve(Array(path.utf8), in: fs)
  }

  private func open(_ path: String, _ flags: OpenFlags = [], from start: Dentry? = nil)
    throws(Errno) -> OpenFile
  {
    try vfs.open(
      Array(path.utf8), from: start ?? fs.root, flags, permissions: 0o644,
      caller: PathCaller(fs: fs))
  }

  /// Somebody else moves `old` to `new`, beneath the directory that is mounted.
  private func move(_ old: String, _ new: String) throws {
    let root = HostName(try host.open(StreamURI(.dir, "/shared"), [.read, .write]))
    try host.rename(
      HostName(root.directory, RelativePath(Array(old.utf8))!),
      to: HostName(root.directory, RelativePath(Array(new.utf8))!), .replacing)
    host.close(root.directory)
  }

  private func number(_ path: String) throws -> UInt64 {
    try #require(host.files.attributes(of: path)).inode
  }

  @Test func aNumberThatIsGivenAgainIsAnotherDirectory() throws {
    host.files.addDirectory("/shared/p")
    let old = try find("/mnt/p")
    host.files.freeInodes = [try number("/shared/p")]
    host.files.removeName("/shared/p")
    host.advance(by: 1)
    host.files.addDirectory("/shared/p")
    host.files.addFile("/shared/p/file", "a stranger's")
    let new = try find("/mnt/p")
    #expect(old.inode !== new.inode && old.inode.number != new.inode.number)
    #expect(throws: Errno.ESTALE) { try open("file", from: old) }
    #expect(throws: Errno.ESTALE) { try open("new", [.O_CREAT, .O_WRONLY], from: old) }
    #expect(try open("/mnt/p/file").readText() == "a stranger's")
  }

  /// On a file system that knows no time of birth a number says all there is. It leads to no circle.
  @Test func twoDirectoriesNeverLieInEachOther() throws {
    host.files.addDirectory("/shared/a/b")
    let (a, b) = (try find("/mnt/a"), try find("/mnt/a/b"))
    // With a handle it is known wherever it goes.
    _ = try b.inode.entries()
    try move("a/b", "b")
    try move("a", "b/a")
    let again = try b.lookup(Array("a".utf8))
    #expect(again.inode === a.inode)
    let node = try #require(a.inode as? HostNode)
    // What is above a is b, and above that nobody knows, until it is looked for.
    #expect(node.path == nil)
    _ = try find("/mnt/b")
    #expect(node.path?.bytes == Array("b/a".utf8))

    host.files.addDirectory("/shared/p/q")
    let (p, q) = (try find("/mnt/p"), try find("/mnt/p/q"))
    _ = try q.inode.entries()
    let reused = try number("/shared/p")
    try move("p/q", "q")
    host.files.freeInodes = [reused]
    host.files.removeName("/shared/p")
    host.files.addDirectory("/shared/q/r")
    #expect(try number("/shared/q/r") == reused)
    _ = try? q.lookup(Array("r".utf8))
    for dentry in [p, q] { _ = (dentry.inode as? HostNode)?.path }
    _ = try find("/mnt/q/r")
  }

  @Test func aMovedDirectoryIsNotMistakenForTheOneInItsPlace() throws {
    let names = (0..<HostFS.handleLimit + 10).map { "d\($0)" }
    for name in names { host.files.addDirectory("/shared/\(name)/in") }
    let dentries = try names.map { try find("/mnt/\($0)/in") }
    let first = try find("/mnt/d0")
    // By now the first has no handle any more, and somebody puts another in its place.
    try move("d0", "elsewhere")
    host.files.addFile("/shared/d0/in/file", "another's")
    #expect(throws: Errno.ESTALE) { try open("in", .O_DIRECTORY, from: first) }
    #expect(throws: (any Error).self) { try open("file", from: dentries[0]) }
    // The last still has one, which goes on.
    let last = try find("/mnt/\(names.last!)")
    _ = try last.inode.entries()
    try move(names.last!, "far")
    let file = try open("new", [.O_CREAT, .O_WRONLY], from: last)
    try file.write("text")
    #expect(host.files.text(of: "/shared/far/new") == "text")
  }

  @Test func whatIsOpenIsWhatItWas() throws {
    host.files.addFile("/shared/f", "old")
    let file = try open("/mnt/f", .O_RDWR)
    file.retain()
    defer { file.release() }
    host.files.removeName("/shared/f")
    host.advance(by: 1)
    host.files.addFile("/shared/f", "new")
    var change = StatusChange()
    change.permissions = 0o604
    try file.inode.setAttributes(change)
    #expect(host.files.attributes(of: "/shared/f")?.permissions == 0o644)
    #expect(try file.status().permissions == 0o604)
    #expect(try file.status().linkCount == 0)
    try file.truncate(to: 1)
    #expect(host.files.text(of: "/shared/f") == "new")
    #expect(try open("/mnt/f").readText() == "new")
    #expect(try file.readText() == "o")
    #expect(try file.inode.number != find("/mnt/f").inode.number)
  }

  /// Where the host's file system has no extended attributes, what the guest makes of files is the snapshot's.
  @Test func ownersTravelWithoutExtendedAttributes() throws {
    host.fail(.setExtendedAttribute, with: .notSupported, times: 1000)
    host.fail(.extendedAttribute, with: .notSupported, times: 1000)
    let root = try find("/mnt").inode
    let owner = Ownership(uid: 1000, gid: 100)
    let file = try root.create(Array("f".utf8), permissions: 0o4755, owner: owner)
    _ = try root.makeNode(
      Array("p".utf8), mode: FileMode(type: .S_IFIFO, permissions: 0o600),
      device: DeviceNumber(major: 0, minor: 0), owner: owner)
    _ = try root.makeSymbolicLink(Array("l".utf8), to: Array("f".utf8), owner: owner)
    #expect(host.files.attributes(of: "/shared/f")?.permissions == 0o755)
    #expect(try file.status().mode == FileMode(type: .S_IFREG, permissions: 0o4755))
    try move("f", "g")
    _ = try root.lookup(Array("g".utf8))
    let restored = try RoundTrip(machine.kernel).resume(on: host, machine.tree)
    let restoredFS = restored.processes[1]!.fs
    func status(_ path: String) throws -> FileStatus {
      try restored.vfs.resolve(Array(path.utf8), in: restoredFS).inode.status()
    }
    #expect(try status("/mnt/g").uid == 1000 && status("/mnt/g").permissions == 0o4755)
    #expect(try status("/mnt/p").type == .S_IFIFO)
    let mount = try restored.vfs.resolve(Array("/mnt".utf8), in: restoredFS)
    #expect(try mount.lookup(Array("l".utf8)).inode.status().gid == 100)
  }

  @Test func marksAreReadWithCare() {
    var mark = HostFileMark(FileAttributes(kind: .regular, permissions: 0o600))
    mark.standsFor = .S_IFCHR
    mark.represents = DeviceNumber(major: 1, minor: 3)
    mark.permissions = 0o4751
    mark.owner = Ownership(uid: .max, gid: 5)
    #expect(HostFileMark(mark.text) == mark)
    for text in [
      "", "1", "1 644 644 0 0 0", "2 644 644 0 0 0 0", "1 100644 644 0 0 0 0",
      "1 40755 755 0 0 0 0",
      "1 644 644 -1 0 0 0", "1 644 644 0 0 4096 0", "1 200644 644 0 0 0 0", "1 644 644 0 0 0 0 0",
      "1 888 644 0 0 0 0", "1 644 644 4294967296 0 0 0",
    ] {
      #expect(HostFileMark(Array(text.utf8)) == nil, "\(text)")
    }
  }
}
