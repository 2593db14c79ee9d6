import Foundation
import Testing

/// A sample of `make cpu-test`: guest code against this machine's processor, or qemu-user.
@Suite struct InstructionTests {
  /// `make test` always takes the same cases. `make test-long` takes all forms with operands of its own;
  /// GODWIT_TEST_SEED has those of another run again.
  private static let seed =
    ProcessInfo.processInfo.environment["GODWIT_TEST_SEED"]
    ?? (LongTests.areOn ? String(Int.random(in: 1...1_000_000)) : "1")

  /// Godwit's x86-64 processor is one of Intel's. What the manual leaves open, such as which of two NaN is the
  /// result of dpps, others answer in their own way.
  private static let isas =
    (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.contains("GenuineIntel")
      == true
    ? Checkout.isas : Checkout.isas.filter { $0 != "x86_64" }

  @Test(arguments: isas) func doWhatAProcessorDoes(isa: String) throws {
    let sample = LongTests.areOn ? "1" : "8"
    let outcome = try execute(
      Checkout.root.appendingPathComponent("Scripts/cpu-test"),
      ["--isa", isa, "--seed", Self.seed, "--one-in", sample, Checkout.godwit.path], limit: 600)
    #expect(outcome.status == 0, "seed \(Self.seed)\n\(outcome.text)\(outcome.error)")
  }
}
