import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot
import TestHost
import Testing

import LibOS

/// The guest's tree over a directory of the host's.
@Suite final class TreeTravelTests {
  let host = TestHost()
  private let configuration: FilesystemConfiguration
  private var kernels: [Kernel] = []

  init() {
    host.files.addFile("/root/etc/conf", "lower")
    host.files.addFile("/root/etc/other", "other")
    host.files.addFile("/root/bin/tool", "tool")
    host.files.addFile("/shared/sub/data", "shared data")
    for path in ["/root", "/shared"] { try? host.grant(path) }
    var configuration = FilesystemConfiguration(lower: StreamURI(.dir, "/root"))
    configuration.mounts = [Self.mount("/shared")]
    self.configuration = configuration
  }

  /// `directory` of the host at /mnt.
  private static func mount(_ directory: String) -> FilesystemConfiguration.GuestMount {
    .host(.init(host: StreamURI(.dir, directory), guest: Array("/mnt".utf8)))
  }

  private func start(_ other: FilesystemConfiguration? = nil) throws -> (Kernel, Process) {
    let arena = FrameArena(byteLimit: 64 << 20)!
    let kernel = Kernel(host: host, arena: arena, configuration: KernelConfiguration())
    kernel.use(FakeEngine(isa: .aarch64), stop: EngineStop {})
    let process = Process(
      pid: 1, kernel: kernel, processor: try kernel.processor(for: .aarch64),
      space: AddressSpace(arena: arena, isa: .aarch64),
      fs: try kernel.mountFilesystems(other ?? configuration))
    kernel.processes[1] = process
    kernel.initialPID = 1
    kernel.add(Task(tid: 1, process: process, kernel: kernel))
    kernels.append(kernel)
    return (kernel, process)
  }

  private func open(_ process: Process, _ path: String, _ flags: OpenFlags = []) throws
    -> OpenFile
  {
    let file = try process.kernel.vfs.open(
      Array(path.utf8), from: process.fs.cwd, flags, permissions: 0o644,
      caller: PathCaller(fs: process.fs))
    _ = try process.files.install(file, closeOnExec: false, limit: 100)
    return file
  }

  private func resume(_ kernel: Kernel, over other: FilesystemConfiguration? = nil) throws
    -> Process
  {
    let successor = try RoundTrip(kernel).resume(on: host, other ?? configuration)
    kernels.append(successor)
    return successor.processes[1]!
  }

  private func expectRefusal(_ parts: String..., of body: () throws -> Void) {
    do {
      try body()
      Issue.record("not refused")
    } catch {
      for part in parts { #expect("\(error)".contains(part), "\(error)") }
    }
  }

  @Test func changesStayAndSoDoHoles() throws {
    let (kernel, process) = try start()
    try open(process, "/etc/conf", [.O_WRONLY, .O_APPEND]).write(" and upper")
    try open(process, "/etc/new", [.O_WRONLY, .O_CREAT]).write("new")
    let directory = try kernel.vfs.resolve(Array("/etc".utf8), in: process.fs)
    try directory.inode.unlink(Array("other".utf8))
    directory.forget(Array("other".utf8))
    let restored = try resume(kernel)
    #expect(try open(restored, "/etc/conf").readText() == "lower and upper")
    #expect(try open(restored, "/etc/new").readText() == "new")
    #expect(throws: Errno.ENOENT) { try self.open(restored, "/etc/other") }
    #expect(host.files.text(of: "/root/etc/conf") == "lower")
  }

  /// What is done to a lower file stays with it under all its names, though its bytes stay the host's.
  @Test func namesAndAttributesOfLowerFiles() throws {
    let (kernel, process) = try start()
    let caller = PathCaller(fs: process.fs)
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    let conf = try kernel.vfs.resolve(bytes("/etc/conf"), in: process.fs)
    try conf.inode.setExtendedAttribute(bytes("user.note"), bytes("kept"))
    try kernel.vfs.link(conf, to: bytes("/bin/linked"), from: process.fs.root, caller: caller)
    try kernel.vfs.rename(
      bytes("/etc"), from: process.fs.root, to: bytes("/moved"), from: process.fs.root, flags: [],
      caller: caller)
    let restored = try resume(kernel)
    let vfs = restored.kernel.vfs
    let first = try vfs.resolve(bytes("/moved/conf"), in: restored.fs)
    let second = try vfs.resolve(bytes("/bin/linked"), in: restored.fs)
    #expect(first.inode === second.inode)
    #expect(try first.status().linkCount == 2)
    #expect(try first.inode.extendedAttributes() == [bytes("user.note"): bytes("kept")])
    #expect(try open(restored, "/bin/linked").readText() == "lower")
    #expect(try open(restored, "/moved/other").readText() == "other")
    #expect(throws: Errno.ENOENT) { try vfs.resolve(bytes("/etc"), in: restored.fs) }
    // A new directory under the old name shows nothing of what lies beneath.
    try vfs.makeDirectory(
      bytes("/etc"), from: restored.fs.root, permissions: 0o755,
      caller: PathCaller(fs: restored.fs))
    #expect(try vfs.resolve(bytes("/etc"), in: restored.fs).inode.entries().isEmpty)
    let again = try resume(restored.kernel)
    #expect(
      try again.kernel.vfs.resolve(bytes("/etc"), in: again.fs).inode.entries().isEmpty)
  }

