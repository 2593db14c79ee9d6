import LibOSState
import LinuxABI

extension DevFS {
  /// The times of the devices; nothing else of them changes.
  func save() -> Godwit_State_Tree {
    var tree = Godwit_State_Tree()
    for device in devices {
      var node = Godwit_State_Node()
      node.number = device.number
      node.attributes.accessed = device.accessed.save()
      node.attributes.modified = device.modified.save()
      tree.nodes.append(node)
    }
    return tree
  }

  func restore(_ tree: Godwit_State_Tree) {
    for node in tree.nodes {
      guard let device = devices.first(where: { $0.number == node.number }) else { continue }
      device.accessed = Timespec(node.attributes.accessed)
      device.modified = Timespec(node.attributes.modified)
    }
  }
}
