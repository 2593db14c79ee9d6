import HostABI
import LibOS
import LibOSState
import LinuxABI
import Snapshot

/// The files of one mount's upper layer, in an order in which they can be made: each directory before what is in it.
///
/// Nothing in the tree is trusted: every name is one that a directory can have, and a directory is in one place.
struct LayerPlan {
  enum Content {
    case directory
    case regular(Regular)
    /// Another name of the entry at this path.
    case link(RelativePath)
    case symbolicLink([UInt8])
    /// A FIFO, a socket or a device node.
    case special(FileKind, DeviceNumber)
  }

  /// Where the bytes of a regular file are.
  enum Regular {
    case empty
    /// The number of a memory object.
    case object(UInt64)
    /// A file beneath.
    case lower(RelativePath)
  }

  struct Entry {
    /// From the root of the mount; empty for the root itself.
    var path: RelativePath
    var content: Content
    /// Nil for those of a directory beneath that is not at hand.
    var attributes: SavedAttributes?
    var extended: [Godwit_State_ExtendedAttribute] = []
    /// A directory that the guest did not change, on the way to others.
    var isInBetween = false
  }

  /// A file that can't be made, and why.
  struct Omission {
    var path: RelativePath
    var reason: String
  }

  private(set) var entries: [Entry] = []
  /// The files beneath that were removed, or hidden by a directory of the same name, as files of an OCI layer.
  private(set) var markers: [RelativePath] = []
  private(set) var omissions: [Omission] = []

  private let nodes: [UInt64: Godwit_State_Node]
  private let lower: LowerTree?
  private let isOverlay: Bool
  /// The first names of regular and special files, by number.
  private var places: [UInt64: RelativePath] = [:]
  private var directories: Set<UInt64> = []
  /// Bytes of all paths: in a hostile tree they are far longer than the snapshot.
  private var pathBytes = 0
  private static let pathBytesLimit = 256 << 20

  /// Bytes of a path. With the mount's directory before it and a marker behind it, system calls still take it
  /// (PATH_MAX).
  private static let pathLimit = 3500

  /// - Parameter lower: what lies beneath, if it is at hand.
  init(_ mount: Godwit_State_Mount, _ lower: LowerTree?) throws(SnapshotError) {
    self.lower = lower
    isOverlay = mount.type == "overlay"
    nodes = Dictionary(mount.tree.nodes.map { ($0.number, $0) }) { first, _ in first }
    try walk(from: mount.tree.root)
    prune()
  }

  // MARK: The walk

  /// A name that is still to be looked at.
  private struct Visit {
    enum Subject {
      case node(Godwit_State_Node)
      /// What lies beneath, in a directory that was moved.
      case lower(RelativePath)
    }

    var path: RelativePath
    var subject: Subject
    /// Where it would lie beneath if nothing had been moved.
    var natural: RelativePath?
  }

  /// No recursion: a hostile tree may be deep.
  private mutating func walk(from root: UInt64) throws(SnapshotError) {
    // A root that did not change is not saved.
    guard let node = nodes[root] else { return }
    var visits = [Visit(path: .here, subject: .node(node), natural: .here)]
    while let visit = visits.popLast() {
      switch visit.subject {
      case .node(let node): visits += try look(at: node, visit)
      case .lower(let path): visits += try look(at: path, visit)
      }
    }
  }

  /// The path of an entry.
  private mutating func child(_ name: FileName, of directory: RelativePath) throws(SnapshotError)
    -> RelativePath
  {
    let path = directory.appending(name)
    pathBytes += path.bytes.count
    guard pathBytes <= Self.pathBytesLimit else {
      throw .tooLarge(
        what: "the list of paths", size: UInt64(pathBytes), limit: UInt64(Self.pathBytesLimit))
    }
    return path
  }

  private mutating func omit(_ path: RelativePath, _ reason: String) {
    omissions.append(Omission(path: path, reason: reason))
  }

  static let isBeneath = "it lies in the root, which is not here or may not be used"

  private mutating func look(at node: Godwit_State_Node, _ visit: Visit) throws(SnapshotError)
    -> [Visit]
  {
    guard let type = FileType(rawValue: node.type) else {
      throw .invalidState("the type of file \(node.number)")
    }
    var beneath: RelativePath?
    if node.hasLower_p {
      guard let path = RelativePath(node.lower) else {
        throw .invalidState("the path beneath file \(node.number)")
      }
      beneath = path
    }
    let isMoved = beneath != visit.natural
    guard beneath != nil || node.hasAttributes || visit.path.isEmpty else {
      throw .invalidState("the attributes of file \(node.number)")
    }
    var entry = Entry(
      path: visit.path, content: .directory, attributes: try SavedAttributes(node),
      extended: node.extended)
    if type == .S_IFDIR { return try lookInside(node, beneath, visit, entry, isMoved: isMoved) }
    guard isMoved || beneath == nil || node.isOfUpperLayer else { return [] }
    if let place = places[node.number] {
      entry.content = .link(place)
      entries.append(entry)
      return []
    }
    switch type {
    case .S_IFREG where node.object != 0: entry.content = .regular(.object(node.object))
    case .S_IFREG: entry.content = .regular(beneath.map { .lower($0) } ?? .empty)
    case .S_IFLNK:
      guard let target = try target(of: node, beneath) else {
        omit(visit.path, Self.isBeneath)
        return []
      }
      entry.content = .symbolicLink(target)
    default:
      let kind = FileKind(type)
      entry.content = .special(kind, DeviceNumber(rawValue: node.device))
    }
    if case .regular(.lower) = entry.content, lower == nil {
      omit(visit.path, Self.isBeneath)
      return []
    }
    entry.attributes = entry.attributes ?? beneath.flatMap { lower?.attributes(of: $0) }
    places[node.number] = visit.path
    entries.append(entry)
    return []
  }

