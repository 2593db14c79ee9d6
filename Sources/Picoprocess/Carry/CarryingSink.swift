import HostABI
import LibOS
import LibOSState
import Machine
import PosixHost
import Snapshot

/// Puts the files that a snapshot needs into it, on its way to another sink. The process that runs the guest writes it
/// as ever: the files are read here.
final class CarryingSink: SnapshotSink {
  /// For messages.
  private let path: String
  private let sink: any SnapshotSink
  private let scope: CarriedScope
  private let grants: GrantRecord?
  private let compression: Compression
  private var splitter = SnapshotSplitter()
  private let coder = BlockCoder(.none)
  private var writer: SnapshotWriter?
  /// What the state says of files.
  private var sections: [UInt32: [UInt8]] = [:]
  /// Why the other sink took no more.
  private var failure: Failure?
  /// Contents that are not yet in a section, and where they begin.
  private var piece: [UInt8] = []
  private var pieces = 0
  /// Where contents begin, by their digests.
  private var offsets: [Digest: UInt64] = [:]

  /// Files of the root that could not be carried.
  private var leftOut = NamedFiles()

  private static let stateParts: [StateSection] = [.memory, .filesystems]

  /// - Parameter grants: what the picoprocess was given; nil: it is this process, and confined.
  init(
    _ path: String, _ sink: any SnapshotSink, _ scope: CarriedScope, within grants: GrantRecord?,
    _ compression: Compression
  ) {
    self.path = path
    self.sink = sink
    self.scope = scope
    self.grants = grants
    self.compression = compression
  }

  func write(_ bytes: RawSpan) throws(Failure) {
    splitter.append(bytes)
    try checked { () throws(SnapshotError) in
      while let item = try splitter.next() { try take(item) }
    }
  }

  private func take(_ item: SnapshotSplitter.Item) throws(SnapshotError) {
    switch item {
    case .header(let header):
      writer = try SnapshotWriter(header, compression: compression) { [unowned self] bytes in
        do throws(Failure) { try sink.write(bytes) } catch {
          failure = error
          throw error
        }
      }
    case .block(let block, _) where block.kind == .section && CarriedSections.contains(block.id):
      // Nobody but this sink adds such.
      break
    case .block(let block, let stored):
      if block.kind == .section, Self.stateParts.contains(where: { $0.numbers.contains(block.id) })
      {
        sections[block.id] = try coder.contents(of: block, stored)
      }
      try writer?.addBlock(block, stored: stored)
    }
  }

  private func checked<R>(_ body: () throws(SnapshotError) -> R) throws(Failure) -> R {
    do throws(SnapshotError) { return try body() } catch {
      throw failure ?? unusable(path, error)
    }
  }

  // MARK: The files

  func readBack(_ parent: SnapshotReader?) throws(Failure) -> SnapshotReader {
    let end = try checked { () throws(SnapshotError) in try splitter.finish() }
    guard let writer, end.signature == nil else {
      throw Failure("\(path): what was written is no snapshot that could carry files")
    }
    let plan = try plan()
    leftOut = plan.leftOut
    let files = try carry(plan, writer)
    try checked { () throws(SnapshotError) in
      let parts = OutsideFile.encoded(files, inPartsOf: CarriedSections.listSize)
      for (index, part) in parts.enumerated() {
        guard let number = CarriedSections.listNumber(index) else { throw Self.tooMany }
        try writer.addSection(number, isCritical: false, part)
      }
      _ = try writer.finish(id: end.id)
    }
    if let summary = leftOut.summary {
      Console.complain(
        "\(path): \(leftOut.count) files of the root are not in it: devices, sockets, other filesystems, or not to be read by this user: \(summary)"
      )
    }
    return try sink.readBack(parent)
  }

  func commit(signature: [UInt8]) throws(Failure) { try sink.commit(signature: signature) }

  private static let tooMany = SnapshotError.refused("it can't carry so many files")

  private func plan() throws(Failure) -> CarryPlan {
    let (filesystems, memory) = try checked {
      () throws(SnapshotError) -> (Godwit_State_Filesystems, Godwit_State_Memory) in
      (try message(.filesystems), try message(.memory))
    }
    sections = [:]
    if scope == .root, filesystems.mounts.first.map({ Array($0.tree.lower) }) == [47] {
      throw Failure("\(path): --self-contained=root is for a --root of its own, not for /")
    }
    do throws(Failure) {
      try grants?.check(filesystems)
      return try CarryPlan(filesystems, memory, scope)
    } catch {
      throw Failure("\(path): \(error.message)")
    }
  }

  private func message<M: StateMessage>(_ section: StateSection) throws(SnapshotError) -> M {
    guard let bytes = try section.message({ sections[$0] }) else {
      throw .missingSection(section.rawValue)
    }
    return try StateLoader.decode(section, bytes)
  }

  /// Writes the contents of the files, each once.
  ///
  /// - Returns: the files, with the places of their contents.
  private func carry(_ plan: CarryPlan, _ writer: SnapshotWriter) throws(Failure) -> [OutsideFile] {
    let progress = Progress("carrying", of: plan.files.reduce(0) { $0 &+ ($1.size ?? 0) })
    var files: [OutsideFile] = []
    for file in plan.files {
      guard file.kind == .regular, let tree = plan.trees[file.place.mount] else {
        files.append(file)
        continue
      }
      if let file = try carry(file, tree, writer, progress) {
        files.append(file)
      } else {
        leftOut.note(tree.shown(file.place.path))
      }
    }
    try checked { () throws(SnapshotError) in try endPiece(writer) }
    return plan.linked(files)
  }

  /// - Returns: nil if it can't be read and the guest has not got it in use.
  private func carry(
    _ file: OutsideFile, _ tree: HostTree, _ writer: SnapshotWriter, _ progress: Progress
  ) throws(Failure) -> OutsideFile? {
    var file = file
    if file.digest == nil {
      guard let digest = try? tree.digest(of: file.place.path) else { return nil }
      file.digest = digest
    }
    if let offset = file.digest.flatMap({ offsets[$0] }) {
      file.offset = offset
      return file
    }
    file.offset = UInt64(pieces * CarriedSections.pieceSize + piece.count)
    let shown = tree.shown(file.place.path)
    var digest = DigestBuilder()
    var size: UInt64 = 0
    try tree.forEachPiece(of: file.place.path, failure: { Failure(shown, $0) }) {
      (_, bytes) throws(Failure) in
      digest.append(bytes.array[...])
      size += UInt64(bytes.byteCount)
      progress.advance(by: UInt64(bytes.byteCount))
      try checked { () throws(SnapshotError) in try add(bytes, writer) }
    }
    let found = digest.finish()
    guard file.size == size, file.digest == found else {
      throw Failure(
        "\(path): \(shown) has changed since the guest has it in use, or while it was read")
    }
    offsets[found] = file.offset
    return file
  }

  private func add(_ bytes: RawSpan, _ writer: SnapshotWriter) throws(SnapshotError) {
    var done = 0
    while done < bytes.byteCount {
      let count = min(bytes.byteCount - done, CarriedSections.pieceSize - piece.count)
      piece += bytes.extracting(done..<(done + count)).array
      done += count
      if piece.count == CarriedSections.pieceSize { try endPiece(writer) }
    }
  }

  private func endPiece(_ writer: SnapshotWriter) throws(SnapshotError) {
    if piece.isEmpty { return }
    guard let number = CarriedSections.contentsNumber(pieces) else { throw Self.tooMany }
    try writer.addSection(number, isCritical: false, piece)
    pieces += 1
    piece = []
  }
}