  @Test func deviceNodesStay() throws {
    let (kernel, process) = try start()
    for (name, minor) in [("zero", UInt32(5)), ("none", 77)] {
      try kernel.vfs.makeNode(
        Array("/etc/\(name)".utf8), from: process.fs.root,
        mode: FileMode(type: .S_IFCHR, permissions: 0o600),
        device: DeviceNumber(major: 1, minor: minor), caller: PathCaller(fs: process.fs))
    }
    #expect(throws: Errno.ENXIO) { try self.open(process, "/etc/none") }
    _ = try open(process, "/etc/zero")
    let restored = try resume(kernel)
    #expect(try restored.files.file(0).readText(2) == "\0\0")
    let node = try restored.kernel.vfs.resolve(Array("/etc/none".utf8), in: restored.fs)
    #expect(try node.status().represents == DeviceNumber(major: 1, minor: 77))
  }

  @Test func openLowerFilesMustBeTheSame() throws {
    let (kernel, process) = try start()
    #expect(try open(process, "/bin/tool").readText(2) == "to")
    #expect(try open(try resume(kernel), "/bin/tool").readText() == "tool")
    host.files.addFile("/else/bin/tool", "fool")
    expectRefusal("/bin/tool differs from the one the snapshot was made with") {
      _ = try resume(kernel, over: over("/else"))
    }
    host.files.addFile("/empty/bin/x", "")
    expectRefusal("/bin/tool: the snapshot needs this file") {
      _ = try resume(kernel, over: over("/empty"))
    }
    // One that nobody has open may be what it likes.
    try process.files.close(0)
    host.files.addDirectory("/else/etc")
    #expect(try open(try resume(kernel, over: over("/else")), "/bin/tool").readText() == "fool")
  }

  private func over(_ root: String) -> FilesystemConfiguration {
    var changed = configuration
    try? host.grant(root)
    changed.lower = StreamURI(.dir, root)
    return changed
  }

  @Test func aDigestIsMadeOnce() throws {
    let (kernel, process) = try start()
    _ = try open(process, "/bin/tool")
    _ = try RoundTrip(kernel)
    let reads = host.count(of: .read)
    _ = try RoundTrip(kernel)
    #expect(host.count(of: .read) == reads)
  }

  @Test func hostDirectoriesAreFoundAgain() throws {
    let (kernel, process) = try start()
    process.fs.cwd = try kernel.vfs.resolve(Array("/mnt/sub".utf8), in: process.fs)
    let file = try open(process, "data", .O_RDWR)
    #expect(try file.readText(7) == "shared ")
    let number = try file.inode.number
    #expect(kernel.untransportable().isEmpty)
    host.files.addFile("/elsewhere/sub/data", "SHARED DATA")
    try host.grant("/elsewhere")
    var other = configuration
    other.mounts = [Self.mount("/elsewhere")]
    let restored = try resume(kernel, over: other)
    #expect(restored.fs.cwd.path().bytes == Array("/mnt/sub".utf8))
    #expect(try restored.files.file(0).readText() == "DATA")
    #expect(try restored.files.file(0).inode.number == number)

    host.files.addDirectory("/bare/sub")
    try host.grant("/bare")
    other.mounts = [Self.mount("/bare")]
    expectRefusal("/mnt/sub/data: the snapshot needs this file") {
      _ = try resume(kernel, over: other)
    }
    other.mounts = []
    expectRefusal("mounts") { _ = try resume(kernel, over: other) }
  }

