import Machine
import TestSupport
import Testing

@Suite struct FrozenViewTests {
  /// What a view holds of a table: the first word of each page.
  private static func words(_ pages: any FrozenPages, _ bytes: FrozenBytes) -> [UInt64: UInt64] {
    var result: [UInt64: UInt64] = [:]
    pages.forEachPage { page, entry in
      result[page] = bytes.withBytes(entry.frame) { $0.load(as: UInt64.self) }
    }
    return result
  }

  @Test func writesMoveToOtherFrames() throws {
    let test = try TestSpace()
    test.map(0, 4)
    try test.store(1, 0)
    try test.store(2, 1)
    let view = try #require(test.arena.beginView())
    let bytes = test.arena.frozenBytes
    let pages = test.space.table.frozen
    try test.store(10, 0)
    try test.store(30, 2)
    let before = Self.words(pages, bytes)
    #expect(before == [base.page: 1, base.page + 1: 2])
    #expect(try test.load(0) == 10 && test.load(1) == 2 && test.load(2) == 30)
    #expect(test.arena.framesOnlyInView == 1 && test.arena.framesInUse == 3)
    test.arena.endView(view)
    #expect(test.arena.framesOnlyInView == 1 && test.arena.framesInUse == 3)
    #expect(test.arena.freeEnded(atMost: 1))
    #expect(test.arena.framesOnlyInView == 0 && test.arena.framesInUse == 3)
    // Without a view, the page of an earlier epoch is written in place.
    try test.store(11, 1)
    #expect(test.arena.framesInUse == 3)
  }

