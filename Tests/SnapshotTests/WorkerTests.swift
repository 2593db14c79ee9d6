import Snapshot
import Synchronization
import TestSupport
import Testing
import Zstd

@Suite struct WorkerTests {
  @Test(arguments: [nil, HandWorkers(1), HandWorkers(4), HandWorkers(2, isStuck: true)])
  func resultsComeInOrder(_ workers: HandWorkers?) {
    var work = OrderedWork<Int>(workers)
    var results: [Int] = []
    for number in 0..<100 {
      work.append { number }
      while work.isFull { results.append(work.next()!) }
    }
    while let result = work.next() { results.append(result) }
    #expect(results == Array(0..<100))
    if let workers { #expect(workers.mostJobs <= workers.count + 2) }
  }

  @Test func withoutWorkersNothingWaits() {
    let isDone = Mutex(false)
    var work = OrderedWork<Int>(nil)
    work.append {
      isDone.withLock { $0 = true }
      return 1
    }
    #expect(work.isFull)
    #expect(work.next() == 1)
    #expect(isDone.withLock { $0 })
    #expect(work.next() == nil)
  }

  /// A snapshot with sections of all sizes, and equal, zero and different pages around each end of a chunk.
  private static func snapshot(_ compression: Compression, _ workers: (any Workers)?) throws
    -> [UInt8]
  {
    try write(someHeader, compression) { writer in
      try writer.use(workers)
      var numbers = SeededNumbers(7)
      try writer.addSection(1, isCritical: true, [])
      try writer.addSection(2, isCritical: true, [UInt8](repeating: 7, count: 1 << 20))
      try writer.addSection(3, isCritical: false, numbers.bytes(300_000))
      for number in 0..<200 {
        switch number % 5 {
        case 0: _ = try writer.add([UInt8](repeating: 0, count: 4096))
        case 1: _ = try writer.add(numberedPage(number / 40))
        case 2: _ = try writer.add(numbers.bytes(4096))
        default: _ = try writer.add(numberedPage(1000 + number))
        }
      }
      // In the middle of a chunk, as between two rounds.
      try writer.use(nil)
      try writer.use(workers)
      try writer.addSection(4, isCritical: true, numbers.bytes(5000))
      for number in 0..<150 { _ = try writer.add(numberedPage(5000 + number)) }
    }
  }

  @Test(arguments: [Compression.none, .standard, .zstd(level: 5)])
  func workersMakeTheSameFile(_ compression: Compression) throws {
    let alone = try Self.snapshot(compression, nil)
    for count in [1, 2, 7] {
      let workers = HandWorkers(count)
      #expect(try Self.snapshot(compression, workers) == alone)
      #expect(workers.mostJobs <= count + 2)
      #expect(try Self.snapshot(compression, HandWorkers(count, isStuck: true)) == alone)
    }
  }

  private struct Full: Error, CustomStringConvertible {
    var description: String { "no room" }
  }

  @Test(arguments: [nil, HandWorkers(1), HandWorkers(4)])
  func aFullSinkEndsTheWriting(_ workers: HandWorkers?) throws {
    var room = 700_000
    let writer = try SnapshotWriter(someHeader, compression: .none) { bytes in
      room -= bytes.byteCount
      if room < 0 { throw Full() }
    }
    #expect(throws: SnapshotError.writeFailed("no room")) {
      try writer.use(workers)
      for number in 0..<1000 { _ = try writer.add(numberedPage(number)) }
      _ = try writer.finish(id: someID)
    }
  }
}

/// Many pages at once.
@Suite struct PageReadingTests {
  private static let size = 4096

  private static func numbers(_ count: Int, from first: Int, to writer: SnapshotWriter) throws {
    for number in first..<(first + count) { _ = try writer.add(numberedPage(number)) }
  }

  /// A file of 150 pages, and an increment of 100. Page n has the number n.
  private static func chain(_ compression: Compression) throws -> [[UInt8]] {
    let base = try write(someHeader, compression) { try numbers(150, from: 1, to: $0) }
    var header = someHeader
    header.parent = try SnapshotReader(base).link("base")
    let top = try write(header, compression) { try numbers(100, from: 151, to: $0) }
    return [base, top]
  }

  private static func reader(_ chain: [[UInt8]]) throws -> SnapshotReader {
    try SnapshotReader(chain[1], parent: SnapshotReader(chain[0]))
  }

  private static let someWorkers = [
    nil, HandWorkers(1), HandWorkers(3), HandWorkers(2, isStuck: true),
  ]

  @Test(arguments: [Compression.none, .standard], someWorkers)
  func eachIsPlaced(_ compression: Compression, _ workers: HandWorkers?) throws {
    let reader = try Self.reader(try Self.chain(compression))
    for wanted: [UInt64] in [
      [], [7], [1, 1, 2, 64, 65, 66, 66, 150, 151, 215, 250], Array(1...250),
    ] {
      let placed = Mutex([[UInt8]](repeating: [], count: wanted.count))
      var count = 0
      try reader.readPages(wanted, on: workers, { count += $0 }) { index, page in
        var bytes: [UInt8] = []
        bytes.append(page)
        placed.withLock { $0[index] = bytes }
      }
      #expect(count == wanted.count)
      #expect(placed.withLock { $0 } == wanted.map { numberedPage(Int($0)) })
    }
  }

  /// Changes a byte of a page in an uncompressed file.
  private func damage(_ number: Int, _ file: inout [UInt8]) {
    let page = numberedPage(number)
    for start in stride(from: 0, to: file.count - Self.size, by: Self.size)
    where file[start..<(start + Self.size)].elementsEqual(page) {
      file[start + 100] ^= 1
    }
  }

  @Test(arguments: someWorkers)
  func theFirstDamageIsNamed(_ workers: HandWorkers?) throws {
    var chain = try Self.chain(.none)
    let base = try SnapshotReader(chain[0])
    damage(249, &chain[1])
    damage(170, &chain[1])
    func error() throws -> SnapshotError? {
      let reader = try Self.reader(chain)
      do throws(SnapshotError) {
        try reader.readPages(Array(1...250), on: workers) { _, _ in }
        return nil
      } catch { return error }
    }
    #expect(try error() == .checksumMismatch(.pageChunk(0)))
    damage(149, &chain[0])
    #expect(
      try error()
        == .inParent(name: "base", id: base.id, .checksumMismatch(.pageChunk(2))))
    let reader = try Self.reader(chain)
    for number: UInt64 in [251, .max] {
      #expect(throws: SnapshotError.noSuchPage(number)) {
        try reader.readPages([number], on: workers) { _, _ in }
      }
    }
    #expect(throws: SnapshotError.missingParent(name: "base", id: base.id)) {
      try SnapshotReader(chain[1]).readPages([150], on: workers) { _, _ in }
    }
  }

  /// The order of the blocks decides which damage `verify` names, not that of the threads.
  @Test(arguments: someWorkers)
  func theFirstDamageIsVerified(_ workers: HandWorkers?) throws {
    var file = try Self.chain(.none)[0]
    var count: UInt64 = 0
    try SnapshotReader(file).verify(on: workers) { count += $0 }
    #expect(count == 150 * 4096)
    damage(140, &file)
    damage(70, &file)
    let expected = SnapshotError.checksumMismatch(.pageChunk(1))
    #expect(throws: expected) { try SnapshotReader(file).verify(on: workers) }
    #expect(throws: expected) { try SnapshotReader(file).verifyStored(on: workers) }
  }
}
