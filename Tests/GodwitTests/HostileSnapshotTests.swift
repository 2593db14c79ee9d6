import Foundation
import Glibc
import Snapshot
import TestSupport
import Testing

/// Snapshots with correct checksums and invalid content: the resumed guest may fail, but Godwit itself
/// neither traps nor faults.
@Suite struct HostileSnapshotTests {
  struct Guest: CustomTestStringConvertible, Sendable {
    var name: String
    var isa: String
    /// In a deterministic run, which has a little more to restore.
    var isDeterministic = false
    var testDescription: String { "\(name) (\(isa)\(isDeterministic ? ", deterministic" : ""))" }
    var run: [String] { ["run"] + (isDeterministic ? ["--deterministic"] : []) }
  }

  /// Together they contain every kind of object that travels.
  static let guests = Checkout.isas.flatMap { isa in
    [
      "aio", "claims", "dnotify", "lease", "mqueue", "sigio",
      "epoll", "filestate", "inotify", "jobs", "netlink", "posixtimer", "procwalk", "pty",
      "ptyjobs", "robust", "scmrights", "signalfd", "sockstate", "sync", "sysvipc", "tcp",
      "timerstate", "udp",
      "unixdgram", "unixoob", "unixsock",
    ].map { Guest(name: $0, isa: isa) }
      + ["procwalk", "timerstate"].map { Guest(name: $0, isa: isa, isDeterministic: true) }
  }

  @Test(arguments: guests) func godwitBearsThem(_ guest: Guest) throws {
    let scratch = try Scratch()
    let program = Checkout.guest(guest.name, guest.isa).path
    let statistics = scratch.path("statistics")
    _ = try godwit(guest.run + ["--stats=\(statistics)", "--", program])
    struct Statistics: Decodable { var syscallCount: Int }
    let count = try JSONDecoder().decode(
      Statistics.self, from: Data(contentsOf: URL(fileURLWithPath: statistics))
    ).syscallCount
    var seed: UInt64 = 0
    for byte in guest.testDescription.utf8 { seed = seed &* 31 &+ UInt64(byte) }
    var numbers = SeededNumbers(seed)
    for moment in 1...3 {
      try resumeChanged(guest, program, at: count * moment / 4, scratch.path("snapshot"), &numbers)
    }
  }

  private func resumeChanged(
    _ guest: Guest, _ program: String, at moment: Int, _ path: String,
    _ numbers: inout SeededNumbers
  ) throws {
    try? FileManager.default.removeItem(atPath: path)
    let taken = try godwit(
      guest.run + ["--suspend-at-syscall", "\(moment)", "--output", path, "--", program])
    // The number of calls is not the same in every run: this one may have ended before.
    guard FileManager.default.fileExists(atPath: path) else { return }
    #expect(taken.status == 0, "\(taken.error)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let parts = try SnapshotParts(SnapshotReader(SnapshotBytes(Array(bytes))))
    for turn in 0..<(LongTests.areOn ? 80 : 2) {
      var changed = parts
      for _ in 0..<Int.random(in: 1...3, using: &numbers) {
        let section = parts.sections.keys.sorted().randomElement(using: &numbers)!
        guard var message = WireMessage(changed.sections[section]!) else { continue }
        message.change(using: &numbers)
        changed.sections[section] = message.bytes
      }
      try Data(changed.encoded()).write(to: URL(fileURLWithPath: path))
      // Guests that continue are saved and restored repeatedly.
      let resume = ["resume", "--trust", "--suspend-every", "25", "--memory-limit", "256M", path]
      for (command, seconds) in [(["inspect", path], 60), (resume, 2)] {
        let (status, peak) = try waitStatus(of: [Checkout.godwit.path] + command, seconds: seconds)
        // A guest may wait for what does not come; whoever only looks at it does not.
        let signal = (status ?? (command[0] == "resume" ? 0 : SIGKILL)) & 0x7f
        // What the guest may have, the code it is translated to, and Godwit itself.
        guard signal != 0 || peak > 256 + 512 else { continue }
        let kept = FileManager.default.temporaryDirectory
          .appendingPathComponent("godwit-hostile-\(guest.name)-\(guest.isa)-\(moment)-\(turn)")
        try? Data(changed.encoded()).write(to: kept)
        Issue.record("\(command[0]) of \(kept.path): signal \(signal), \(peak) MiB")
      }
    }
  }
}
