import Snapshot
import TestSupport
import Testing
import Zstd

/// Damaged and hostile files: a named error or exactly what was written, never a crash or a hang.
@Suite struct DamageTests {
  private static let intact: [UInt8] = {
    var random = SeededNumbers(21)
    // Never fails: the sink takes everything.
    return try! write { writer in
      try writer.addSection(1, isCritical: true, random.bytes(300))
      for number in 0..<70 { _ = try writer.add(numberedPage(number)) }
      _ = try writer.add(Array(repeating: [9, 8, 7, 0], count: 1024).flatMap { $0 })
      try writer.addSection(2, isCritical: false, [UInt8](repeating: 1, count: 5000))
    }
  }()

  /// The error of a file, or `nil` when everything in it can be read and is `expected`.
  private func error(_ bytes: [UInt8], expected: Contents) -> SnapshotError? {
    do throws(SnapshotError) {
      let contents = try Contents(try SnapshotReader(bytes))
      #expect(contents == expected)
      return nil
    } catch {
      return error
    }
  }

  @Test func everyTruncationIsNamed() throws {
    let expected = try Contents(try SnapshotReader(Self.intact))
    for length in 0..<Self.intact.count {
      let error = error(Array(Self.intact.prefix(length)), expected: expected)
      #expect(error == (length == 0 ? .notASnapshot : .truncated(at: UInt64(length))))
    }
  }

  /// Both readers find the same files good, with raw pages too.
  @Test func bothReadersNoticeEveryFlippedByte() throws {
    let raw = try write(someHeader, .none) { writer in
      try writer.addSection(1, isCritical: true, [1, 2, 3])
      _ = try writer.add(numberedPage(5))
      try writer.addSection(2, isCritical: false, [])
    }
    for intact in [Self.intact, raw] {
      #expect(readBothWays(intact).contents != nil)
      var bytes = intact
      for position in bytes.indices {
        bytes[position] ^= 1 << (position % 8)
        #expect(readBothWays(bytes, "byte \(position)").contents == nil, "byte \(position)")
        bytes[position] = intact[position]
      }
    }
  }

  @Test func everyFlippedBitIsNoticed() throws {
    let expected = try Contents(try SnapshotReader(Self.intact))
    var bytes = Self.intact
    for position in bytes.indices {
      for bit in 0..<8 {
        bytes[position] ^= 1 << bit
        let error = error(bytes, expected: expected)
        bytes[position] ^= 1 << bit
        switch error {
        case .checksumMismatch, .truncated: break
        case .notASnapshot: #expect(position < 8)
        default: Issue.record("byte \(position) bit \(bit): \(String(describing: error))")
        }
      }
    }
  }

  @Test func damageIsNamedByItsPlace() throws {
    let reader = try SnapshotReader(Self.intact)
    let expected = try Contents(reader)
    func flipped(_ position: Int) -> SnapshotError? {
      var bytes = Self.intact
      bytes[position] ^= 0x10
      return error(bytes, expected: expected)
    }
    let size = Self.intact.count
    let table = size - 64 - 4 * 64
    let headerSize = Int(Self.intact[12]) | Int(Self.intact[13]) << 8
    #expect(flipped(3) == .notASnapshot)
    #expect(flipped(8) == .checksumMismatch(.header))
    #expect(flipped(headerSize - 1) == .checksumMismatch(.header))
    #expect(flipped(headerSize) == .checksumMismatch(.descriptor(0)))
    #expect(flipped(headerSize + 64) == .checksumMismatch(.section(1)))
    #expect(flipped(headerSize + 64 + 300) == .checksumMismatch(.descriptor(1)))
    #expect(flipped(headerSize + 64 + 300 + 64) == .checksumMismatch(.pageChunk(0)))
    #expect(flipped(table - 64) == .checksumMismatch(.descriptor(4)))
    #expect(flipped(table) == .checksumMismatch(.tableOfContents))
    #expect(flipped(size - 64) == .checksumMismatch(.trailer))
    #expect(flipped(size - 50) == .checksumMismatch(.trailer))
    #expect(flipped(size - 20) == .checksumMismatch(.trailer))
    #expect(flipped(size - 1) == .checksumMismatch(.trailer))
  }

  @Test func trailingBytesAreNoticed() throws {
    let bytes = Self.intact + [0]
    #expect(throws: SnapshotError.truncated(at: UInt64(bytes.count))) {
      try SnapshotReader(bytes)
    }
  }

  @Test func otherFilesAreNoSnapshots() {
    for bytes in [[], Array("#!/bin/sh\n".utf8), [UInt8](repeating: 0, count: 5000)] {
      #expect(throws: SnapshotError.notASnapshot) { try SnapshotReader(bytes) }
    }
  }

  @Test func randomFilesNeverCrash() {
    var random = SeededNumbers(22)
    for _ in 0..<500 {
      var bytes = random.bytes(Int(random.next() % 2000))
      if bytes.count > 20, random.next() % 4 != 0 {
        bytes.replaceSubrange(0..<16, with: Self.intact[0..<16])
      }
      #expect(throws: SnapshotError.self) { try SnapshotReader(bytes) }
      #expect(throws: SnapshotError.self) { try Contents(try SnapshotStream(bytes)) }
    }
  }

  @Test func sourceThatFailsIsAnError() throws {
    final class Failing: SnapshotSource {
      let bytes = SnapshotBytes(DamageTests.intact)
      var readsLeft = 0
      var byteCount: UInt64 { bytes.byteCount }
      func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError) {
        guard readsLeft > 0 else { throw .readFailed("no more") }
        readsLeft -= 1
        try bytes.read(at: offset, into: &buffer)
      }
    }
    for reads in 0..<8 {
      let source = Failing()
      source.readsLeft = reads
      #expect(throws: SnapshotError.readFailed("no more")) {
        try SnapshotReader(source).verify()
      }
    }
  }
}
