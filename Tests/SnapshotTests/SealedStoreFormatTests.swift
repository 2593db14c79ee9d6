import Snapshot
import TestSupport
import Testing

/// What is encrypted in a sealed store, whole and altered by somebody who can write to its disk.
@Suite struct SealedStoreFormatTests {
  private let key = StoreKey([UInt8](0..<32))
  private let other = StoreKey([UInt8](1..<33))
  private let name = Digest(of: [1])

  @Test func aMessageIsOpenedForItsPurposeOnly() {
    let message = Array("what the guest knows".utf8)
    let purposes: [StoreKey.Purpose] = [
      .contents(name), .description(name), .contents(Digest(of: [2])),
      .manifest("monday", name), .manifest("tuesday", name), .manifest("monday", Digest(of: [2])),
    ]
    for (index, purpose) in purposes.enumerated() {
      let sealed = key.seal(message, purpose)
      #expect(sealed.count == message.count + MessageKey.overhead)
      for (number, asked) in purposes.enumerated() {
        #expect((key.open(sealed, asked) == message) == (index == number))
      }
      #expect(other.open(sealed, purpose) == nil)
      // The key of this message opens it, and no other.
      let own = key.messageKey(Array(sealed.prefix(MessageKey.saltSize)), purpose)
      #expect(own.open(sealed) == message)
      let again = key.seal(message, purpose)
      #expect(again != sealed && own.open(again) == nil)
    }
  }

  @Test func everyAlteredBitIsNoticed() {
    let sealed = key.seal([7, 8, 9], .contents(name))
    for position in sealed.indices {
      for bit in 0..<8 {
        var altered = sealed
        altered[position] ^= 1 << bit
        #expect(key.open(altered, .contents(name)) == nil)
      }
    }
    for count in 0..<sealed.count {
      #expect(key.open(Array(sealed[..<count]), .contents(name)) == nil)
    }
    #expect(key.open(sealed + [0], .contents(name)) == nil)
    #expect(key.open(key.seal([], .contents(name)), .contents(name)) == [])
  }

  /// Names are equal for equal contents, and tell nothing to those without the key.
  @Test func namesAreKeyed() {
    let page = Digest(of: [UInt8](repeating: 5, count: 4096)[...])
    #expect(key.name(of: page) == key.name(of: page))
    #expect(key.name(of: page) != page && key.name(of: page) != other.name(of: page))
  }

  // MARK: Packs

  private struct Pack {
    var index: [UInt8]
    var trailer: [UInt8]
    var place: UInt64

    func decode() throws(SnapshotError) -> SealedPackIndex {
      let place = try PackIndex.place(
        header: PackIndex.header(isSealed: true), trailer: trailer,
        size: place + UInt64(index.count + trailer.count), isSealed: true)
      return try SealedPackIndex(decoding: index, trailer: trailer, at: place)
    }

    /// After a change by somebody who knows the format.
    mutating func correctDigest() {
      trailer.replaceSubrange(8..<40, with: Digest(of: index[...]).bytes)
    }
  }

  private func pack() throws -> (Pack, entries: [PackIndex.Entry]) {
    let coder = BlockCoder(.standard)
    let pages = (0..<64).map { numberedPage($0) }
    let chunk = try coder.pageChunk(pages.flatMap { $0 })
    let section = try coder.section(7, isCritical: true, [1, 2, 3])
    var plain = PackIndex()
    var index = SealedPackIndex()
    var entries: [PackIndex.Entry] = []
    for (block, stored, pages) in [
      (chunk.0, chunk.stored, pages.map { Digest(of: $0[...]) }), (section.0, section.stored, []),
    ] {
      let name = key.name(of: block.digest)
      let contents = key.seal(stored, .contents(name))
      let entry = plain.append(block, pages: pages)
      entries.append(
        PackIndex.Entry(block: entry.block, pages: pages, offset: index.end))
      index.append(
        name, digest: Digest(of: contents[...]), byteCount: UInt64(contents.count),
        description: key.seal(entry.description, .description(name)))
    }
    let encoded = index.encoded
    return (
      Pack(
        index: Array(encoded.dropLast(48)), trailer: Array(encoded.suffix(48)), place: index.end),
      entries
    )
  }

