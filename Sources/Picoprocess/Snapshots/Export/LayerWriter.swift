import HostABI
import LibOS
import LibOSState
import LinuxABI
import Machine
import PosixHost
import Snapshot

/// Makes the files of a `LayerPlan` beneath a directory of the host: by names beneath its descriptor, following no
/// links and replacing nothing.
struct LayerWriter {
  private(set) var summary = ExportSummary()

  private let snapshot: SnapshotDescription
  private let host: PosixHost
  /// The exported directory, and its path for messages.
  private let root: HostHandle
  private let shown: String
  private let keepsSetID: Bool
  private let progress: Progress
  /// Pages that may still be written. A few bytes of a page map can name a page again and again, but a guest has no
  /// more than its memory.
  private var room: UInt64

  /// - Parameter path: an empty directory, absolute and without symbolic links.
  init(_ snapshot: SnapshotDescription, to path: [UInt8], shown: String, keepsSetID: Bool)
    throws(HostError)
  {
    self.snapshot = snapshot
    self.shown = shown
    self.keepsSetID = keepsSetID
    progress = Progress("writing")
    room = snapshot.kernel.memory >> 12
    host = PosixHost()
    try host.grant(FileGrant(path: path, isReadOnly: false))
    root = try host.open(StreamURI(.dir, path), [.read, .write])
  }

  /// Makes the layer's files in the directory `base`, and that directory.
  mutating func write(_ plan: LayerPlan, _ lower: LowerTree?, in base: RelativePath) throws(Failure)
  {
    for omission in plan.omissions {
      summary.omit(text(base.appending(omission.path)), omission.reason)
    }
    try make(directory: base)
    for entry in plan.entries where !entry.path.isEmpty {
      try make(entry, lower, at: base.appending(entry.path), in: base)
    }
    for marker in plan.markers {
      let path = base.appending(marker)
      try naming(path) { () throws(HostError) in
        host.close(
          try host.open(name(path), [.write, .create, .exclusive], permissions: 0o644))
      }
      summary.removed += 1
    }
    // What is in a directory comes first: it changes the directory's times, and may be closed to its owner.
    for entry in plan.entries.reversed() {
      guard case .directory = entry.content else { continue }
      try finish(entry, at: base.appending(entry.path))
    }
  }

  /// Makes a directory, and those above it as far as they are missing.
  mutating func make(directory path: RelativePath) throws(Failure) {
    var directory = RelativePath.here
    for bytes in path.names {
      directory = directory.appending(FileName(bytes)!)
      do throws(HostError) {
        try host.makeDirectory(at: name(directory), permissions: 0o755)
      } catch .exists {
      } catch { throw failure(directory, error) }
    }
  }

  // MARK: One file

  private mutating func make(
    _ entry: LayerPlan.Entry, _ lower: LowerTree?, at path: RelativePath, in base: RelativePath
  ) throws(Failure) {
    switch entry.content {
    case .directory:
      try naming(path) { () throws(HostError) in
        // Its own permissions may not let anything be made in it.
        try host.makeDirectory(at: name(path), permissions: 0o700)
      }
      summary.directories += 1
      return
    case .link(let first):
      guard (try? host.attributes(at: name(base.appending(first)))) != nil else {
        return summary.omit(text(path), "so is another name of it")
      }
      return try naming(path) { () throws(HostError) in
        try host.makeLink(at: name(path), to: name(base.appending(first)))
      }
    case .symbolicLink(let target):
      try naming(path) { () throws(HostError) in
        try host.makeSymbolicLink(at: name(path), to: target)
      }
      summary.others += 1
    case .special(let kind, let device):
      do throws(HostError) {
        try host.makeNode(at: name(path), kind, major: device.major, minor: device.minor)
        summary.others += 1
      } catch .notPermitted {
        summary.devices += 1
        return
      } catch .notSupported {
        return summary.omit(text(path), "this host can't make it")
      } catch { throw failure(path, error) }
    case .regular(let regular):
      guard try write(regular, lower, at: path) else { return }
      summary.files += 1
    }
    try finish(entry, at: path)
  }

  /// - Returns: false if it was left out.
  private mutating func write(
    _ regular: LayerPlan.Regular, _ lower: LowerTree?, at path: RelativePath
  ) throws(Failure) -> Bool {
    let pieces: (content: [SavedMemory.Piece], size: UInt64)
    if case .object(let number) = regular {
      do throws(SnapshotError) { pieces = try self.pieces(of: number) } catch {
        throw Failure(snapshot.path, error)
      }
      guard !pieces.content.contains(where: \.content.isAbsent) else {
        summary.omit(text(path), LayerPlan.isBeneath)
        return false
      }
    } else {
      pieces = ([], 0)
    }
    let file = try naming(path) { () throws(HostError) in
      try host.open(name(path), [.write, .create, .exclusive], permissions: 0o600)
    }
    defer { host.close(file) }
    if case .lower(let beneath) = regular, let lower {
      var size: UInt64 = 0
      try lower.forEachPiece(of: beneath, failure: { failure(path, $0) }) {
        (offset, bytes) throws(Failure) in
        try write(bytes, to: file, at: offset, path)
        size = offset + UInt64(bytes.byteCount)
      }
      try naming(path) { () throws(HostError) in try host.setLength(file, to: size) }
      return true
    }
    // A length that the host can't have is found before anything is written.
    do throws(HostError) { try host.setLength(file, to: pieces.size) } catch {
      guard error == .fileTooLarge || error == .invalid else { throw failure(path, error) }
      summary.omit(text(path), "\(pieces.size) bytes are too many for a file here")
      try naming(path) { () throws(HostError) in
        try host.remove(at: name(path), isDirectory: false)
      }
      return false
    }
    for piece in pieces.content {
      defer { progress.advance(by: UInt64(piece.pages.count) << 12) }
      try snapshot.forEachPage(of: piece, failure: { Failure(snapshot.path, $0) }) {
        (page, bytes) throws(Failure) in
        let start = page << 12
        let count = Int(min(UInt64(bytes.byteCount), pieces.size - start))
        try write(bytes.extracting(0..<count), to: file, at: start, path)
      }
    }
    return true
  }

