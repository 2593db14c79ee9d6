import HostABI
import LibOS
import LibOSState
import PosixHost
import Snapshot

/// Which files outside it a snapshot is to carry: `--self-contained`.
package enum CarriedScope: Sendable, Hashable {
  /// Those of the root and of read-only mounts that the guest has in use.
  case inUse
  /// All of the root, and what the guest has in use of read-only mounts.
  case root
}

/// The files that are to be carried, in the order of their places: each directory before what is in it.
struct CarryPlan {
  /// Of regular files that the guest has not in use, the digest is not known.
  private(set) var files: [OutsideFile] = []
  /// Files that can't be carried: devices, sockets, what this user may not read.
  private(set) var leftOut = 0
  /// The directory of each mount that is carried, by its number in places.
  let trees: [Int: HostTree]

  private var found: [OutsideFile.Place: OutsideFile] = [:]

  private static let countLimit = 4_000_000
  /// Bytes of a path. With a directory before it, system calls still take it (PATH_MAX).
  static let pathLimit = 3500

  /// - Parameters: of a snapshot of this host.
  init(
    _ filesystems: Godwit_State_Filesystems, _ memory: Godwit_State_Memory, _ scope: CarriedScope
  ) throws(Failure) {
    trees = try Self.trees(filesystems)
    let needed: [OutsideFile]
    do throws(SnapshotError) {
      needed = try OutsideFile.needed(by: filesystems, memory)
    } catch { throw Failure("\(error)") }
    for (mount, tree) in trees { try add(.here, of: tree, mount) }
    for file in needed {
      guard let tree = trees[file.place.mount] else { continue }
      try add(needed: file, of: tree)
    }
    if let root = trees[0] {
      switch scope {
      case .inUse: break
      case .root: try addAll(of: root, 0)
      }
    }
    for (mount, tree) in trees where scope == .inUse || mount > 0 { addLinks(of: tree, mount) }
    files = found.values.sorted { $0.place < $1.place }
    found = [:]
  }

  /// All files of a directory.
  ///
  /// - Parameter path: absolute, without symbolic links.
  init(allOf path: [UInt8]) throws(Failure) {
    let tree = try Self.tree(path)
    trees = [0: tree]
    try add(.here, of: tree, 0)
    try addAll(of: tree, 0)
    files = found.values.sorted { $0.place < $1.place }
    found = [:]
  }

  private static func tree(_ path: [UInt8]) throws(Failure) -> HostTree {
    try withFailure(String(decoding: path, as: UTF8.self)) { () throws(HostError) in
      try HostTree(path)
    }
  }

  /// The root, and the read-only mounts.
  private static func trees(_ filesystems: Godwit_State_Filesystems) throws(Failure) -> [Int:
    HostTree]
  {
    var trees: [Int: HostTree] = [:]
    if let root = filesystems.mounts.first?.tree.lower, !root.isEmpty {
      trees[0] = try tree(Array(root))
    }
    let mounts = filesystems.mounts.filter { $0.type == "9p" }
    for (index, mount) in mounts.enumerated() where mount.readOnly {
      trees[index + 1] = try tree(Array(mount.hostPath))
    }
    return trees
  }

  // MARK: What the guest has in use

  private mutating func add(needed file: OutsideFile, of tree: HostTree) throws(Failure) {
    var path = file.place.path
    try add(path, of: tree, file.place.mount)
    found[file.place]?.digest = file.digest
    guard file.digest == nil || found[file.place]?.size == file.size else {
      throw Failure("\(tree.shown(path)) differs from the one that the guest has in use")
    }
    while let (parent, _) = path.split {
      path = parent
      if found[OutsideFile.Place(mount: file.place.mount, path: path)] != nil { break }
      try add(path, of: tree, file.place.mount)
    }
  }

  /// Adds a file that must be there.
  private mutating func add(_ path: RelativePath, of tree: HostTree, _ mount: Int) throws(Failure) {
    let file = try withFailure(tree.shown(path)) { () throws(HostError) in
      try Self.describe(path, tree, mount)
    }
    guard let file else {
      throw Failure("\(tree.shown(path)): a device or socket can't be carried")
    }
    found[file.place] = file
  }

  /// The file at a place; nil if it is of a kind that can't be carried.
  private static func describe(_ path: RelativePath, _ tree: HostTree, _ mount: Int)
    throws(HostError) -> OutsideFile?
  {
    let attributes = try tree.attributes(of: path)
    var file = OutsideFile(OutsideFile.Place(mount: mount, path: path), attributes.kind)
    switch attributes.kind {
    case .directory: break
    case .regular: file.size = attributes.size
    case .symbolicLink: file.target = try tree.target(of: path)
    case .characterDevice, .blockDevice, .fifo, .socket: return nil
    }
    file.permissions = attributes.permissions
    file.modified = attributes.modified
    return file
  }

  /// Adds the symbolic links in the directories so far: `/bin` may be one, and a library's other names are.
  private mutating func addLinks(of tree: HostTree, _ mount: Int) {
    let directories = found.values.filter { $0.place.mount == mount && $0.kind == .directory }
    for directory in directories {
      let path = directory.place.path
      for entry in (try? tree.entries(of: path)) ?? [] where entry.kind == .symbolicLink {
        guard let name = FileName(entry.name),
          let link = try? Self.describe(path.appending(name), tree, mount)
        else { continue }
        found[link.place] = link
      }
    }
  }

  // MARK: All

  /// Adds all that lies beneath, on the same filesystem. No recursion: it may be deep.
  private mutating func addAll(of tree: HostTree, _ mount: Int) throws(Failure) {
    let device = try? tree.attributes(of: .here).device
    var directories = [RelativePath.here]
    while let directory = directories.popLast() {
      let entries: [DirectoryEntry]
      do throws(HostError) { entries = try tree.entries(of: directory) } catch {
        leftOut += 1
        continue
      }
      for entry in entries {
        guard let name = FileName(entry.name) else { continue }
        let path = directory.appending(name)
        let place = OutsideFile.Place(mount: mount, path: path)
        guard path.bytes.count <= Self.pathLimit, let attributes = try? tree.attributes(of: path),
          attributes.device == device, let file = try? Self.describe(path, tree, mount)
        else {
          leftOut += 1
          continue
        }
        if file.kind == .directory { directories.append(path) }
        if found[place] == nil { found[place] = file }
        guard found.count <= Self.countLimit else {
          throw Failure("\(tree.shown(.here)): more than \(Self.countLimit) files can't be carried")
        }
      }
    }
  }
}
