import LinuxABI
import Machine
import Testing

import LibOS

/// What an inotify instance keeps of what it is told.
@Suite struct InotifyTests {
  let machine: SignalMachine
  let instance: InotifyFile

  init() {
    machine = SignalMachine(.x86_64, mount: "/mounted")
    instance = InotifyFile(machine.kernel.arena, .O_RDWR)
  }

  private func watch(_ path: String, _ mask: InotifyMask) throws {
    let place = try machine.kernel.vfs.resolve(Array(path.utf8), in: machine.process.fs)
    _ = try instance.watch(place, mask)
  }

  private func unlink(_ path: String) throws {
    try machine.kernel.vfs.unlink(
      Array(path.utf8), from: machine.process.fs.root, caller: PathCaller(fs: machine.process.fs))
  }

  @Test func aFullQueueSaysSoOnce() throws {
    try watch("/tmp", [.IN_OPEN, .IN_CREATE])
    for index in 0..<InotifyFile.queueLimit / 2 + 10 {
      let fd = try machine.open("/tmp/\(index)", [.O_RDWR, .O_CREAT])
      try machine.process.files.close(fd)
    }
    #expect(instance.events.count == InotifyFile.queueLimit + 1)
    #expect(instance.events.last == InotifyEvent(wd: -1, mask: .IN_Q_OVERFLOW))
    // There is room again, and so news.
    var bytes = [UInt8](repeating: 0, count: 4096)
    _ = try bytes.withMutableRawSpan { (span) throws(Errno) in try instance.read(into: &span) }
    try machine.open("/tmp/0")
    #expect(instance.events.last == InotifyEvent(wd: 1, mask: .IN_OPEN, name: [0x30]))
  }

  /// A watch goes with the file, after its last user, and the instance lets go of it.
  @Test func watchesGoWithTheFile() throws {
    for path in ["/tmp/file", "/mnt/new"] {
      let fd = try machine.open(path, [.O_RDWR, .O_CREAT])
      try watch(path, [.IN_DELETE_SELF])
      try unlink(path)
      #expect(instance.watches.count == 1 && instance.events.isEmpty)
      try machine.process.files.close(fd)
      #expect(instance.watches.isEmpty)
      #expect(instance.events.map(\.mask) == [.IN_DELETE_SELF, .IN_IGNORED])
      var bytes = [UInt8](repeating: 0, count: 4096)
      _ = try bytes.withMutableRawSpan { (span) throws(Errno) in try instance.read(into: &span) }
    }
  }

  /// After a resume too.
  @Test func openFilesAreCountedAgain() throws {
    machine.process.files.replace(9, with: instance, closeOnExec: false)
    let fd = try machine.open("/tmp/file", [.O_RDWR, .O_CREAT])
    try watch("/tmp/file", [.IN_DELETE_SELF, .IN_CLOSE_WRITE])
    try unlink("/tmp/file")
    let kernel = try machine.resumed()
    let files = kernel.processes[1]!.files
    let restored = try files.file(9) as! InotifyFile
    #expect(restored.watches.count == 1)
    try files.close(fd)
    #expect(
      restored.events.map(\.mask) == [.IN_CLOSE_WRITE, .IN_DELETE_SELF, .IN_IGNORED])
  }
}
