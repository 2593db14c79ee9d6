import Snapshot
import TestSupport
import Testing

/// Snapshots read from front to back.
@Suite struct StreamTests {
  private static func sample(_ compression: Compression, parent: ParentLink? = nil) throws
    -> [UInt8]
  {
    var random = SeededNumbers(41)
    var header = someHeader
    header.parent = parent
    return try write(header, compression) { writer in
      for number in 0..<70 { _ = try writer.add(numberedPage(number)) }
      try writer.addSection(1, isCritical: true, [UInt8](repeating: 1, count: 5000))
      _ = try writer.add(random.bytes(4096))
      try writer.addSection(7, isCritical: false, random.bytes(300))
    }
  }

  private static let parent = try! ParentLink(
    id: SnapshotID(high: 1, low: 2), contentDigest: Digest(of: [1]), pageCount: 1000, name: "base")

  private static func signed(_ bytes: [UInt8]) throws -> [UInt8] {
    bytes + SignatureBlock.sign(try SnapshotReader(bytes).contentDigest, by: SigningKey())
  }

  @Test(arguments: [Compression.none, .zstd(level: 1)])
  func streamsGiveWhatFilesHold(_ compression: Compression) throws {
    let plain = try Self.sample(compression)
    let increment = try Self.sample(compression, parent: Self.parent)
    for bytes in [plain, increment, try Self.signed(plain), try write { _ in }] {
      let expected = try Contents(try SnapshotReader(bytes))
      for pieceSize in [1, 7, 4096, .max] {
        #expect(try Contents(try SnapshotStream(bytes, pieceSize: pieceSize)) == expected)
      }
    }
    #expect(try Contents(try SnapshotStream(increment)).pages.keys.min() == 1001)
  }

  /// A section and a table of contents that do not come in one piece.
  @Test func largeBlocksComeInPieces() throws {
    let large = [UInt8](repeating: 7, count: 3 << 20)
    let bytes = try write(someHeader, .none) { writer in
      try writer.addSection(0, isCritical: true, large)
      for number in 1...20_000 { try writer.addSection(UInt32(number), isCritical: false, []) }
    }
    let stream = try SnapshotStream(bytes)
    #expect(try stream.next() == .section(id: 0, isCritical: true, large))
    for number in 1...20_000 {
      #expect(try stream.next() == .section(id: UInt32(number), isCritical: false, []))
    }
    let digest = try SnapshotReader(bytes).contentDigest
    #expect(try stream.next() == .end(id: someID, contentDigest: digest, signature: nil))
  }

  @Test func everyTruncationIsNamed() throws {
    let bytes = try Self.sample(.standard)
    for length in bytes.indices {
      do throws(SnapshotError) {
        _ = try Contents(try SnapshotStream(Array(bytes.prefix(length))))
        Issue.record("\(length) bytes are not the whole")
      } catch {
        switch error {
        case .notASnapshot: #expect(length == 0)
        case .truncated(let at): #expect(at == length && length < 16)
        case .endsWithin(_, let at): #expect(at == length)
        default: Issue.record("\(length) bytes: \(error)")
        }
      }
    }
  }

  @Test func aTruncationIsNamedByItsPlace() throws {
    let bytes = try write { writer in
      try writer.addSection(1, isCritical: true, [1, 2, 3])
      try writer.addSection(2, isCritical: true, [4, 5, 6])
    }
    func error(_ missing: Int) -> SnapshotError? {
      readBothWays(Array(bytes.dropLast(missing))).stream
    }
    let size = UInt64(bytes.count)
    #expect(error(1) == .endsWithin(.trailer, at: size - 1))
    #expect(error(65) == .endsWithin(.tableOfContents, at: size - 65))
    #expect(error(64 + 128 + 1) == .endsWithin(.descriptor(2), at: size - 193))
    #expect(error(64 + 128 + 64 + 1) == .endsWithin(.section(2), at: size - 257))
    #expect(error(64 + 128 + 64 + 3 + 1) == .endsWithin(.descriptor(1), at: size - 260))
    #expect(error(bytes.count - 20) == .endsWithin(.header, at: 20))
  }

  /// The signature ends the stream; nothing may follow it, and it may not be cut short.
  @Test func whatFollowsTheTrailerIsASignature() throws {
    let plain = try Self.sample(.standard)
    let signed = try Self.signed(plain)
    for length in plain.count + 1..<signed.count {
      #expect(readBothWays(Array(signed.prefix(length))).contents == nil)
    }
    let signature = Array(signed.suffix(signed.count - plain.count))
    let tails: [[UInt8]] = [
      [0], signature + [0], signature + signature, [UInt8](repeating: 0, count: 10000),
      [UInt8](repeating: 0, count: 4097 - 20) + signature,
    ]
    for tail in tails {
      #expect(readBothWays(plain + tail).contents == nil)
    }
  }

  @Test func whatTheSourceThrowsComesBack() throws {
    let bytes = try Self.sample(.standard)
    for limit in stride(from: 0, to: bytes.count, by: 11) {
      var rest = bytes.prefix(limit)
      #expect(throws: SnapshotError.readFailed("no more")) {
        let stream = try SnapshotStream { (count) throws(SnapshotError) in
          guard !rest.isEmpty else { throw .readFailed("no more") }
          defer { rest = rest.dropFirst(count) }
          return Array(rest.prefix(count))
        }
        _ = try Contents(stream)
      }
    }
  }

  /// What is announced is not asked for at once: a stream takes memory only for what comes.
  @Test func memoryFollowsWhatCame() throws {
    let bytes = try Forgery([
      Forgery.Block(stored: [1, 2, 3], storedSize: 128 << 20, size: 128 << 20)
    ]).bytes
    var rest = bytes[...]
    var largest = 0
    let stream = try SnapshotStream { limit in
      largest = max(largest, limit)
      defer { rest = rest.dropFirst(limit) }
      return Array(rest.prefix(limit))
    }
    #expect(throws: SnapshotError.endsWithin(.section(1), at: UInt64(bytes.count))) {
      try stream.next()
    }
    #expect(largest == 1 << 20)
  }
}
