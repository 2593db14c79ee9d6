import Snapshot
import TestSupport
import Testing
import Zstd

/// Increments and what they are increments to.
@Suite struct ChainTests {
  /// Three snapshots, each an increment to the one before.
  private struct Chain {
    var files: [[UInt8]] = []
    /// The references that the writers of the files gave, and the pages.
    var pages: [(reference: PageReference, page: [UInt8])] = []

    init(_ compression: Compression = .standard, secondID: SnapshotID = SnapshotID(high: 1, low: 1))
      throws
    {
      var parent: SnapshotReader?
      for (index, numbers) in [0..<100, 90..<95, 200..<330].enumerated() {
        var header = someHeader
        header.parent = try parent?.link("link \(index - 1)")
        let id = index == 1 ? secondID : SnapshotID(high: 1, low: UInt64(index))
        let bytes = try write(header, compression, id: id) { writer in
          try writer.addSection(1, isCritical: true, [UInt8(index)])
          for number in numbers {
            pages.append((try writer.add(numberedPage(number)), numberedPage(number)))
          }
          #expect(try writer.add([UInt8](repeating: 0, count: 4096)).isZero)
        }
        files.append(bytes)
        parent = try SnapshotReader(bytes, parent: parent)
      }
    }

    func reader(_ count: Int = 3) throws -> SnapshotReader {
      var reader: SnapshotReader?
      for file in files.prefix(count) { reader = try SnapshotReader(file, parent: reader) }
      return try #require(reader)
    }
  }

