import Machine
import TestSupport
import Testing

@Suite struct PageTableTests {
  @Test func entriesKeepTheirParts() {
    var entry = PageTableEntry(frame: Frame(0xfedc_ba98), permissions: [.read, .execute])
    #expect(entry.isPresent && !entry.isDirty && !entry.isCopyOnWrite && !entry.isShared)
    entry.isDirty = true
    entry.isShared = true
    entry.isCopyOnWrite = true
    entry.permissions = .write
    entry.frame = Frame(7)
    #expect(entry.frame == Frame(7) && entry.permissions == .write)
    #expect(entry.isPresent && entry.isDirty && entry.isShared && entry.isCopyOnWrite)
    entry.isDirty = false
    #expect(!entry.isDirty && entry.isShared && entry.isCopyOnWrite)
    #expect(!PageTableEntry.absent.isPresent)
  }

  @Test func tableAgainstADictionary() throws {
    var generator = SeededNumbers(42)
    let arena = try #require(FrameArena(byteLimit: Frame.size))
    var table = PageTable<512>(arena)
    var model: [UInt64: PageTableEntry] = [:]
    let regions: [UInt64] = [0, 510, 1 << 20, 0x7_ffff_fe00]
    for _ in 0..<20_000 {
      let page = regions[Int(generator.below(4))] + generator.below(700)
      switch generator.below(4) {
      case 0:
        table[page] = .absent
        model[page] = nil
      case 1:
        #expect(table[page] == model[page] ?? .absent)
      default:
        let entry = PageTableEntry(frame: Frame(UInt32(generator.below(1000))), permissions: .read)
        table[page] = entry
        model[page] = entry
      }
    }
    #expect(table.count == model.count)
    for range in [0..<100, 500..<1100, 0..<1 << 52, 1 << 20..<1 << 21, 5..<5] as [Range<UInt64>] {
      #expect(table.pages(in: range) == model.keys.filter(range.contains).sorted())
    }
    for page in Array(model.keys) { table[page] = .absent }
    #expect(table.count == 0 && table.pages(in: 0..<1 << 52).isEmpty)
  }
  /// Runs are the pages that a view has, and as long as their frames allow within a leaf.
  @Test func runsOfAView() throws {
    var generator = SeededNumbers(7)
    let arena = try #require(FrameArena(byteLimit: Frame.size))
    var table = PageTable<16>(arena)
    var frame: UInt32 = 1
    for page in 0..<2_000 as Range<UInt64> {
      switch generator.below(12) {
      case 0: continue
      case 1: frame = UInt32(generator.below(3))
      case 2: frame = UInt32(generator.below(4_000))
      default: if frame != 0 { frame += 1 }
      }
      var entry = PageTableEntry(frame: Frame(frame), permissions: .read)
      entry.isDirty = generator.below(12) != 0
      entry.isShared = generator.below(12) == 0
      table[page] = entry
    }
    var pages: [UInt64: Frame] = [:]
    table.frozen.forEachPage { page, entry in pages[page] = entry.frame }
    var runs: [(pages: Range<UInt64>, first: Frame)] = []
    table.frozen.forEachRun { runs.append(($0, $1)) }
    var inRuns: [UInt64: Frame] = [:]
    for run in runs {
      for page in run.pages {
        inRuns[page] = run.first.following(Int(page - run.pages.lowerBound))
      }
    }
    #expect(inRuns == pages && runs.reduce(0) { $0 + $1.pages.count } == pages.count)
    for (run, next) in zip(runs, runs.dropFirst()) {
      #expect(run.pages.upperBound <= next.pages.lowerBound)
      let isOne =
        run.pages.upperBound == next.pages.lowerBound && next.pages.lowerBound % 16 != 0
        && next.first == run.first.following(run.pages.count)
      #expect(!isOne)
    }
  }
}
