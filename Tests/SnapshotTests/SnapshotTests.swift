import Snapshot
import TestSupport
import Testing
import Zstd

@Suite struct SnapshotTests {
  @Test func emptySnapshot() throws {
    let reader = try SnapshotReader(try write { _ in })
    #expect(reader.header == someHeader)
    #expect(reader.id == someID)
    #expect(reader.sections.isEmpty)
    #expect(reader.pageCount == 0)
    try reader.verify()
    #expect(try reader.section(1) == nil)
    #expect(throws: SnapshotError.missingSection(1)) { try reader.requiredSection(1) }
    #expect(try reader.page(.zero) == [UInt8](repeating: 0, count: 4096))
    #expect(throws: SnapshotError.noSuchPage(1)) {
      try reader.page(PageReference(rawValue: 1))
    }
  }

  @Test func headerKeepsEverything() throws {
    #expect(someHeader.requiredFeatures == ["overlay", "threads"])
    #expect(someID.description == "0123456789abcdef000000000000002a")
    var plain = someHeader
    plain.parent = try ParentLink(
      id: SnapshotID(high: 7, low: 8), contentDigest: Digest(of: [1]), pageCount: 1 << 52,
      name: String(repeating: "ü", count: 127))
    plain.hostNote = ""
    plain.creationSeconds = -1
    #expect(try SnapshotReader(try write(plain) { _ in }).header == plain)
    plain.hostNote = String(repeating: "x", count: 5000)
    #expect(throws: SnapshotError.tooLarge(what: "a text in the header", size: 5000, limit: 4096)) {
      try write(plain) { _ in }
    }
  }

  @Test(arguments: [Compression.none, .zstd(level: 1), .zstd(level: 19)])
  func sectionsRoundTrip(_ compression: Compression) throws {
    var random = SeededNumbers(1)
    let compressible = [UInt8](repeating: 7, count: 100_000)
    let incompressible = random.bytes(10_000)
    let bytes = try write(someHeader, compression) {
      try $0.addSection(9, isCritical: true, compressible)
      try $0.addSection(1, isCritical: false, incompressible)
      try $0.addSection(0xffff_ffff, isCritical: false, [])
    }
    let reader = try SnapshotReader(bytes)
    try reader.verify()
    #expect(reader.sections.map(\.id) == [9, 1, 0xffff_ffff])
    #expect(reader.sections.map(\.isCritical) == [true, false, false])
    #expect(reader.sections.map(\.byteCount) == [100_000, 10_000, 0])
    let isSmaller = reader.sections[0].storedByteCount < 100
    #expect(isSmaller == (compression != .none))
    #expect(reader.sections[1].storedByteCount == 10_000)
    #expect(try reader.section(9) == compressible)
    #expect(try reader.section(1) == incompressible)
    #expect(try reader.section(0xffff_ffff) == [])
    #expect(reader.byteCount == UInt64(bytes.count))
  }

  @Test func sectionAboveTheLimitIsRefused() throws {
    let limit: UInt64 = 128 << 20
    let bytes = [UInt8](repeating: 0, count: Int(limit) + 1)
    #expect(throws: SnapshotError.tooLarge(what: "section 5", size: limit + 1, limit: limit)) {
      try write { try $0.addSection(5, isCritical: true, bytes) }
    }
  }

  @Test(arguments: [Compression.none, .zstd(level: 3)])
  func pagesAreStoredOnce(_ compression: Compression) throws {
    var references: [PageReference] = []
    let bytes = try write(someHeader, compression) { writer in
      for round in 0..<3 {
        for number in 0..<200 { references.append(try writer.add(numberedPage(number))) }
        references.append(try writer.add([UInt8](repeating: 0, count: 4096)))
        if round == 1 { try writer.addSection(1, isCritical: false, [1, 2, 3]) }
      }
      #expect(writer.storedPages == 200)
      #expect(writer.addedPages == 603)
    }
    #expect(references[200].isZero)
    #expect(references[..<201] == references[201..<402])
    #expect(Set(references).count == 201)
    let reader = try SnapshotReader(bytes)
    #expect(reader.pageCount == 200)
    for number in 0..<200 {
      #expect(try reader.page(references[number]) == numberedPage(number))
    }
    // In an order that no cache likes.
    var random = SeededNumbers(2)
    for number in (0..<200).shuffled(using: &random) {
      #expect(try reader.page(references[number]) == numberedPage(number))
    }
    try reader.verify()
  }

  @Test(arguments: [1, 63, 64, 65, 128, 700])
  func anyNumberOfPages(count: Int) throws {
    var references: [PageReference] = []
    let bytes = try write { writer in
      for number in 1...count { references.append(try writer.add(numberedPage(number))) }
    }
    let reader = try SnapshotReader(bytes)
    #expect(reader.pageCount == UInt64(count))
    for number in 1...count {
      #expect(try reader.page(references[number - 1]) == numberedPage(number))
    }
  }

  @Test func lastByteOfAPageCounts() throws {
    var page = [UInt8](repeating: 0, count: 4096)
    page[4095] = 1
    var reference = PageReference.zero
    let bytes = try write { reference = try $0.add(page) }
    #expect(!reference.isZero)
    #expect(try SnapshotReader(bytes).page(reference) == page)
  }

  @Test func sameContentsGiveSameBytes() throws {
    func make() throws -> (bytes: [UInt8], digest: Digest) {
      var random = SeededNumbers(3)
      let output = Output()
      let writer = try SnapshotWriter(someHeader) { output.bytes.append($0) }
      for number in 0..<300 {
        _ = try writer.add(number % 3 == 0 ? random.bytes(4096) : numberedPage(number / 2))
        if number % 100 == 50 {
          try writer.addSection(UInt32(number), isCritical: true, random.bytes(number))
        }
      }
      let digest = try writer.finish(id: someID)
      return (output.bytes, digest)
    }
    let first = try make()
    let second = try make()
    #expect(first.digest == second.digest)
    #expect(first.bytes == second.bytes)
    #expect(try SnapshotReader(first.bytes).contentDigest == first.digest)
    #expect(first.digest.description.count == 64)
  }

  @Test func differentContentsGiveDifferentDigests() throws {
    let one = try SnapshotReader(try write { try $0.addSection(1, isCritical: true, [1]) })
    let two = try SnapshotReader(try write { try $0.addSection(1, isCritical: true, [2]) })
    var header = someHeader
    header.hostNote = "elsewhere"
    let three = try SnapshotReader(
      try write(header) { try $0.addSection(1, isCritical: true, [1]) })
    let other = SnapshotID(high: 1, low: 1)
    let four = try SnapshotReader(
      try write(id: other) { try $0.addSection(1, isCritical: true, [1]) })
    #expect(Set([one, two, three, four].map(\.contentDigest)).count == 4)
  }

  /// Whatever stands in front of them, and whether they are stored raw by choice or since zstd does not help.
  @Test(arguments: [Compression.none, .zstd(level: 1)])
  func rawPagesAreAligned(_ compression: Compression) throws {
    var random = SeededNumbers(6)
    let pages = (0..<130).map { _ in random.bytes(4096) }
    var header = someHeader
    for noteSize in stride(from: 0, to: 4096, by: 97) {
      header.hostNote = String(repeating: "x", count: noteSize)
      let bytes = try write(header, compression) { writer in
        try writer.addSection(1, isCritical: true, [UInt8](repeating: 1, count: 300))
        for page in pages { _ = try writer.add(page) }
      }
      let found = stride(from: 0, to: bytes.count - 4095, by: 4096).count {
        pages[0] == Array(bytes[$0..<$0 + 4096]) || pages[129] == Array(bytes[$0..<$0 + 4096])
      }
      #expect(found == 2)
      let reader = try SnapshotReader(bytes)
      #expect(try reader.page(PageReference(rawValue: 130)) == pages[129])
      try reader.verify()
    }
  }

  @Test func sinkErrorsComeBack() throws {
    struct Full: Error, CustomStringConvertible { var description: String { "disk full" } }
    var room = 1000
    let sink: (RawSpan) throws -> Void = {
      room -= $0.byteCount
      if room < 0 { throw Full() }
    }
    var random = SeededNumbers(4)
    let bytes = random.bytes(2000)
    let writer = try SnapshotWriter(someHeader, to: sink)
    #expect(throws: SnapshotError.writeFailed("disk full")) {
      try writer.addSection(1, isCritical: true, bytes)
    }
  }

  @Test func everyErrorSaysWhatIsWrong() {
    let errors: [SnapshotError] = [
      .notASnapshot, .truncated(at: 5), .checksumMismatch(.header), .checksumMismatch(.trailer),
      .checksumMismatch(.tableOfContents), .checksumMismatch(.section(3)),
      .checksumMismatch(.pageChunk(4)), .unsupportedFormatVersion(found: 9, supported: 1),
      .checksumMismatch(.descriptor(4)), .endsWithin(.section(3), at: 9),
      .unreleasedFormatVersion(1),
      .missingParent(name: "p", id: someID),
      .wrongParent(name: "p", id: someID, found: someID),
      .wrongParent(name: "p", id: someID, found: SnapshotID(high: 1, low: 1)),
      .inParent(name: "p", id: someID, .noSuchPage(4)),
      .unsupportedABIVersion(found: 9, supported: 1...2), .wrongGuestISA("z80"),
      .missingFeature("f"), .unknownCriticalSection(1), .missingSection(2), .malformed("x"),
      .noSuchPage(4), .tooLarge(what: "x", size: 2, limit: 1), .readFailed("r"), .writeFailed("w"),
    ]
    let texts = errors.map(\.description)
    #expect(Set(texts).count == errors.count)
    #expect(texts.allSatisfy { $0.count > 10 && !$0.contains("\n") })
  }
}

