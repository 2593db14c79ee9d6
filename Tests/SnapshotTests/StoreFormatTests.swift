import Snapshot
import TestSupport
import Testing
import Zstd

/// Manifests and packs, whole and hostile.
@Suite struct StoreFormatTests {
  /// Keeps the blocks of a snapshot as a store does.
  private final class Blocks: BlockContents {
    var stored: [Digest: [UInt8]] = [:]

    func read(_ block: BlockDescriptor, at offset: UInt64, into buffer: inout MutableRawSpan)
      throws(SnapshotError)
    {
      guard let bytes = stored[block.digest] else { throw .readFailed("not here") }
      let range = Int(offset)..<(Int(offset) + buffer.byteCount)
      bytes.lend { buffer.replace(with: $0.extracting(range)) }
    }
  }

  /// Takes a snapshot apart, `pieceSize` bytes at a time.
  private func split(_ bytes: [UInt8], pieceSize: Int = 1 << 20) throws(SnapshotError) -> (
    SnapshotManifest, Blocks
  ) {
    let blocks = Blocks()
    var header: SnapshotHeader?
    var descriptors: [BlockDescriptor] = []
    var splitter = SnapshotSplitter()
    var rest = bytes[...]
    while !rest.isEmpty {
      Array(rest.prefix(pieceSize)).lend { splitter.append($0) }
      rest = rest.dropFirst(pieceSize)
      while let item = try splitter.next() {
        switch item {
        case .header(let found): header = found
        case .block(let block, let stored):
          descriptors.append(block)
          blocks.stored[block.digest] = stored
        }
      }
    }
    let end = try splitter.finish()
    var manifest = try SnapshotManifest(header!, descriptors, id: end.id)
    #expect(manifest.contentDigest == end.contentDigest)
    if let signature = end.signature {
      // The block is what follows the trailer.
      manifest.signatureBlock = Array(bytes.suffix(signature.count + 12))
    }
    return (manifest, blocks)
  }

  private static func snapshot(_ compression: Compression) throws -> [UInt8] {
    var random = SeededNumbers(5)
    return try write(someHeader, compression) { writer in
      try writer.addSection(1, isCritical: true, random.bytes(300))
      for number in 0..<70 { _ = try writer.add(numberedPage(number)) }
      try writer.addSection(2, isCritical: false, [])
      try writer.addSection(3, isCritical: false, [UInt8](repeating: 1, count: 5000))
    }
  }

