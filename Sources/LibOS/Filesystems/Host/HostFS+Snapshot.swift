package import LibOSState
import LinuxABI
import Snapshot

extension HostFS {
  /// What its place does not tell: the numbers of renamed files.
  func save() -> Godwit_State_Tree {
    var tree = Godwit_State_Tree()
    for (path, number) in renamedNodes {
      var node = Godwit_State_Node()
      node.number = number
      node.lower = data(path)
      tree.nodes.append(node)
    }
    return tree
  }

  func restore(_ tree: Godwit_State_Tree) {
    for node in tree.nodes { restoreNumber(node.number, ofPath: Array(node.lower)) }
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
  var hostObstacle: String? {
    guard let node = inode as? HostNode, !node.isWhereItWas else { return nil }
    return "its name in the host directory is gone"
  }
}
