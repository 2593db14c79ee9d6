import Snapshot
import TestSupport
import Testing
import Zstd

/// Files whose checksums are all right, made by somebody who means harm.
@Suite struct HostileTests {
  private typealias Block = Forgery.Block

  /// What reading the file gives; both readers must refuse what one refuses.
  private func error(_ blocks: [Block], gap: [UInt8] = []) throws -> SnapshotError? {
    readBothWays(try Forgery(blocks, gap: gap).bytes).file
  }

  private func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
    let compressor = try ZstdCompressor()
    return try bytes.lend { try compressor.compress($0) }
  }

  @Test func forgeryIsFaithful() throws {
    let page = numberedPage(5)
    let forged = try Forgery([Block(stored: [1, 2, 3]), Block(kind: 2, id: 0, stored: page)]).bytes
    let written = try write(someHeader, .none) { writer in
      try writer.addSection(1, isCritical: false, [1, 2, 3])
      _ = try writer.add(page)
    }
    #expect(forged == written)
  }

  @Test func bombsStayBounded() throws {
    let bomb = try compressed([UInt8](repeating: 0, count: 64 << 20))
    #expect(bomb.count < 20_000)
    // More inside than the descriptor says.
    guard case .malformed = try error([Block(flags: 2, stored: bomb, size: UInt64(bomb.count + 1))])
    else {
      Issue.record("a bomb went off")
      return
    }
    let limit: UInt64 = 128 << 20
    #expect(
      try error([Block(flags: 2, stored: bomb, size: 1 << 40)])
        == .tooLarge(what: "section 1", size: 1 << 40, limit: limit))
    #expect(
      try error([Block(kind: 2, id: 0, flags: 2, stored: bomb, size: 64 << 20)])
        == .malformed("a page chunk is not made of pages"))
    // Less inside than the descriptor says.
    guard
      case .malformed = try error([Block(flags: 2, stored: try compressed([1, 2]), size: limit)])
    else {
      Issue.record("a short frame went through")
      return
    }
  }

  @Test func liesInDescriptorsAreMalformed() throws {
    let page = numberedPage(1)
    let rejected: [([Block], [UInt8])] = [
      ([Block(kind: 0, stored: [1])], []),
      ([Block(kind: 4, stored: [1])], []),
      ([Block(flags: 8, stored: [1])], []),
      ([Block(flags: 4, stored: [1])], []),
      ([Block(flags: 6, stored: try compressed([UInt8](repeating: 0, count: 64)), size: 64)], []),
      ([Block(kind: 2, id: 0, flags: 4, stored: page)], []),
      ([Block(stored: [1], size: 2)], []),
      ([Block(flags: 2, stored: [1, 2], size: 2)], []),
      ([Block(stored: [1], storedSize: .max, size: .max)], []),
      ([Block(stored: [1], storedSize: 2, size: 2)], []),
      ([Block(stored: [1]), Block(stored: [1])], []),
      ([Block(stored: [1])], [0]),
      ([], [0]),
      ([Block(kind: 2, id: 1, stored: page)], []),
      ([Block(kind: 2, id: 0, flags: 1, stored: page)], []),
      ([Block(kind: 2, id: 0, stored: [])], []),
      ([Block(kind: 2, id: 0, stored: Array(page.dropLast()))], []),
      ([Block(kind: 2, id: 0, stored: page), Block(kind: 2, id: 0, stored: page)], []),
      ([Block(kind: 2, id: 0, stored: Array(repeating: 1, count: 65 * 4096))], []),
      // Padding where none belongs, too much, and too little.
      ([Block(padding: 1, stored: [1], gap: [0])], []),
      ([Block(padding: 4096, stored: [1], gap: [UInt8](repeating: 0, count: 4096))], []),
      ([Block(padding: .max, stored: [1])], []),
      ([Block(kind: 2, id: 0, padding: 0, stored: page, gap: [])], []),
      ([Block(kind: 2, id: 0, padding: 4095, stored: page)], []),
      // Tables of contents before the last block.
      ([Block(kind: 3, id: 0, stored: [])], []),
      ([Block(kind: 3, id: 0, stored: [UInt8](repeating: 0, count: 64)), Block(stored: [1])], []),
      ([Block(kind: 3, id: 0, stored: [1])], []),
      ([Block(kind: 3, id: 0, stored: [], storedSize: 1 << 62, size: 1 << 62)], []),
    ]
    for (index, (blocks, gap)) in rejected.enumerated() {
      switch try error(blocks, gap: gap) {
      case .malformed, .tooLarge: break
      case let other: Issue.record("case \(index): \(String(describing: other))")
      }
    }
  }

  /// What stands in front of a block is what a stream goes by, so it must be what a file goes by.
  @Test func frontAndTableMustAgree() throws {
    let page = numberedPage(1)
    for position in 0..<64 {
      for kind in [1, 2] as [UInt32] {
        let block = Block(kind: kind, id: kind == 1 ? 1 : 0, stored: page) { $0[position] ^= 1 }
        let error = try error([Block(id: 9, stored: [1]), block])
        #expect(error == .checksumMismatch(.descriptor(1)), "byte \(position)")
      }
    }
    var gap = [UInt8](repeating: 0, count: 4096)
    let size = try Forgery().bytes.count - 128
    gap.removeLast((size + 64) % 4096)
    gap[gap.count - 1] = 1
    #expect(
      try error([Block(kind: 2, id: 0, stored: page, gap: gap)])
        == .checksumMismatch(.descriptor(0)))
  }

  /// A table that leaves a block out, has one too many, or has them in another order.
  @Test func theTableIsThatOfTheBlocks() throws {
    let blocks = [Block(stored: [1]), Block(id: 2, stored: [2])]
    let changes: [(inout [UInt8]) -> Void] = [
      { $0.removeLast(64) }, { $0.removeFirst(64) }, { $0 = [] }, { $0 += $0 },
      { $0 = Array($0[64...] + $0[..<64]) }, { $0[0] = 3 }, { $0.removeLast() },
    ]
    for change in changes {
      var forgery = try Forgery(blocks)
      forgery.changeTable = change
      #expect(readBothWays(forgery.bytes).contents == nil)
    }
  }

  @Test func otherFormatVersionsAreNamed() throws {
    func error(_ version: UInt8) throws -> SnapshotError? {
      let bytes = try Forgery { $0[8] = version }.bytes
      let (_, file, stream) = readBothWays(bytes)
      #expect(file == stream)
      return file
    }
    #expect(try error(1) == .unreleasedFormatVersion(1))
    for version in [0, 3, 200] as [UInt8] {
      #expect(
        try error(version)
          == .unsupportedFormatVersion(found: UInt32(version), supported: 2))
    }
  }

  @Test func fieldsAddedToTheHeaderAreSkipped() throws {
    var forgery = try Forgery {
      $0 += [1, 2, 3, 4]
      $0[12] += 4
    }
    forgery.blocks = [Block(stored: [1])]
    #expect(readBothWays(forgery.bytes).contents?.header == someHeader)
  }

  @Test func headersThatLieAreNamed() throws {
    // Every field of the header changed at random, under a right checksum.
    var random = SeededNumbers(31)
    var header = someHeader
    for round in 0..<2000 {
      header.parent =
        round % 2 == 0
        ? nil
        : try ParentLink(id: someID, contentDigest: Digest(of: [1]), pageCount: 9, name: "parent")
      let bytes = try Forgery(header: header) { header in
        for _ in 0..<(random.next() % 3 + 1) {
          let position = 16 + Int(random.next() % UInt64(header.count - 16))
          header[position] = UInt8(truncatingIfNeeded: random.next())
        }
      }.bytes
      let (_, file, stream) = readBothWays(bytes)
      #expect(file == stream)
      switch file {
      case nil, .malformed: break
      case let error?: Issue.record("\(error)")
      }
    }
  }

  @Test func randomTablesNeverCrash() throws {
    var random = SeededNumbers(32)
    let sizes: [UInt64] = [0, 1, 4095, 4096, 262_144, 1 << 27, 1 << 32, 1 << 63, .max, .max - 4095]
    for _ in 0..<2000 {
      var blocks: [Block] = []
      for _ in 0..<(random.next() % 4) {
        var block = Block(
          kind: UInt32(random.next() % 4), id: UInt32(random.next() % 3),
          flags: UInt32(random.next() % 9),
          stored: random.next() % 2 == 0
            ? random.bytes(Int(random.next() % 100)) : numberedPage(Int(random.next() % 9)))
        if random.next() % 2 == 0 { block.size = sizes.randomElement(using: &random) }
        if random.next() % 4 == 0 { block.storedSize = sizes.randomElement(using: &random) }
        if random.next() % 8 == 0 { block.padding = UInt32(random.next() % 5000) }
        blocks.append(block)
      }
      switch readBothWays(try Forgery(blocks).bytes).file {
      case nil, .malformed, .tooLarge: break
      case let error?: Issue.record("\(error)")
      }
    }
  }
}
