import Machine
import Testing

/// The answers to the engine, and when it must flush its TLB.
@Suite struct TranslateTests {
  private func granted(_ test: TestSpace, _ page: UInt64, _ access: Access) -> Permissions? {
    for _ in 0..<3 {
      switch test.space.translate(address(page), access) {
      case .frame(_, let permissions): return permissions
      case .retry: continue
      case .refused, .notHere: return nil
      }
    }
    Issue.record("retries for ever")
    return nil
  }

  private func flushes(_ test: TestSpace, _ body: () throws -> Void) rethrows -> Bool {
    let before = test.space.tlbVersion
    try body()
    return test.space.tlbVersion != before
  }

  @Test func cleanPagesAreGrantedWithoutWrite() throws {
    let test = try TestSpace()
    test.map(0, 2)
    #expect(granted(test, 0, .read) == .read)
    #expect(granted(test, 0, .write) == [.read, .write])
    #expect(granted(test, 0, .read) == [.read, .write])
    #expect(granted(test, 1, .write) == [.read, .write])
  }

  @Test func textIsGrantedAtOnce() throws {
    let test = try TestSpace()
    let file = MemoryObject(arena: test.arena, source: Pattern(), size: 1 << 20)
    test.map(0, 1, [.read, .execute], backing: .object(file, offset: 0))
    #expect(granted(test, 0, .read) == [.read, .execute])
    #expect(granted(test, 0, .execute) == [.read, .execute])
    #expect(granted(test, 0, .write) == nil)
  }

  @Test func writableCodeIsGrantedOnFetch() throws {
    let test = try TestSpace()
    let translator = test.arena.addTranslator()
    test.map(0, 1, [.read, .write, .execute])
    #expect(granted(test, 0, .write) == [.read, .write])
    #expect(granted(test, 0, .execute) == [.read, .write, .execute])
    #expect(granted(test, 0, .read) == [.read, .write, .execute])
    // The library OS writes: the engine drops the code, and asks anew.
    try test.store(1, 0)
    #expect(test.arena.hasStaleCode(translator))
    #expect(granted(test, 0, .read) == [.read, .write])
  }

  @Test func editsFlushWhenSomethingWasThere() throws {
    let test = try TestSpace()
    #expect(flushes(test) { test.map(0, 10) } == false)
    #expect(flushes(test) { _ = test.protect(0, 10, .read) } == false)
    #expect(flushes(test) { _ = test.protect(0, 10, [.read, .write]) } == false)
    _ = granted(test, 3, .read)
    #expect(flushes(test) { _ = test.protect(4, 6, .read) } == false)
    #expect(flushes(test) { _ = test.protect(0, 4, .read) })
    #expect(flushes(test) { test.unmap(4, 6) } == false)
    #expect(flushes(test) { test.space.discard(address(0), address(4)) })
    #expect(flushes(test) { test.unmap(0, 10) } == false)
  }

  /// A page that the engine may read through the zero frame gets another frame by a copy.
  @Test func copiesOfTheLibraryOSFlush() throws {
    let test = try TestSpace()
    test.map(0)
    _ = granted(test, 0, .read)
    #expect(try flushes(test) { try test.store(5, 0) })
    #expect(try flushes(test) { try test.store(6, 0) } == false)
  }

  @Test func stackGrowth() throws {
    let test = try TestSpace()
    test.space.stackLimit = 1 << 20
    test.map(1000, 1, flags: .growsDown)
    #expect(granted(test, 900, .read) == .read)
    #expect(test.layout == [TestSpace.Line(900, 101)])
    #expect(granted(test, 1001 - 256, .write) != nil)
    #expect(granted(test, 1001 - 257, .write) == nil)
    // Nothing grows into the gap above another mapping; but into a guard page that the program
    // itself put there, it may.
    test.map(3000, 1, flags: .growsDown)
    test.map(2900, 1)
    #expect(granted(test, 2999, .write) == nil)
    test.unmap(2900, 1)
    test.map(2900, 1, [])
    #expect(granted(test, 2999, .write) != nil)
  }

  @Test func canonicalAddresses() throws {
    let x86 = try TestSpace(isa: .x86_64).space
    let arm = try TestSpace(isa: .aarch64).space
    func reason(_ space: AddressSpace, _ address: UInt64) -> MemoryFault.Reason? {
      guard case .refused(let reason) = space.translate(GuestAddress(address), .read) else {
        return nil
      }
      return reason
    }
    #expect(reason(x86, 0x8000_0000_0000) == .nonCanonical)
    #expect(reason(x86, 0xffff_7fff_ffff_f000) == .nonCanonical)
    #expect(reason(x86, 0xffff_8000_0000_0000) == .unmapped)
    #expect(reason(x86, 0x7fff_ffff_f000) == .unmapped)
    #expect(reason(arm, 0x8000_0000_0000) == .unmapped)
  }

  @Test func privatePagesForASnapshot() throws {
    let test = try TestSpace()
    let file = MemoryObject(arena: test.arena, source: Pattern(), size: 1 << 20)
    test.map(0, 8)
    test.map(10, 8, backing: .object(file, offset: 0))
    test.map(20, 8, flags: .shared, backing: .object(file, offset: 0))
    for page in [3, 1, 12, 22] as [UInt64] { try test.store(page, page) }
    for page in [5, 15, 25] as [UInt64] { _ = try test.load(page) }
    var saved: [(UInt64, [UInt8])] = []
    test.space.table.frozen.forEachPage { page, entry in
      saved.append((page, test.arena.withBytes(entry.frame, offset: 0, count: 4096) { $0.array }))
    }
    #expect(saved.map { $0.0 - base.page } == [1, 3, 12])

    let copy = AddressSpace(arena: test.arena, isa: .x86_64)
    for vma in test.space.mappings { #expect(copy.map(vma)) }
    for (page, bytes) in saved {
      let frame = try #require(test.arena.allocate())
      test.arena.withMutableBytes(frame, offset: 0, count: 4096) { target in
        bytes.withRawSpan { target.copy(from: $0) }
      }
      copy.restorePage(page, frame: frame, [.read, .write])
    }
    for page in [1, 3, 12, 5, 15, 25, 22] as [UInt64] {
      #expect(try copy.load(UInt64.self, at: address(page)) == test.load(page))
    }
  }
}