  /// `/tmp` is the root's own, `/dev/shm` and each tmpfs belong to the guest alone; all of them travel.
  @Test func temporaryDirectoriesTravel() throws {
    host.files.addFile("/root/tmp/program", "lower")
    host.files.addFile("/root/scratch/hidden", "hidden")
    var configuration = configuration
    configuration.mounts += [
      .tmpfs(at: Array("/scratch".utf8)), .tmpfs(at: Array("/mnt/new".utf8)),
    ]
    let (kernel, process) = try start(configuration)
    #expect(try open(process, "/tmp/program").readText() == "lower")
    #expect(throws: Errno.ENOENT) { try open(process, "/scratch/hidden") }
    let places = ["/tmp/file", "/dev/shm/file", "/scratch/file", "/mnt/new/file"]
    for path in places { try open(process, path, [.O_WRONLY, .O_CREAT]).write(path) }
    let restored = try resume(kernel, over: configuration)
    for path in places { #expect(try open(restored, path).readText() == path) }
    #expect(try open(restored, "/tmp/program").readText() == "lower")
    #expect(throws: Errno.ENOENT) { try open(restored, "/scratch/hidden") }
    #expect(host.files.text(of: "/root/tmp/file") == nil)
  }

  /// A root without a `/tmp` gets one that everybody may write to.
  @Test func aTemporaryDirectoryIsMade() throws {
    let (kernel, process) = try start()
    let status = try kernel.vfs.resolve(Array("/tmp".utf8), in: process.fs).inode.status()
    #expect(status.isDirectory && status.mode.permissions == 0o1777)
    try open(process, "/tmp/file", [.O_WRONLY, .O_CREAT]).write("kept")
    #expect(try open(resume(kernel), "/tmp/file").readText() == "kept")
  }

  /// A link in the host's `/tmp` leads where it leads within the guest, never out of the lower tree.
  @Test func linksOfTheLowerTreeStayInIt() throws {
    host.files.addFile("/secret", "the host's")
    host.files.addSymbolicLink("/root/out", to: "/secret")
    host.files.addSymbolicLink("/root/in", to: "../etc/conf")
    let (_, process) = try start()
    #expect(throws: Errno.ENOENT) { try open(process, "/out") }
    #expect(try open(process, "/in").readText() == "lower")
  }

  /// A file that was removed while the guest has it open travels whole.
  @Test func aHostFileWithoutItsNameTravels() throws {
    let (kernel, process) = try start()
    let file = try open(process, "/mnt/sub/data", .O_RDWR)
    let number = try file.inode.number
    #expect(try file.readText(7) == "shared ")
    process.fs.cwd = try kernel.vfs.resolve(Array("/mnt/sub".utf8), in: process.fs)
    host.files.removeName("/shared/sub/data")
    host.files.removeName("/shared/sub")
    #expect(kernel.untransportable().isEmpty)
    let restored = try resume(kernel)
    let again = try restored.files.file(0)
    #expect(try again.readText() == "data")
    #expect(try again.inode.number == number && again.status().linkCount == 0)
    #expect(throws: Errno.ENOENT) { try open(restored, "new", [.O_CREAT, .O_WRONLY]) }
    #expect(host.files.attributes(of: "/shared/sub") == nil)
    let third = try resume(restored.kernel).files.file(0)
    try third.setPosition(0)
    #expect(try third.readText(6) == "shared")
  }

  /// Nothing can be made where nothing may be changed.
  @Test func aRemovedFileOfAReadOnlyMountIsRefused() throws {
    var configuration = configuration
    configuration.mounts = [
      .host(
        .init(host: StreamURI(.dir, "/shared"), guest: Array("/mnt".utf8), isReadOnly: true))
    ]
    let (kernel, process) = try start(configuration)
    _ = try open(process, "/mnt/sub/data")
    host.files.removeName("/shared/sub/data")
    let names = kernel.untransportable()
    #expect(names.count == 1)
    #expect(names.first?.contains("/mnt/sub/data") == true, "\(names)")
  }
}
