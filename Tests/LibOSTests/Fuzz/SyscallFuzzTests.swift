import Foundation
import LinuxABI
import Machine
import Testing

import LibOS

/// Every row of the table, with arguments that no sane program passes: the guest gets a value or an
/// errno, the host no harm, and what is left of it can be saved and restored.
///
/// `GODWIT_FUZZ_CALLS` and `GODWIT_TEST_SEED` choose how much and what; with `GODWIT_FUZZ_TRACE` set the
/// calls are shown before they are made, so that the last line names the one that crashed.
@Suite struct SyscallFuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let calls = environment["GODWIT_FUZZ_CALLS"].flatMap { Int($0) } ?? 50_000

  @Test(arguments: GuestISA.allCases) func everyCallAnswersHostileArguments(isa: GuestISA) throws {
    let rows = SyscallTable.all.filter { $0.number(on: isa) != nil }
    var values = HostileValues(seed: isa == .aarch64 ? 1 : 0)
    // Formatting a trace follows the same bad pointers.
    let fuzz = FuzzMachine(isa, tracer: Tracer { Self.show($0) })
    var answered: Set<String> = []
    FuzzMemory.fill(fuzz.machine.process.space, &values)
    let clock = ContinuousClock()
    for round in 0..<Self.calls {
      // Each row in turn, then any row: what calls leave behind meets every other call.
      let row = round < rows.count ? rows[round] : values.pick(rows)
      var arguments = row.arguments.map { values.argument($0) }
      while arguments.count < 6 { arguments.append(values.anything()) }
      Self.show("\(round) \(row.name)(\(arguments.map { String($0, radix: 16) }))")
      let start = clock.now
      let outcome = fuzz.call(row.number(on: isa)!, arguments)
      // Far more than any call takes on any machine; as good as a hang.
      #expect(clock.now - start < .seconds(20), "\(row.name) in round \(round)")
      if case .result(let value) = outcome {
        answered.insert(row.name)
        if (-4095..<0).contains(value), !Self.silent.contains(row.name) {
          #expect(
            (1...133).contains(-value), "\(row.name) answered \(value) in round \(round)")
        }
      }
      if !fuzz.isAlive || round % 100 == 0 {
        if fuzz.isAlive { try fuzz.travel() }
        fuzz.renew()
        FuzzMemory.fill(fuzz.machine.process.space, &values)
      } else if round % 50 == 0 {
        FuzzMemory.fill(fuzz.machine.process.space, &values)
      }
    }
    let missed = rows.map(\.name).filter { !answered.contains($0) && !Self.silent.contains($0) }
    #expect(missed.isEmpty)
    #expect(fuzz.travels > Self.calls / 1000)
  }

  /// These have no answer of their own to give.
  private static let silent: Set<String> = [
    "exit", "exit_group", "rt_sigreturn", "pause", "rt_sigsuspend", "vfork",
  ]

  private static let isShown = environment["GODWIT_FUZZ_TRACE"] != nil

  private static func show(_ line: @autoclosure () -> String) {
    guard isShown else { return }
    FileHandle.standardError.write(Data((line() + "\n").utf8))
  }
}
