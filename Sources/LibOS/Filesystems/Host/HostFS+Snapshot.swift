package import LibOSState
import HostABI
import LinuxABI
import Snapshot

extension HostFS {
  /// What its place does not tell: the numbers of renamed files, and what the host can't keep of a file.
  func save(_ saver: StateSaver) throws(SnapshotError) -> Godwit_State_Tree {
    var tree = Godwit_State_Tree()
    for (path, number) in renamedNodes {
      var node = Godwit_State_Node()
      node.number = number
      node.lower = data(path)
      tree.nodes.append(node)
    }
    var files = restored
    for node in nodes.kept.values {
      if let path = node.path { files[path] = node.kept }
    }
    for (path, kept) in files.sorted(by: {
      $0.key.bytes.lexicographicallyPrecedes($1.key.bytes)
    }) {
      var node = Godwit_State_Node()
      node.lower = data(path.bytes)
      node.hasLower_p = true
      if let mark = kept.mark { node.target = data(mark.text) }
      node.extended = saved(kept.attributes)
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
      restored[try loader.lowerPath(node.lower)] = try HostFileKept(node, source)
    }
    return nameless
  }
}

extension HostFileKept {
  fileprivate init(_ state: Godwit_State_Node, _ source: String) throws(SnapshotError) {
    if !state.target.isEmpty {
      guard let mark = HostFileMark(Array(state.target)) else {
        throw .invalidState("the owner of a file in \(source)")
      }
      self.mark = mark
    }
    for attribute in state.extended {
      let name = try bounded(attribute.name, Limits.NAME_MAX, "an attribute of a file in \(source)")
      attributes[name] = try bounded(
        attribute.value, XattrName.valueLimit, "an attribute of a file in \(source)")
    }
  }
}

/// Extended attributes in the order of their names.
func saved(_ attributes: [[UInt8]: [UInt8]]) -> [Godwit_State_ExtendedAttribute] {
  attributes.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { name, value in
    var attribute = Godwit_State_ExtendedAttribute()
    attribute.name = data(name)
    attribute.value = data(value)
    return attribute
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
