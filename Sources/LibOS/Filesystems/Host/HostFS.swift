package import HostABI
package import LinuxABI
import Machine

/// A directory (or file) of the host, mounted into the guest: `--mount host:guest[:ro]`.
///
/// Everything passes through at once. Nothing of it travels in a snapshot but its place.
package final class HostFS: Filesystem {
  /// How many directories have a handle at once, those that have lost their name aside.
  package static let handleLimit = 128

  let base: HostBase
  let isReadOnly: Bool
  /// What lies there shows no times of the host's.
  let hidesHost: Bool
  let nodes: HostNodeTable
  private var rootNode: HostNode!

  /// Numbers of files that had another name when they were first seen, by the path they have now.
  private var renamed: [[UInt8]: UInt64] = [:]

  /// Fails when nothing was granted as `base`.
  package init(vfs: VFS, base: StreamURI, isReadOnly: Bool = false) throws(Errno) {
    // Where the guest writes, it may compare times; the directory is a part of the outside then.
    hidesHost = vfs.hidesHost && isReadOnly
    self.isReadOnly = isReadOnly
    let host = vfs.host
    let opened = try hosted { () throws(HostError) in
      try HostBase(host, base, isReadOnly: isReadOnly)
    }
    self.base = opened
    nodes = HostNodeTable(host, opened)
    let attributes = try hosted { () throws(HostError) in try host.attributes(of: opened.handle) }
    super.init(vfs: vfs)
    rootNode = HostNode(self, attributes, nil, at: nil, isRoot: true)
  }

  /// Nodes that are kept for their marks refer to the table that keeps them.
  deinit { nodes.forgetKept() }

  package override var typeName: String { "9p" }
  package override var source: String { "host" }
  package override var root: Inode { rootNode }

  /// The file that the host says is at `place`.
  func node(_ attributes: FileAttributes, _ mark: HostFileMark?, at place: HostNode.Place)
    -> HostNode
  {
    let key = HostFileKey(attributes)
    if let known = nodes[key], known.hostKind == attributes.kind,
      mark == nil || known.kind == mark?.standsFor ?? attributes.kind.type
    {
      known.found(at: place)
      return known
    }
    var kept = takeRestored(place)
    let node = HostNode(self, attributes, mark ?? kept?.mark, at: place)
    nodes[key] = node
    if mark != nil { kept?.mark = nil }
    if let kept { node.keep(kept) }
    return node
  }

  /// The `st_ino` of what is first seen at `path`: the host's numbers are not the guest's business.
  func number(ofPath path: [UInt8]) -> UInt64 { renamed[path] ?? LayeredFS.number(ofLower: path) }

  /// The files in use whose number does not follow from their path, in the order of their paths.
  var renamedNodes: [(path: [UInt8], number: UInt64)] {
    nodes.all.compactMap { node in
      guard let path = node.numberedPath, node.number != LayeredFS.number(ofLower: path) else {
        return nil
      }
      return (path, node.number)
    }.sorted { $0.path.lexicographicallyPrecedes($1.path) }
  }

  func restoreNumber(_ number: UInt64, ofPath path: [UInt8]) { renamed[path] = number }

  /// What nodes kept, as a snapshot had it, by path, of files that nobody has looked up since.
  var restored: [RelativePath: HostFileKept] = [:]

  private func takeRestored(_ place: HostNode.Place) -> HostFileKept? {
    if restored.isEmpty { return nil }
    guard let directory = place.directory.path else { return nil }
    return restored.removeValue(forKey: directory.appending(place.name))
  }

  package override func statistics() throws(Errno) -> Statfs {
    let host = vfs.host
    let volume = try hosted { () throws(HostError) in try host.volume(of: base.name(.here)) }
    let size = Int64(clamping: volume.blockSize)
    return Statfs(
      f_type: 0x0102_1997, f_bsize: size, f_blocks: volume.blocks, f_bfree: volume.blocksFree,
      f_bavail: volume.blocksAvailable, f_files: volume.files, f_ffree: volume.filesFree,
      f_namelen: Int64(clamping: volume.nameLimit), f_frsize: size)
  }

  package override func sync() {
    for node in nodes.all { node.writeBack() }
  }
}
