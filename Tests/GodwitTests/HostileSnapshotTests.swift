import Foundation
import Snapshot
import TestSupport
import Testing

/// Snapshot files with right checksums and wrong contents: a resumed guest may fare as it will, but
/// Godwit itself neither traps nor faults.
@Suite struct HostileSnapshotTests {
  struct Guest: CustomTestStringConvertible, Sendable {
    var name: String
    var isa: String
    var syscalls: Int
    var testDescription: String { "\(name) (\(isa))" }
  }

  static let guests = ["x86_64", "aarch64"].flatMap { isa in
    [
      Guest(name: "filestate", isa: isa, syscalls: 200), Guest(name: "epoll", isa: isa, syscalls: 60),
      Guest(name: "timerstate", isa: isa, syscalls: 60), Guest(name: "sync", isa: isa, syscalls: 80),
      Guest(name: "jobs", isa: isa, syscalls: 60), Guest(name: "signalfd", isa: isa, syscalls: 30),
    ]
  }

  @Test(arguments: guests) func godwitBearsThem(_ guest: Guest) throws {
    let scratch = try Scratch()
    let path = scratch.path("snapshot")
    let taken = try godwit([
      "run", "--suspend-at-syscall", "\(guest.syscalls)", "--output", path, "--",
      Checkout.guest(guest.name, guest.isa).path,
    ])
    #expect(taken.status == 0, "\(taken.error)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let parts = try SnapshotParts(SnapshotReader(SnapshotBytes(Array(bytes))))
    var seed: UInt64 = 0
    for byte in guest.testDescription.utf8 { seed = seed &* 31 &+ UInt64(byte) }
    var numbers = SeededNumbers(seed)
    for turn in 0..<(LongTests.areOn ? 150 : 12) {
      var changed = parts
      for _ in 0..<Int.random(in: 1...3, using: &numbers) {
        let section = UInt32.random(in: 1...6, using: &numbers)
        guard var message = WireMessage(changed.sections[section]!) else { continue }
        message.change(using: &numbers)
        changed.sections[section] = message.bytes
      }
      try Data(changed.encoded()).write(to: URL(fileURLWithPath: path))
      for command in [["inspect", path], ["resume", "--memory-limit", "256M", path]] {
        let status = try waitStatus(of: [Checkout.godwit.path] + command, seconds: 3)
        guard let status, status & 0x7f != 0 else { continue }
        let kept = FileManager.default.temporaryDirectory
          .appendingPathComponent("godwit-hostile-\(guest.name)-\(guest.isa)-\(turn)")
        try? Data(changed.encoded()).write(to: kept)
        Issue.record("\(command[0]) of \(kept.path) died of signal \(status & 0x7f)")
      }
    }
  }
}
