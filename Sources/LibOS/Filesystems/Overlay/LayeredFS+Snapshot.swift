import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot

extension LayeredFS {
  /// The tree without its nodes; and the nodes that the lower directory alone would not bring back, and those in
  /// `held`.
  func save(_ saver: StateSaver, held: [LayeredNode]) throws(SnapshotError)
    -> (tree: Godwit_State_Tree, nodes: [CapturedNode])
  {
    var tree = Godwit_State_Tree()
    tree.root = rootNode.number
    tree.nextNumber = nextNumber
    tree.lower = data(lower?.uri.path ?? [])
    var collector = Collector(held: Set(held.map(\.number)))
    collector.visitAll(below: rootNode)
    // Those that no name leads to any more.
    for node in held { collector.add(node) }
    var nodes: [CapturedNode] = []
    nodes.reserveCapacity(collector.nodes.count)
    for number in collector.nodes.keys.sorted() {
      nodes.append(try collector.nodes[number]!.capture(saver, collector))
    }
    return (tree, nodes)
  }

  /// Finds the nodes worth saving.
  fileprivate struct Collector {
    let held: Set<UInt64>
    var nodes: [UInt64: LayeredNode] = [:]

    mutating func add(_ node: LayeredNode) { nodes[node.number] = node }

    /// A directory whose entries are being looked at.
    private struct Visit {
      let node: LayeredNode
      /// The node, or one below, has to be saved.
      var isNeeded: Bool
      var names: ArraySlice<[UInt8]>

      /// - Parameter isPlain: it is where its lower path says.
      init(_ node: LayeredNode, isPlain: Bool, held: Set<UInt64>) {
        self.node = node
        isNeeded =
          held.contains(node.number) || !isPlain || node.hasOwnContent || node.own != nil
          || !node.whiteouts.isEmpty
        names = node.children.keys.sorted { $0.lexicographicallyPrecedes($1) }[...]
      }
    }

    /// Looks at the whole tree. Without recursion: it may be deeper than the host's stack.
    mutating func visitAll(below root: LayeredNode) {
      var visits = [Visit(root, isPlain: true, held: held)]
      while var visit = visits.popLast() {
        if let name = visit.names.popFirst() {
          let child = visit.node.children[name]!
          if nodes[child.number] != nil {
            visit.isNeeded = true
            visits.append(visit)
            continue
          }
          let natural = visit.node.lowerPath(name)
          visits.append(visit)
          visits.append(
            Visit(child, isPlain: child.lower != nil && child.lower == natural, held: held))
        } else if visit.isNeeded {
          nodes[visit.node.number] = visit.node
          if !visits.isEmpty { visits[visits.count - 1].isNeeded = true }
        }
      }
    }
  }

  /// Builds the nodes of `tree` into this freshly mounted filesystem; returns them by number.
  func restore(_ tree: Godwit_State_Tree, at mount: Mount, _ loader: StateLoader)
    throws(SnapshotError) -> [UInt64: LayeredNode]
  {
    // Mount points were made in here; those that are still needed are made again.
    rootNode.forgetChanges()
    nextNumber = try checked(tree.nextNumber, SavedRange.counter, "the next number of a file")
    var nodes: [UInt64: LayeredNode] = [:]
    for state in tree.nodes {
      let node = state.number == tree.root ? rootNode : try make(state, loader)
      guard nodes.updateValue(node, forKey: state.number) == nil else {
        throw .invalidState("two files \(state.number)")
      }
    }
    try checkPlaces(in: tree)
    for state in tree.nodes {
      let node = nodes[state.number]!
      try node.restore(state, nodes, loader)
      guard node.isWhereItWas else {
        throw .missingFile(
          vfs.shownPath(mount: vfs.mountIndex(of: mount), node.lower?.bytes ?? []))
      }
    }
    return nodes
  }

  private func make(_ state: Godwit_State_Node, _ loader: StateLoader)
    throws(SnapshotError) -> LayeredNode
  {
    guard let kind = FileType(rawValue: state.type) else {
      throw .invalidState("the type of file \(state.number)")
    }
    if state.hasLower_p {
      guard lower != nil else { throw .invalidState("what lies beneath file \(state.number)") }
      return LayeredNode(self, kind, lower: try loader.lowerPath(state.lower))
    }
    guard state.hasAttributes, state.number > 0, state.number < nextNumber else {
      throw .invalidState("file \(state.number)")
    }
    return LayeredNode(self, kind, number: state.number)
  }

