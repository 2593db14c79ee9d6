import HostABI
import LibOS
import LibOSState
import Machine
import Snapshot

/// The memory of a process in a snapshot: its mappings, and where the bytes of each are.
struct SavedMemory {
  enum Content {
    case zero
    /// Pages of the store, counting up from this one.
    case stored(PageReference)
    /// A file of this host, from this offset on.
    case file(SnapshotFile, offset: UInt64)
    /// Neither the snapshot nor a trusted file has the bytes.
    case absent

    var isAbsent: Bool {
      if case .absent = self { true } else { false }
    }
  }

  struct Piece {
    var pages: Range<UInt64>
    var content: Content
  }

  struct Mapping {
    var pages: Range<UInt64>
    /// Bits 0 to 2: read, write, execute.
    var permissions: UInt32
    var name: [UInt8]
    var hasFile: Bool
    /// Of the first page within the file, in pages.
    var firstFilePage: UInt64
    /// All of its pages, ascending.
    var pieces: [Piece]
  }

  /// Ascending, disjoint.
  private(set) var mappings: [Mapping] = []

  /// A few bytes of a page map can stand for many pieces, if many mappings show them.
  private static let pieceLimit = 1 << 22

  private let snapshot: SnapshotDescription
  private let readsFiles: Bool
  private var objects: [UInt64: SavedObject] = [:]
  private var pieceCount = 0

  /// - Parameter readsFiles: false to take all pages of files beneath as absent.
  /// - Throws: `invalidState` if a mapping can't be where it is.
  init(
    _ snapshot: SnapshotDescription, _ process: Godwit_State_Process, readsFiles: Bool = true
  ) throws(SnapshotError) {
    self.snapshot = snapshot
    self.readsFiles = readsFiles
    let owner = try SavedMemory.owner(of: process, in: snapshot)
    let map = try snapshot.map(of: .process(owner.pid))
    var end: UInt64 = 0
    for state in owner.mappings {
      guard (state.start | state.end | state.offset) & 4095 == 0, end <= state.start,
        state.start < state.end, state.end <= GuestISA.x86_64.userAddressLimit.rawValue,
        state.offset <= UInt64(Int64.max)
      else { throw .invalidState("mapping at 0x\(String(state.start, radix: 16))") }
      end = state.end
      mappings.append(try mapping(state, map))
    }
  }

  /// The process that holds the address space of `process`.
  static func owner(of process: Godwit_State_Process, in snapshot: SnapshotDescription)
    throws(SnapshotError) -> Godwit_State_Process
  {
    guard process.memoryOf != 0 else { return process }
    let owner = snapshot.processes.processes.first { $0.pid == process.memoryOf }
    guard let owner, owner.memoryOf == 0 else {
      throw .invalidState("the memory of process \(process.pid)")
    }
    return owner
  }

  private mutating func mapping(_ state: Godwit_State_Mapping, _ map: PageMap)
    throws(SnapshotError) -> Mapping
  {
    let object = try state.object == 0 ? nil : self.object(state.object)
    let pages = state.start >> 12..<state.end >> 12
    let first = state.offset >> 12
    var pieces: [Piece] = []
    map.forEachPiece(in: pages) { part, reference in
      if let reference {
        pieces.append(Piece(pages: part, content: reference.isZero ? .zero : .stored(reference)))
      } else if let object {
        // Both are below 2⁵².
        let start = part.lowerBound - pages.lowerBound + first
        object.forEachPiece(in: start..<(start + UInt64(part.count))) { below, content in
          let from = part.lowerBound + (below.lowerBound - start)
          pieces.append(Piece(pages: from..<(from + UInt64(below.count)), content: content))
        }
      } else {
        pieces.append(Piece(pages: part, content: .zero))
      }
    }
    pieceCount += pieces.count
    guard pieceCount <= Self.pieceLimit else {
      throw .tooLarge(
        what: "the list of a process's pages", size: UInt64(pieceCount),
        limit: UInt64(Self.pieceLimit))
    }
    return Mapping(
      pages: pages, permissions: state.permissions, name: Array(state.name),
      hasFile: state.object != 0, firstFilePage: first, pieces: pieces)
  }