  /// What a file in memory consists of, without the zeroes. The pages of a file beneath end where that one does.
  private mutating func pieces(of number: UInt64) throws(SnapshotError)
    -> (content: [SavedMemory.Piece], size: UInt64)
  {
    guard let state = snapshot.object(number) else {
      throw .invalidState("memory object \(number)")
    }
    let object = try SavedObject(state, snapshot, readsFiles: true)
    var pieces: [SavedMemory.Piece] = []
    var stored: UInt64 = 0
    object.forEachPiece(in: 0..<object.end) { pages, content in
      var piece = SavedMemory.Piece(pages: pages, content: content)
      switch content {
      case .zero: return
      case .stored: stored += UInt64(pages.count)
      case .file(let file, let offset):
        let end = (file.byteCount + 4095) >> 12
        piece.pages = pages.clamped(to: 0..<max(end, offset >> 12))
      case .absent: break
      }
      pieces.append(piece)
    }
    guard stored <= room else {
      throw .tooLarge(
        what: "the files in memory", size: stored << 12, limit: snapshot.kernel.memory)
    }
    room -= stored
    return (pieces, state.size)
  }

  /// Leaves holes where there is nothing but zeroes.
  private func write(
    _ bytes: RawSpan, to file: HostHandle, at offset: UInt64, _ path: RelativePath
  ) throws(Failure) {
    try naming(path) { () throws(HostError) in
      var done = 0
      while done < bytes.byteCount {
        let part = bytes.extracting(done..<min(bytes.byteCount, done + Page.size))
        let isHole = part.isAllZero
        done +=
          isHole
          ? part.byteCount : try host.write(file, at: offset + UInt64(done), from: part)
      }
    }
  }

  // MARK: Attributes

  private mutating func finish(_ entry: LayerPlan.Entry, at path: RelativePath) throws(Failure) {
    let name = name(path)
    guard let attributes = entry.attributes else {
      // It lies in the root, which is not at hand; or it is the mount's own directory.
      guard case .directory = entry.content else { return }
      return try naming(path) { () throws(HostError) in
        var change = AttributeChange()
        change.permissions = 0o755
        try host.setAttributes(at: name, change)
      }
    }
    do throws(HostError) {
      var change = AttributeChange()
      (change.userID, change.groupID) = (attributes.userID, attributes.groupID)
      try host.setAttributes(at: name, change)
    } catch .notPermitted {
      summary.foreign += 1
    } catch .invalid {
      // An owner that a user namespace does not have.
      summary.foreign += 1
    } catch { throw failure(path, error) }
    for attribute in entry.extended { setExtended(attribute, name) }
    try naming(path) { () throws(HostError) in
      var change = AttributeChange()
      (change.accessed, change.modified) = (attributes.accessed, attributes.modified)
      if case .symbolicLink = entry.content {
      } else {
        change.permissions = permissions(entry, attributes)
      }
      try host.setAttributes(at: name, change)
    }
  }

  private mutating func permissions(_ entry: LayerPlan.Entry, _ attributes: SavedAttributes)
    -> UInt16
  {
    guard case .regular = entry.content, !keepsSetID, attributes.permissions & 0o6000 != 0 else {
      return attributes.permissions
    }
    summary.privileged += 1
    return attributes.permissions & ~0o6000
  }

  /// Capabilities of a file are as good as a set-id bit.
  private mutating func setExtended(_ attribute: Godwit_State_ExtendedAttribute, _ name: HostName) {
    let bytes = Array(attribute.name)
    if !keepsSetID, bytes.elementsEqual("security.capability".utf8) {
      summary.privileged += 1
      return
    }
    guard !bytes.isEmpty, !bytes.contains(0),
      (try? host.setExtendedAttribute(bytes, at: name, to: Array(attribute.value))) != nil
    else {
      summary.attributes += 1
      return
    }
  }

  // MARK: Names

  private func name(_ path: RelativePath) -> HostName { HostName(root, path) }

  private func text(_ path: RelativePath) -> String {
    shown + "/" + String(decoding: path.bytes, as: UTF8.self)
  }

  private func failure(_ path: RelativePath, _ error: HostError) -> Failure {
    Failure(text(path), error)
  }

  private func naming<R>(_ path: RelativePath, _ body: () throws(HostError) -> R) throws(Failure)
    -> R
  {
    do throws(HostError) { return try body() } catch { throw failure(path, error) }
  }
}

extension RelativePath {
  fileprivate func appending(_ path: RelativePath) -> RelativePath {
    if path.isEmpty { return self }
    // Names and slashes between them stay so.
    return RelativePath(bytes + (isEmpty ? [] : [UInt8(ascii: "/")]) + path.bytes)!
  }
}
