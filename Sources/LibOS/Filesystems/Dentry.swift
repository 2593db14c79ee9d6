package import LinuxABI
package import Machine

/// A name in the tree and the inode it stands for.
///
/// There is at most one dentry for a name in a directory at a time, kept as long as anybody refers
/// to it or to one below, so `..`, `getcwd` and `/proc/self/fd` follow renames as they do in Linux.
package final class Dentry {
  package let inode: Inode
  package unowned let mount: Mount
  /// `nil` for the root of a mount.
  package private(set) var parent: Dentry?
  package private(set) var name: [UInt8]
  /// The name was removed; the file may live on.
  package var isDeleted: Bool {
    wasRemoved || inode.isGone || parent.map { $0.inode.isGone } ?? false
  }
  private var wasRemoved = false
  /// The filesystem mounted here.
  package var mounted: Mount?

  private struct Weak { weak var dentry: Dentry? }
  private var children: [[UInt8]: Weak] = [:]

  package init(mount: Mount, root: Inode) {
    self.mount = mount
    inode = root
    name = []
  }

  private init(parent: Dentry, name: [UInt8], inode: Inode) {
    self.parent = parent
    self.name = name
    self.inode = inode
    mount = parent.mount
  }

  /// A file without a name, on the filesystem of `parent` (`O_TMPFILE`).
  package init(unnamed inode: Inode, in parent: Dentry, name: [UInt8]? = nil) {
    self.parent = parent
    self.inode = inode
    mount = parent.mount
    self.name = name ?? Array("#\(inode.number)".utf8)
    wasRemoved = true
  }

  /// One after the other: a chain of names may be longer than the host's stack is deep.
  deinit {
    var next = leaveParent()
    while next != nil, isKnownUniquelyReferenced(&next) { next = next!.leaveParent() }
  }

  private func leaveParent() -> Dentry? {
    guard let old = parent else { return nil }
    if let entry = old.children[name], entry.dentry == nil || entry.dentry === self {
      old.children[name] = nil
    }
    parent = nil
    return old
  }

  /// The dentry of `name`, which the filesystem says stands for `inode`.
  package func child(_ name: [UInt8], _ inode: Inode) -> Dentry {
    if let known = children[name]?.dentry {
      if known.inode === inode { return known }
      known.wasRemoved = true
    }
    let dentry = Dentry(parent: self, name: name, inode: inode)
    children[name] = Weak(dentry: dentry)
    return dentry
  }

  package func cachedChild(_ name: [UInt8]) -> Dentry? { children[name]?.dentry }

  /// Looks `name` up; not `.` or `..`. A filesystem mounted there is not entered.
  package func lookup(_ name: [UInt8]) throws(Errno) -> Dentry {
    child(name, try inode.lookup(name))
  }

  /// Notes that `name` was removed from this directory.
  package func forget(_ name: [UInt8]) {
    guard let entry = children.removeValue(forKey: name), let dentry = entry.dentry else { return }
    dentry.wasRemoved = true
  }

  /// Notes that `name` of this directory is now `newName` of `directory`; with `exchange`, the other
  /// way round too.
  package func moved(
    _ name: [UInt8], to directory: Dentry, as newName: [UInt8], exchange: Bool
  ) {
    let from = children.removeValue(forKey: name)?.dentry
    let to = directory.children.removeValue(forKey: newName)?.dentry
    if let from {
      from.parent = directory
      from.name = newName
      directory.children[newName] = Weak(dentry: from)
    }
    guard let to else { return }
    if exchange {
      to.parent = self
      to.name = name
      children[name] = Weak(dentry: to)
    } else {
      to.wasRemoved = true
    }
  }

  /// The root of a mount, which has no name.
  package var isRoot: Bool { parent == nil }

  package var isDirectory: Bool { inode.type == .S_IFDIR }

  /// The root of what is mounted here, or this.
  package var crossed: Dentry {
    var place = self
    while let mount = place.mounted { place = mount.root }
    return place
  }

  /// The directory that holds this, over mount points; `nil` at the root of all.
  package var up: Dentry? {
    var place = self
    while place.parent == nil {
      guard let point = place.mount.mountPoint else { return nil }
      place = point
    }
    return place.parent
  }

  /// Whether `other` is this or lies below, within one mount.
  package func contains(_ other: Dentry) -> Bool {
    var place: Dentry? = other
    while let current = place {
      if current === self { return true }
      place = current.parent
    }
    return false
  }

  /// The path from `root`, or from the root of all when it does not lie below, and whether it does.
  package func path(from root: Dentry? = nil) -> (bytes: [UInt8], isReachable: Bool) {
    var names: [[UInt8]] = []
    var place = self
    while true {
      if let root, place === root { break }
      if let parent = place.parent {
        names.append(place.name)
        place = parent
      } else if let point = place.mount.mountPoint {
        place = point
      } else {
        break
      }
    }
    let isReachable = root == nil || place === root
    if names.isEmpty { return (Array("/".utf8), isReachable) }
    var bytes: [UInt8] = []
    for name in names.reversed() {
      bytes.append(UInt8(ascii: "/"))
      bytes += name
    }
    return (bytes, isReachable)
  }

  /// The path as `/proc` shows it: `(deleted)` behind what is gone.
  package func shownPath(from root: Dentry? = nil) -> [UInt8] {
    var bytes = path(from: root).bytes
    if isDeleted { bytes += Array(" (deleted)".utf8) }
    return bytes
  }

  package func memoryObject(writable: Bool) throws(Errno) -> MemoryObject {
    try inode.memoryObject(writable: writable)
  }

  /// `status`, with the device of the filesystem.
  package func status() throws(Errno) -> FileStatus {
    var status = try inode.status()
    status.device = mount.filesystem.device
    return status
  }
}
