import Machine
import Testing

/// Copying to and from guest memory: the number of bytes, and the reason for stopping.
@Suite struct CopyTests {
  @Test func acrossPages() throws {
    let test = try TestSpace()
    test.map(0, 5)
    let bytes = (0..<12000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try test.space.store(bytes, to: base + 1000)
    #expect(try test.space.bytes(at: base + 1000, count: 12000) == bytes)
    #expect(try test.space.bytes(at: base + 990, count: 10) == [UInt8](repeating: 0, count: 10))
  }

  @Test func integersAcrossPages() throws {
    let test = try TestSpace()
    test.map(0, 2)
    for offset in 4086...4096 as ClosedRange<UInt64> {
      try test.space.store(0x1122_3344_5566_7788 as UInt64, to: base + offset)
      #expect(try test.space.load(UInt64.self, at: base + offset) == 0x1122_3344_5566_7788)
      #expect(try test.space.load(UInt16.self, at: base + offset) == 0x7788)
      #expect(try test.space.load(Int8.self, at: base + offset + 7) == 0x11)
    }
  }

  @Test func partialCopies() throws {
    let test = try TestSpace()
    test.map(0, 2)
    let expected = MemoryFault(address: address(2), access: .write, reason: .unmapped)
    let result = [UInt8](repeating: 9, count: 10_000).withRawSpan {
      test.space.copyOut($0, to: base + 100)
    }
    #expect(result.count == 8092)
    #expect(result.fault == expected)
    #expect(try test.space.load(UInt8.self, at: base + 8191) == 9)

    var buffer = [UInt8](repeating: 0, count: 10_000)
    let read = buffer.withMutableRawSpan { test.space.copyIn(from: base + 100, into: &$0) }
    #expect(read.count == 8092)
    #expect(read.fault == MemoryFault(address: address(2), access: .read, reason: .unmapped))
    #expect(buffer[8091] == 9 && buffer[8092] == 0)
  }

  @Test func copiesStopAtReadOnlyPages() throws {
    let test = try TestSpace()
    test.map(0, 3)
    _ = test.protect(1, 1, .read)
    let result = [UInt8](repeating: 9, count: 12_288).withRawSpan {
      test.space.copyOut($0, to: base)
    }
    #expect(result.count == 4096)
    #expect(
      result.fault == MemoryFault(address: address(1), access: .write, reason: .protection))
  }

  @Test func lentBytesMayBeUsedInPart() throws {
    let test = try TestSpace()
    test.map(0, 3)
    try test.space.store([UInt8](repeating: 3, count: 12_288), to: base)
    var lent: [Int] = []
    let result = test.space.withBytes(at: base, count: 12_288) { offset, bytes -> Int in
      lent.append(bytes.byteCount)
      return lent.reduce(0, +) > 4096 ? 10 : bytes.byteCount
    }
    #expect(result.fault == nil)
    #expect(result.count == lent.dropLast().reduce(0, +) + 10)
  }

  /// Which pages become dirty does not depend on their frames.
  @Test(arguments: [1, 5000, 65_536, 65_537, 200_000, 1 << 20])
  func framesDoNotTellWhatIsDirty(used: Int) throws {
    var dirty: [Int] = []
    for isScattered in [false, true] {
      let test = try TestSpace(pages: 4096)
      test.map(0, 512)
      if isScattered {
        // Every other frame is in use, so no two pages are contiguous.
        test.map(512, 512)
        for page in 512..<1024 as Range<UInt64> { try test.store(1, page) }
        for page in stride(from: 513, to: 1024, by: 2) as StrideTo<UInt64> { test.unmap(page) }
      }
      let before = test.space.privatePages
      var rest = used
      let result = test.space.withMutableBytes(at: base + 100, count: 2 << 20 - 100) {
        (_, bytes) -> Int in
        let count = min(rest, bytes.byteCount)
        rest -= count
        return count
      }
      #expect(result.count == used && result.fault == nil)
      dirty.append(test.space.privatePages - before)
    }
    #expect(dirty[0] == dirty[1])
    #expect(dirty[0] >= (used + 100 + 4095) / 4096)
    #expect(dirty[0] <= max(17, (2 * used) / 4096 + 2))
  }

  @Test func errorsOfTheBodyPassThrough() throws {
    struct Stop: Error {}
    let test = try TestSpace()
    test.map(0)
    #expect(throws: Stop.self) {
      _ = try test.space.withMutableBytes(at: base, count: 10) { _, _ in throw Stop() }
    }
  }

  @Test func emptyCopies() throws {
    let test = try TestSpace()
    let result = [UInt8]().withRawSpan { test.space.copyOut($0, to: .null) }
    #expect(result.count == 0 && result.fault == nil)
    #expect(try test.space.bytes(at: .null, count: 0).isEmpty)
  }

  @Test func strings() throws {
    let test = try TestSpace()
    test.map(0, 2)
    try test.space.store(Array("hello\0".utf8), to: base + 4093)
    #expect(try test.space.cString(at: base + 4093, limit: 100) == Array("hello".utf8))
    #expect(try test.space.cString(at: base + 4093, limit: 5) == nil)
    #expect(try test.space.cString(at: base + 4093, limit: 6) == Array("hello".utf8))
    try test.space.store([UInt8](repeating: 65, count: 100), to: base + 8092)
    #expect(throws: MemoryFault(address: address(2), access: .read, reason: .unmapped)) {
      _ = try test.space.cString(at: base + 8092, limit: 1000)
    }
  }

  @Test func theTopOfTheAddressSpace() throws {
    let test = try TestSpace()
    #expect(throws: MemoryFault.self) { _ = try test.space.bytes(at: GuestAddress(.max), count: 2) }
    #expect(throws: MemoryFault.self) {
      _ = try test.space.load(UInt64.self, at: GuestAddress(.max - 3))
    }
    let limit = GuestISA.x86_64.userAddressLimit
    #expect(throws: MemoryFault(address: limit, access: .read, reason: .unmapped)) {
      _ = try test.space.load(UInt8.self, at: limit)
    }
  }

  @Test func theZeroFrameStaysZero() throws {
    let test = try TestSpace()
    test.map(0, 2)
    #expect(try test.load(0) == 0)
    try test.store(1, 0)
    _ = test.space.withMutableBytes(at: address(1), count: 8) { _, bytes in
      bytes.store(5 as UInt64)
      return 8
    }
    #expect(test.arena.isZero(.zero))
    #expect(try test.load(1) == 5)
  }
}