  private mutating func object(_ id: UInt64) throws(SnapshotError) -> SavedObject {
    if let known = objects[id] { return known }
    guard let state = snapshot.object(id) else { throw .invalidState("memory object \(id)") }
    let object = try SavedObject(state, snapshot, readsFiles: readsFiles)
    objects[id] = object
    return object
  }
}

extension SavedMemory {
  /// Calls `body` with each page that is not all zero, ascending.
  func forEachPage<E: Error>(
    of piece: Piece, failure: (SnapshotError) -> E, _ body: (UInt64, RawSpan) throws(E) -> Void
  ) throws(E) {
    try snapshot.forEachPage(of: piece, failure: failure, body)
  }
}

extension SnapshotDescription {
  /// Calls `body` with each page that is not all zero, ascending.
  func forEachPage<E: Error>(
    of piece: SavedMemory.Piece, failure: (SnapshotError) -> E,
    _ body: (UInt64, RawSpan) throws(E) -> Void
  ) throws(E) {
    if case .zero = piece.content { return }
    if piece.content.isAbsent { return }
    var buffer = [UInt8](repeating: 0, count: Page.size)
    for page in piece.pages {
      let index = page - piece.pages.lowerBound
      do throws(SnapshotError) {
        switch piece.content {
        case .zero, .absent: break
        case .stored(let first):
          let reference = PageReference(rawValue: first.rawValue + index)
          try buffer.withMutableRawSpan { (bytes) throws(SnapshotError) in
            try reader.page(reference, into: &bytes)
          }
        case .file(let file, let offset):
          buffer = try file.page(at: offset + index << 12)
        }
      } catch { throw failure(error) }
      try buffer.withRawSpan { (bytes) throws(E) in try body(page, bytes) }
    }
  }
}

/// The pages of a memory object: a file, or memory that processes share.
struct SavedObject {
  private let map: PageMap
  /// In pages: there is no memory from here on.
  let end: UInt64
  /// In pages: untouched ones below are those of the file beneath.
  private let sourceEnd: UInt64
  private let source: SnapshotFile?

  init(
    _ state: Godwit_State_MemoryObject, _ snapshot: SnapshotDescription, readsFiles: Bool
  ) throws(SnapshotError) {
    guard state.size <= UInt64(Int64.max), state.sourceSize <= state.size else {
      throw .invalidState("the size of memory object \(state.id)")
    }
    map = try snapshot.map(of: .memoryObject(state.id))
    end = (state.size + 4095) >> 12
    sourceEnd = state.hasSource ? (state.sourceSize + 4095) >> 12 : 0
    source =
      !readsFiles
      ? nil
      : snapshot.sourceFile(of: state).flatMap { file in
        state.source.digest.isEmpty || file.digest?.bytes == Array(state.source.digest) ? file : nil
      }
  }

  func forEachPiece(
    in range: Range<UInt64>, _ body: (Range<UInt64>, SavedMemory.Content) -> Void
  ) {
    map.forEachPiece(in: range) { part, reference in
      if let reference { return body(part, reference.isZero ? .zero : .stored(reference)) }
      let file = part.clamped(to: 0..<sourceEnd)
      if !file.isEmpty {
        body(file, source.map { .file($0, offset: file.lowerBound << 12) } ?? .absent)
      }
      let zeroes = part.clamped(to: sourceEnd..<max(sourceEnd, end))
      if !zeroes.isEmpty { body(zeroes, .zero) }
      let beyond = part.clamped(to: max(sourceEnd, end)..<UInt64.max)
      if !beyond.isEmpty { body(beyond, .absent) }
    }
  }
}

extension SnapshotFile {
  /// The page at `offset`, filled up with zeroes at the end of the file.
  fileprivate func page(at offset: UInt64) throws(SnapshotError) -> [UInt8] {
    do throws(HostError) {
      let bytes = try bytes(at: offset, count: Page.size)
      return bytes + repeatElement(0, count: Page.size - bytes.count)
    } catch { throw .readFailed("\(error)") }
  }

  /// The digest of all of the file; nil if it can't be read.
  fileprivate var digest: Digest? {
    var builder = DigestBuilder()
    var offset: UInt64 = 0
    while offset < byteCount {
      guard let piece = try? bytes(at: offset, count: 1 << 20), !piece.isEmpty else { return nil }
      builder.append(piece[...])
      offset += UInt64(piece.count)
    }
    return builder.finish()
  }
}
