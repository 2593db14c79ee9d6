import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot
import TestHost
import Testing

import LibOS

/// Every kind of open file is there again after a resume, as it was.
@Suite struct FileTravelTests {
  let machine = SignalMachine(.x86_64)

  @Test func sharedOffsetsStayShared() throws {
    let fd = try machine.open("/tmp/file", [.O_RDWR, .O_CREAT])
    try machine.file(fd).write("hello world")
    try machine.file(fd).setPosition(6)
    machine.process.files.replace(7, with: try machine.file(fd), closeOnExec: true)
    let other = try machine.open("/tmp/file", [.O_NONBLOCK])
    let kernel = try machine.resumed()
    let files = kernel.processes[1]!.files
    #expect(try files.file(fd) === files.file(7))
    #expect(try files.slot(7).closeOnExec && !files.slot(fd).closeOnExec)
    #expect(try files.file(7).readText() == "world")
    #expect(try files.file(other).readText(5) == "hello")
    #expect(try files.file(other).flags.contains(.O_NONBLOCK))
  }

  @Test func unlinkedFilesKeepTheirBytes() throws {
    let fd = try machine.open("/tmp/gone", [.O_RDWR, .O_CREAT])
    try machine.file(fd).write("still here")
    let directory = try machine.kernel.vfs.resolve(Array("/tmp".utf8), in: machine.process.fs)
    try directory.inode.unlink(Array("gone".utf8))
    directory.forget(Array("gone".utf8))
    let number = try machine.file(fd).inode.number
    let kernel = try machine.resumed()
    let file = try kernel.processes[1]!.files.file(fd)
    try file.setPosition(0)
    #expect(try file.readText() == "still here")
    #expect(try file.status().linkCount == 0)
    #expect(try file.inode.number == number)
    #expect(file.linkName == "/tmp/gone (deleted)")
  }