  /// A directory has one place, which leads to the root or to where nobody goes: no walk runs in circles.
  private func checkPlaces(in tree: Godwit_State_Tree) throws(SnapshotError) {
    let types = Dictionary(tree.nodes.map { ($0.number, $0.type) }) { first, _ in first }
    let directory = FileType.S_IFDIR.rawValue
    var parents: [UInt64: UInt64] = [:]
    for state in tree.nodes where !state.entries.isEmpty {
      guard state.type == directory || state.number == tree.root else {
        throw .invalidState("entries of file \(state.number)")
      }
      for entry in state.entries where types[entry.number] == directory {
        guard entry.number != tree.root,
          parents.updateValue(state.number, forKey: entry.number) == nil
        else { throw .invalidState("the place of directory \(entry.number)") }
      }
    }
    var rooted: Set<UInt64> = []
    for start in parents.keys where !rooted.contains(start) {
      var way: Set<UInt64> = []
      var next: UInt64? = start
      while let number = next, !rooted.contains(number) {
        guard way.insert(number).inserted else {
          throw .invalidState("directory \(number), which lies in itself")
        }
        next = parents[number]
      }
      rooted.formUnion(way)
    }
  }
}

extension LayeredNode {
  fileprivate func capture(_ saver: StateSaver, _ collector: LayeredFS.Collector)
    throws(SnapshotError) -> CapturedNode
  {
    var node = CapturedNode(
      number: number, kind: kind, lower: lower?.bytes, own: own, whiteouts: whiteouts,
      target: target, device: represents.rawValue, seals: seals?.rawValue, extended: extended,
      isTemporary: isTemporary)
    for (name, child) in children where collector.nodes[child.number] != nil {
      node.entries.append((name, child.number))
    }
    if let content {
      node.object = try saver.id(of: content)
    } else if let unchanged, saver.isInUse(unchanged) {
      node.unchanged = try saver.id(of: unchanged)
    }
    return node
  }

  fileprivate func restore(
    _ state: Godwit_State_Node, _ nodes: [UInt64: LayeredNode], _ loader: StateLoader
  ) throws(SnapshotError) {
    if state.hasAttributes { own = try OwnStatus(state.attributes) }
    for entry in state.entries {
      guard let child = nodes[entry.number], child !== self else {
        throw .invalidState("entry of directory \(number)")
      }
      children[try loader.fileName(entry.name)] = child
    }
    for name in state.whiteouts { whiteouts.insert(try loader.fileName(name)) }
    target = try bounded(state.target, Limits.PATH_MAX, "the target of link \(number)")
    guard kind == .S_IFREG || state.object == 0 && state.unchanged == 0 && !state.hasSeals else {
      throw .invalidState("the content of file \(number)")
    }
    if state.object != 0 {
      guard own != nil else { throw .invalidState("the attributes of file \(number)") }
      content = try loader.object(state.object)
    }
    if state.unchanged != 0 { restoreUnchanged(try loader.object(state.unchanged)) }
    represents = DeviceNumber(rawValue: state.device)
    if state.hasSeals { seals = SealFlags(rawValue: state.seals) }
    for attribute in state.extended {
      let name = try bounded(attribute.name, Limits.NAME_MAX, "an attribute of file \(number)")
      extended[name] = try bounded(
        attribute.value, XattrName.valueLimit, "an attribute of file \(number)")
    }
    isTemporary = state.temporary
    accountForAll()
  }

  /// Back to how it is without a guest.
  fileprivate func forgetChanges() {
    children = [:]
    whiteouts = []
    accountForAll()
    if lower != nil { own = nil }
  }

  /// Whether the lower tree has what the node takes from there.
  fileprivate var isWhereItWas: Bool {
    guard let lower, content == nil || own == nil else { return true }
    guard layers.lower != nil else { return false }
    let attributes = try? vfs.host.attributes(at: layers.lowerName(lower))
    return attributes?.kind.type == kind
  }
}

extension OwnStatus {
  func save() -> Godwit_State_Attributes {
    var state = Godwit_State_Attributes()
    state.permissions = permissions
    state.uid = uid
    state.gid = gid
    state.linkCount = linkCount
    state.accessed = accessed.save()
    state.modified = modified.save()
    state.changed = changed.save()
    return state
  }

  init(_ state: Godwit_State_Attributes) throws(SnapshotError) {
    self.init(
      permissions: state.permissions & 0o7777,
      owner: Ownership(uid: state.uid, gid: state.gid), now: Timespec(state.changed),
      linkCount: try checked(state.linkCount, SavedRange.counter, "the links of a file"))
    accessed = Timespec(state.accessed)
    modified = Timespec(state.modified)
  }
}
