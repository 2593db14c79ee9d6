import Machine
import Testing

/// Pages that are full of their numbers. Counts what it is asked.
private final class NumberedPages: StoredPageSource {
  var loads: [UInt32] = []
  var waits = 0
  var isBroken = false

  func load(_ page: UInt32, into buffer: inout MutableRawSpan) -> Bool {
    if isBroken { return false }
    loads.append(page)
    for offset in stride(from: 0, to: Frame.size, by: 8) {
      buffer.storeBytes(of: UInt64(page), toByteOffset: offset, as: UInt64.self)
    }
    return true
  }

  /// A caller that waits finds it whole again.
  func waitUntilWorthwhile() {
    waits += 1
    isBroken = false
  }
}

/// An address space with stored pages at `first`…, numbered from 1.
private struct StoredSpace {
  let test: TestSpace
  let source = NumberedPages()
  var space: AddressSpace { test.space }
  var arena: FrameArena { test.arena }

  init(_ count: UInt64, at first: UInt64 = 0) throws {
    test = try TestSpace()
    #expect(test.arena.beginStoring(in: source))
    test.map(first, count)
    for index in 0..<count {
      let frame = try #require(arena.allocate(stored: UInt32(index + 1)))
      space.restorePage(address(first + index).page, frame: frame, [.read, .write])
    }
  }
}

@Suite struct StoredFramesTests {
  @Test func aPageIsLoadedOnceWhenItIsNeeded() throws {
    let stored = try StoredSpace(4)
    #expect(stored.arena.storedFrameCount == 4 && stored.arena.framesInUse == 4)
    #expect(try stored.test.load(2) == 3)
    #expect(try stored.test.load(2) == 3)
    try stored.test.store(50, 1)
    #expect(stored.source.loads == [3, 2])
    #expect(stored.arena.storedFrameCount == 2)
    #expect(try stored.space.load(at: address(1) + 8) == 2 as UInt64)
  }

  @Test func whatIsNotNeededIsNotLoaded() throws {
    let stored = try StoredSpace(6)
    stored.space.discard(address(0), address(1))
    #expect(try stored.test.load(0) == 0)
    stored.test.unmap(1)
    #expect(stored.test.protect(2, 1, .read))
    #expect(stored.space.move(from: address(2), oldLength: 4096, to: address(20), newLength: 8192))
    #expect(stored.space.isResident(address(20)) && !stored.space.isResident(address(21)))
    #expect(stored.source.loads.isEmpty && stored.arena.storedFrameCount == 4)
    #expect(try stored.test.load(20) == 3)
    #expect(stored.space.populate(address(3)))
    #expect(stored.arena.storedFrameCount == 3)
  }

  /// Parent and child share a page that comes once; each write is its own.
  @Test func forksShareWhatIsToCome() throws {
    let stored = try StoredSpace(3)
    let child = stored.space.fork()
    #expect(stored.arena.storedFrameCount == 3)
    try stored.test.store(7, 0)
    #expect(try child.load(at: address(0)) == 1 as UInt64)
    try child.store(8 as UInt64, to: address(1))
    #expect(try stored.test.load(1) == 2)
    #expect(stored.source.loads == [1, 2])
    #expect(stored.arena.framesInUse == 5)
  }

  /// The engine is told to come back later; the library OS waits.
  @Test func whatCanNotBeHadNow() throws {
    let stored = try StoredSpace(2)
    stored.source.isBroken = true
    guard case .notHere = stored.space.translate(address(0), .read) else {
      Issue.record("the page is not here")
      return
    }
    guard case .refused(.protection) = stored.space.translate(address(0), .execute) else {
      Issue.record("no execution is allowed")
      return
    }
    #expect(stored.source.waits == 0)
    #expect(try stored.test.load(0) == 1)
    #expect(stored.source.waits == 1)
  }

  @Test func objectsLoadWhatTheyReadOrChange() throws {
    let test = try TestSpace()
    let source = NumberedPages()
    #expect(test.arena.beginStoring(in: source))
    let object = MemoryObject(arena: test.arena, size: 5 * 4096)
    for index in 0..<5 as Range<UInt64> {
      let frame = try #require(test.arena.allocate(stored: UInt32(index + 1)))
      object.restorePage(index, frame: frame, isDirty: true)
    }
    var bytes = [UInt8](repeating: 0, count: 16)
    #expect(bytes.withMutableRawSpan { object.read(at: 4096, into: &$0) } == 16)
    #expect(bytes[0] == 2)
    let new: [UInt8] = [9, 9]
    #expect(new.withRawSpan { object.write(at: 2 * 4096 + 4, from: $0) } == 2)
    source.isBroken = true
    test.map(0, 5, flags: .shared, backing: .object(object, offset: 0))
    guard case .notHere = test.space.translate(address(3), .write) else {
      Issue.record("the page is not here")
      return
    }
    source.isBroken = false
    try test.store(40, 3)
    object.resize(to: 4 * 4096 + 8)
    #expect(try test.load(4) == 5)
    #expect(try test.load(2) == 9 << 32 | 9 << 40 | 3)
    #expect(source.loads == [2, 3, 4, 5])
    object.resize(to: 0)
    #expect(test.arena.storedFrameCount == 0)
    test.arena.endStoring()
  }

  /// A view's reader gets the page's number until the bytes are in the frame, whatever the guest does.
  @Test func viewsOfStoredFrames() throws {
    let stored = try StoredSpace(4)
    let began = try #require(stored.arena.beginView())
    let bytes = stored.arena.frozenBytes
    let pages = stored.space.table.frozen
    func view() -> [UInt64: UInt64] {
      var result: [UInt64: UInt64] = [:]
      pages.forEachPage { page, entry in
        let number = bytes.storedPage(of: entry.frame).map { UInt64($0) }
        result[page - base.page] =
          number ?? bytes.withBytes(entry.frame) { $0.load(as: UInt64.self) }
      }
      return result
    }
    let expected: [UInt64: UInt64] = [0: 1, 1: 2, 2: 3, 3: 4]
    #expect(view() == expected)
    try stored.test.store(100, 0)
    #expect(try stored.test.load(1) == 2)
    stored.test.unmap(2)
    #expect(view() == expected)
    stored.arena.endView(began)
    #expect(stored.arena.freeEnded(atMost: .max))
    #expect(stored.arena.storedFrameCount == 1)
  }

  @Test func pagesAreDelivered() throws {
    let stored = try StoredSpace(5)
    _ = try stored.test.load(1)
    let first = stored.arena.storedFrames(from: 1, atMost: 2)
    #expect(first.frames.map(\.page) == [1, 3])
    let rest = stored.arena.storedFrames(from: first.end, atMost: 10)
    #expect(rest.frames.map(\.page) == [4, 5])
    stored.test.unmap(4)
    let bytes = [UInt8](repeating: 6, count: Frame.size)
    for (frame, page) in first.frames + rest.frames {
      bytes.withRawSpan { stored.arena.deliver($0, of: page, to: frame) }
    }
    #expect(stored.arena.storedFrameCount == 0)
    #expect(try stored.test.load(0) == 0x0606_0606_0606_0606 && stored.test.load(1) == 2)
    #expect(stored.source.loads == [2])
  }
}
