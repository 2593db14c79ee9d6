import Machine
import Testing
import UnicornEngine

/// The engine sees exactly the memory of the address space, whatever is in its TLB.
@Suite struct MemoryTests {
  private static let data = TestGuest.data

  private func loader(_ isa: GuestISA) throws -> TestGuest {
    let guest = try TestGuest(isa, [.load, .systemCall])
    guest.set(r8: Self.data)
    return guest
  }

  private func storer(_ isa: GuestISA, _ value: UInt64 = 77) throws -> TestGuest {
    let guest = try TestGuest(isa, [.store, .systemCall])
    guest.set(r8: Self.data, r9: value)
    return guest
  }

  private func word(_ guest: TestGuest, _ address: GuestAddress = data) throws -> UInt64 {
    try guest.space.load(UInt64.self, at: address)
  }

  // MARK: Permissions

  @Test(arguments: GuestISA.allCases)
  func writeToReadOnlyIsRefusedAndDiscarded(_ isa: GuestISA) throws {
    let guest = try storer(isa)
    guest.map(Self.data)
    try guest.space.store(UInt64(5), to: Self.data)
    guest.protect(Self.data, .read)
    let fault = guest.runToFault()
    #expect(fault == MemoryFault(address: Self.data, access: .write, reason: .protection))
    #expect(guest.registers.programCounter == TestGuest.code.rawValue)
    #expect(try word(guest) == 5)
  }

  @Test(arguments: GuestISA.allCases)
  func mprotectIsSeenAtOnce(_ isa: GuestISA) throws {
    let guest = try storer(isa)
    guest.map(Self.data)
    guest.runToSystemCall()
    guest.protect(Self.data, .read)
    #expect(guest.runToFault()?.reason == .protection)
    guest.protect(Self.data, [])
    #expect(guest.runToFault()?.reason == .protection)
    guest.protect(Self.data, [.read, .write])
    guest.set(r9: 78)
    guest.runToSystemCall()
    #expect(try word(guest) == 78)
  }

  /// An access that begins on the last page of all addresses, and ends on the first.
  @Test(arguments: GuestISA.allCases, [Op.load, .store])
  func roundTheEnd(_ isa: GuestISA, _ access: Op) throws {
    for offset in 1...7 as ClosedRange<UInt64> {
      let guest = try TestGuest(isa, [access, .systemCall])
      guest.set(r8: GuestAddress(0 &- offset))
      let reason = guest.runToFault()?.reason
      #expect(reason == .unmapped || reason == .nonCanonical)
      #expect(guest.registers.programCounter == TestGuest.code.rawValue)
    }
  }

  @Test(arguments: GuestISA.allCases)
  func noAccessAtAll(_ isa: GuestISA) throws {
    let guest = try loader(isa)
    guest.map(Self.data)
    guest.runToSystemCall()
    guest.protect(Self.data, [])
    let fault = guest.runToFault()
    #expect(fault == MemoryFault(address: Self.data, access: .read, reason: .protection))
  }