  /// The text of a symbolic link; nil if it lies beneath and is not at hand.
  private func target(of node: Godwit_State_Node, _ beneath: RelativePath?) throws(SnapshotError)
    -> [UInt8]?
  {
    if let beneath { return lower?.target(of: beneath) }
    guard (1..<Limits.PATH_MAX).contains(node.target.count), !node.target.contains(0) else {
      throw .invalidState("the target of link \(node.number)")
    }
    return Array(node.target)
  }

  private mutating func lookInside(
    _ node: Godwit_State_Node, _ beneath: RelativePath?, _ visit: Visit, _ entry: Entry,
    isMoved: Bool
  ) throws(SnapshotError) -> [Visit] {
    guard directories.insert(node.number).inserted else {
      throw .invalidState("the place of directory \(node.number)")
    }
    var entry = entry
    entry.attributes = entry.attributes ?? beneath.flatMap { lower?.attributes(of: $0) }
    entry.isInBetween = !isMoved && !node.isOfUpperLayer
    entries.append(entry)
    if isMoved, beneath != nil, lower == nil { omit(visit.path, Self.isBeneath) }
    var visits: [Visit] = []
    var names: Set<[UInt8]> = []
    let whiteouts = Set(node.whiteouts.map { Array($0) })
    for child in node.entries {
      let name = try fileName(child.name)
      guard names.insert(name.bytes).inserted, let next = nodes[child.number] else {
        throw .invalidState("entry of directory \(node.number)")
      }
      let path = try self.child(name, of: visit.path)
      guard isPossible(path, name) else { continue }
      let natural = isMoved ? nil : beneath?.appending(name)
      visits.append(Visit(path: path, subject: .node(next), natural: natural))
      // A directory that was moved away and back hides nothing.
      let isAtHome = next.hasLower_p && natural?.bytes == Array(next.lower)
      if next.type == FileType.S_IFDIR.rawValue, whiteouts.contains(name.bytes), !isAtHome {
        try addMarker(".wh..wh..opq".utf8, in: path)
      }
    }
    if isMoved, let beneath {
      return visits
        + (try lowerVisits(beneath, visit.path) {
          !names.contains($0) && !whiteouts.contains($0)
        })
    }
    for name in whiteouts.sorted(by: { $0.lexicographicallyPrecedes($1) })
    where !names.contains(name) {
      let name = try fileName(name)
      let path = try child(name, of: visit.path)
      guard isPossible(path, name) else { continue }
      try addMarker(".wh.".utf8 + name.bytes, in: visit.path)
    }
    return visits
  }

  private func fileName(_ bytes: some Sequence<UInt8>) throws(SnapshotError) -> FileName {
    guard let name = FileName(bytes) else {
      throw .invalidState("the name \(String(decoding: Array(bytes), as: UTF8.self))")
    }
    return name
  }

  private mutating func addMarker(_ name: some Sequence<UInt8>, in directory: RelativePath)
    throws(SnapshotError)
  {
    let name = try fileName(name)
    let path = try child(name, of: directory)
    if name.bytes.count > Limits.NAME_MAX {
      omit(path, "its name is too long")
    } else {
      markers.append(path)
    }
  }

  /// Whether there can be a file of that name; else it is left out.
  private mutating func isPossible(_ path: RelativePath, _ name: FileName) -> Bool {
    if path.bytes.count > Self.pathLimit {
      omit(path, "its path is too long")
    } else if name.bytes.count > Limits.NAME_MAX {
      omit(path, "its name is too long")
    } else if isOverlay, name.bytes.starts(with: ".wh.".utf8) {
      omit(path, "its name is that of a removed file in an OCI layer")
    } else {
      return true
    }
    return false
  }

  // MARK: What lies beneath

  private mutating func lowerVisits(
    _ beneath: RelativePath, _ path: RelativePath, _ isShown: ([UInt8]) -> Bool
  ) throws(SnapshotError) -> [Visit] {
    var visits: [Visit] = []
    for name in lower?.names(in: beneath) ?? [] where isShown(name.bytes) {
      let path = try child(name, of: path)
      guard isPossible(path, name) else { continue }
      visits.append(Visit(path: path, subject: .lower(beneath.appending(name))))
    }
    return visits
  }

  private mutating func look(at beneath: RelativePath, _ visit: Visit) throws(SnapshotError)
    -> [Visit]
  {
    guard let attributes = lower?.attributes(of: beneath) else {
      omit(visit.path, Self.isBeneath)
      return []
    }
    var entry = Entry(path: visit.path, content: .directory, attributes: attributes)
    switch attributes.kind {
    case .directory: break
    case .regular: entry.content = .regular(.lower(beneath))
    case .symbolicLink: entry.content = .symbolicLink(lower?.target(of: beneath) ?? [])
    default: entry.content = .special(attributes.kind, attributes.device)
    }
    entries.append(entry)
    guard case .directory = entry.content else { return [] }
    return try lowerVisits(beneath, visit.path) { _ in true }
  }

  // MARK: Directories in between

  /// Takes out the directories that are only there because a file in them is in use. The root stays.
  private mutating func prune() {
    var needed: Set<RelativePath> = [.here]
    func need(_ path: RelativePath) {
      var path = path
      while needed.insert(path).inserted, let (parent, _) = path.split { path = parent }
    }
    for entry in entries where !entry.isInBetween { need(entry.path) }
    for marker in markers { need(marker.split?.parent ?? .here) }
    entries.removeAll { !needed.contains($0.path) }
  }
}
