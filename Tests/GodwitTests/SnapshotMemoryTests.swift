import Foundation
import LibOSState
import Snapshot
import Testing

/// What a snapshot makes Godwit take of memory, before it is known whether it makes a guest.
@Suite struct SnapshotMemoryTests {
  /// Messages that there may be many of: the bytes of each in its section, and the section's shape.
  struct Kind: CustomTestStringConvertible, Sendable {
    var name: String
    var section: UInt32
    var bytes: [UInt8]
    /// The tag of the one message of the section that they are in, if they are not the section's own.
    var tag: UInt8?
    var shape: StateCensus.Shape
    var testDescription: String { name }
  }

  static let kinds = [
    Kind(name: "open files", section: 4, bytes: [10, 0], shape: Godwit_State_Files.shape),
    Kind(
      name: "unix sockets", section: 4, bytes: [10, 3, 0xf2, 1, 0], shape: Godwit_State_Files.shape),
    Kind(
      name: "internet sockets", section: 4, bytes: [10, 3, 0xfa, 1, 0],
      shape: Godwit_State_Files.shape),
    Kind(name: "names", section: 3, bytes: [26, 0], shape: Godwit_State_Filesystems.shape),
    Kind(
      name: "files", section: 3, bytes: [10, 0], tag: 18, shape: Godwit_State_Filesystems.shape),
    Kind(
      name: "names of removed files", section: 3, bytes: [10, 2, 58, 0], tag: 18,
      shape: Godwit_State_Filesystems.shape),
    Kind(name: "memory objects", section: 2, bytes: [10, 0], shape: Godwit_State_Memory.shape),
    Kind(name: "processes", section: 5, bytes: [10, 0], shape: Godwit_State_Processes.shape),
    Kind(
      name: "limits", section: 5, bytes: [10, 18, 122, 16] + Array(repeating: 1, count: 16),
      shape: Godwit_State_Processes.shape),
    Kind(name: "tasks", section: 6, bytes: [10, 0], shape: Godwit_State_Tasks.shape),
    Kind(
      name: "registers", section: 6, bytes: [10, 4, 26, 2, 82, 0], shape: Godwit_State_Tasks.shape),
    Kind(name: "page maps", section: 7, bytes: [10, 0], shape: Godwit_State_PageMaps.shape),
    Kind(
      name: "texts", section: 3, bytes: [26, 17, 34, 15] + Array(repeating: 65, count: 15),
      shape: Godwit_State_Filesystems.shape),
  ]

  /// A snapshot whose section has `count` of them.
  private func forge(_ kind: Kind, _ count: Int, _ path: String) throws {
    var bytes = Data()
    let writer = try SnapshotWriter(
      SnapshotHeader(guestISA: "x86_64", libraryOSVersion: "0", abiVersion: 1)
    ) { span in
      unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
    let messages = contents(kind, count)
    for section in UInt32(1)...7 {
      try writer.addSection(section, isCritical: true, section == kind.section ? messages : [])
    }
    _ = try writer.finish(id: SnapshotID(high: 1, low: 2))
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  /// The section with `count` of them.
  private func contents(_ kind: Kind, _ count: Int) -> [UInt8] {
    let messages = Array(repeatElement(kind.bytes, count: count).joined())
    guard let tag = kind.tag else { return messages }
    var head = [tag]
    var length = messages.count
    while length >= 0x80 {
      head.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    return head + [UInt8(length)] + messages
  }

  /// What one more of them is counted as.
  private func counted(_ kind: Kind) -> Int {
    var (one, two) = (StateCensus(), StateCensus())
    let isCounted = one.add(contents(kind, 1), kind.shape) && two.add(contents(kind, 2), kind.shape)
    #expect(isCounted)
    return Int(two.size - one.size)
  }

  /// The most that a command has in memory, in MiB; it must end by itself.
  private func peak(_ command: [String], _ path: String) throws -> Int {
    let (status, peak) = try waitStatus(of: [Checkout.godwit.path] + command + [path], seconds: 300)
    #expect((status ?? SIGKILL) & 0x7f == 0)
    return peak
  }

  /// What is counted is what is taken: no more, and not far less.
  @Test(arguments: kinds) func theCensusIsRight(_ kind: Kind) throws {
    let scratch = try Scratch()
    let path = scratch.path("snapshot")
    try forge(kind, 0, path)
    let base = try peak(["resume", "--trust"], path)
    let counted = 64
    try forge(kind, (counted << 20) / self.counted(kind), path)
    let taken = try peak(["resume", "--trust"], path) - base
    // Room for the section itself, and for the next snapshot's worth of the allocator's.
    #expect(taken < counted + 48, "\(counted) MiB were counted, \(taken) MiB taken")
    #expect(taken > counted / 16, "\(counted) MiB were counted, \(taken) MiB taken")
  }

  /// Millions of messages in a file of some kilobytes are refused before they are there.
  @Test(arguments: kinds) func millionsOfMessagesAreRefused(_ kind: Kind) throws {
    let scratch = try Scratch()
    let path = scratch.path("snapshot")
    let count = (5 << 29) / counted(kind)
    // The longest of them are too long for one section.
    guard count * kind.bytes.count < 128 << 20 else { return }
    try forge(kind, count, path)
    let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
    #expect(size < 64 << 10)
    // Beside Godwit itself there is the section.
    #expect(try peak(["inspect"], path) < 128 + (count * kind.bytes.count) >> 20)
    let outcome = try godwit(["inspect", path])
    #expect(
      outcome.status == 125 && outcome.error.contains("is larger than the limit"),
      "\(outcome.error)")
  }

  /// A list in a million pieces, each of which makes a decoder copy all before it.
  @Test func aListInPiecesIsRefused() throws {
    let scratch = try Scratch()
    let path = scratch.path("snapshot")
    let pieces = Kind(
      name: "runnable tasks", section: 1, bytes: [122, 1, 1], shape: Godwit_State_Kernel.shape)
    try forge(pieces, 4_000_000, path)
    let outcome = try godwit(["inspect", path])
    #expect(outcome.status == 125 && outcome.error.contains("section kernel"), "\(outcome.error)")
  }
}