  @Test(arguments: GuestISA.allCases)
  func dataIsNotExecutable(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.jump])
    guest.map(Self.data)
    try guest.space.store(TestGuest.assemble(isa, [.systemCall]), to: Self.data)
    guest.set(r10: Self.data)
    let fault = guest.runToFault()
    #expect(fault == MemoryFault(address: Self.data, access: .execute, reason: .protection))
    #expect(guest.registers.programCounter == Self.data.rawValue)
    guest.protect(Self.data, [.read, .execute])
    guest.runToSystemCall()
    guest.protect(Self.data, .read)
    #expect(guest.runToFault()?.access == .execute)
  }

  // MARK: Mapping

  @Test(arguments: GuestISA.allCases)
  func unmappedIsGoneAtOnce(_ isa: GuestISA) throws {
    let guest = try loader(isa)
    guest.map(Self.data)
    guest.runToSystemCall()
    guest.unmap(Self.data)
    let fault = guest.runToFault()
    #expect(fault == MemoryFault(address: Self.data, access: .read, reason: .unmapped))
  }

  @Test(arguments: GuestISA.allCases)
  func remappedIsZero(_ isa: GuestISA) throws {
    let guest = try loader(isa)
    for value in 1...5 as ClosedRange<UInt64> {
      guest.map(Self.data)
      guest.runToSystemCall()
      #expect(guest.registers.general[9] == 0)
      try guest.space.store(value, to: Self.data)
      guest.runToSystemCall()
      #expect(guest.registers.general[9] == value)
      guest.unmap(Self.data)
    }
  }

  @Test(arguments: GuestISA.allCases)
  func movedPagesFollow(_ isa: GuestISA) throws {
    let guest = try loader(isa)
    guest.map(Self.data)
    try guest.space.store(UInt64(9), to: Self.data)
    guest.runToSystemCall()
    #expect(
      guest.space.move(from: Self.data, oldLength: 4096, to: TestGuest.other, newLength: 8192))
    #expect(guest.runToFault()?.reason == .unmapped)
    guest.set(r8: TestGuest.other)
    guest.runToSystemCall()
    #expect(guest.registers.general[9] == 9)
  }

  @Test(arguments: GuestISA.allCases)
  func accessAcrossPagesThatAreNotNeighbours(_ isa: GuestISA) throws {
    let guest = try loader(isa)
    // Frames in descending order.
    guest.map(Self.data, pages: 2)
    try guest.space.store(UInt64(0), to: Self.data + 4096)
    try guest.space.store([1, 2, 3, 4, 5, 6, 7, 8], to: Self.data + 4092)
    guest.set(r8: Self.data + 4092)
    guest.runToSystemCall()
    #expect(guest.registers.general[9] == 0x0807_0605_0403_0201)

    guest.unmap(Self.data + 4096)
    let fault = guest.runToFault()
    #expect(fault == MemoryFault(address: Self.data + 4096, access: .read, reason: .unmapped))
  }

  @Test(arguments: GuestISA.allCases)
  func storeAcrossIntoNothingChangesNothing(_ isa: GuestISA) throws {
    let guest = try storer(isa, 0x1122_3344_5566_7788)
    guest.map(Self.data)
    guest.set(r8: Self.data + 4092)
    let fault = guest.runToFault()
    #expect(fault == MemoryFault(address: Self.data + 4096, access: .write, reason: .unmapped))
    #expect(try guest.space.load(UInt32.self, at: Self.data + 4092) == 0)
    guest.map(Self.data + 4096)
    guest.runToSystemCall()
    #expect(try word(guest, Self.data + 4092) == 0x1122_3344_5566_7788)
  }

  @Test(arguments: GuestISA.allCases)
  func memoryLimit(_ isa: GuestISA) throws {
    let guest = try storer(isa)
    guest.map(Self.data, flags: .noReserve)
    while guest.arena.allocate() != nil {}
    #expect(guest.runToFault()?.reason == .outOfMemory)
  }

  // MARK: Zero pages, copies, dirty bits

  @Test(arguments: GuestISA.allCases)
  func readingCostsNoMemory(_ isa: GuestISA) throws {
    let guest = try loader(isa)
    guest.map(Self.data)
    guest.runToSystemCall()
    let frames = guest.arena.framesInUse
    guest.map(TestGuest.other)
    guest.set(r8: TestGuest.other)
    guest.runToSystemCall()
    #expect(guest.registers.general[9] == 0)
    #expect(guest.arena.framesInUse == frames)
  }

  @Test(arguments: GuestISA.allCases)
  func writeBehindAReadGetsItsOwnFrame(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.load, .systemCall, .store, .load, .systemCall])
    guest.map(Self.data)
    guest.map(TestGuest.other)
    guest.set(r8: Self.data)
    guest.runToSystemCall()
    let second = TestGuest.code + guest.length(.load) + guest.length(.systemCall)
    guest.set(r9: 6)
    guest.runToSystemCall(from: second)
    #expect(guest.registers.general[9] == 6)
    #expect(try word(guest, TestGuest.other) == 0)
    #expect(guest.arena.isZero(.zero))
  }

  /// A page that the guest has only read, and that the library OS then writes.
  @Test(arguments: GuestISA.allCases)
  func writesOfTheLibraryOSAreSeen(_ isa: GuestISA) throws {
    let guest = try loader(isa)
    guest.map(Self.data)
    guest.runToSystemCall()
    #expect(guest.registers.general[9] == 0)
    try guest.space.store(UInt64(123), to: Self.data)
    guest.runToSystemCall()
    #expect(guest.registers.general[9] == 123)
  }

  @Test(arguments: GuestISA.allCases)
  func firstWriteMakesDirty(_ isa: GuestISA) throws {
    let guest = try storer(isa)
    let file = MemoryObject(arena: guest.arena, source: Pattern(), size: 8192)
    guest.map(Self.data, pages: 2, backing: .object(file, offset: 0))
    func dirty() -> [UInt64] {
      var pages: [UInt64] = []
      guest.space.table.frozen.forEachPage { page, _ in pages.append(page) }
      return pages.filter { $0 >= Self.data.page && $0 < Self.data.page + 2 }
    }
    try guest.load([.load, .systemCall], at: TestGuest.other)
    guest.runToSystemCall(from: TestGuest.other)
    #expect(guest.registers.general[9] == 0x0101_0101_0101_0101)
    #expect(dirty().isEmpty)
    guest.set(r9: 3)
    guest.runToSystemCall()
    #expect(dirty() == [Self.data.page])
    #expect(try word(guest) == 3)
    // The file itself is untouched.
    #expect(file.dirtyPages.isEmpty)
  }

  // MARK: Stacks

  @Test(arguments: GuestISA.allCases)
  func stackGrowsToItsLimit(_ isa: GuestISA) throws {
    let guest = try storer(isa)
    let top = TestGuest.stackTop
    guest.space.stackLimit = 64 << 10
    guest.map(top - 4096, flags: [.growsDown, .stack])
    guest.set(r8: top - (32 << 10))
    guest.runToSystemCall()
    #expect(guest.space.mapping(at: top - 1)?.start == top - (32 << 10))
    guest.set(r8: top - (64 << 10) - 8)
    let fault = guest.runToFault()
    #expect(
      fault == MemoryFault(address: top - (64 << 10) - 8, access: .write, reason: .unmapped))
  }

  @Test(arguments: GuestISA.allCases)
  func stackKeepsAGuardGap(_ isa: GuestISA) throws {
    let guest = try storer(isa)
    let top = TestGuest.stackTop
    guest.map(top - 4096, flags: [.growsDown, .stack])
    guest.map(top - (2 << 20))
    guest.set(r8: top - (512 << 10))
    guest.runToSystemCall()
    guest.set(r8: top - (2 << 20) + 4096 + 100)
    #expect(guest.runToFault()?.reason == .unmapped)
  }

  // MARK: Objects

  @Test(arguments: GuestISA.allCases)
  func beyondTheEndOfTheFile(_ isa: GuestISA) throws {
    let guest = try loader(isa)
    let file = MemoryObject(arena: guest.arena, size: 3 * 4096)
    guest.map(Self.data, pages: 3, flags: .shared, backing: .object(file, offset: 0))
    guest.set(r8: Self.data + 8192 + 16)
    guest.runToSystemCall()
    file.resize(to: 4096)
    let fault = guest.runToFault()
    #expect(fault == MemoryFault(address: Self.data + 8192 + 16, access: .read, reason: .bus))
    file.resize(to: 3 * 4096)
    guest.runToSystemCall()
    #expect(guest.registers.general[9] == 0)
  }

  @Test(arguments: GuestISA.allCases)
  func unreadableFile(_ isa: GuestISA) throws {
    final class Broken: PageSource {
      func readPages(at offset: UInt64, into buffer: inout MutableRawSpan) -> Bool { false }
    }
    let guest = try loader(isa)
    let file = MemoryObject(arena: guest.arena, source: Broken(), size: 4096)
    guest.map(Self.data, .read, backing: .object(file, offset: 0))
    #expect(guest.runToFault()?.reason == .bus)
    guest.unmap(Self.data)
    guest.map(Self.data, .read, flags: .shared, backing: .object(file, offset: 0))
    #expect(guest.runToFault()?.reason == .bus)
  }

  @Test(arguments: GuestISA.allCases)
  func sharedMappingsAndTheFileAreOne(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.store, .systemCall])
    try guest.load([.load, .systemCall], at: GuestAddress(0x50_0000))
    let file = MemoryObject(arena: guest.arena, source: Pattern(), size: 4096)
    for start in [Self.data, TestGuest.other] {
      guest.map(start, flags: .shared, backing: .object(file, offset: 0))
    }
    func load(_ address: GuestAddress) -> UInt64 {
      guest.set(r8: address)
      guest.runToSystemCall(from: GuestAddress(0x50_0000))
      return guest.registers.general[9]
    }
    #expect(load(Self.data) == 0x0101_0101_0101_0101)
    #expect(load(TestGuest.other) == 0x0101_0101_0101_0101)
    guest.set(r8: Self.data, r9: 55)
    guest.runToSystemCall()
    #expect(load(TestGuest.other) == 55)
    #expect(file.dirtyPages == [0])
    let written = [UInt8](repeating: 7, count: 8).withRawSpan { file.write(at: 0, from: $0) }
    #expect(written == 8)
    #expect(load(Self.data) == 0x0707_0707_0707_0707)
    #expect(load(TestGuest.other) == 0x0707_0707_0707_0707)
  }

  // MARK: Address spaces

  @Test(arguments: GuestISA.allCases)
  func addressSpacesDoNotMix(_ isa: GuestISA) throws {
    let guest = try loader(isa)
    let first = guest.space
    let second = AddressSpace(arena: guest.arena, isa: isa)
    for (space, value) in [(first, 1), (second, 2)] as [(AddressSpace, UInt64)] {
      guest.space = space
      if space === second { try guest.load([.load, .systemCall], at: TestGuest.code) }
      guest.map(Self.data)
      try space.store(value, to: Self.data)
    }
    for _ in 0..<3 {
      for (space, value) in [(first, 1), (second, 2)] as [(AddressSpace, UInt64)] {
        guest.space = space
        guest.runToSystemCall()
        #expect(guest.registers.general[9] == value)
      }
    }
  }

  // MARK: The TLB's size

  /// The TLB must grow with a working set far larger than its initial size.
  @Test(arguments: GuestISA.allCases)
  func tlbGrows(_ isa: GuestISA) throws {
    // r13 times: load from r12 pages from r8 on
    let code: [UInt8] =
      switch isa {
      case .x86_64:
        [
          0x4c, 0x89, 0xc0, 0x4c, 0x89, 0xe1, 0x48, 0x8b, 0x10, 0x48, 0x05, 0x00, 0x10, 0x00, 0x00,
          0x48, 0xff, 0xc9, 0x75, 0xf2, 0x49, 0xff, 0xcd, 0x75, 0xe7, 0x0f, 0x05,
        ]
      case .aarch64:
        [
          0xe0, 0x03, 0x08, 0xaa, 0xe1, 0x03, 0x0c, 0xaa, 0x02, 0x00, 0x40, 0xf9, 0x00, 0x04, 0x40,
          0x91, 0x21, 0x04, 0x00, 0xf1, 0xa1, 0xff, 0xff, 0x54, 0xad, 0x05, 0x00, 0xf1, 0x21, 0xff,
          0xff, 0x54, 0x01, 0x00, 0x00, 0xd4,
        ]
      case .riscv64:
        [
          0x93, 0x87, 0x04, 0x00, 0x13, 0x88, 0x06, 0x00, 0x37, 0x19, 0x00, 0x00, 0x83, 0xb8, 0x07,
          0x00, 0xb3, 0x87, 0x27, 0x01, 0x13, 0x08, 0xf8, 0xff, 0xe3, 0x1a, 0x08, 0xfe, 0x13, 0x07,
          0xf7, 0xff, 0xe3, 0x10, 0x07, 0xfe, 0x73, 0x00, 0x00, 0x00,
        ]
      }
    let pages: UInt64 = 20_000
    let guest = try TestGuest(isa, code)
    guest.map(Self.data, pages: pages, .read)
    guest.set(r8: Self.data)
    guest.registers.general[12] = pages
    guest.registers.general[13] = 100
    guest.runToSystemCall()
    // Each page is loaded a few times until the TLB is large enough, then never again.
    #expect(guest.engine.statistics.tlbFills < pages * 10)
    #expect(guest.engine.statistics.tlbFlushes < 30)
  }
}

/// Page n is filled with n + 1.
final class Pattern: PageSource {
  func readPages(at offset: UInt64, into buffer: inout MutableRawSpan) -> Bool {
    var position = 0
    while position < buffer.byteCount {
      let page = (offset + UInt64(position)) >> 12
      let end = min(Int(((page + 1) << 12) - offset), buffer.byteCount)
      buffer.fill(UInt8(truncatingIfNeeded: page + 1), in: position..<end)
      position = end
    }
    return true
  }
}
