import LinuxABI

/// Files that were found by their numbers, or asked for these, not long ago.
struct FileHandles {
  private struct Key: Hashable {
    var mount: ObjectIdentifier
    var number: UInt64
  }
  private struct Weak { weak var dentry: Dentry? }
  private var known: [Key: Weak] = [:]
  private static let limit = 1024

  subscript(number: UInt64, on mount: Mount) -> Dentry? {
    get { known[Key(mount: ObjectIdentifier(mount), number: number)]?.dentry }
    set {
      if known.count >= Self.limit { known = [:] }
      known[Key(mount: ObjectIdentifier(mount), number: number)] = Weak(dentry: newValue)
    }
  }
}

extension VFS {
  /// The file of `mount` with this number, unless it has lost its last name.
  ///
  /// A file that nobody has in use is searched for: numbers are all that handles have, so that they travel.
  func dentry(_ number: UInt64, on mount: Mount) -> Dentry? {
    if mount.root.inode.number == number { return mount.root }
    if let known = handles[number, on: mount], !known.isDeleted { return known }
    var directories = [mount.root]
    while let directory = directories.popLast() {
      guard let entries = try? directory.inode.entries(leadingTo: number) else { continue }
      for entry in entries where entry.number == number || entry.type == .S_IFDIR {
        guard let dentry = try? directory.lookup(entry.name) else { continue }
        if dentry.inode.number == number {
          handles[number, on: mount] = dentry
          return dentry
        }
        if entry.type == .S_IFDIR { directories.append(dentry) }
      }
    }
    return nil
  }
}
