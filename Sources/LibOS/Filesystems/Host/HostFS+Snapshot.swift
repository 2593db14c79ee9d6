package import LibOSState
import HostABI
import LinuxABI
import Snapshot

extension HostFS {
  /// What its place does not tell: the numbers of renamed files, and the marks that the host can't keep.
  func save(_ saver: StateSaver) throws(SnapshotError) -> Godwit_State_Tree {
    var tree = Godwit_State_Tree()
    for (path, number) in renamedNodes {
      var node = Godwit_State_Node()
      node.number = number
      node.lower = data(path)
      tree.nodes.append(node)
    }
    var marks = restoredMarks
    for node in nodes.marked.values {
      if let path = node.path, let mark = node.keptMark { marks[path] = mark }
    }
    for (path, mark) in marks.sorted(by: {
      $0.key.bytes.lexicographicallyPrecedes($1.key.bytes)
    }) {
      var node = Godwit_State_Node()
      node.lower = data(path.bytes)
      node.hasLower_p = true
      node.target = data(mark.text)
      tree.nodes.append(node)
    }
    for node in saver.nameless[ObjectIdentifier(self)] ?? [] {
      tree.nodes.append(try node.saveNameless(saver))
    }
    return tree
  }

  /// Returns the files without a name, by number.
  func restore(_ tree: Godwit_State_Tree, _ loader: StateLoader)
    throws(SnapshotError) -> [UInt64: HostNode]
  {
    var nameless: [UInt64: HostNode] = [:]
    for node in tree.nodes {
      if node.type != 0 {
        nameless[node.number] = try restoreNameless(node, loader)
        continue
      }
      guard node.hasLower_p else {
        restoreNumber(node.number, ofPath: Array(node.lower))
        continue
      }
      guard let mark = HostFileMark(Array(node.target)) else {
        throw .invalidState("the owner of a file in \(source)")
      }
      restoredMarks[try loader.lowerPath(node.lower)] = mark
    }
    return nameless
  }
}

extension HostFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_NamedFile()
    if let dentry { state.dentry = saver.id(of: dentry) }
    return .named(state)
  }
}

extension Dentry {
  /// Why a file in a host directory can't be had again; nil when it can, and for all others.
  var hostObstacle: String? { (inode as? HostNode)?.obstacle }
}
