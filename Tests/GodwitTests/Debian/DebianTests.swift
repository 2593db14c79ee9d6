import Foundation
import Testing

/// Programs from Debian for all ISAs: plain, with many suspensions, and resumed from files in new processes.
@Suite struct DebianTests {
  static let isas = Checkout.isas

  /// Those whose programs are of the same versions as the native ones: RISC-V's are Debian 13's.
  private static let isasOfDebian12 = ["x86_64", "aarch64"]

  @Test(.enabled(if: Native.isPossible, "this host lets nobody have namespaces"))
  func nativeRunsArePossible() {}

  @Test(arguments: DebianProgram.here, isasOfDebian12)
  func saysWhatItSaysNatively(_ program: DebianProgram, isa: String) throws {
    let whole = try Emulated.outcome(of: program, isa)
    #expect(whole.status == 0, "\(whole.error)")
    guard Native.isPossible else { return }
    let native = try Native.outcome(of: program)
    #expect(native.status == 0, "\(native.error)")
    program.expectSame(whole.outcome, native)
  }

  @Test(arguments: DebianProgram.here, isas)
  func bearsSuspensions(_ program: DebianProgram, isa: String) throws {
    let whole = try Emulated.outcome(of: program, isa)
    let interval = max(whole.syscallCount / 13, 20)
    let outcome = try godwit(
      ["run", "--suspend-every", "\(interval)"] + Emulated.arguments(program, isa), limit: 900)
    #expect(outcome.status == 0, "\(outcome.error)")
    program.expectSame(outcome, whole.outcome)
  }

  @Test(arguments: DebianProgram.here, isas)
  func travelsThroughFiles(_ program: DebianProgram, isa: String) throws {
    let whole = try Emulated.outcome(of: program, isa)
    let interval = whole.syscallCount / 4 + 1
    let outcome = try hopping(
      Emulated.arguments(program, isa), resume: Emulated.places(isa), every: interval, limit: 900)
    #expect(outcome.status == 0, "\(outcome.error)")
    program.expectSame(outcome, whole.outcome)
  }
}

extension DebianProgram {
  /// Expects two runs to have the same output, except for lines with times.
  fileprivate func expectSame(_ outcome: Outcome, _ other: Outcome) {
    let (lines, others) = (lines(outcome), lines(other))
    #expect(!lines.isEmpty && lines.count == others.count)
    let difference = zip(lines, others).first { $0 != $1 }
    #expect(difference == nil, "a line is \(difference?.0 ?? ""), not \(difference?.1 ?? "")")
  }

  private func lines(_ outcome: Outcome) -> [Substring] {
    String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").filter(keeps)
  }
}
