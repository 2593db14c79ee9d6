package import LinuxABI
package import Machine

/// On whose behalf a path is walked.
package struct PathCaller {
  package var fs: FSContext
  package var credentials: Credentials
  package init(fs: FSContext, credentials: Credentials = Credentials()) {
    self.fs = fs
    self.credentials = credentials
  }
}

/// The last step of a path, not yet taken.
package struct LastComponent {
  package enum Kind { case name, dot, dotDot, root }
  package var directory: Dentry
  package var name: [UInt8]
  package var kind: Kind
  /// The path ended in a slash: what it names must be a directory.
  package var hasSlash: Bool
}

/// One path look-up, with the number of symbolic links it has followed (path_resolution(7)).
package struct Walker {
  private static let slash = UInt8(ascii: "/")

  package let caller: PathCaller
  /// What `openat2` forbids.
  package let resolve: ResolveFlags
  /// Where the look-up began, for `RESOLVE_BENEATH`.
  private let origin: Dentry
  private var links = 0

  /// Starts at `start`, the directory that relative paths are relative to.
  package init(_ caller: PathCaller, from start: Dentry, resolve: ResolveFlags = []) {
    self.caller = caller
    self.resolve = resolve
    origin = start
  }

  private var root: Dentry { resolve.contains(.RESOLVE_IN_ROOT) ? origin : caller.fs.root }

  /// The dentry that `path` names; `follow` says whether a symbolic link at its end is followed.
  package mutating func find(_ path: [UInt8], follow: Bool) throws(Errno) -> Dentry {
    try find(path, from: origin, follow)
  }

  private mutating func find(_ path: [UInt8], from start: Dentry, _ follow: Bool)
    throws(Errno) -> Dentry
  {
    try finish(try parent(of: path, from: start), follow: follow)
  }

  /// Walks all of `path` but its last component.
  package mutating func parent(of path: [UInt8]) throws(Errno) -> LastComponent {
    try parent(of: path, from: origin)
  }

  package mutating func parent(of path: [UInt8], from start: Dentry)
    throws(Errno) -> LastComponent
  {
    if path.isEmpty { throw .ENOENT }
    if path.count >= Limits.PATH_MAX { throw .ENAMETOOLONG }
    var place = start
    var index = 0
    if path[0] == Self.slash {
      if resolve.contains(.RESOLVE_BENEATH) { throw .EXDEV }
      place = root
    }
    while true {
      while index < path.count, path[index] == Self.slash { index += 1 }
      if index == path.count {
        return LastComponent(directory: place, name: [], kind: .root, hasSlash: true)
      }
      var end = index
      while end < path.count, path[end] != Self.slash { end += 1 }
      let name = Array(path[index..<end])
      index = end
      while index < path.count, path[index] == Self.slash { index += 1 }
      let last = LastComponent(
        directory: place, name: name, kind: Self.kind(name), hasSlash: end < path.count)
      if index == path.count {
        guard place.isDirectory else { throw .ENOTDIR }
        return last
      }
      place = try finish(last, follow: true)
    }
  }

  private static func kind(_ name: [UInt8]) -> LastComponent.Kind {
    guard name.count <= 2, name[0] == UInt8(ascii: ".") else { return .name }
    if name.count == 1 { return .dot }
    return name[1] == UInt8(ascii: ".") ? .dotDot : .name
  }

  /// Takes the last step.
  package mutating func finish(_ last: LastComponent, follow: Bool) throws(Errno) -> Dentry {
    switch last.kind {
    case .root: return last.directory
    case .dot:
      try requireSearchable(last.directory)
      return last.directory
    case .dotDot:
      try requireSearchable(last.directory)
      return try up(last.directory)
    case .name: break
    }
    let found = try step(last)
    guard found.inode.type == .S_IFLNK, follow || last.hasSlash else {
      if last.hasSlash, !found.isDirectory { throw .ENOTDIR }
      return found
    }
    let target = try self.follow(found, in: last.directory)
    if last.hasSlash, !target.isDirectory { throw .ENOTDIR }
    return target
  }

  private func up(_ directory: Dentry) throws(Errno) -> Dentry {
    if resolve.contains(.RESOLVE_BENEATH), directory === origin { throw .EXDEV }
    if directory === root { return directory }
    let parent = directory.up ?? directory
    try requireSameMount(directory, parent)
    return parent
  }

  /// The entry itself, a symbolic link not followed, a mount entered.
  package func step(_ last: LastComponent) throws(Errno) -> Dentry {
    try requireSearchable(last.directory)
    if last.name.count > Limits.NAME_MAX { throw .ENAMETOOLONG }
    let found = try last.directory.lookup(last.name).crossed
    try requireSameMount(last.directory, found)
    return found
  }

  private func requireSearchable(_ directory: Dentry) throws(Errno) {
    guard directory.isDirectory else { throw .ENOTDIR }
    try caller.credentials.require(.X_OK, directory.inode)
  }

  private func requireSameMount(_ a: Dentry, _ b: Dentry) throws(Errno) {
    if resolve.contains(.RESOLVE_NO_XDEV), a.mount !== b.mount { throw .EXDEV }
  }

  /// What the symbolic link `link`, found in `directory`, leads to.
  package mutating func follow(_ link: Dentry, in directory: Dentry) throws(Errno) -> Dentry {
    if resolve.contains(.RESOLVE_NO_SYMLINKS) { throw .ELOOP }
    if let target = try link.inode.followMagicLink() {
      if !resolve.isDisjoint(with: [.RESOLVE_NO_MAGICLINKS, .RESOLVE_BENEATH, .RESOLVE_IN_ROOT]) {
        throw resolve.contains(.RESOLVE_NO_MAGICLINKS) ? .ELOOP : .EXDEV
      }
      if resolve.contains(.RESOLVE_NO_XDEV), case .file = target { throw .EXDEV }
      let found = Self.dentry(of: target, in: directory)
      try requireSameMount(directory, found)
      return found
    }
    let path = try readLink(link)
    return try find(path, from: directory, true)
  }

  /// The text of an ordinary link, counted against the limit of forty.
  package mutating func readLink(_ link: Dentry) throws(Errno) -> [UInt8] {
    links += 1
    if links > Limits.MAXSYMLINKS { throw .ELOOP }
    return try link.inode.readLink()
  }

  package static func dentry(of target: MagicTarget, in directory: Dentry) -> Dentry {
    switch target {
    case .dentry(let dentry): dentry
    case .file(let file): Dentry(unnamed: OpenFileInode(file), in: directory)
    }
  }
}

/// Stands for an open file that a magic link leads to and no name does.
package final class OpenFileInode: Inode {
  package let file: OpenFile

  package init(_ file: OpenFile) {
    self.file = file
    super.init(number: (try? file.inode.number) ?? 0)
  }

  package override func status() throws(Errno) -> FileStatus { try file.status() }
  package override func setAttributes(_ change: StatusChange) throws(Errno) {
    try file.inode.setAttributes(change)
  }
  package override func truncate(to size: UInt64) throws(Errno) {
    try file.inode.truncate(to: size)
  }
  package override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    try file.reopen(flags)
  }
  package override func memoryObject(writable: Bool) throws(Errno) -> MemoryObject {
    try file.memoryObject(writable: writable)
  }
}