  @Test func anIndexIsTheSameAgain() throws {
    let (pack, entries) = try pack()
    let index = try pack.decode()
    #expect(index.encoded == pack.index + pack.trailer)
    #expect(index.byteCount == pack.index.count)
    for (sealed, entry) in zip(index.entries, entries) {
      let opened = try sealed.opened(with: key)
      #expect(opened.block == entry.block && opened.pages == entry.pages)
      #expect(opened.offset == entry.offset)
      #expect(throws: SnapshotError.self) { try sealed.opened(with: other) }
      // No digest of what is in it can be read.
      #expect(pack.index.firstRange(of: entry.block.digest.bytes) == nil)
      for page in entry.pages { #expect(pack.index.firstRange(of: page.bytes) == nil) }
    }
  }

  @Test func everyDamageOfAnIndexIsNoticed() throws {
    let (intact, _) = try pack()
    for position in intact.index.indices {
      var pack = intact
      pack.index[position] ^= 1 << (position % 8)
      #expect(throws: SnapshotError.self) { try pack.decode() }
    }
    for position in intact.trailer.indices {
      var pack = intact
      pack.trailer[position] ^= 1 << (position % 8)
      #expect(throws: SnapshotError.self) { try pack.decode() }
    }
    #expect(throws: SnapshotError.self) {
      try PackIndex.place(
        header: PackIndex.header(isSealed: false), trailer: intact.trailer, size: 99,
        isSealed: true)
    }
  }

  /// Whoever corrects the checksum can take blocks away, and alter the digest by which those without the key find
  /// damage. What the key opens stays what it was, or is refused.
  @Test func hostileIndexesAreRefusedOrHarmless() throws {
    let (intact, entries) = try pack()
    for position in intact.index.indices {
      var pack = intact
      pack.index[position] ^= 0x40
      pack.correctDigest()
      do throws(SnapshotError) {
        for (sealed, entry) in zip(try pack.decode().entries, entries) {
          let opened = try sealed.opened(with: key)
          #expect(opened.block == entry.block && opened.pages == entry.pages)
        }
      } catch {}
    }
    // Two blocks that change places are not the one for the other.
    var swapped = SealedPackIndex()
    let sealed = try intact.decode().entries
    for (one, another) in [(sealed[0], sealed[1]), (sealed[1], sealed[0])] {
      swapped.append(
        one.name, digest: another.digest, byteCount: another.byteCount,
        description: another.description)
    }
    for entry in swapped.entries {
      #expect(throws: SnapshotError.self) { try entry.opened(with: key) }
    }
  }

  // MARK: Manifests

  private func manifest() throws -> SnapshotManifest {
    let coder = BlockCoder(.none)
    let blocks = try [[3], [1, 2], [3], [4, 5, 6]].enumerated().map { number, contents in
      try coder.section(UInt32(number + 1), isCritical: true, contents).0
    }
    return try SnapshotManifest(someHeader, blocks, id: SnapshotID(of: Digest(of: [9])))
  }

  @Test func aManifestIsTheSameAgain() throws {
    let manifest = try manifest()
    let encoded = SealedManifest(manifest, of: "monday", with: key).encoded
    let sealed = try SealedManifest(decoding: encoded)
    #expect(try sealed.opened(as: "monday", with: key).encoded == manifest.encoded)
    #expect(throws: SnapshotError.self) { try sealed.opened(as: "tuesday", with: key) }
    #expect(throws: SnapshotError.self) { try sealed.opened(as: "monday", with: other) }
    // Two of the four sections are equal.
    #expect(Set(sealed.references) == Set(manifest.blocks.map { key.name(of: $0.digest) }))
    #expect(sealed.references.count == 3)
    for block in manifest.blocks { #expect(encoded.firstRange(of: block.digest.bytes) == nil) }
  }

  @Test func everyDamageOfAManifestIsNoticed() throws {
    let intact = SealedManifest(try manifest(), of: "monday", with: key).encoded
    for position in intact.indices {
      var damaged = intact
      damaged[position] ^= 1 << (position % 8)
      #expect(throws: SnapshotError.self) { try SealedManifest(decoding: damaged) }
      // The same, by somebody who corrects the checksum.
      guard position < intact.count - Digest.size else { continue }
      damaged.replaceSubrange(
        (intact.count - Digest.size)..., with: Digest(of: damaged.dropLast(Digest.size)).bytes)
      #expect(throws: SnapshotError.self, "byte \(position)") {
        try SealedManifest(decoding: damaged).opened(as: "monday", with: key)
      }
    }
    for count in 0..<intact.count {
      #expect(throws: SnapshotError.self) { try SealedManifest(decoding: Array(intact[..<count])) }
    }
  }
}
