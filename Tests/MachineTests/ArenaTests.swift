import Glibc
import Machine
import Testing

@Suite struct ArenaTests {
  @Test func framesAreZeroedAndUsedAgain() throws {
    let arena = try #require(FrameArena(byteLimit: 4 * Frame.size))
    let frames = (0..<4).map { _ in arena.allocate()! }
    #expect(Set(frames).count == 4 && !frames.contains(.zero))
    #expect(arena.allocate() == nil)
    arena.withMutableBytes(frames[2], offset: 8, count: 8) { $0.store(UInt64.max) }
    #expect(!arena.isZero(frames[2]))
    arena.release(frames[2])
    #expect(arena.framesInUse == 3 && arena.peakFramesInUse == 4)
    let again = arena.allocate()
    #expect(again == frames[2])
    #expect(arena.isZero(frames[2]))
  }

  /// A request without free frames calls the reclaimer, and gets a frame that it frees.
  @Test func exhaustion() throws {
    let arena = try #require(FrameArena(byteLimit: 2 * Frame.size))
    let space = AddressSpace(arena: arena, isa: .x86_64)
    let first = arena.allocate()!
    _ = arena.allocate()
    #expect(arena.allocate(for: space) == nil)
    var asking: [AddressSpace?] = []
    arena.onExhaustion = { space in
      asking.append(space)
      guard arena.framesInUse == 2, asking.count < 3 else { return false }
      arena.release(first)
      return true
    }
    #expect(arena.allocate(for: space) == first)
    #expect(arena.allocate() == first)
    #expect(arena.allocate() == nil)
    arena.onExhaustion = nil
    #expect(asking.count == 3 && asking[0] === space && asking[1] == nil)
  }

  /// Only whole pages can be returned to a host with larger pages, and frames beside a freed one are kept.
  @Test(arguments: [16384, 65536]) func largeHostPages(size: Int) throws {
    let size = max(size, HostMemory.pageSize)
    let perPage = size / Frame.size
    // Frame 0 lies in the first page, and is always in use.
    let arena = try #require(FrameArena(byteLimit: 3 * size - Frame.size, hostPageSize: size))
    let frames = (1..<3 * perPage).map { _ in arena.allocate()! }
    for frame in frames {
      arena.withMutableBytes(frame, offset: 0, count: 4) { $0.store(frame.index) }
    }
    for frame in frames where frame.index % 2 == 1 { arena.release(frame) }
    for frame in frames {
      #expect(arena.isZero(frame) == (frame.index % 2 == 1))
      let value: UInt32 = arena.withBytes(frame, offset: 0, count: 4) { $0.load() }
      #expect(value == (frame.index % 2 == 1 ? 0 : frame.index))
    }
    #expect(arena.isResident(hostPage: 0) && arena.isResident(hostPage: 1))
    for frame in frames where frame.index % 2 == 0 { arena.release(frame) }
    #expect(arena.framesInUse == 0)
    #expect(arena.isResident(hostPage: 0))
    #expect(!arena.isResident(hostPage: 1) && !arena.isResident(hostPage: 2))
    let again = (1..<3 * perPage).map { _ in arena.allocate()! }
    #expect(arena.allocate() == nil)
    #expect(again.allSatisfy { arena.isZero($0) })
  }

  @Test func references() throws {
    let arena = try #require(FrameArena(byteLimit: 4 * Frame.size))
    let frame = arena.allocate()!
    #expect(!arena.isShared(frame))
    arena.retain(frame)
    #expect(arena.isShared(frame))
    arena.release(frame)
    #expect(!arena.isShared(frame) && arena.framesInUse == 1)
    arena.release(frame)
    #expect(arena.framesInUse == 0)
    // The zero frame is everybody's.
    #expect(arena.isShared(.zero))
    arena.retain(.zero)
    arena.release(.zero)
    arena.release(.zero)
  }

  @Test func staleCode() throws {
    let arena = try #require(FrameArena(byteLimit: 4 * Frame.size))
    let translator = arena.addTranslator()
    let frame = arena.allocate()!
    arena.dropTranslations(of: frame)
    #expect(!arena.hasStaleCode(translator))
    arena.markCode(frame)
    #expect(arena.isCode(frame) && !arena.hasStaleCode(translator))
    arena.dropTranslations(of: frame)
    #expect(!arena.isCode(frame) && arena.hasStaleCode(translator))
    #expect(arena.takeStaleCodeFrames(translator) == [frame])
    #expect(!arena.hasStaleCode(translator))
    arena.markCode(frame)
    arena.release(frame)
    #expect(arena.takeStaleCodeFrames(translator) == [frame])
  }

  @Test func limits() throws {
    let arena = try #require(FrameArena(byteLimit: 10_000))
    #expect(arena.byteLimit == 3 * Frame.size)
    #expect(FrameArena(byteLimit: 1 << 60) == nil)
  }

  @Test func rangesRunOnIntoNeighbours() throws {
    let arena = try #require(FrameArena(byteLimit: 4 * Frame.size))
    let first = arena.allocate()!
    let second = arena.allocate()!
    #expect(second.index == first.index + 1)
    arena.withMutableBytes(first, offset: 4094, count: 4) { $0.store(0x0403_0201 as UInt32) }
    #expect(arena.withBytes(second, offset: 0, count: 2) { $0.array } == [3, 4])
  }

  @Test func pageArithmetic() {
    #expect(GuestAddress(0x1fff).roundedUpToPage == GuestAddress(0x2000))
    #expect(GuestAddress(0x2000).roundedUpToPage == GuestAddress(0x2000))
    #expect(GuestAddress(0x2fff).roundedDownToPage == GuestAddress(0x2000))
    #expect(GuestAddress(0x2fff).pageOffset == 0xfff && GuestAddress(0x2fff).page == 2)
    #expect(GuestAddress(.max) + 1 == .null && GuestAddress.null - 1 == GuestAddress(.max))
    #expect(pageRoundedUp(1) == 4096 && pageRoundedUp(0) == 0 && pageRoundedUp(.max) == nil)
    #expect(GuestAddress(255).description == "0xff")
  }
}

extension FrameArena {
  /// Whether the host keeps memory for any part of a host page.
  fileprivate func isResident(hostPage: Int) -> Bool {
    var pages = [UInt8](repeating: 0, count: hostPageSize / HostMemory.pageSize)
    // SAFETY: a byte for each page of the host in this one of the arena.
    let result = unsafe mincore(base + hostPage * hostPageSize, hostPageSize, &pages)
    precondition(result == 0)
    return pages.contains { $0 & 1 != 0 }
  }
}
