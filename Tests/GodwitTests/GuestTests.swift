import Foundation
import Testing

/// The guest programs, each a check of one idea, run as they are and with suspensions.
@Suite struct GuestTests {
  struct Guest: CustomTestStringConvertible, Sendable {
    var name: String
    var isa: String
    var testDescription: String { "\(name) (\(isa))" }
  }

  /// Programs that show something the library OS does not do yet. They are run all the same, and
  /// this list must shrink when one passes.
  static let known: Set<String> = KnownGaps.plain
  static let knownWhenSuspended: Set<String> = KnownGaps.suspended

  static let guests: [Guest] = ["x86_64", "aarch64"].flatMap { isa in
    let folder = Checkout.root.appendingPathComponent(".deps/guests/\(isa)").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted()
      .filter { !$0.contains(".") && $0 != "bench" && !$0.contains("-") }
      .map { Guest(name: $0, isa: isa) }
  }

  @Test func guestsWereBuilt() { #expect(Self.guests.count > 100) }

  @Test(arguments: guests) func passes(_ guest: Guest) throws {
    let program = Checkout.guest(guest.name, guest.isa)
    try withKnownIssue(isIntermittent: true) {
      let emulated = try godwit(["run", "--", program.path], limit: 60)
      #expect(emulated.status == 0, "\(emulated.error)")
      guard guest.isa == Checkout.nativeISA else { return }
      let native = try execute(program, [])
      #expect(native.status == 0, "\(native.error)")
      #expect(emulated.output == native.output)
    } when: {
      Self.known.contains(guest.name) || Self.known.contains("\(guest.name).\(guest.isa)")
    }
  }

  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["GODWIT_TEST_LONG"] != nil), arguments: guests)
  func passesWithSuspensions(_ guest: Guest) throws {
    let program = Checkout.guest(guest.name, guest.isa)
    try withKnownIssue(isIntermittent: true) {
      let whole = try godwit(["run", "--", program.path], limit: 60)
      let joined = try hopping(["--", program.path], every: 150)
      #expect(joined.status == 0, "\(joined.error)")
      #expect(joined.output == whole.output)
    } when: {
      Self.known.contains(guest.name) || Self.known.contains("\(guest.name).\(guest.isa)")
        || Self.knownWhenSuspended.contains(guest.name)
        || Self.knownWhenSuspended.contains("\(guest.name).\(guest.isa)")
    }
  }
}