  @Test(arguments: [Compression.none, .zstd(level: 1)])
  func aChainIsOneThing(_ compression: Compression) throws {
    let chain = try Chain(compression)
    let reader = try chain.reader()
    try reader.verify()
    #expect(reader.pageCount == 235)
    #expect(reader.storedPageCount == 130)
    #expect(try reader.section(1) == [2])
    // Pages are numbered through all files; one that is in two of them has two numbers.
    #expect(chain.pages.map(\.reference.rawValue) == Array(1...235))
    var random = SeededNumbers(51)
    for (reference, page) in chain.pages + chain.pages.shuffled(using: &random) {
      #expect(try reader.page(reference) == page)
    }
    #expect(try reader.page(.zero) == [UInt8](repeating: 0, count: 4096))
    for number in [236, UInt64.max] {
      #expect(throws: SnapshotError.noSuchPage(number)) {
        try reader.page(PageReference(rawValue: number))
      }
    }
  }

  @Test func linksWithoutPagesAreNotInTheWay() throws {
    var reader: SnapshotReader?
    for count in [0, 1, 0, 0, 2, 0] {
      var header = someHeader
      header.parent = try reader?.link("p")
      let first = Int(reader?.pageCount ?? 0)
      reader = try SnapshotReader(
        try write(header) { writer in
          for number in 0..<count { _ = try writer.add(numberedPage(first + number + 1)) }
        }, parent: reader)
    }
    let last = try #require(reader)
    #expect(last.pageCount == 3)
    for number in 1...3 {
      #expect(try last.page(PageReference(rawValue: UInt64(number))) == numberedPage(number))
    }
  }

  @Test func aMissingParentIsNamed() throws {
    let chain = try Chain()
    let missing = SnapshotError.missingParent(name: "link 1", id: SnapshotID(high: 1, low: 1))
    let alone = try SnapshotReader(chain.files[2])
    #expect(alone.pageCount == 235)
    #expect(alone.header.parent?.name == "link 1")
    #expect(try alone.section(1) == [2])
    #expect(try alone.page(chain.pages[105].reference) == chain.pages[105].page)
    #expect(throws: missing) { try alone.page(chain.pages[104].reference) }
    #expect(throws: missing) { try alone.page(chain.pages[0].reference) }
    #expect(throws: missing) { try alone.verify() }
    try alone.verifyStored()

    // The parent of a parent.
    let two = try SnapshotReader(
      chain.files[2], parent: try SnapshotReader(chain.files[1]))
    #expect(try two.page(chain.pages[104].reference) == chain.pages[104].page)
    let grandparent = SnapshotError.missingParent(name: "link 0", id: SnapshotID(high: 1, low: 0))
    #expect(throws: grandparent) { try two.page(chain.pages[0].reference) }
    #expect(throws: grandparent) { try two.verify() }
  }

  @Test func aWrongParentIsNamed() throws {
    let chain = try Chain()
    let id = SnapshotID(high: 1, low: 1)
    func parented(_ parent: SnapshotReader) -> SnapshotError? {
      do throws(SnapshotError) {
        _ = try SnapshotReader(chain.files[2], parent: parent)
        return nil
      } catch { return error }
    }
    #expect(parented(try chain.reader(2)) == nil)
    #expect(
      parented(try chain.reader(1))
        == .wrongParent(name: "link 1", id: id, found: SnapshotID(high: 1, low: 0)))
    // Itself, and one that has the same state but was written another time, or in another way.
    #expect(
      parented(try chain.reader(3))
        == .wrongParent(name: "link 1", id: id, found: SnapshotID(high: 1, low: 2)))
    let again = try Chain(.none)
    #expect(parented(try again.reader(2)) == .wrongParent(name: "link 1", id: id, found: id))
    // One that stands alone.
    #expect(throws: SnapshotError.self) {
      try SnapshotReader(chain.files[0], parent: try chain.reader(1))
    }
  }

  /// A link is right about all of its parent, or refused: digest alone does not do.
  @Test func aLinkThatContradictsItsParentIsRefused() throws {
    let parent = try Chain().reader(1)
    func link(_ id: SnapshotID, _ digest: Digest, _ pages: UInt64) throws -> SnapshotReader {
      var header = someHeader
      header.parent = try ParentLink(id: id, contentDigest: digest, pageCount: pages, name: "p")
      return try SnapshotReader(try write(header) { _ in }, parent: parent)
    }
    _ = try link(parent.id, parent.contentDigest, 100)
    for pages in [0, 99, 101, 1 << 52] as [UInt64] {
      #expect(throws: SnapshotError.wrongParent(name: "p", id: parent.id, found: parent.id)) {
        try link(parent.id, parent.contentDigest, pages)
      }
    }
    #expect(throws: SnapshotError.wrongParent(name: "p", id: someID, found: parent.id)) {
      try link(someID, parent.contentDigest, 100)
    }
    #expect(throws: SnapshotError.wrongParent(name: "p", id: parent.id, found: parent.id)) {
      try link(parent.id, Digest(of: [1]), 100)
    }
  }

  /// Damage in a parent is noticed when the parent is opened, or when its pages are read; the error says
  /// which link it is.
  @Test func damageInAParentIsNamed() throws {
    let chain = try Chain()
    let headerSize = Int(chain.files[1][12]) | Int(chain.files[1][13]) << 8
    var altered = chain
    altered.files[1][headerSize + 64 + 1 + 64] ^= 1
    let reader = try altered.reader()
    let id = SnapshotID(high: 1, low: 1)
    let error = SnapshotError.inParent(name: "link 1", id: id, .checksumMismatch(.pageChunk(0)))
    #expect(throws: error) { try reader.page(chain.pages[100].reference) }
    #expect(throws: error) { try reader.verify() }
    #expect(try reader.page(chain.pages[0].reference) == chain.pages[0].page)
    try reader.verifyStored()
    #expect(throws: SnapshotError.self) {
      var altered = chain
      altered.files[1][altered.files[1].count - 20] ^= 1
      _ = try altered.reader()
    }
  }

  /// The file of a parent is overwritten while it is in use.
  @Test func aParentReplacedAfterIsNamed() throws {
    final class Replaceable: SnapshotSource {
      var bytes: [UInt8]
      let byteCount: UInt64
      init(_ bytes: [UInt8]) {
        self.bytes = bytes
        byteCount = UInt64(bytes.count)
      }
      func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError) {
        try SnapshotBytes(bytes).read(at: offset, into: &buffer)
      }
    }
    let chain = try Chain()
    let source = Replaceable(chain.files[0])
    let base = try SnapshotReader(source)
    let two = try SnapshotReader(chain.files[1], parent: base)
    let reader = try SnapshotReader(chain.files[2], parent: two)
    #expect(try reader.page(chain.pages[0].reference) == chain.pages[0].page)
    let id = SnapshotID(high: 1, low: 0)
    source.bytes =
      try write { writer in
        for number in 0..<100 { _ = try writer.add(numberedPage(number + 1)) }
      } + [UInt8](repeating: 0, count: 100)
    #expect(
      throws: SnapshotError.inParent(name: "link 0", id: id, .checksumMismatch(.pageChunk(1)))
    ) { try reader.page(chain.pages[99].reference) }
    source.bytes = Array(source.bytes.prefix(100))
    #expect(throws: SnapshotError.inParent(name: "link 0", id: id, .truncated(at: 100))) {
      try reader.page(chain.pages[99].reference)
    }
    source.bytes = chain.files[0]
    #expect(try reader.page(chain.pages[99].reference) == chain.pages[99].page)
  }

  /// No file can hold its own digest, so the best that a crafted one can do is to name its own id.
  @Test func aFileThatNamesItselfIsRefused() throws {
    let once = try SnapshotReader(try write { _ = try $0.add(numberedPage(1)) })
    var header = someHeader
    header.parent = try once.link("self")
    var bytes: [UInt8] = []
    for _ in 0..<3 {
      bytes = try write(header) { _ = try $0.add(numberedPage(1)) }
      let itself = try SnapshotReader(bytes)
      #expect(throws: SnapshotError.wrongParent(name: "self", id: someID, found: someID)) {
        try SnapshotReader(bytes, parent: itself)
      }
      #expect(throws: SnapshotError.missingParent(name: "self", id: someID)) {
        try itself.page(PageReference(rawValue: 1))
      }
      header.parent = try itself.link("self")
    }
  }

  @Test func impossibleLinksAreMalformed() throws {
    let digest = Digest(of: [1])
    func isPossible(
      _ id: SnapshotID = someID, _ digest: Digest = digest, _ pages: UInt64 = 1,
      _ name: String = "p"
    ) -> Bool {
      (try? ParentLink(id: id, contentDigest: digest, pageCount: pages, name: name)) != nil
    }
    #expect(isPossible())
    #expect(isPossible(someID, digest, 0))
    #expect(!isPossible(SnapshotID(high: 0, low: 0)))
    #expect(!isPossible(someID, .zeroPage))
    #expect(!isPossible(someID, digest, 1 << 52 + 1))
    for name in ["", ".", "..", "/", "a/b", "a\0b", String(repeating: "x", count: 256)] {
      #expect(!isPossible(someID, digest, 1, name))
    }

    // All or nothing: each part of a link in a file, taken away.
    var header = someHeader
    header.parent = try ParentLink(id: someID, contentDigest: digest, pageCount: 7, name: "p")
    for range in [16..<32, 32..<64, 16..<64] {
      let bytes = try Forgery(header: header) { header in
        header.replaceSubrange(range, with: [UInt8](repeating: 0, count: range.count))
      }.bytes
      guard case .malformed = readBothWays(bytes).file else {
        Issue.record("a part of a link was taken for one")
        continue
      }
    }
    let pagesOnly = try Forgery { $0[64] = 7 }.bytes
    #expect(readBothWays(pagesOnly).file == .malformed("it names a parent that cannot be"))
  }

  /// Neither reading nor letting go of a long chain takes a stack as deep as it is long.
  @Test func aChainMayBeLong() throws {
    var reader: SnapshotReader?
    var header = someHeader
    for number in 1...10_000 {
      header.parent = try reader?.link("p")
      let bytes = try write(header, .none) { _ = try $0.add(numberedPage(number)) }
      reader = try SnapshotReader(bytes, parent: reader)
    }
    let last = try #require(reader)
    #expect(last.pageCount == 10_000)
    for number in [1, 2, 4999, 5000, 5001, 9999, 10_000] {
      #expect(try last.page(PageReference(rawValue: UInt64(number))) == numberedPage(number))
    }
    reader = nil
  }
}
