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
  /// A snapshot to be changed, and what it takes to resume it.
  private struct Base {
    let parts: SnapshotParts
    private let tree: FilesystemConfiguration

    /// Of the first seed a guest with something of everything; of the others one that made calls of all
    /// kinds before.
    init(_ seed: UInt64) throws {
      if seed == 1 {
        let machine = try HostileStateTests.furnished()
        tree = machine.tree
        parts = try SnapshotParts(RoundTrip(machine.kernel).reader())
        return
      }
      let fuzz = FuzzMachine(seed % 2 == 0 ? .x86_64 : .aarch64)
      tree = fuzz.machine.tree
      Self.run(fuzz, calls: Int(seed % 8) * 40, seed)
      // Some leave files in the mounted directory, or end.
      if let found = try? SnapshotParts(RoundTrip(fuzz.machine.kernel).reader()),
        let bytes = try? found.encoded(),
        (try? RoundTrip(bytes: bytes).resume(on: FuzzMachine.freshHost(), tree)) != nil
      {
        parts = found
        return
      }
      fuzz.renew()
      parts = try SnapshotParts(RoundTrip(fuzz.machine.kernel).reader())
    }

    private static func run(_ fuzz: FuzzMachine, calls: Int, _ seed: UInt64) {
      var values = HostileValues(seed: seed)
      let rows = SyscallTable.all.filter { $0.number(on: fuzz.isa) != nil }
      FuzzMemory.fill(fuzz.machine.process.space, &values)
      for _ in 0..<calls where fuzz.isAlive {
        let row = values.pick(rows)
        var arguments = row.arguments.map { values.argument($0) }
        while arguments.count < 6 { arguments.append(values.anything()) }
        _ = fuzz.call(row.number(on: fuzz.isa)!, arguments)
      }
    }

    func resume(_ snapshot: RoundTrip) throws -> ResumedGuest {
      let host = FuzzMachine.freshHost()
      return ResumedGuest(kernel: try snapshot.resume(on: host, tree), host: host)
    }
  }

  /// A guest with something of everything.
  private static func furnished() throws -> SignalMachine {
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
    let epoll = EpollFile(machine.kernel.arena, flags: .O_RDWR)
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
    let inotify = InotifyFile(machine.kernel.arena, .O_RDWR)
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

  private static let environment = ProcessInfo.processInfo.environment
  private static let isLong = environment["GODWIT_TEST_LONG"] != nil

  /// Each seed is a guest; GODWIT_TEST_LONG goes through more of them, and GODWIT_TEST_SEED through others.
  private static let seeds: ClosedRange<UInt64> = 1...(isLong ? 64 : 4)
  private static let turns = isLong ? 400 : 100

  /// Changes single bytes: mostly what is no message any more.
  @Test(arguments: seeds) func damagedStateIsRefusedOrHarmless(seed: UInt64) throws {
    try run(seed, atLeastRefused: Self.turns / 8) { section, numbers in
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
    try run(seed, atLeastRefused: Self.turns / 20) { section, numbers in
      guard var message = WireMessage(section) else { return }
      message.change(using: &numbers)
      section = message.bytes
    }
  }

  private func run(
    _ seed: UInt64, atLeastRefused least: Int,
    _ change: (inout [UInt8], inout SeededNumbers) -> Void
  ) throws {
    let base = try Base(seed)
    let parts = base.parts
    var refused = 0
    for turn in 0..<Self.turns {
      // Of its own numbers, so that a turn can be had alone.
      var numbers = SeededNumbers(seed << 32 | UInt64(turn))
      if let only = Self.environment["GODWIT_FUZZ_TURN"], only != "\(turn)" { continue }
      Self.show("seed \(seed) turn \(turn)")
      var changed = parts
      let section = parts.sections.keys.sorted().randomElement(using: &numbers)!
      for _ in 0..<Int.random(in: 1...3, using: &numbers) where !changed.sections[section]!.isEmpty
      {
        change(&changed.sections[section]!, &numbers)
      }
      do {
        try live(RoundTrip(bytes: changed.encoded()), base, &numbers)
      } catch let error as SnapshotError {
        Self.show("  \(error)")
        refused += 1
      }
    }
    if Self.environment["GODWIT_FUZZ_TURN"] == nil { #expect(refused > least) }
  }

  private static func show(_ line: @autoclosure () -> String) {
    guard environment["GODWIT_FUZZ_TRACE"] != nil else { return }
    FileHandle.standardError.write(Data((line() + "\n").utf8))
  }

  /// Resumes a snapshot; the guest runs on, is looked at, saved, and resumed once more.
  private func live(_ snapshot: RoundTrip, _ base: Base, _ numbers: inout SeededNumbers) throws {
    var values = HostileValues(seed: numbers.next())
    let again: RoundTrip
    do {
      let guest = try base.resume(snapshot)
      guest.lookAtFiles()
      #expect(guest.readAllOfProc() > 0)
      guest.run(calls: 40, &values)
      if guest.kernel.exitStatus != nil { return }
      #expect(guest.readAllOfProc() > 0)
      guest.lookAtFiles()
      _ = try guest.kernel.digestState()
      again = try RoundTrip(guest.kernel)
    }
    let guest = try base.resume(again)
    guest.run(calls: 10, &values)
    guest.lookAtFiles()
  }

  /// An epoll set can't be a member of itself, nor of one that it watches.
  @Test func epollSetsInCirclesAreRefused() throws {
    let machine = try Self.furnished()
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
    let machine = try Self.furnished()
    var parts = try SnapshotParts(RoundTrip(machine.kernel).reader())
    let section = StateSection.processes.rawValue
    var state = try #require(Godwit_State_Processes(decoding: parts.sections[section]!))
    state.processes[0].timers += state.processes[0].timers
    parts.sections[section] = state.encoded()
    #expect(throws: SnapshotError.self) {
      try RoundTrip(bytes: parts.encoded()).resume(on: machine.host)
    }
  }
}
