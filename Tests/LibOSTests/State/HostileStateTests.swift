import Foundation
import Glibc
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
    private(set) var parts: SnapshotParts
    private let tree: FilesystemConfiguration

    /// Of the first two seeds a guest with something of everything; of the others one that made calls of
    /// all kinds before. Every other one is deterministic from now on.
    init(_ seed: UInt64) throws {
      try self.init(guest: seed)
      guard seed % 2 == 0 else { return }
      let section = StateSection.kernel.rawValue
      var state = try #require(Godwit_State_Kernel(decoding: parts.sections[section]!))
      state.determinism.seed = seed
      state.determinism.time = state.monotonic
      state.determinism.entropyPosition = 99
      parts.sections[section] = state.encoded()
    }

    private init(guest seed: UInt64) throws {
      if seed <= 2 {
        let machine = try HostileStateTests.furnished()
        tree = machine.tree
        parts = try SnapshotParts(RoundTrip(machine.kernel).reader())
        if seed == 1 { try parts.makeNative() }
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
      let state: Godwit_State_Kernel = try snapshot.section(.kernel)
      let around: any HostABI.Host =
        state.hasDeterminism ? DeterministicHost(host, seed: state.determinism.seed) : host
      return ResumedGuest(kernel: try snapshot.resume(on: around, tree), host: host)
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
  private static let turns = isLong ? 160 : 100

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
      let watch = Watch()
      do {
        try live(RoundTrip(bytes: changed.encoded()), base, &numbers)
      } catch let error as SnapshotError {
        Self.show("  \(error)")
        refused += 1
      }
      watch.check("seed \(seed) turn \(turn)")
    }
    if Self.environment["GODWIT_FUZZ_TURN"] == nil { #expect(refused > least) }
  }

  /// How far a turn goes: a hang or growth without bounds ends in an issue that names it.
  private struct Watch {
    private let start = ContinuousClock.now
    private let peak = Self.peakMebibytes

    private static var peakMebibytes: Int {
      var usage = rusage()
      unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss >> 10
    }

    /// The guest's memory is limited to 64 MiB, and all turns go through the same few calls; other tests that
    /// run meanwhile take their share.
    func check(_ turn: String) {
      #expect(ContinuousClock.now - start < .seconds(60), "\(turn)")
      #expect(Self.peakMebibytes - peak < 1024, "\(turn)")
    }
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

  /// A number too large for what holds it: cut off, it would be another number, or none.
  @Test(
    arguments: [
      { $0.lastTcpPort = 1 << 17 }, { $0.lastUdpPort = 1 << 16 }, { $0.lastUdpLitePort = .max },
      { $0.lastUnixName = 1 << 20 },
    ] as [@Sendable (inout Godwit_State_Kernel) -> Void])
  func numbersThatDoNotFitAreRefused(change: @Sendable (inout Godwit_State_Kernel) -> Void) throws {
    let machine = try Self.furnished()
    var parts = try SnapshotParts(RoundTrip(machine.kernel).reader())
    let section = StateSection.kernel.rawValue
    var state = try #require(Godwit_State_Kernel(decoding: parts.sections[section]!))
    change(&state)
    parts.sections[section] = state.encoded()
    #expect(throws: SnapshotError.self) {
      try RoundTrip(bytes: parts.encoded()).resume(on: machine.host)
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

  /// A few bytes that claim 500 processes, each with 16 GiB of zeroes: refused before any of it is there.
  @Test func zeroesThatNobodyHasAreRefused() throws {
    let machine = try Self.furnished()
    var parts = try SnapshotParts(RoundTrip(machine.kernel).reader())
    let (processes, tasks) = (StateSection.processes.rawValue, StateSection.tasks.rawValue)
    let pageMaps = StateSection.pageMaps.rawValue
    var maps = try #require(Godwit_State_PageMaps(decoding: parts.sections[pageMaps]!))
    var state = try #require(Godwit_State_Processes(decoding: parts.sections[processes]!))
    var threads = try #require(Godwit_State_Tasks(decoding: parts.sections[tasks]!))
    for pid in Int32(100)..<600 {
      var process = Godwit_State_Process()
      process.pid = pid
      (process.parentPid, process.processGroup, process.session) = (1, 1, 1)
      process.isa = "x86_64"
      var mapping = Godwit_State_Mapping()
      (mapping.start, mapping.end, mapping.permissions) = (1 << 32, 5 << 32, 3)
      process.mappings = [mapping]
      // One run of four million pages of zeroes from 4 GiB on.
      var owner = Godwit_State_PageOwner()
      owner.process = pid
      owner.pages = data([1] + Self.varint(1 << 20) + Self.varint(1 << 23 | 1))
      maps.owners.append(owner)
      state.processes.append(process)
      var thread = threads.tasks[0]
      (thread.tid, thread.pid) = (pid, pid)
      threads.tasks.append(thread)
    }
    parts.sections[processes] = state.encoded()
    parts.sections[tasks] = threads.encoded()
    parts.sections[pageMaps] = maps.encoded()
    let bytes = try parts.encoded()
    #expect(bytes.count < 32 << 10)
    let watch = Watch()
    do {
      _ = try RoundTrip(bytes: bytes).resume(on: machine.host)
      Issue.record("not refused")
    } catch { #expect("\(error)".contains("memory limit"), "\(error)") }
    watch.check("500 processes")
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var value = value
    var bytes: [UInt8] = []
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    return bytes + [UInt8(value)]
  }
}
