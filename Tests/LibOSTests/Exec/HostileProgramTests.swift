import Foundation
import LinuxABI
import Machine
import TestSupport
import Testing

import LibOS

/// Executables whose headers lie: execve(2) refuses them and leaves the caller as it was, or makes a process
/// that can be looked at, saved and resumed. Nothing traps, and no header takes memory that it does not have.
@Suite struct HostileProgramTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let turns = environment["GODWIT_TEST_LONG"] != nil ? 4_000 : 100

  @Test(arguments: GuestISA.allCases) func aLyingHeaderIsHarmless(isa: GuestISA) throws {
    var run = 0
    for turn in 0..<Self.turns {
      if let only = Self.environment["GODWIT_FUZZ_TURN"], only != "\(turn)" { continue }
      // Of its own numbers, so that a turn can be had alone.
      var numbers = SeededNumbers(UInt64(turn) << 8 | (isa == .x86_64 ? 0 : 1))
      weak var arena: FrameArena?
      if try execute(isa, &numbers, &arena) { run += 1 }
      #expect(arena == nil, "turn \(turn): the machine stays in memory")
    }
    if Self.environment["GODWIT_FUZZ_TURN"] == nil {
      #expect(run > Self.turns / 20 && run < Self.turns)
    }
  }

  /// Whether the program could be started.
  ///
  /// - Parameter arena: the guest's memory, which must be gone afterwards.
  private func execute(
    _ isa: GuestISA, _ numbers: inout SeededNumbers, _ arena: inout FrameArena?
  ) throws -> Bool {
    let machine = SignalMachine(isa)
    arena = machine.kernel.arena
    machine.perform("mkdirat", Self.here, place("/lib", in: machine), 0o755)
    for (path, isDynamic) in [
      ("/tmp/program", Bool.random(using: &numbers)), ("/lib/ld-musl.so", true),
    ] {
      var file = ELFFile.program
      file.machine = isa.elfMachine
      file.type = isDynamic ? 3 : 2
      if !isDynamic {
        for index in file.headers.indices { file.headers[index].address += 0x40_0000 }
      }
      for _ in 0..<Int.random(in: 0...3, using: &numbers) { file.change(using: &numbers) }
      let fd = try machine.open(path, [.O_RDWR, .O_CREAT], 0o755)
      _ = try file.bytes.withRawSpan { span throws(Errno) in
        try machine.process.files.file(fd).write(from: span)
      }
      try machine.process.files.close(fd)
    }
    let before = machine.process.space.mappings.count
    let path = place("/tmp/program", in: machine)
    let argv = SignalMachine.data + 0x1000
    try machine.process.space.store(path, to: GuestAddress(argv))
    try machine.process.space.store(UInt64(0), to: GuestAddress(argv + 8))
    machine.perform("execve", path, argv, argv + 8)
    guard machine.process.life.hasExecuted else {
      #expect(machine.kernel.exitStatus == nil)
      #expect(machine.process.space.mappings.count == before)
      return false
    }
    try live(machine, &numbers)
    return true
  }

  private func live(_ machine: SignalMachine, _ numbers: inout SeededNumbers) throws {
    var values = HostileValues(seed: numbers.next())
    let guest = ResumedGuest(kernel: machine.kernel, host: machine.host)
    #expect(guest.readAllOfProc() > 0)
    let end = machine.perform("brk", 0)
    machine.perform("brk", UInt64(bitPattern: end) &+ 0x1_0000)
    guest.run(calls: 5, &values)
    guard machine.kernel.exitStatus == nil else { return }
    #expect(guest.readAllOfProc() > 0)
    _ = try machine.kernel.digestState()
    guard machine.kernel.untransportable().isEmpty else { return }
    let again = ResumedGuest(kernel: try machine.resumed(), host: machine.host)
    #expect(again.readAllOfProc() > 0)
  }

  private static let here = UInt64(bitPattern: -100)

  /// The address of a string in the guest's memory.
  private func place(_ text: String, in machine: SignalMachine) -> UInt64 {
    machine.store(Array(text.utf8) + [0])
    return SignalMachine.data
  }
}

extension ELFFile {
  /// Changes a field to a value at which arithmetic breaks, one near a limit of the address space, or one near
  /// what it was.
  fileprivate mutating func change(using numbers: inout SeededNumbers) {
    let index = headers.indices.randomElement(using: &numbers)!
    switch Int.random(in: 0..<16, using: &numbers) {
    case 0...1: headers[index].offset = Self.value(near: headers[index].offset, &numbers)
    case 2...5: headers[index].address = Self.value(near: headers[index].address, &numbers)
    case 6...7: headers[index].fileSize = Self.value(near: headers[index].fileSize, &numbers)
    case 8...10: headers[index].memorySize = Self.value(near: headers[index].memorySize, &numbers)
    case 11: headers[index].alignment = Self.value(near: headers[index].alignment, &numbers)
    case 12:
      headers[index].type = [0, 1, 2, 3, 6, 7, 0x6474_e551, 0x6474_e553].randomElement(
        using: &numbers)!
    case 13: headers[index].flags = UInt32(truncatingIfNeeded: Self.value(near: 7, &numbers))
    case 14: entry = Self.value(near: entry, &numbers)
    default: headerOffset = Self.value(near: headerOffset, &numbers)
    }
  }

  /// Both ISAs' limits of the address space, and where a fresh process has its stack, its signal trampoline and
  /// a position-independent program.
  private static let places: [UInt64] = [
    0, 0x1000, 0x7fff_ffff_e000, 0x7fff_ffff_f000, 0x7fff_f7ff_f000, 0x7fff_f7ff_e000,
    0x5555_5555_4000,
    0x8000_0000_0000, 0x1_0000_0000_0000,
  ]

  private static func value(near old: UInt64, _ numbers: inout SeededNumbers) -> UInt64 {
    let base: UInt64 =
      switch Int.random(in: 0..<6, using: &numbers) {
      case 0: 0 &- (1 << UInt64.random(in: 0..<64, using: &numbers))
      case 1...2: 1 << UInt64.random(in: 0..<64, using: &numbers)
      case 3: places.randomElement(using: &numbers)!
      case 4: numbers.next() >> UInt64.random(in: 0..<64, using: &numbers)
      default: old
      }
    let step: UInt64 = [0, 0, 1, .max, 4095, 4096, 0 &- 4096, 0x2_1000].randomElement(
      using: &numbers)!
    return base &+ step
  }
}
