import HostABI
import LibOS
import LibOSState
import LinuxABI
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
  /// Files that can't be carried.
  private(set) var leftOut = NamedFiles()
  /// Of the files that are no directories.
  private(set) var attributes: [OutsideFile.Place: FileAttributes] = [:]
  /// The directory of each mount that is carried, by its number in places.
  let trees: [Int: HostTree]

  private var found: [OutsideFile.Place: OutsideFile] = [:]
  /// FIFOs, sockets and devices are carried, too.
  private let takesNodes: Bool

  private static let countLimit = 4_000_000
  /// Bytes of a path. With a directory before it, system calls still take it (PATH_MAX).
  static let pathLimit = 3500

  /// - Parameters: of a snapshot of this host.
  init(
    _ filesystems: Godwit_State_Filesystems, _ memory: Godwit_State_Memory, _ scope: CarriedScope
  ) throws(Failure) {
    trees = try Self.trees(filesystems)
    takesNodes = false
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

  /// All files of directories, which have these numbers in places.
  init(allOf trees: [Int: HostTree]) throws(Failure) {
    self.trees = trees
    takesNodes = true
    for (mount, tree) in trees {
      try add(.here, of: tree, mount)
      if found[OutsideFile.Place(mount: mount, path: .here)]?.kind == .directory {
        try addAll(of: tree, mount)
      }
    }
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
      try describe(path, tree, mount)
    }
    guard let file else {
      throw Failure("\(tree.shown(path)): a device or socket can't be carried")
    }
    found[file.place] = file
  }

  /// The file at a place; nil if it is of a kind that can't be carried.
  private mutating func describe(_ path: RelativePath, _ tree: HostTree, _ mount: Int)
    throws(HostError) -> OutsideFile?
  {
    let attributes = try tree.attributes(of: path)
    var file = OutsideFile(OutsideFile.Place(mount: mount, path: path), attributes.kind)
    switch attributes.kind {
    case .directory: break
    case .regular: file.size = attributes.size
    case .symbolicLink: file.target = try tree.target(of: path)
    case .characterDevice, .blockDevice, .fifo, .socket:
      guard takesNodes else { return nil }
      file.device = DeviceNumber(major: attributes.deviceMajor, minor: attributes.deviceMinor)
    }
    file.permissions = attributes.permissions
    file.modified = attributes.modified
    file.owner = OutsideFile.Owner(user: attributes.userID, group: attributes.groupID)
    file.extended = extended(path, tree)
    if attributes.kind != .directory { self.attributes[file.place] = attributes }
    return file
  }

  /// Bytes of a file's extended attributes: a message has room for them.
  private static let extendedLimit = 512 << 10

  private mutating func extended(_ path: RelativePath, _ tree: HostTree)
    -> [OutsideFile.ExtendedAttribute]
  {
    var attributes: [OutsideFile.ExtendedAttribute] = []
    var size = 0
    for name in tree.attributeNames(of: path) where !Self.staysHere(name) {
      guard let value = tree.attribute(name, of: path) else { continue }
      size += name.count + value.count
      guard size <= Self.extendedLimit else {
        leftOut.note("extended attributes of \(tree.shown(path))")
        break
      }
      attributes.append(OutsideFile.ExtendedAttribute(name: name, value: value))
    }
    return attributes
  }

  /// Whether an extended attribute belongs to the machine: labels of its security modules.
  private static func staysHere(_ name: [UInt8]) -> Bool {
    ["security.selinux", "security.SMACK64", "security.apparmor", "security.ima", "security.evm"]
      .contains { name.elementsEqual($0.utf8) }
  }

  /// The same files, where each further name of a file refers to its first one.
  func linked(_ files: [OutsideFile]) -> [OutsideFile] {
    struct Identity: Hashable {
      var mount: Int
      var device: UInt64
      var inode: UInt64
    }
    var first: [Identity: OutsideFile] = [:]
    return files.map { file in
      guard let attributes = attributes[file.place], attributes.linkCount > 1 else { return file }
      let identity = Identity(
        mount: file.place.mount, device: attributes.device, inode: attributes.inode)
      guard var other = first[identity], other.kind == file.kind else {
        first[identity] = file
        return file
      }
      other.link = other.place.path
      other.place = file.place
      return other
    }
  }

  /// Adds the symbolic links in the directories so far: `/bin` may be one, and a library's other names are.
  private mutating func addLinks(of tree: HostTree, _ mount: Int) {
    let directories = found.values.filter { $0.place.mount == mount && $0.kind == .directory }
    for directory in directories {
      let path = directory.place.path
      for entry in (try? tree.entries(of: path)) ?? [] where entry.kind == .symbolicLink {
        guard let name = FileName(entry.name),
          let link = try? describe(path.appending(name), tree, mount)
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
        if error != .notFound { leftOut.note(tree.shown(directory)) }
        continue
      }
      for entry in entries {
        guard let name = FileName(entry.name) else { continue }
        let path = directory.appending(name)
        let place = OutsideFile.Place(mount: mount, path: path)
        let attributes: FileAttributes
        do throws(HostError) { attributes = try tree.attributes(of: path) } catch {
          // It has vanished since its directory was read.
          if error != .notFound { leftOut.note(tree.shown(path)) }
          continue
        }
        guard path.bytes.count <= Self.pathLimit, attributes.device == device,
          let file = try? describe(path, tree, mount)
        else {
          leftOut.note(tree.shown(path))
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
