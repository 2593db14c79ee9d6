import Snapshot
import TestSupport
import Testing
import Zstd

/// Files whose checksums are all right, made by somebody who means harm.
@Suite struct HostileTests {
  /// An entry of the table of contents as its maker wants it.
  struct Entry {
    var kind: UInt32 = 1
    var id: UInt32 = 1
    var flags: UInt32 = 0
    var reserved: UInt32 = 0
    var stored: [UInt8] = []
    /// What the entry claims, if not the truth.
    var storedSize: UInt64?
    var size: UInt64?
  }

  private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    stride(from: 0, to: T.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
  }

  /// A snapshot with exactly these entries, and right checksums throughout.
  private func forge(
    _ entries: [Entry], gap: [UInt8] = [], changeHeader: (inout [UInt8]) -> Void = { _ in }
  ) throws -> [UInt8] {
    let plain = try write { _ in }
    var header = Array(plain.dropLast(48 + 32))
    changeHeader(&header)
    header += Digest(of: header[...]).bytes
    var bytes = header
    var table: [UInt8] = []
    for entry in entries {
      bytes += entry.stored
      table += little(entry.kind) + little(entry.id) + little(entry.flags)
      table += little(entry.reserved)
      table += little(entry.storedSize ?? UInt64(entry.stored.count))
      table += little(entry.size ?? UInt64(entry.stored.count))
      table += Digest(of: entry.stored[...]).bytes
    }
    let length = little(UInt64(table.count))
    let digest = Digest(of: header[...], table[...], length[...])
    return bytes + gap + table + length + digest.bytes + plain.suffix(8)
  }

  private func error(_ entries: [Entry], gap: [UInt8] = []) throws -> SnapshotError? {
    let bytes = try forge(entries, gap: gap)
    do throws(SnapshotError) {
      try SnapshotReader(bytes).verify()
      return nil
    } catch {
      return error
    }
  }

  private func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
    let compressor = try ZstdCompressor()
    return try bytes.lend { try compressor.compress($0) }
  }

  @Test func forgeryIsFaithful() throws {
    let page = numberedPage(5)
    let bytes = try forge([Entry(stored: [1, 2, 3]), Entry(kind: 2, id: 0, stored: page)])
    let reader = try SnapshotReader(bytes)
    try reader.verify()
    #expect(try reader.section(1) == [1, 2, 3])
    #expect(try reader.page(PageReference(rawValue: 1)) == page)
  }

  @Test func bombsStayBounded() throws {
    let bomb = try compressed([UInt8](repeating: 0, count: 64 << 20))
    #expect(bomb.count < 20_000)
    // More inside than the entry says.
    guard case .malformed = try error([Entry(flags: 2, stored: bomb, size: UInt64(bomb.count + 1))])
    else {
      Issue.record("a bomb went off")
      return
    }
    let limit: UInt64 = 128 << 20
    #expect(
      try error([Entry(flags: 2, stored: bomb, size: 1 << 40)])
        == .tooLarge(what: "section 1", size: 1 << 40, limit: limit))
    #expect(
      try error([Entry(kind: 2, id: 0, flags: 2, stored: bomb, size: 64 << 20)])
        == .malformed("a page chunk is not made of pages"))
    // Less inside than the entry says.
    guard
      case .malformed = try error([Entry(flags: 2, stored: try compressed([1, 2]), size: limit)])
    else {
      Issue.record("a short frame went through")
      return
    }
  }

  @Test func liesInTheTableAreMalformed() throws {
    let page = numberedPage(1)
    let rejected: [([Entry], [UInt8])] = [
      ([Entry(kind: 0, stored: [1])], []),
      ([Entry(kind: 3, stored: [1])], []),
      ([Entry(flags: 4, stored: [1])], []),
      ([Entry(reserved: 1, stored: [1])], []),
      ([Entry(stored: [1], size: 2)], []),
      ([Entry(flags: 2, stored: [1, 2], size: 2)], []),
      ([Entry(stored: [1], storedSize: .max, size: .max)], []),
      ([Entry(stored: [1], storedSize: 2, size: 2)], []),
      ([Entry(stored: [1]), Entry(stored: [1])], []),
      ([Entry(stored: [1])], [0]),
      ([], [0]),
      ([Entry(kind: 2, id: 1, stored: page)], []),
      ([Entry(kind: 2, id: 0, flags: 1, stored: page)], []),
      ([Entry(kind: 2, id: 0, stored: [])], []),
      ([Entry(kind: 2, id: 0, stored: Array(page.dropLast()))], []),
      ([Entry(kind: 2, id: 0, stored: page), Entry(kind: 2, id: 0, stored: page)], []),
      ([Entry(kind: 2, id: 0, stored: Array(repeating: 1, count: 65 * 4096))], []),
    ]
    for (index, (entries, gap)) in rejected.enumerated() {
      switch try error(entries, gap: gap) {
      case .malformed, .tooLarge: break
      case let other: Issue.record("case \(index): \(String(describing: other))")
      }
    }
  }

  @Test func newerFormatIsNamed() throws {
    let bytes = try forge([]) { $0[8] = 2 }
    #expect(throws: SnapshotError.unsupportedFormatVersion(found: 2, supported: 1)) {
      try SnapshotReader(bytes)
    }
    let zero = try forge([]) { $0[8] = 0 }
    #expect(throws: SnapshotError.unsupportedFormatVersion(found: 0, supported: 1)) {
      try SnapshotReader(zero)
    }
  }

  @Test func fieldsAddedToTheHeaderAreSkipped() throws {
    let bytes = try forge([Entry(stored: [1])]) {
      $0 += [1, 2, 3, 4]
      $0[12] += 4
    }
    #expect(try SnapshotReader(bytes).header == someHeader)
  }

  @Test func headersThatLieAreNamed() throws {
    // Every field of the header changed at random, under a right checksum.
    var random = SeededNumbers(31)
    for _ in 0..<2000 {
      let bytes = try forge([]) { header in
        for _ in 0..<(random.next() % 3 + 1) {
          let position = 16 + Int(random.next() % UInt64(header.count - 16))
          header[position] = UInt8(truncatingIfNeeded: random.next())
        }
      }
      do throws(SnapshotError) {
        _ = try SnapshotReader(bytes)
      } catch {
        guard case .malformed = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
  }

  @Test func randomTablesNeverCrash() throws {
    var random = SeededNumbers(32)
    let sizes: [UInt64] = [0, 1, 4095, 4096, 262_144, 1 << 27, 1 << 32, 1 << 63, .max, .max - 4095]
    for _ in 0..<2000 {
      var entries: [Entry] = []
      for _ in 0..<(random.next() % 4) {
        var entry = Entry(
          kind: UInt32(random.next() % 4), id: UInt32(random.next() % 3),
          flags: UInt32(random.next() % 5),
          stored: random.next() % 2 == 0
            ? random.bytes(Int(random.next() % 100)) : numberedPage(Int(random.next() % 9)))
        if random.next() % 2 == 0 { entry.size = sizes.randomElement(using: &random) }
        if random.next() % 4 == 0 { entry.storedSize = sizes.randomElement(using: &random) }
        entries.append(entry)
      }
      let bytes = try forge(entries)
      do throws(SnapshotError) {
        let reader = try SnapshotReader(bytes)
        _ = try Contents(reader)
      } catch {
        switch error {
        case .malformed, .tooLarge: break
        default: Issue.record("\(error)")
        }
      }
    }
  }
}
