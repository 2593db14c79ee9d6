import Machine
import Testing

@Suite struct MappingTests {
  typealias Line = TestSpace.Line

  @Test func neighboursMerge() throws {
    let test = try TestSpace()
    test.map(0)
    test.map(2)
    #expect(test.layout == [Line(0, 1), Line(2, 1)])
    test.map(1)
    #expect(test.layout == [Line(0, 3)])
    test.map(3, 1, .read)
    test.map(4, name: "[heap]")
    test.map(5, flags: .noReserve)
    #expect(test.layout.count == 4)
  }

  @Test func objectsMergeWhenTheirOffsetsContinue() throws {
    let test = try TestSpace()
    let file = MemoryObject(arena: test.arena, size: 1 << 20)
    let other = MemoryObject(arena: test.arena, size: 1 << 20)
    test.map(0, 2, backing: .object(file, offset: 0x4000))
    test.map(2, 1, backing: .object(file, offset: 0x6000))
    test.map(3, 1, backing: .object(file, offset: 0x8000))
    test.map(4, 1, backing: .object(other, offset: 0x9000))
    #expect(test.layout.map(\.count) == [3, 1, 1])
  }

  @Test func unmapSplits() throws {
    let test = try TestSpace()
    let file = MemoryObject(arena: test.arena, source: Pattern(), size: 1 << 20)
    test.map(0, 10, backing: .object(file, offset: 0))
    test.unmap(3, 2)
    #expect(test.layout == [Line(0, 3), Line(5, 5)])
    #expect(try test.load(5) == Pattern.word(5))
    test.unmap(0, 1)
    test.unmap(9, 5)
    #expect(test.layout == [Line(1, 2), Line(5, 4)])
    test.unmap(0, 100)
    #expect(test.layout.isEmpty)
    test.unmap(0, 100)
  }

  @Test func protectSplitsAndMerges() throws {
    let test = try TestSpace()
    test.map(0, 10)
    #expect(test.protect(3, 4, .read))
    #expect(test.layout == [Line(0, 3), Line(3, 4, .read), Line(7, 3)])
    #expect(test.protect(3, 4, [.read, .write]))
    #expect(test.layout == [Line(0, 10)])
  }