@Suite struct SnapshotSupportTests {
  private let support = SnapshotSupport(
    guestISAs: ["aarch64"], abiVersions: 2...3, features: ["overlay", "threads", "more"],
    sections: [1, 2])

  private func reader(_ header: SnapshotHeader = someHeader, unknownIsCritical: Bool = false)
    throws -> SnapshotReader
  {
    try SnapshotReader(
      try write(header) {
        try $0.addSection(1, isCritical: true, [1])
        try $0.addSection(77, isCritical: unknownIsCritical, [1])
      })
  }

  @Test func whatIsUnderstoodIsTaken() throws {
    try reader().require(support)
  }

  @Test func whatIsNotUnderstoodIsNamed() throws {
    var support = support
    support.guestISAs = ["x86_64"]
    #expect(throws: SnapshotError.wrongGuestISA("aarch64")) { try reader().require(support) }
    support = self.support
    support.abiVersions = 4...5
    #expect(throws: SnapshotError.unsupportedABIVersion(found: 3, supported: 4...5)) {
      try reader().require(support)
    }
    support = self.support
    support.features = ["overlay"]
    #expect(throws: SnapshotError.missingFeature("threads")) { try reader().require(support) }
    #expect(throws: SnapshotError.unknownCriticalSection(77)) {
      try reader(unknownIsCritical: true).require(self.support)
    }
  }
}

@Suite struct ZstdTests {
  @Test func roundTripAndBounds() throws {
    let compressor = try ZstdCompressor()
    let decompressor = try ZstdDecompressor()
    var random = SeededNumbers(5)
    for bytes in [[], [1], random.bytes(5000), [UInt8](repeating: 3, count: 1 << 20)] {
      let frame = try bytes.lend { try compressor.compress($0) }
      #expect(try frame.lend { try decompressor.decompress($0, count: bytes.count) } == bytes)
      // A frame may neither hold more than promised nor less.
      #expect(throws: ZstdError.self) {
        try frame.lend { try decompressor.decompress($0, count: bytes.count + 1) }
      }
      if !bytes.isEmpty {
        #expect(throws: ZstdError.self) {
          try frame.lend { try decompressor.decompress($0, count: bytes.count - 1) }
        }
      }
    }
    #expect(throws: ZstdError.self) {
      try [1, 2, 3].lend { try decompressor.decompress($0, count: 10) }
    }
  }
}