  private func all(of source: any SnapshotSource) throws(SnapshotError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(source.byteCount))
    try bytes.lendMutable { buffer throws(SnapshotError) in try source.read(at: 0, into: &buffer) }
    return bytes
  }

  /// Manifest and blocks are the file again, byte for byte, however it came.
  @Test(arguments: [Compression.none, .standard], [1, 61, 4096, 1 << 20])
  func aSnapshotIsTheSameAgain(_ compression: Compression, _ pieceSize: Int) throws {
    var file = try Self.snapshot(compression)
    let digest = try SnapshotReader(file).contentDigest
    for isSigned in [false, true] {
      if isSigned { file += SignatureBlock.sign(digest, by: SigningKey()) }
      let (manifest, blocks) = try split(file, pieceSize: pieceSize)
      let again = try SnapshotManifest(decoding: manifest.encoded)
      #expect(again.encoded == manifest.encoded)
      let source = ManifestSource(again, blocks)
      #expect(try all(of: source) == file)
      // In pieces that cross the limits of blocks.
      for offset in stride(from: 0, to: file.count, by: 977) {
        var piece = [UInt8](repeating: 0, count: min(1000, file.count - offset))
        try piece.lendMutable { buffer throws(SnapshotError) in
          try source.read(at: UInt64(offset), into: &buffer)
        }
        #expect(piece == Array(file[offset..<(offset + piece.count)]))
      }
      try SnapshotReader(source).verify()
    }
  }

  @Test func readingBeyondTheEndIsNamed() throws {
    let (manifest, blocks) = try split(try Self.snapshot(.standard))
    let source = ManifestSource(manifest, blocks)
    for (offset, count) in [(source.byteCount, 1), (source.byteCount - 1, 2), (.max, 1)] {
      var piece = [UInt8](repeating: 0, count: count)
      #expect(throws: SnapshotError.truncated(at: source.byteCount)) {
        try piece.lendMutable { buffer throws(SnapshotError) in
          try source.read(at: offset, into: &buffer)
        }
      }
    }
    blocks.stored = [:]
    #expect(throws: SnapshotError.readFailed("not here")) { try SnapshotReader(source).verify() }
  }

  @Test func everyDamageOfAManifestIsNoticed() throws {
    let (manifest, _) = try split(try Self.snapshot(.standard))
    let intact = manifest.encoded
    for length in intact.indices {
      #expect(throws: SnapshotError.self) {
        try SnapshotManifest(decoding: Array(intact.prefix(length)))
      }
    }
    var bytes = intact
    for position in bytes.indices {
      bytes[position] ^= 1 << (position % 8)
      #expect(throws: SnapshotError.self, "byte \(position)") {
        try SnapshotManifest(decoding: bytes)
      }
      bytes[position] = intact[position]
    }
  }

  /// A manifest whose checksum is right, and whose contents are anything.
  @Test func hostileManifestsAreRefusedOrWhole() throws {
    let (manifest, _) = try split(try Self.snapshot(.standard))
    let intact = Array(manifest.encoded.dropLast(32))
    var random = SeededNumbers(11)
    for position in intact.indices {
      var bytes = intact
      bytes[position] = UInt8(truncatingIfNeeded: random.next())
      bytes += Digest(of: bytes[...]).bytes
      do throws(SnapshotError) {
        #expect(try SnapshotManifest(decoding: bytes).encoded == bytes)
      } catch {}
    }
  }

  /// The stream is refused where the reader of files refuses it.
  @Test func damagedStreamsAreRefused() throws {
    let intact = try Self.snapshot(.none)
    for length in stride(from: 0, to: intact.count, by: 1499) {
      #expect(throws: SnapshotError.self) { _ = try split(Array(intact.prefix(length))) }
    }
    for extra in [[0], [UInt8](repeating: 1, count: 9000)] as [[UInt8]] {
      #expect(throws: SnapshotError.self) { _ = try split(intact + extra) }
    }
    var bytes = intact
    for position in stride(from: 0, to: bytes.count, by: 1399) {
      bytes[position] ^= 0x20
      // Contents are for whoever uses them to check.
      do throws(SnapshotError) {
        let (manifest, blocks) = try split(bytes)
        let reader = try SnapshotReader(ManifestSource(manifest, blocks))
        #expect(throws: SnapshotError.self, "byte \(position)") { try reader.verify() }
      } catch {}
      bytes[position] = intact[position]
    }
  }

  // MARK: Packs

  private struct Pack {
    var index: [UInt8]
    var trailer: [UInt8]
    var place: UInt64
    var size: UInt64 { place + UInt64(index.count + trailer.count) }

    func decode() throws(SnapshotError) -> PackIndex {
      let place = try PackIndex.place(
        header: PackIndex.header(isSealed: false), trailer: trailer, size: size)
      #expect(place == self.place)
      return try PackIndex(decoding: index, trailer: trailer, at: place)
    }
  }

  private func pack() throws -> Pack {
    let coder = BlockCoder(.standard)
    var index = PackIndex()
    let pages = (0..<64).map { numberedPage($0) }
    let chunk = try coder.pageChunk(pages.flatMap { $0 })
    index.append(chunk.0, pages: pages.map { Digest(of: $0[...]) })
    index.append(try coder.section(7, isCritical: true, [1, 2, 3]).0, pages: [])
    let encoded = index.encoded
    return Pack(
      index: Array(encoded.dropLast(48)), trailer: Array(encoded.suffix(48)), place: index.end)
  }

  @Test func anIndexIsTheSameAgain() throws {
    let pack = try pack()
    let index = try pack.decode()
    #expect(index.encoded == pack.index + pack.trailer)
    #expect(index.entries.map(\.offset) == [16, 16 + index.entries[0].block.storedSize])
    #expect(index.entries.map { $0.pages.count } == [64, 0])
    #expect(index.byteCount == pack.index.count)
  }

  @Test func everyDamageOfAnIndexIsNoticed() throws {
    let intact = try pack()
    for position in intact.index.indices {
      var pack = intact
      pack.index[position] ^= 1 << (position % 8)
      #expect(throws: SnapshotError.self) { try pack.decode() }
    }
    for position in intact.trailer.indices {
      var pack = intact
      pack.trailer[position] ^= 1 << (position % 8)
      #expect(throws: SnapshotError.self) {
        let place = try PackIndex.place(
          header: PackIndex.header(isSealed: false), trailer: pack.trailer, size: pack.size)
        _ = try PackIndex(decoding: pack.index, trailer: pack.trailer, at: place)
      }
    }
    for position in PackIndex.header(isSealed: false).indices {
      var header = PackIndex.header(isSealed: false)
      header[position] ^= 1
      #expect(throws: SnapshotError.self) {
        try PackIndex.place(header: header, trailer: intact.trailer, size: intact.size)
      }
    }
  }

  /// An index whose checksum is right, and whose contents are anything.
  @Test func hostileIndexesAreRefusedOrBounded() throws {
    let intact = try pack()
    var random = SeededNumbers(12)
    for position in intact.index.indices {
      var pack = intact
      pack.index[position] = UInt8(truncatingIfNeeded: random.next())
      pack.trailer.replaceSubrange(8..<40, with: Digest(of: pack.index[...]).bytes)
      do throws(SnapshotError) {
        let index = try pack.decode()
        #expect(index.end == pack.place)
      } catch {}
    }
    var count = intact
    for bytes in [[UInt8](repeating: 0xff, count: 8), [0, 0, 0, 0, 0, 0, 0, 0x80]] {
      count.trailer.replaceSubrange(0..<8, with: bytes)
      #expect(throws: SnapshotError.self) {
        try PackIndex.place(
          header: PackIndex.header(isSealed: false), trailer: count.trailer, size: count.size)
      }
    }
  }
}
