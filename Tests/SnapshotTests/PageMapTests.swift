import Snapshot
import TestSupport
import Testing

@Suite struct PageMapTests {
  private func reference(_ value: UInt64) -> PageReference { PageReference(rawValue: value) }

  @Test func neighboursBecomeRuns() {
    var map = PageMap()
    for page in 0..<1000 as Range<UInt64> { map.append(0x7f_0000 + page, reference(page + 5)) }
    for page in 0..<1000 as Range<UInt64> { map.append(0x80_0000 + page, .zero) }
    map.append(0x80_0000 + 1000, reference(1))
    map.append(0x80_0000 + 1001, reference(1))
    #expect(map.runs.map(\.count) == [1000, 1000, 1, 1])
    #expect(map.pageCount == 2002)
    #expect(map[0x7f_0000] == reference(5))
    #expect(map[0x7f_0000 + 999] == reference(1004))
    #expect(map[0x7f_0000 + 1000] == nil)
    #expect(map[0x7e_ffff] == nil)
    #expect(map[0x80_0000 + 17] == PageReference.zero)
    #expect(map[0x80_0000 + 1001] == reference(1))
    #expect(map[.max] == nil)
    #expect(map.encoded.count < 25)
    var seen: UInt64 = 0
    map.forEachPage { page, reference in
      #expect(map[page] == reference)
      seen += 1
    }
    #expect(seen == 2002)
  }

  @Test func encodingRoundTrips() throws {
    var random = SeededNumbers(11)
    for _ in 0..<300 {
      var map = PageMap()
      var page = random.next() % (1 << 40)
      for _ in 0..<(random.next() % 50) {
        page += 1 + (random.next() % 4 == 0 ? random.next() % (1 << 30) : 0)
        map.append(page, reference(random.next() % 3 == 0 ? 0 : random.next() % 40 + 1))
      }
      let read = try PageMap(decoding: map.encoded, storedPages: 40, limit: 50)
      #expect(read == map)
      #expect(read.encoded == map.encoded)
    }
  }

  @Test func edgesOfTheAddressSpace() throws {
    var map = PageMap()
    map.append((1 << 52) - 1, reference(1))
    #expect(try PageMap(decoding: map.encoded, storedPages: 1, limit: 1) == map)
    #expect(throws: SnapshotError.noSuchPage(1)) {
      try PageMap(decoding: map.encoded, storedPages: 0, limit: 1)
    }
    #expect(throws: SnapshotError.tooLarge(what: "a page map", size: 4096, limit: 0)) {
      try PageMap(decoding: map.encoded, storedPages: 1, limit: 0)
    }
    map = PageMap()
    map.append(1 << 52, .zero)
    #expect(throws: SnapshotError.malformed("its page map leaves the address space")) {
      try PageMap(decoding: map.encoded, storedPages: 1, limit: 1)
    }
  }

  @Test func claimsOfEnormousRunsAreRefused() {
    // One run, page 0, 2⁵¹ pages of zeroes.
    let bytes: [UInt8] = [1, 0, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x08]
    #expect(throws: SnapshotError.self) {
      try PageMap(decoding: bytes, storedPages: 10, limit: 1 << 20)
    }
    // More runs than bytes.
    let many: [UInt8] = Array(repeating: 0xff, count: 9) + [1]
    #expect(throws: SnapshotError.malformed("its page map ends early")) {
      try PageMap(decoding: many, storedPages: 10, limit: 1 << 20)
    }
  }

  @Test func oneMapHasOneEncoding() {
    let rejected: [[UInt8]] = [
      [],  // no count
      [0, 0],  // bytes left over
      [0x80, 0],  // a number longer than need be
      [1, 0, 0],  // an empty run
      [2, 0, 3, 0, 3],  // two runs that are one
      [2, 0, 2, 0, 0, 2, 0],
      [1, 0, 2],  // no reference
      [1, 0, 2, 1],  // reference 0
      Array(repeating: 0xff, count: 10),  // beyond 64 bits
    ]
    for bytes in rejected {
      #expect(throws: SnapshotError.self) {
        try PageMap(decoding: bytes, storedPages: 10, limit: 100)
      }
    }
  }

  @Test func randomBytesNeverCrash() throws {
    var random = SeededNumbers(12)
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = random.bytes(Int(random.next() % 24))
      if !bytes.isEmpty, random.next() % 2 == 0 { bytes[0] %= 4 }
      if random.next() % 2 == 0 { bytes = bytes.map { $0 % 16 } }
      guard let map = try? PageMap(decoding: bytes, storedPages: 1 << 40, limit: 1 << 45) else {
        continue
      }
      accepted += 1
      #expect(map.encoded == bytes)
    }
    #expect(accepted > 0)
  }

  @Test func piecesCoverARange() throws {
    var map = PageMap()
    for page in UInt64(10)..<14 { map.append(page, PageReference(rawValue: page - 9)) }
    for page in UInt64(16)..<18 { map.append(page, .zero) }
    func pieces(_ range: Range<UInt64>) -> [String] {
      var pieces: [String] = []
      map.forEachPiece(in: range) { pages, reference in
        pieces.append(
          "\(pages.lowerBound)-\(pages.upperBound) \(reference.map { "\($0.rawValue)" } ?? "-")")
      }
      return pieces
    }
    #expect(pieces(0..<20) == ["0-10 -", "10-14 1", "14-16 -", "16-18 0", "18-20 -"])
    #expect(pieces(11..<17) == ["11-14 2", "14-16 -", "16-17 0"])
    #expect(pieces(12..<13) == ["12-13 3"])
    #expect(pieces(14..<16) == ["14-16 -"])
    #expect(pieces(18..<99) == ["18-99 -"])
    #expect(pieces(5..<5).isEmpty)
  }
}
