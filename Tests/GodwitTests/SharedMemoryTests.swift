import Foundation
import LibOS
import LibOSState
import Snapshot
import TestSupport
import Testing

/// Processes that share the memory of another, as after vfork(2).
@Suite struct SharedMemoryTests {
  /// The instructions that `inspect` shows of the task of process 3.
  private static func instructions(_ path: String) throws -> [Substring] {
    let lines = try godwit(["inspect", path]).text.split(separator: "\n")
    let start = try #require(lines.firstIndex { $0.hasPrefix("  3 ") && $0.contains(": blocked") })
    return Array(lines[(start + 1)...].prefix { $0.hasPrefix("    0x") })
  }

  @Test func theirCodeIsThatOfTheOther() throws {
    let scratch = try Scratch()
    let golden = Checkout.root.appendingPathComponent(
      "Tests/Golden/format-2-abi-1/x86_64-whole.snapshot")
    // Process 3 is a fork of process 2, and has the same code.
    let expected = try Self.instructions(golden.path)
    #expect(expected.count == 4)
    var parts = try SnapshotParts(
      SnapshotReader(SnapshotBytes(Array(try Data(contentsOf: golden)))))
    var processes = try #require(Godwit_State_Processes(decoding: parts.sections[5]!))
    var maps = try #require(Godwit_State_PageMaps(decoding: parts.sections[7]!))
    let place = try #require(processes.processes.firstIndex { $0.pid == 3 })
    processes.processes[place].memoryOf = 2
    processes.processes[place].mappings = []
    maps.owners.removeAll { $0.process == 3 }
    parts.sections[5] = processes.encoded()
    parts.sections[7] = maps.encoded()
    try Data(parts.encoded()).write(to: URL(fileURLWithPath: scratch.path("shared")))
    #expect(try Self.instructions(scratch.path("shared")) == expected)
  }
}
