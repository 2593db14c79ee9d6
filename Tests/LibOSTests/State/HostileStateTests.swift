import Foundation
import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot
import TestHost
import TestSupport
import Testing

import LibOS

/// Snapshots with right checksums and senseless state: each is refused, or makes a guest that can be
/// looked at and saved again. Nothing traps.
@Suite struct HostileStateTests {
  /// A guest with something of everything.
  private func furnished() throws -> SignalMachine {
    let machine = SignalMachine(.x86_64)
    let files = machine.process.files
    try machine.open("/tmp/file", [.O_RDWR, .O_CREAT])
    try machine.file(0).write("contents")
    try machine.open("/proc/1/maps", [])
    try machine.open("/proc/1/fd", [.O_DIRECTORY])
    try machine.open("/dev/null", .O_RDWR)
    let pipe = Pipe(FrameArena(byteLimit: 1 << 24)!, number: 7, created: Timespec())
    files.replace(4, with: PipeEnd(pipe, flags: []), closeOnExec: false)
    files.replace(5, with: PipeEnd(pipe, flags: .O_WRONLY), closeOnExec: true)
    try machine.file(5).write("bytes")
    let epoll = EpollFile(flags: .O_RDWR)
    files.replace(6, with: epoll, closeOnExec: false)
    try epoll.add(machine.file(4), fd: 4, EpollEvent(events: .EPOLLIN, data: 1))
    files.replace(
      7, with: EventFile(count: 3, isSemaphore: false, flags: .O_RDWR), closeOnExec: false)
    files.replace(
      8,
      with: TimerFile(TimerFile.State(clock: .realtime), kernel: machine.kernel, flags: .O_RDWR),
      closeOnExec: false)
    files.replace(
      9,
      with: SignalFile(
        kernel: machine.kernel, process: machine.process, mask: [.SIGINT], flags: .O_RDWR),
      closeOnExec: false)
    let inotify = InotifyFile(.O_RDWR)
    _ = try inotify.watch(machine.process.fs.cwd, .IN_CREATE)
    files.replace(10, with: inotify, closeOnExec: false)
    let locks = try machine.file(0).inode.locks
    locks.set(FileLocks.Record(range: 1..<9, isExclusive: true, owner: .process(1)))
    machine.process.post(userInfo(.SIGUSR2, value: 7))
    _ = try machine.process.timers.create(clock: .monotonic) { id in
      PosixTimer.State(
        id: id, clock: .monotonic, notify: .SIGEV_SIGNAL, signal: .SIGALRM, value: 8, threadID: 0)
    }
    machine.store(Array("in memory".utf8))
    return machine
  }

  /// How many seeds each test goes through; more of them for a search by hand.
  private static let seeds: ClosedRange<UInt64> =
    1...(ProcessInfo.processInfo.environment["GODWIT_FUZZ_SEEDS"].flatMap { UInt64($0) } ?? 8)

  /// Changes single bytes: mostly what is no message any more.
  @Test(arguments: seeds) func damagedStateIsRefusedOrHarmless(seed: UInt64) throws {
    try run(seed, atLeastRefused: 50) { section, numbers in
      let index = Int.random(in: section.indices, using: &numbers)
      switch Int.random(in: 0..<4, using: &numbers) {
      case 0: section[index] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
      case 1: section[index] = 0xff
      case 2: section[index] = 0
      default: section[index] = UInt8.random(in: 0...255, using: &numbers)
      }
    }
  }

  /// Changes fields: all of it can be read, and makes no sense.
  @Test(arguments: seeds) func senselessStateIsRefusedOrHarmless(seed: UInt64) throws {
    try run(seed, atLeastRefused: 20) { section, numbers in
      guard var message = WireMessage(section) else { return }
      message.change(using: &numbers)
      section = message.bytes
    }
  }

  private func run(
    _ seed: UInt64, atLeastRefused least: Int,
    _ change: (inout [UInt8], inout SeededNumbers) -> Void
  ) throws {
    let machine = try furnished()
    let parts = try SnapshotParts(RoundTrip(machine.kernel).reader())
    var numbers = SeededNumbers(seed)
    var refused = 0
    for _ in 0..<400 {
      var changed = parts
      let section = parts.sections.keys.sorted().randomElement(using: &numbers)!
      for _ in 0..<Int.random(in: 1...3, using: &numbers) where !changed.sections[section]!.isEmpty
      {
        change(&changed.sections[section]!, &numbers)
      }
      do {
        let kernel = try RoundTrip(bytes: changed.encoded()).resume(on: machine.host)
        inspect(kernel)
        _ = try RoundTrip(kernel)
      } catch is SnapshotError { refused += 1 }
    }
    #expect(refused > least)
  }

  /// An epoll set can't be a member of itself, nor of one that it watches.
  @Test func epollSetsInCirclesAreRefused() throws {
    let machine = try furnished()
    let parts = try SnapshotParts(RoundTrip(machine.kernel).reader())
    var files = try #require(Godwit_State_Files(decoding: parts.sections[4]!))
    let place = try #require(
      files.files.firstIndex { if case .epoll = $0.kind { true } else { false } })
    files.files[place].epoll.items[0].file = files.files[place].id
    var changed = parts
    changed.sections[4] = files.encoded()
    #expect(throws: SnapshotError.self) {
      try RoundTrip(bytes: changed.encoded()).resume(on: machine.host)
    }
  }

  @Test func timersOfTheSameIdAreRefused() throws {
    let machine = try furnished()
    var parts = try SnapshotParts(RoundTrip(machine.kernel).reader())
    let section = StateSection.processes.rawValue
    var state = try #require(Godwit_State_Processes(decoding: parts.sections[section]!))
    state.processes[0].timers += state.processes[0].timers
    parts.sections[section] = state.encoded()
    #expect(throws: SnapshotError.self) {
      try RoundTrip(bytes: parts.encoded()).resume(on: machine.host)
    }
  }

  private func inspect(_ kernel: Kernel) {
    for process in kernel.processes.values {
      for fd in process.files.descriptors {
        guard let file = try? process.files.file(fd) else { continue }
        _ = (file.pollEvents(), try? file.status(), file.linkName, file.fdinfo)
      }
      for name in ["maps", "stat", "status", "limits", "cmdline"] {
        let file = try? kernel.vfs.open(
          Array("/proc/\(process.pid)/\(name)".utf8), from: kernel.vfs.root, [],
          caller: PathCaller(fs: process.fs))
        file?.retain()
        file?.release()
      }
    }
  }
}