  @Test func soManyAndNoMore() throws {
    let test = try TestSpace()
    var views = try (0..<FrozenView.limit).map { _ in try #require(test.arena.beginView()) }
    #expect(test.arena.beginView() == nil)
    test.arena.endView(views.remove(at: 3))
    views.append(try #require(test.arena.beginView()))
    #expect(test.arena.beginView() == nil)
    for view in views { test.arena.endView(view) }
    #expect(test.arena.views.isEmpty)
  }

  /// Views of different moments share frames, which stay until the last of them ends, in whichever order.
  @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func eachIsOfItsMoment(order: [Int]) throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena, size: 3 << 12)
    test.map(0, 3)
    test.map(8, 3, flags: .shared, backing: .object(object, offset: 0))
    for page in 0..<3 as Range<UInt64> {
      try test.store(page, page)
      try test.store(page, 8 + page)
    }
    let bytes = test.arena.frozenBytes
    var views: [(view: FrozenView, pages: [any FrozenPages])] = []
    var expected: [[UInt64]] = []
    var now: [UInt64] = [0, 1, 2]
    for moment in 0..<3 {
      let view = try #require(test.arena.beginView())
      views.append((view, [test.space.table.frozen, object.pages.frozen]))
      expected.append(now)
      // The first page is written after each, the last one only after all.
      for page in 0...moment {
        now[page] += 10
        try test.store(now[page], UInt64(page))
        try test.store(now[page], 8 + UInt64(page))
      }
    }
    for (number, ending) in order.enumerated() {
      for moment in order[number...] {
        for (pages, first) in zip(views[moment].pages, [base.page, 0]) {
          let words = Self.words(pages, bytes)
          #expect(
            words
              == Dictionary(
                uniqueKeysWithValues: (0..<3).map { (first + UInt64($0), expected[moment][$0]) }))
        }
      }
      test.arena.endView(views[ending].view)
      test.arena.freeEnded(atMost: .max)
      // What is freed is used again, and must be nobody's.
      let frames = (0..<16).compactMap { _ in test.arena.allocate() }
      for frame in frames {
        test.arena.withMutableBytes(frame, offset: 0, count: 8) { $0.store(99 as UInt64) }
      }
      for frame in frames { test.arena.release(frame) }
    }
    #expect(test.arena.framesOnlyInView == 0 && test.arena.framesInUse == 6)
    for page in 0..<3 as Range<UInt64> {
      #expect(try test.load(page) == now[Int(page)] && test.load(8 + page) == now[Int(page)])
    }
  }

  /// A page that the guest has mapped shared, twice, and writes to through the object as well.
  @Test func objectsLeaveTheirFrames() throws {
    let test = try TestSpace()
    let object = MemoryObject(arena: test.arena, size: 4096)
    test.map(0, flags: .shared, backing: .object(object, offset: 0))
    test.map(8, flags: .shared, backing: .object(object, offset: 0))
    try test.store(1, 0)
    #expect(try test.load(8) == 1)
    let view = try #require(test.arena.beginView())
    let bytes = test.arena.frozenBytes
    let pages = object.pages.frozen
    try test.store(2, 8)
    #expect(try test.load(0) == 2)
    let third: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0]
    #expect(third.withRawSpan { object.write(at: 0, from: $0) } == 8)
    #expect(try test.load(0) == 3 && test.load(8) == 3)
    #expect(Self.words(pages, bytes) == [0: 1])
    #expect(test.space.table.frozen.isEmptyOfPrivatePages)
    test.arena.endView(view)
    #expect(try test.load(0) == 3 && test.load(8) == 3)
    #expect(test.arena.framesInUse == 1)
  }

  @Test func whatEndsStaysInTheView() throws {
    let arena = try #require(FrameArena(byteLimit: 64 * Frame.size))
    var space: AddressSpace? = AddressSpace(arena: arena, isa: .x86_64)
    var object: MemoryObject? = MemoryObject(arena: arena, size: 4096)
    let word: [UInt8] = [7, 0, 0, 0, 0, 0, 0, 0]
    #expect(word.withRawSpan { object!.write(at: 0, from: $0) } == 8)
    _ = space!.map(
      VMA(start: base, end: base + 4096, permissions: [.read, .write]))
    try space!.store(5 as UInt64, to: base)
    let view = try #require(arena.beginView())
    let bytes = arena.frozenBytes
    let views = [space!.table.frozen, object!.pages.frozen]
    space = nil
    object = nil
    // Frames that were free are used again; those in the view are not among them.
    for _ in 0..<8 {
      let frame = try #require(arena.allocate())
      arena.withMutableBytes(frame, offset: 0, count: 8) { $0.store(99 as UInt64) }
    }
    #expect(Self.words(views[0], bytes) == [base.page: 5])
    #expect(Self.words(views[1], bytes) == [0: 7])
    #expect(arena.framesOnlyInView == 2)
    arena.endView(view)
    #expect(arena.framesInUse == 8)
  }

  /// When frames run out, all views end before the guest notices.
  @Test(arguments: [1, 3]) func viewsGiveWay(count: Int) throws {
    let test = try TestSpace(pages: 11)
    test.map(0, 7)
    for page in 0..<7 { try test.store(UInt64(page), UInt64(page)) }
    var ended = 0
    test.arena.onViewPressure = { [arena = test.arena] in
      ended += 1
      for view in arena.views { arena.endView(view) }
    }
    for turn in 0..<count {
      _ = try #require(test.arena.beginView())
      try test.store(UInt64(turn), 0)
    }
    #expect(ended == 0 && test.arena.framesOnlyInView == count)
    for page in 0..<7 { try test.store(UInt64(page) + 100, UInt64(page)) }
    #expect(ended == 1 && test.arena.views.isEmpty)
    for page in 0..<7 { #expect(try test.load(UInt64(page)) == UInt64(page) + 100) }
    #expect(test.arena.framesInUse == 7)
    test.arena.onViewPressure = nil
  }

  /// With every frame in use, a write needs no copy: the view ends, and nobody is killed for it.
  @Test func fullMemoryNeedsNoCopies() throws {
    let test = try TestSpace(pages: 5)
    let object = MemoryObject(arena: test.arena, size: 4096)
    test.map(0, 2)
    test.map(4, flags: .shared, backing: .object(object, offset: 0))
    for page in [0, 1, 4] as [UInt64] { try test.store(page, page) }
    while test.arena.allocate() != nil {}
    test.arena.onExhaustion = { _ in
      Issue.record("out of memory")
      return false
    }
    for page in [1, 4] as [UInt64] {
      let view = try #require(test.arena.beginView())
      test.arena.onViewPressure = { [arena = test.arena] in arena.endView(view) }
      try test.store(page + 10, page)
      #expect(test.arena.views.isEmpty)
      #expect(try test.load(page) == page + 10)
    }
    test.arena.onViewPressure = nil
    test.arena.onExhaustion = nil
  }

  /// A view, and what was there when it began.
  private struct Moment {
    var view: FrozenView
    var space: any FrozenPages
    var object: any FrozenPages
    var model: [UInt64: UInt64]
    var shared: [UInt64: UInt64]
  }

  /// Random programs: views agree with what the model had when they began, whatever came after.
  @Test(arguments: 0..<20 as Range<UInt64>) func againstAModel(seed: UInt64) throws {
    var random = SeededNumbers(seed)
    let test = try TestSpace(pages: 4096)
    let object = MemoryObject(arena: test.arena, size: 64 << 12)
    let pages: UInt64 = 600
    test.map(0, pages)
    test.map(2000, 64, flags: .shared, backing: .object(object, offset: 0))
    var children: [AddressSpace] = []
    var model: [UInt64: UInt64] = [:]
    var shared: [UInt64: UInt64] = [:]
    let bytes = test.arena.frozenBytes
    var active: [Moment] = []
    for _ in 0..<12 {
      active.append(
        Moment(
          view: try #require(test.arena.beginView()), space: test.space.table.frozen,
          object: object.pages.frozen, model: model, shared: shared))
      for _ in 0..<400 {
        let page = random.below(pages)
        let value = random.next() | 1
        switch random.below(12) {
        case 0...5:
          try test.store(value, page)
          model[base.page + page] = value
        case 6:
          test.space.discard(address(page), address(page + 3))
          for gone in page..<(page + 3) { model[base.page + gone] = nil }
        case 7:
          children.append(test.space.fork())
          if children.count > 3 { children.removeFirst() }
        case 8:
          if let child = children.last { try child.store(value, to: address(page)) }
        default:
          let index = random.below(64)
          try test.store(value, 2000 + index)
          shared[index] = value
        }
      }
      for moment in active {
        #expect(Self.words(moment.space, bytes) == moment.model)
        #expect(Self.words(moment.object, bytes) == moment.shared)
      }
      while active.count > random.below(4) {
        test.arena.endView(active.remove(at: Int(random.below(UInt64(active.count)))).view)
      }
      test.arena.freeEnded(atMost: Int(random.below(100)))
      for (page, value) in model { #expect(try test.load(page - base.page) == value) }
      for (page, value) in shared { #expect(try test.load(2000 + page) == value) }
    }
    for moment in active { test.arena.endView(moment.view) }
    children = []
    test.unmap(0, pages)
    test.unmap(2000, 64)
    test.arena.freeEnded(atMost: .max)
    #expect(test.arena.framesInUse == object.pages.count && test.arena.framesOnlyInView == 0)
  }
}

extension FrozenPages {
  fileprivate var isEmptyOfPrivatePages: Bool {
    var isEmpty = true
    forEachPage { _, _ in isEmpty = false }
    return isEmpty
  }
}
