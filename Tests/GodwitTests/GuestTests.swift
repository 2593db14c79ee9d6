import Foundation
import Testing

/// The guest programs, each a check of one idea, run as they are and with suspensions.
@Suite struct GuestTests {
  struct Guest: CustomTestStringConvertible, Sendable {
    var name: String
    var isa: String
    var testDescription: String { "\(name) (\(isa))" }
  }

  static let guests: [Guest] = Checkout.isas.flatMap { isa in
    let folder = Checkout.root.appendingPathComponent(".deps/guests/\(isa)").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted()
      .filter { !$0.contains(".") && !["bench", "native"].contains($0) && !$0.contains("-") }
      .map { Guest(name: $0, isa: isa) }
  }

  @Test func guestsWereBuilt() { #expect(Self.guests.count > 100) }

  /// Guests whose expected results differ between processors of an ISA: natively they pass on some machines
  /// only.
  private static let ofOneProcessor: Set<String> = ["exactfp", "selectors"]

  /// Whether a guest can pass natively: some hosts give real-time policies to nobody (CONFIG_RT_GROUP_SCHED).
  private static func passesNatively(_ guest: Guest) -> Bool {
    guard guest.isa == Checkout.nativeISA, !ofOneProcessor.contains(guest.name) else {
      return false
    }
    return guest.name != "realtime" || hasRealTime
  }

  private static let hasRealTime =
    (try? execute(URL(fileURLWithPath: "/usr/bin/chrt"), ["--fifo", "1", "/bin/true"]))?.status == 0

  @Test(arguments: guests) func passes(_ guest: Guest) throws {
    let program = Checkout.guest(guest.name, guest.isa)
    try withKnownIssue {
      let emulated = try godwit(["run", "--", program.path], limit: 300)
      #expect(emulated.status == 0, "\(emulated.error)")
      guard Self.passesNatively(guest) else { return }
      let native = try execute(program, [])
      #expect(native.status == 0, "\(native.error)")
      #expect(emulated.output == native.output)
    } when: {
      KnownGaps.contains(guest.name, guest.isa)
    }
  }

  /// How many calls there are between suspensions of a guest. Those that go through tables make the same calls thousands of times.
  static func interval(_ interval: Int, _ guest: Guest) -> Int {
    guest.name.hasPrefix("every") ? 11 * interval : interval
  }

  /// Saved and restored within the process, after every few calls.
  @Test(arguments: guests) func passesWithSuspensions(_ guest: Guest) throws {
    let program = Checkout.guest(guest.name, guest.isa)
    try withKnownIssue {
      for (interval, mode) in [(7, "whole"), (50, "lazy"), (40, "chain")] {
        let interval = Self.interval(interval, guest)
        let outcome = try godwit(
          [
            "run", "--suspend-every", "\(interval)", "--suspend-mode", mode, "--", program.path,
          ], limit: 300)
        #expect(outcome.status == 0, "every \(interval) calls, \(mode): \(outcome.error)")
      }
    } when: {
      KnownGaps.contains(guest.name, guest.isa)
    }
  }

  /// As on a host with larger pages, of which only whole ones can be returned.
  @Test(arguments: ["16K", "64K"], Checkout.isas)
  func passesWithLargerHostPages(size: String, isa: String) throws {
    for name in ["fork", "madvise", "memstate", "mmap", "mremap"] {
      let program = Checkout.guest(name, isa).path
      let plain = try godwit(["run", "--", program], limit: 300)
      let outcome = try godwit(
        ["run", "--host-page-size", size, "--suspend-every", "20", "--", program], limit: 300)
      #expect(outcome.status == 0, "\(name): \(outcome.error)")
      #expect(outcome.output == plain.output, "\(name)")
    }
    let refused = try godwit([
      "run", "--host-page-size", "1000", "--", Checkout.guest("pi", isa).path,
    ])
    #expect(refused.status == 125 && refused.error.contains("not 1000"), "\(refused.error)")
  }

  /// Programs with much state, through files and new host processes.
  static let travellers = guests.filter {
    [
      "aio", "claims", "epoll", "eventfd", "filestate", "inflight", "inotify", "lease", "links",
      "memstate", "mqueue", "nodes", "pi", "pipe",
      "posixtimer", "procs", "procself", "pty", "ptyjobs", "robust", "sigaltstack", "signalfd",
      "sigio", "sleep", "sockstate", "sync", "threads", "timerstate", "xattr",
    ].contains($0.name)
  }

  @Test(arguments: travellers) func passesInManyProcesses(_ guest: Guest) throws {
    let program = Checkout.guest(guest.name, guest.isa)
    let whole = try godwit(["run", "--", program.path], limit: 300)
    let joined = try hopping(["--", program.path], every: 150)
    #expect(joined.status == 0, "\(joined.error)")
    #expect(joined.output == whole.output)
  }
}