  @Test func protectDecidesAboutAccess() throws {
    let test = try TestSpace()
    test.map(0, 2)
    try test.store(5, 0)
    _ = test.protect(0, 2, .read)
    #expect(try test.load(0) == 5)
    #expect(throws: MemoryFault(address: address(0), access: .write, reason: .protection)) {
      try test.store(6, 0)
    }
    // Also for a page that was never touched.
    #expect(throws: MemoryFault(address: address(1), access: .write, reason: .protection)) {
      try test.store(6, 1)
    }
    _ = test.protect(0, 2, [])
    #expect(throws: MemoryFault(address: address(0), access: .read, reason: .protection)) {
      _ = try test.load(0)
    }
    _ = test.protect(0, 2, [.read, .write])
    try test.store(6, 0)
    #expect(try test.load(0) == 6)
  }

  @Test func moveKeepsContents() throws {
    let test = try TestSpace()
    test.map(0, 4)
    for page in 0..<4 as Range<UInt64> { try test.store(page + 10, page) }
    // Page 1 and 2 to 20, with a page more.
    #expect(
      test.space.move(
        from: address(1), oldLength: 0x2000, to: address(20), newLength: 0x3000))
    #expect(test.layout == [Line(0, 1), Line(3, 1), Line(20, 3)])
    #expect(try test.load(20) == 11)
    #expect(try test.load(21) == 12)
    #expect(try test.load(22) == 0)
    // Cut while moving: the rest is freed.
    let frames = test.arena.framesInUse
    #expect(
      test.space.move(
        from: address(20), oldLength: 0x3000, to: address(30), newLength: 0x1000))
    #expect(test.layout == [Line(0, 1), Line(3, 1), Line(30, 1)])
    #expect(test.arena.framesInUse == frames - 1)
  }

  @Test func moveOfAFileKeepsItsOffset() throws {
    let test = try TestSpace()
    let file = MemoryObject(arena: test.arena, source: Pattern(), size: 1 << 20)
    test.map(0, 8, backing: .object(file, offset: 0x2000))
    #expect(
      test.space.move(
        from: address(3), oldLength: 0x2000, to: address(20), newLength: 0x3000))
    for page in 0..<3 as Range<UInt64> {
      #expect(try test.load(20 + page) == Pattern.word(5 + page))
    }
  }

  @Test func moveThatKeepsTheOldPlace() throws {
    let test = try TestSpace()
    test.map(0, 2)
    try test.store(1, 0)
    #expect(
      test.space.move(
        from: address(0), oldLength: 0x2000, to: address(20), newLength: 0x2000, keepOld: true))
    #expect(test.layout == [Line(0, 2), Line(20, 2)])
    #expect(try test.load(0) == 0)
    #expect(try test.load(20) == 1)
  }

  @Test func extend() throws {
    let test = try TestSpace()
    let file = MemoryObject(arena: test.arena, source: Pattern(), size: 1 << 20)
    test.map(0, 2, backing: .object(file, offset: 0))
    #expect(test.space.extend(endingAt: address(2), by: 0x2000))
    #expect(test.layout == [Line(0, 4)])
    #expect(try test.load(3) == Pattern.word(3))
    #expect(!test.space.extend(endingAt: address(3), by: 0x1000))
  }

  @Test func discardBringsTheBackingBack() throws {
    let test = try TestSpace()
    let file = MemoryObject(arena: test.arena, source: Pattern(), size: 1 << 20)
    test.map(0, 2)
    test.map(10, 2, backing: .object(file, offset: 0))
    test.map(20, 2, flags: .shared, backing: .object(file, offset: 0x5000))
    for page in [0, 10, 20] as [UInt64] {
      try test.store(99, page)
      test.space.discard(address(page), address(page + 1))
    }
    #expect(try test.load(0) == 0)
    #expect(try test.load(10) == Pattern.word(0))
    #expect(try test.load(20) == 99)
  }

  @Test func updateFlags() throws {
    let test = try TestSpace()
    test.map(0, 3)
    test.space.updateFlags(address(1), address(2)) { $0.insert(.locked) }
    #expect(test.layout.count == 3)
    test.space.updateFlags(address(0), address(3)) { $0.remove(.locked) }
    #expect(test.layout == [Line(0, 3)])
  }

  // MARK: Finding

  @Test func isFreeAndIsMapped() throws {
    let test = try TestSpace()
    test.map(2, 2)
    test.map(4, 1, .read)
    test.map(6, 1)
    #expect(test.space.isFree(address(0), address(2)))
    #expect(!test.space.isFree(address(0), address(3)))
    #expect(test.space.isFree(address(5), address(6)))
    #expect(test.space.isFree(address(7), address(100)))
    #expect(test.space.isMapped(address(2), address(5)))
    #expect(!test.space.isMapped(address(2), address(7)))
    #expect(!test.space.isMapped(address(1), address(3)))
    #expect(test.space.mapping(at: address(5)) == nil)
    #expect(test.space.mapping(at: address(4))?.permissions == .read)
  }

  @Test func findGapGoesDown() throws {
    let test = try TestSpace()
    let top = address(100)
    func gap(_ pages: UInt64) -> UInt64? {
      test.space.findGap(length: pages << 12, below: top, above: base).map { ($0 - base) >> 12 }
    }
    #expect(gap(10) == 90)
    test.map(95, 5)
    #expect(gap(10) == 85)
    test.map(80, 5)
    #expect(gap(10) == 85)
    #expect(gap(11) == 69)
    test.map(99 + 1, 50)  // above the top: of no account
    #expect(gap(10) == 85)
    test.map(0, 80)
    #expect(gap(10) == 85)
    #expect(gap(11) == nil)
  }

  @Test func findGapLeavesRoomForStacks() throws {
    let test = try TestSpace()
    test.map(1000, 10, flags: [.growsDown, .stack])
    let gap = try #require(
      test.space.findGap(length: 0x1000, below: address(1010), above: base))
    #expect(address(1000) - (gap + 0x1000) == 1 << 20)
  }

  // MARK: The limit

  @Test func commitLimit() throws {
    let test = try TestSpace(pages: 10)
    #expect(test.map(0, 6))
    #expect(!test.map(10, 5))
    #expect(test.map(10, 4))
    #expect(test.space.committedBytes == 10 << 12)
    #expect(!test.map(20, 1))
    // Not counted: read-only, shared, without reservation, stacks.
    #expect(test.map(20, 100, .read))
    #expect(test.map(200, 100, flags: .noReserve))
    #expect(test.map(400, 100, flags: .growsDown))
    #expect(!test.protect(20, 1, [.read, .write]))
    #expect(test.layout.filter { $0.permissions == .read } == [TestSpace.Line(20, 100, .read)])
    test.unmap(0, 1)
    #expect(test.protect(20, 1, [.read, .write]))
    test.unmap(0, 1000)
    #expect(test.space.committedBytes == 0)
  }

  @Test func runningOutOfFrames() throws {
    // A fifth is for the page table.
    let test = try TestSpace(pages: 5)
    test.map(0, 10, flags: .noReserve)
    for page in 0..<4 as Range<UInt64> { try test.store(1, page) }
    #expect(throws: MemoryFault(address: address(4), access: .write, reason: .outOfMemory)) {
      try test.store(1, 4)
    }
    // Reading needs no frame.
    #expect(try test.load(5) == 0)
    test.unmap(0, 1)
    try test.store(1, 4)
  }

  @Test func everythingIsGivenBack() throws {
    let test = try TestSpace()
    do {
      let space = AddressSpace(arena: test.arena, isa: .aarch64)
      let file = MemoryObject(arena: test.arena, source: Pattern(), size: 1 << 20)
      for (page, flags) in [(0, []), (100, .shared)] as [(UInt64, VMA.Flags)] {
        _ = space.map(
          VMA(
            start: address(page), end: address(page + 50), permissions: [.read, .write],
            flags: flags, backing: .object(file, offset: 0)))
        for index in page..<(page + 50) { try space.store(index, to: address(index)) }
      }
      #expect(test.arena.framesInUse >= 100)
    }
    #expect(test.arena.framesInUse == 0)
    #expect(test.arena.peakFramesInUse >= 100)
  }
}
