import Machine
import Testing

@Suite struct ObjectTests {
  private func read(_ object: MemoryObject, _ offset: UInt64, _ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0xee, count: count)
    guard let done = bytes.withMutableRawSpan({ object.read(at: offset, into: &$0) }) else {
      return nil
    }
    return Array(bytes[..<done])
  }

  private func write(_ object: MemoryObject, _ offset: UInt64, _ bytes: [UInt8]) -> Int {
    bytes.withRawSpan { object.write(at: offset, from: $0) }
  }

  @Test func readsComeFromTheSourceAndFromPages() throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena, source: Pattern(), size: 0x3800)
    #expect(read(object, 0, 2) == [1, 1])
    #expect(read(object, 0xfff, 2) == [1, 2])
    #expect(read(object, 0x37ff, 100) == [4])
    #expect(read(object, 0x3800, 100) == [])
    #expect(test.arena.framesInUse == 0)
    #expect(write(object, 0x1800, [9, 9]) == 2)
    #expect(read(object, 0x17ff, 4) == [2, 9, 9, 2])
    var whole: [UInt8] = [1]
    whole += [UInt8](repeating: 2, count: 0x800)
    whole += [9, 9]
    whole += [UInt8](repeating: 2, count: 0x7fe)
    whole.append(3)
    #expect(read(object, 0xfff, 0x1002)! == whole)
    #expect(object.dirtyPages == [1])
  }

  @Test func writesGrow() throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena)
    #expect(write(object, 5000, [1, 2, 3]) == 3)
    #expect(object.size == 5003)
    #expect(read(object, 4998, 100) == [0, 0, 1, 2, 3])
    #expect(read(object, 0, 3) == [0, 0, 0])
  }

  @Test func writesStopAtTheMemoryLimit() throws {
    let test = try TestSpace(pages: 2)
    let object = MemoryObject(arena: test.arena)
    #expect(write(object, 100, [UInt8](repeating: 1, count: 20_000)) == 2 * 4096 - 100)
    #expect(object.size == 2 * 4096)
  }

  @Test func whatWasCutOffDoesNotComeBack() throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena, source: Pattern(), size: 0x3000)
    _ = object.frame(0, isWrite: false)
    object.resize(to: 0x800)
    #expect(read(object, 0x7ff, 10) == [1])
    object.resize(to: 0x3000)
    #expect(read(object, 0x7ff, 2) == [1, 0])
    #expect(read(object, 0x1000, 1) == [0])
    // Also where no page was held.
    let other = MemoryObject(arena: test.arena, source: Pattern(), size: 0x3000)
    other.resize(to: 0x800)
    other.resize(to: 0x3000)
    #expect(read(other, 0x7ff, 2) == [1, 0])
    #expect(read(other, 0x2000, 1) == [0])
  }

  @Test func truncationFaultsMappings() throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena, source: Pattern(), size: 0x4000)
    test.map(0, 4, flags: .shared, backing: .object(object, offset: 0))
    // The object's second page on, private.
    test.map(10, 3, backing: .object(object, offset: 0x1000))
    for page in [0, 1, 2, 3, 10, 11, 12] as [UInt64] { _ = try test.load(page) }
    try test.store(7, 12)
    object.resize(to: 0x1800)
    #expect(try test.load(1) == Pattern.word(1))
    #expect(try test.load(10) == Pattern.word(1))
    for page in [2, 3, 11, 12] as [UInt64] {
      #expect(throws: MemoryFault(address: address(page), access: .read, reason: .bus)) {
        _ = try test.load(page)
      }
    }
    // The part of the last page beyond the end is zero.
    #expect(try test.space.load(UInt64.self, at: address(1) + 0x800) == 0)
  }

  @Test func holes() throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena, source: Pattern(), size: 0x3000)
    test.map(0, 3, flags: .shared, backing: .object(object, offset: 0))
    for page in 0..<3 as Range<UInt64> { _ = try test.load(page) }
    #expect(object.zero(0x800..<0x2000))
    #expect(try test.load(0) == Pattern.word(0))
    #expect(try test.space.load(UInt64.self, at: address(0) + 0x800) == 0)
    #expect(try test.load(1) == 0)
    #expect(try test.load(2) == Pattern.word(2))
    #expect(read(object, 0x7ff, 2) == [1, 0])
    // Without a source whole pages are freed.
    let memory = MemoryObject(arena: test.arena)
    _ = write(memory, 0, [UInt8](repeating: 1, count: 0x2000))
    let frames = test.arena.framesInUse
    #expect(memory.zero(0..<0x1000))
    #expect(test.arena.framesInUse == frames - 1)
    #expect(read(memory, 0xfff, 2) == [0, 1])
    #expect(memory.size == 0x2000)
  }

  @Test func privateMappingsKeepTheirWrites() throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena, source: Pattern(), size: 0x2000)
    test.map(0, 2, flags: .shared, backing: .object(object, offset: 0))
    test.map(10, 2, backing: .object(object, offset: 0))
    try test.store(50, 0)
    // Not touched yet: sees the object.
    #expect(try test.load(10) == 50)
    try test.store(51, 10)
    try test.store(52, 0)
    #expect(try test.load(10) == 51)
    #expect(try test.load(0) == 52)
    #expect(object.dirtyPages == [0])
  }

  @Test func brokenSources() throws {
    let test = try TestSpace()
    let source = Pattern()
    source.isBroken = true
    let object = MemoryObject(arena: test.arena, source: source, size: 0x2000)
    test.map(0, 2, backing: .object(object, offset: 0))
    test.map(10, 2, flags: .shared, backing: .object(object, offset: 0))
    for page in [0, 10] as [UInt64] {
      #expect(throws: MemoryFault(address: address(page), access: .read, reason: .bus)) {
        _ = try test.load(page)
      }
    }
    #expect(read(object, 0, 10) == nil)
    #expect(test.arena.framesInUse == 0)
    source.isBroken = false
    #expect(try test.load(0) == Pattern.word(0))
  }

  @Test func neighboursAreReadWithAPage() throws {
    let test = try TestSpace()
    let source = Pattern()
    let object = MemoryObject(arena: test.arena, source: source, size: 64 << 12)
    test.map(0, 64, backing: .object(object, offset: 0))
    _ = try test.load(20)
    #expect(test.space.isResident(address(16)) && test.space.isResident(address(23)))
    #expect(!test.space.isResident(address(15)) && !test.space.isResident(address(24)))
    #expect(try test.load(16) == Pattern.word(16))
  }
}

