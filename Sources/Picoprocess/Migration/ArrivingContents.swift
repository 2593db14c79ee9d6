import HostABI
import LibOS
import Machine
import MigrationMessages
import Snapshot

/// Contents of files that arrive over a link, but for those that are here already.
final class ArrivingContents: TreeContents {
  private let link: MigrationLink
  /// The numbers of the files whose contents come over the link.
  private var wanted: [UInt32] = []
  private var isWanted: Set<OutsideFile.Place> = []
  /// Where other contents are, by their digests.
  private var known: [Digest: TreeCopy]
  /// Files may change while they are sent, and come again.
  private let mayChange: Bool
  /// Those that have changed.
  private(set) var changed: Set<OutsideFile.Place> = []
  /// Bytes that came, and are not yet of use.
  private var pending: [UInt8] = []

  /// Files in a message.
  private static let partSize = 100_000

  init(_ link: MigrationLink, known: [Digest: TreeCopy], mayChange: Bool) {
    self.link = link
    self.known = known
    self.mayChange = mayChange
  }

  /// Notes that a file is needed, which has this number in the sender's list. Files come in this order.
  ///
  /// - Parameter copy: where it will be, for those that are equal.
  func need(_ file: OutsideFile, _ number: Int, as copy: TreeCopy) {
    guard file.kind == .regular, file.link == nil, let digest = file.digest, known[digest] == nil,
      let number = UInt32(exactly: number)
    else { return }
    wanted.append(number)
    isWanted.insert(file.place)
    if !mayChange { known[digest] = copy }
  }

  /// Tells the sender what is needed.
  func request() throws(Failure) {
    var rest = wanted[...]
    repeat {
      var message = Godwit_Migration_TreeWanted()
      message.files = Array(rest.prefix(Self.partSize))
      rest = rest.dropFirst(Self.partSize)
      message.last = rest.isEmpty
      try link.send(.treeWanted(message))
    } while !rest.isEmpty
  }

  func forEachPiece(of file: OutsideFile, _ body: (UInt64, RawSpan) throws(Failure) -> Void)
    throws(Failure)
  {
    var digest = DigestBuilder()
    if isWanted.contains(file.place) {
      for stretch in file.stretches {
        if stretch.isHole {
          try append(zeroes: stretch.range, to: &digest)
          continue
        }
        var offset = stretch.range.lowerBound
        while offset < stretch.range.upperBound {
          if pending.isEmpty { try receive() }
          let piece = Array(pending.prefix(Int(clamping: stretch.range.upperBound - offset)))
          pending.removeFirst(piece.count)
          digest.append(piece[...])
          try piece.withRawSpan { (bytes) throws(Failure) in try body(offset, bytes) }
          offset += UInt64(piece.count)
        }
      }
    } else if let copy = file.digest.flatMap({ known[$0] }) {
      try copy.forEachPiece { (offset, bytes) throws(Failure) in
        try link.sayIdle()
        digest.append(bytes.array[...])
        try Self.lend(bytes, at: offset, sparsely: !file.holes.isEmpty, body)
      }
    }
    if digest.finish() == file.digest { return }
    guard mayChange, isWanted.contains(file.place) else {
      let path = String(decoding: file.place.path.bytes, as: UTF8.self)
      throw Failure("\(path), a file that comes with the guest, is not what its digest says")
    }
    changed.insert(file.place)
  }

  private func append(zeroes range: Range<UInt64>, to digest: inout DigestBuilder) throws(Failure) {
    var rest = range
    while !rest.isEmpty {
      try link.sayIdle()
      let end = min(rest.upperBound, rest.lowerBound + 64 << 20)
      digest.append(zeroes: end - rest.lowerBound)
      rest = end..<rest.upperBound
    }
  }

  /// - Parameter sparsely: leaves blocks of zeroes out.
  private static func lend(
    _ bytes: RawSpan, at offset: UInt64, sparsely: Bool,
    _ body: (UInt64, RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    guard sparsely else { return try body(offset, bytes) }
    for start in stride(from: 0, to: bytes.byteCount, by: FileContents.blockSize) {
      let end = min(start + FileContents.blockSize, bytes.byteCount)
      let block = bytes.extracting(start..<end)
      if !block.isAllZero { try body(offset + UInt64(start), block) }
    }
  }

  private func receive() throws(Failure) {
    switch try link.receive() {
    case .bytes(let bytes): pending = bytes
    case .message(.abort(let abort)): throw Failure("\(link.peer): it gave up: \(abort.reason)")
    case .message: throw Failure("\(link.peer): its messages are out of order")
    case .end: throw Failure("\(link.peer): the link ended too soon")
    }
  }
}

extension OutsideFile {
  /// A regular file's bytes and holes, from its beginning to its end.
  var stretches: [(range: Range<UInt64>, isHole: Bool)] {
    var stretches: [(range: Range<UInt64>, isHole: Bool)] = []
    var offset: UInt64 = 0
    for hole in holes {
      if offset < hole.lowerBound { stretches.append((offset..<hole.lowerBound, false)) }
      stretches.append((hole, true))
      offset = hole.upperBound
    }
    let size = size ?? 0
    if offset < size { stretches.append((offset..<size, false)) }
    return stretches
  }
}