  @Test func locksAreHeldOn() throws {
    let first = try machine.open("/tmp/file", [.O_RDWR, .O_CREAT])
    let second = try machine.open("/tmp/file")
    let locks = try machine.file(first).inode.locks
    let owner = FileLocks.Owner.file(ObjectIdentifier(try machine.file(first)))
    #expect(locks.lockWhole(owner, isExclusive: true, by: 0))
    try machine.file(first).holdsLocks = true
    locks.set(FileLocks.Record(range: 10..<20, isExclusive: false, owner: .process(1)))
    locks.set(FileLocks.Record(range: 30..<UInt64.max, isExclusive: true, owner: owner))
    let kernel = try machine.resumed()
    let files = kernel.processes[1]!.files
    let restored = try files.file(second).inode.locks
    let other = FileLocks.Owner.file(ObjectIdentifier(try files.file(second)))
    #expect(!restored.lockWhole(other, isExclusive: false, by: 0))
    #expect(
      restored.conflict(with: .init(range: 12..<13, isExclusive: true, owner: other))?.range
        == 10..<20)
    #expect(
      restored.conflict(with: .init(range: 12..<13, isExclusive: false, owner: other)) == nil)
    #expect(
      restored.conflict(with: .init(range: 99..<100, isExclusive: false, owner: other)) != nil)
    // They go with the description.
    try files.close(first)
    #expect(restored.lockWhole(other, isExclusive: true, by: 0))
  }

  @Test func pipesKeepBytesAndEnds() throws {
    let pipe = Pipe(
      FrameArena(byteLimit: 1 << 24)!, number: 77, created: Timespec(tv_sec: 5, tv_nsec: 6),
      capacity: 8192)
    let files = machine.process.files
    files.replace(3, with: PipeEnd(pipe, flags: []), closeOnExec: false)
    files.replace(4, with: PipeEnd(pipe, flags: [.O_WRONLY, .O_NONBLOCK]), closeOnExec: false)
    try files.file(4).write("abc")
    try files.file(4).write("def")
    let kernel = try machine.resumed()
    let restored = kernel.processes[1]!.files
    #expect(try restored.file(3).status().inode == 77)
    #expect(try restored.file(3).pipeCapacity() == 8192)
    #expect(try restored.file(3).readText(4) == "abcd")
    #expect(try restored.file(4).isNonBlocking)
    try restored.close(4)
    #expect(try restored.file(3).readText() == "ef")
    #expect(try restored.file(3).readText() == "")
    #expect(try restored.file(3).pollEvents() == .POLLHUP)
  }

  @Test func fifosKeepTheirNames() throws {
    let directory = try machine.kernel.vfs.resolve(Array("/tmp".utf8), in: machine.process.fs)
    _ = try directory.inode.makeNode(
      Array("fifo".utf8), mode: FileMode(type: .S_IFIFO, permissions: 0o600),
      device: DeviceNumber(major: 0, minor: 0), owner: Ownership())
    let reader = try machine.open("/tmp/fifo", [.O_NONBLOCK])
    let kernel = try machine.resumed()
    let process = kernel.processes[1]!
    let end = try process.files.file(reader)
    // Nobody has written yet, so there is no hangup; and who opens it now meets the same pipe.
    #expect(end.pollEvents() == [])
    let file = try kernel.vfs.open(
      Array("/tmp/fifo".utf8), from: process.fs.root, [.O_WRONLY, .O_NONBLOCK],
      caller: PathCaller(fs: process.fs))
    file.retain()
    try file.write("through")
    #expect(try end.readText() == "through")
    file.release()
    #expect(end.pollEvents() == .POLLHUP)
  }

  @Test func epollSetsKeepMembersAndOrder() throws {
    let files = machine.process.files
    let inner = EpollFile(machine.kernel.arena, flags: .O_RDWR)
    let outer = EpollFile(machine.kernel.arena, flags: .O_RDWR)
    files.replace(3, with: inner, closeOnExec: false)
    files.replace(4, with: outer, closeOnExec: false)
    for (fd, events) in [
      (Int32(5), EpollEvents.EPOLLIN), (6, [.EPOLLIN, .EPOLLET]), (7, .EPOLLIN),
    ] {
      let file = EventFile(count: 0, isSemaphore: false, flags: .O_RDWR)
      files.replace(fd, with: file, closeOnExec: false)
      try inner.add(file, fd: fd, EpollEvent(events: events, data: UInt64(fd) << 40))
    }
    try outer.add(inner, fd: 3, EpollEvent(events: .EPOLLIN, data: 99))
    func put(_ file: OpenFile) throws {
      _ = try (file as! EventFile).put([1, 0, 0, 0, 0, 0, 0, 0])
    }
    func take(_ set: EpollFile) -> [UInt64] {
      var data: [UInt64] = []
      _ = set.takeEvents(limit: 8) {
        data.append($0.data)
        return true
      }
      return data
    }
    // 6 has told its edge; 7 comes before 5.
    try put(files.file(6))
    #expect(take(inner) == [6 << 40])
    try put(files.file(7))
    try put(files.file(5))
    let kernel = try machine.resumed()
    let restored = kernel.processes[1]!.files
    #expect(take(try restored.file(4) as! EpollFile) == [99])
    #expect(take(try restored.file(3) as! EpollFile) == [7 << 40, 5 << 40])
    try put(restored.file(6))
    #expect(take(try restored.file(3) as! EpollFile).contains(6 << 40))
  }

  @Test func watchesAndUnreadEventsStay() throws {
    let file = InotifyFile(machine.kernel.arena, .O_RDWR)
    machine.process.files.replace(3, with: file, closeOnExec: false)
    let place = try machine.kernel.vfs.resolve(Array("/tmp".utf8), in: machine.process.fs)
    let root = try machine.kernel.vfs.resolve(Array("/".utf8), in: machine.process.fs)
    #expect(try file.watch(place, .IN_CREATE) == 1)
    #expect(try file.watch(root, .IN_DELETE) == 2)
    try file.unwatch(1)
    let kernel = try machine.resumed()
    let restored = try kernel.processes[1]!.files.file(3) as! InotifyFile
    #expect(restored.watches.keys.sorted() == [2])
    #expect(restored.watches[2]!.mask == .IN_DELETE)
    #expect(restored.watches[2]!.dentry === kernel.vfs.root)
    #expect(restored.pollEvents() == .readable)
    #expect(
      try restored.watch(
        kernel.vfs.resolve(Array("/tmp".utf8), in: kernel.processes[1]!.fs),
        .IN_CREATE) == 3)
  }

  @Test func namesInProcStay() throws {
    try machine.open("/tmp/file", [.O_RDWR, .O_CREAT])
    let status = try machine.open("/proc/1/status", [])
    let listing = try machine.open("/proc/1/fd", [.O_DIRECTORY])
    let link = try machine.open("/proc/1/fd/\(status)", [.O_PATH, .O_NOFOLLOW])
    let closed = try machine.open("/proc/1/fd/0", [.O_PATH, .O_NOFOLLOW])
    let text = try machine.file(status).readText(10_000)
    try machine.file(status).setPosition(0)
    let numbers = try [status, listing, link, closed].map { try machine.file($0).inode.number }
    try machine.process.files.close(0)
    let kernel = try machine.resumed()
    let files = kernel.processes[1]!.files
    #expect(try files.file(status).readText(10_000) == text)
    #expect(try [status, listing, link, closed].map { try files.file($0).inode.number } == numbers)
  }

  /// What is read goes on where it was; what is written, wherever the new one stands.
  @Test func standardStreamsAreTheNewOnes() throws {
    let host = machine.host
    host.inherited[0] = .file(host.files.addFile("/in", "one two three"), SharedPosition(), .read)
    host.inherited[1] = .file(host.files.addFile("/out", ""), SharedPosition(), .write)
    host.inherited[2] = nil
    machine.kernel.openStandardStreams(of: machine.process)
    #expect(try machine.file(0).readText(4) == "one ")
    try machine.file(1).write("before")
    let number = try machine.file(0).inode.number
    #expect(machine.kernel.untransportable().isEmpty)
    host.inherited[0] = .file(host.files.addFile("/in2", "one two three"), SharedPosition(), .read)
    host.inherited[1] = .file(host.files.addFile("/out2", ""), SharedPosition(), .write)
    let files = try machine.resumed().processes[1]!.files
    #expect(try files.file(0).readText() == "two three")
    #expect(try files.file(0).inode.number == number)
    try files.file(1).write("after")
    #expect(host.files.text(of: "/out") == "before")
    #expect(host.files.text(of: "/out2") == "after")
  }

  @Test func aPipeTheGuestReadsFromIsRefusedByName() throws {
    // 0 is a stream with an end; 1 and 2 are written only.
    let files = machine.process.files
    for fd in Int32(0)...2 {
      let file = try HostStreamFile(
        machine.kernel.vfs, StreamURI(.stdio, String(fd)), fd == 0 ? [] : .O_WRONLY, at: nil)
      files.replace(fd, with: file, closeOnExec: false)
    }
    let names = machine.kernel.untransportable()
    #expect(names.count == 1)
    #expect(names[0].hasPrefix("descriptor 0 "), "\(names)")
  }
}
