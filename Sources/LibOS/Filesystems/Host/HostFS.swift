package import HostABI
package import LinuxABI
import Machine

/// A directory (or file) of the host, mounted into the guest: `--mount host:guest[:ro]`.
///
/// Everything passes through at once. Nothing of it travels in a snapshot but its place.
package final class HostFS: Filesystem {
  /// The host directory; may be another one after a resume.
  package var base: StreamURI
  /// What lies there shows no times of the host's.
  let hidesHost: Bool
  private var rootNode: HostNode!

  /// A file's identity on the host, by which hard links are found to be one file.
  struct Key: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  /// The files in use. They leave it when they go, which may be after the filesystem.
  final class Nodes {
    private struct Weak { weak var node: HostNode? }
    private var entries: [Key: Weak] = [:]

    subscript(key: Key) -> HostNode? {
      get { entries[key]?.node }
      set { entries[key] = Weak(node: newValue) }
    }

    var all: [HostNode] { entries.values.compactMap(\.node) }

    func forget(_ key: Key) {
      if let entry = entries[key], entry.node == nil { entries[key] = nil }
    }
  }
  let nodes = Nodes()

  /// Numbers of files that had another name when they were first seen, by the path they have now.
  private var renamed: [[UInt8]: UInt64] = [:]

  /// Fails when there is nothing at `base`.
  package init(vfs: VFS, base: StreamURI, isReadOnly: Bool = false) throws(Errno) {
    self.base = base
    // Where the guest writes, it may compare times; the directory is a part of the outside then.
    hidesHost = vfs.hidesHost && isReadOnly
    super.init(vfs: vfs)
    let attributes = try hosted { () throws(HostError) in
      try vfs.host.attributes(at: StreamURI(.file, base.path))
    }
    rootNode = HostNode(self, attributes, parent: nil, name: [])
  }

  package override var typeName: String { "9p" }
  package override var source: String { "host" }
  package override var root: Inode { rootNode }

  func node(_ attributes: FileAttributes, parent: HostNode, name: [UInt8]) -> HostNode {
    let key = Key(device: attributes.device, inode: attributes.inode)
    if let known = nodes[key], known.type == attributes.kind.type {
      known.found(in: parent, name)
      return known
    }
    let node = HostNode(self, attributes, parent: parent, name: name)
    nodes[key] = node
    return node
  }

  /// The `st_ino` of what is first seen at `path`: the host's numbers are not the guest's business.
  func number(ofPath path: [UInt8]) -> UInt64 { renamed[path] ?? LayeredFS.number(ofLower: path) }

  /// The files in use whose number does not follow from their path, in the order of their paths.
  var renamedNodes: [(path: [UInt8], number: UInt64)] {
    nodes.all.compactMap { node in
      let path = node.numberedPath
      return node.number == LayeredFS.number(ofLower: path) ? nil : (path, node.number)
    }.sorted { $0.path.lexicographicallyPrecedes($1.path) }
  }

  func restoreNumber(_ number: UInt64, ofPath path: [UInt8]) { renamed[path] = number }

  package override func statistics() throws(Errno) -> Statfs {
    let host = vfs.host
    let volume = try hosted { () throws(HostError) in try host.volume(of: base) }
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
