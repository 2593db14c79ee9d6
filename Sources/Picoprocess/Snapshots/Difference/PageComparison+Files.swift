import LibOS
import LibOSState
import Snapshot

extension PageComparison {
  /// The files of overlays and filesystems in memory that differ, by their paths.
  mutating func files() throws(Failure) -> [SnapshotDifference.File] {
    let before = try old.upperFiles()
    let after = try new.upperFiles()
    var files: [SnapshotDifference.File] = []
    for path in Set(before.keys).union(after.keys).sorted() {
      let first = before[path]
      let second = after[path]
      var file = SnapshotDifference.File(path: path, change: .changed, aspects: [])
      switch (first, second) {
      case (.removed, .removed): continue
      case (nil, .removed), (.node, .removed): file.change = .removed
      case (.removed, _): file.change = .added
      case (nil, .node(let node)): file.change = node.hasLower_p ? .changed : .added
      case (.node(let node), nil): file.change = node.hasLower_p ? .changed : .removed
      case (.node(let first), .node(let second)):
        file.aspects = try aspects(first, second)
        if file.aspects.isEmpty { continue }
      case (nil, nil): continue
      }
      files.append(file)
    }
    return files
  }

  private mutating func aspects(_ old: Godwit_State_Node, _ new: Godwit_State_Node)
    throws(Failure) -> [String]
  {
    var aspects: [String] = []
    func note(_ aspect: String, _ differs: Bool) {
      if differs { aspects.append(aspect) }
    }
    let hasSameContent = try hasSameContent(old, new)
    note("type", old.type != new.type || old.device != new.device)
    note("content", old.type == new.type && !hasSameContent)
    note("link target", old.target != new.target)
    note("attributes", old.changeableAttributes != new.changeableAttributes)
    note("extended attributes", old.extended != new.extended || old.seals != new.seals)
    return aspects
  }

  private mutating func hasSameContent(_ old: Godwit_State_Node, _ new: Godwit_State_Node)
    throws(Failure) -> Bool
  {
    guard old.object != 0, new.object != 0 else {
      return old.object == new.object && old.lower == new.lower
    }
    do throws(SnapshotError) {
      guard let first = self.old.object(old.object), let second = self.new.object(new.object) else {
        throw .invalidState("the content of file \(new.number)")
      }
      guard first.size == second.size else { return false }
      let before = try pieces(first, self.old)
      let after = try pieces(second, self.new)
      return try changes(before, after).isEmpty
    } catch { throw Failure(self.new.path, error) }
  }

  private func pieces(_ state: Godwit_State_MemoryObject, _ snapshot: SnapshotDescription)
    throws(SnapshotError) -> [SavedMemory.Piece]
  {
    let object = try SavedObject(state, snapshot, readsFiles: false)
    var pieces: [SavedMemory.Piece] = []
    object.forEachPiece(in: 0..<object.end) {
      pieces.append(SavedMemory.Piece(pages: $0, content: $1))
    }
    return pieces
  }
}

extension Godwit_State_Node {
  /// Without the time of the last access, which changes when a file is only read.
  fileprivate var changeableAttributes: Godwit_State_Attributes? {
    guard hasAttributes else { return nil }
    var attributes = attributes
    attributes.clearAccessed()
    return attributes
  }
}

/// What an upper layer says of a path.
private enum UpperFile {
  case node(Godwit_State_Node)
  /// The file beneath is hidden.
  case removed
}

extension SnapshotDescription {
  /// Bytes of all paths: a hostile tree may be so deep that they are far longer than the snapshot.
  private static let pathLimit = 256 << 20

  /// By their paths within the guest.
  fileprivate func upperFiles() throws(Failure) -> [String: UpperFile] {
    var files: [String: UpperFile] = [:]
    var pathBytes = 0
    for mount in filesystems.mounts where ["overlay", "tmpfs"].contains(mount.type) {
      let nodes = Dictionary(mount.tree.nodes.map { ($0.number, $0) }) { first, _ in first }
      let base = text(mount.path)
      // No recursion, and each node once: a hostile tree may be deep, or a circle. Of a file with several names
      // one is enough.
      var pending = [(path: base == "/" ? "" : base, number: mount.tree.root)]
      var visited: Set<UInt64> = []
      while let (path, number) = pending.popLast() {
        guard let node = nodes[number], visited.insert(number).inserted else { continue }
        pathBytes += path.utf8.count * (1 + node.whiteouts.count + node.entries.count)
        guard pathBytes <= Self.pathLimit else {
          throw Failure(
            self.path,
            .tooLarge(
              what: "the list of paths", size: UInt64(pathBytes), limit: UInt64(Self.pathLimit)))
        }
        if node.isOfUpperLayer { files[path.isEmpty ? "/" : path] = .node(node) }
        for name in node.whiteouts { files[path + "/" + text(name)] = .removed }
        pending += node.entries.map { (path + "/" + text($0.name), $0.number) }
      }
    }
    return files
  }
}
