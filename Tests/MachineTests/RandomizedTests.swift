import Machine
import TestSupport
import Testing

/// The address space against a model that keeps every page in a dictionary.
@Suite struct RandomizedTests {
  private struct Page: Equatable {
    enum Kind: Equatable { case anonymous, file(UInt64), shared(UInt64) }
    var permissions: Permissions
    var kind: Kind
    /// What a private page holds, when it was written to.
    var value: UInt64?
  }

  private static let pages: UInt64 = 96
  private static let choices: [Permissions] = [
    [.read, .write], [.read, .write], [.read, .write], .read, [], [.read, .execute],
  ]

  private final class World {
    let test: TestSpace
    let file: MemoryObject
    let shared: MemoryObject
    var model: [UInt64: Page] = [:]
    var sharedValues: [UInt64: UInt64] = [:]
    var generator: SeededNumbers

    init(seed: UInt64) throws {
      test = try TestSpace(pages: 400)
      file = MemoryObject(arena: test.arena, source: Pattern(), size: 1 << 20)
      shared = MemoryObject(arena: test.arena, size: 1 << 20)
      generator = SeededNumbers(seed)
    }

    func range() -> Range<UInt64> {
      let start = generator.below(RandomizedTests.pages)
      return start..<min(start + 1 + generator.below(20), RandomizedTests.pages)
    }

    func permissions() -> Permissions {
      RandomizedTests.choices[Int(generator.below(UInt64(RandomizedTests.choices.count)))]
    }

    func value(_ page: Page) -> UInt64 {
      switch page.kind {
      case .shared(let index): sharedValues[index] ?? 0
      case .anonymous: page.value ?? 0
      case .file(let index): page.value ?? Pattern.word(index)
      }
    }

    func step() throws {
      let range = range()
      let isFree = range.allSatisfy { model[$0] == nil }
      let isMapped = range.allSatisfy { model[$0] != nil }
      let count = UInt64(range.count)
      switch generator.below(9) {
      case 0, 1:
        guard isFree else { return }
        let permissions = permissions()
        let kind = generator.below(3)
        let offset = generator.below(20)
        let backing: VMA.Backing =
          switch kind {
          case 0: .anonymous
          case 1: .object(file, offset: offset << 12)
          default: .object(shared, offset: offset << 12)
          }
        #expect(
          test.map(
            range.lowerBound, count, permissions, flags: kind == 2 ? .shared : [],
            backing: backing))
        for page in range {
          let index = offset + page - range.lowerBound
          let kind: Page.Kind = kind == 0 ? .anonymous : kind == 1 ? .file(index) : .shared(index)
          model[page] = Page(permissions: permissions, kind: kind)
        }
      case 2:
        test.unmap(range.lowerBound, count)
        for page in range { model[page] = nil }
      case 3:
        guard isMapped else { return }
        let permissions = permissions()
        #expect(test.protect(range.lowerBound, count, permissions))
        for page in range { model[page]!.permissions = permissions }
      case 4:
        guard generator.below(4) == 0 else { return }
        test.space.discard(address(range.lowerBound), address(range.upperBound))
        for page in range { model[page]?.value = nil }
      case 5:
        guard isMapped, let vma = test.space.mapping(at: address(range.lowerBound)),
          vma.end >= address(range.upperBound)
        else { return }
        let target = generator.below(RandomizedTests.pages)
        let length = 1 + generator.below(count * 2)
        let destination = target..<(target + length)
        guard !destination.overlaps(range), destination.allSatisfy({ model[$0] == nil }) else {
          return
        }
        #expect(
          test.space.move(
            from: address(range.lowerBound), oldLength: count << 12, to: address(target),
            newLength: length << 12))
        let first = model[range.lowerBound]!
        for page in destination {
          let offset = page - target
          if offset < count {
            model[page] = model[range.lowerBound + offset]
          } else {
            var fresh = first
            fresh.value = nil
            switch first.kind {
            case .anonymous: break
            case .file(let index): fresh.kind = .file(index + offset)
            case .shared(let index): fresh.kind = .shared(index + offset)
            }
            model[page] = fresh
          }
        }
        for page in range { model[page] = nil }
      case 6, 7:
        for page in range {
          let value = generator.next()
          let isAllowed = model[page]?.permissions.contains(.write) ?? false
          do {
            try test.store(value, page)
            #expect(isAllowed)
            if case .shared(let index) = model[page]?.kind {
              sharedValues[index] = value
            } else {
              model[page]?.value = value
            }
          } catch {
            #expect(!isAllowed)
            #expect(error.reason == (model[page] == nil ? .unmapped : .protection))
          }
        }
      default:
        for page in range { try check(page) }
      }
    }

    func check(_ number: UInt64) throws {
      guard let page = model[number], !page.permissions.isEmpty else {
        #expect(throws: MemoryFault.self) { _ = try self.test.load(number) }
        return
      }
      #expect(try test.load(number) == value(page))
    }

    /// The mappings are sorted, merged, and say what the model says.
    func checkMappings() {
      let mappings = test.space.mappings
      for (a, b) in zip(mappings, mappings.dropFirst()) {
        #expect(a.end <= b.start)
        #expect(!a.merges(with: b), "\(a.start)–\(a.end) and \(b.start)–\(b.end)")
      }
      var pages: [UInt64: Permissions] = [:]
      for vma in mappings {
        for page in vma.pages { pages[page - base.page] = vma.permissions }
      }
      #expect(pages == model.mapValues(\.permissions))
      let committed = model.values.filter {
        if case .shared = $0.kind { return false }
        return $0.permissions.contains(.write)
      }
      #expect(test.space.committedBytes == UInt64(committed.count) << 12)
    }
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func agreesWithTheModel(_ seed: UInt64) throws {
    let world = try World(seed: seed)
    var views: [FrozenView] = []
    for round in 0..<1500 {
      // The guest sees no difference between writes with a view and without.
      if round % 40 == 10 { views.append(try #require(world.test.arena.beginView())) }
      if round % 40 == 30, views.count > round % 3 { world.test.arena.endView(views.removeFirst()) }
      try world.step()
      if round % 10 == 0 { world.checkMappings() }
    }
    for view in views { world.test.arena.endView(view) }
    for page in 0..<(Self.pages * 2) { try world.check(page) }
    world.test.unmap(0, 1000)
    #expect(world.test.space.residentPages == 0)
    #expect(world.test.arena.framesInUse == world.shared.pages.count + world.file.pages.count)
  }
}