/// The work on a range depends on its content: going page by page would never end.
@Suite struct HugeRangeTests {
  private let huge: UInt64 = 1 << 50

  @Test func zeroing() throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena)
    object.resize(to: huge)
    let places: [UInt64] = [0, 5 << 30, huge - 4096]
    for place in places {
      #expect(
        [UInt8](repeating: 7, count: 4096).withRawSpan { object.write(at: place, from: $0) } == 4096
      )
    }
    #expect(test.map(0, 1, flags: .shared, backing: .object(object, offset: 0)))
    #expect(try test.load(0) == 0x0707_0707_0707_0707)
    #expect(object.zero(8..<huge))
    #expect(object.size == huge && object.pages.count == 1)
    #expect(try test.load(0) == 0x0707_0707_0707_0707)
    #expect(object.zero(0..<huge))
    #expect(object.pages.count == 0)
    #expect(try test.load(0) == 0)
    object.resize(to: 0)
    #expect(test.arena.framesInUse == 0)
  }

  @Test func whatTheSourceHasDoesNotComeBack() throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena, source: Pattern(), size: 8 * 4096)
    #expect(object.zero((4096 + 8)..<(3 * 4096 + 8)))
    var bytes = [UInt8](repeating: 9, count: 8 * 4096)
    #expect(bytes.withMutableRawSpan { object.read(at: 0, into: &$0) } == bytes.count)
    for (index, byte) in bytes.enumerated() {
      let isZero = (4096 + 8..<3 * 4096 + 8).contains(index)
      #expect(byte == (isZero ? 0 : UInt8(index / 4096 + 1)))
    }
  }

  @Test func privateCopiesSurviveAHole() throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena)
    object.resize(to: 2 * 4096)
    _ = [UInt8](repeating: 7, count: 8192).withRawSpan { object.write(at: 0, from: $0) }
    test.map(0, 2, backing: .object(object, offset: 0))
    try test.store(1, 0)
    _ = try test.load(1)
    #expect(object.zero(0..<8192))
    #expect(try test.load(0) == 1)
    #expect(try test.load(1) == 0)
  }

  @Test func discardingAndProtecting() throws {
    let test = try TestSpace()
    let pages = UInt64(1) << 34
    #expect(test.map(0, pages, flags: .noReserve))
    for page in [0, 1 << 20, pages - 1] { try test.store(page + 1, page) }
    #expect(test.protect(0, pages, .read))
    test.space.discard(address(0), address(pages))
    #expect(test.arena.framesInUse == 0)
    #expect(try test.load(1 << 20) == 0)
    test.unmap(0, pages)
    #expect(test.space.residentPages == 0)
  }
}
