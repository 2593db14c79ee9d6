import HostABI
import LinuxABI

// A file that has lost the names it was known by may have others: hard links. To save such a file, one is searched
// for.
extension HostFS {
  /// Names that a search looks at, at most, so that a guest can't make a save last.
  private static let searchLimit = 1 << 18

  /// Goes through the mounted directory for names of files in use that have none that is known.
  func findLostNames() {
    var lost: [HostFileKey: HostNode] = [:]
    for node in nodes.all where node.kind != .S_IFDIR && !node.isWhereItWas {
      if let (attributes, _) = try? node.attributes(), attributes.linkCount > 0 {
        lost[node.key] = node
      }
    }
    if lost.isEmpty { return }
    let host = vfs.host
    var steps = 0
    var directories: [[FileName]] = [[]]
    while let names = directories.popLast() {
      steps += names.count
      guard let directory = try? host.openDirectory(names, below: base.handle) else { continue }
      defer { host.close(directory) }
      for entry in (try? host.entries(of: HostName(directory))) ?? [] {
        steps += 1
        if steps > Self.searchLimit { return }
        guard let name = FileName(entry.name) else { continue }
        if entry.kind == .directory {
          directories.append(names + [name])
          continue
        }
        let place = HostName(directory, RelativePath(name))
        guard let attributes = try? host.attributes(at: place),
          let node = lost.removeValue(forKey: HostFileKey(attributes))
        else { continue }
        node.found(below: names, as: name)
        if lost.isEmpty { return }
      }
    }
  }
}

extension HostNode {
  /// Notes that it was found as `name` in the directory that `names` lead down to.
  fileprivate func found(below names: [FileName], as name: FileName) {
    var directory = mount.root
    for name in names {
      guard let next = try? directory.lookup(name.bytes) else { return }
      directory = next
    }
    guard let directory = directory as? HostNode else { return }
    found(at: Place(directory: directory, name: name))
  }
}
