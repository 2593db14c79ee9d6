import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot

// Files in a host directory that have lost their last name, or never had one, and are in use all the same. They
// travel whole, and are made anew, without a name, in the directory that is mounted where the guest goes on.
extension HostNode {
  /// Why the file can't be had again; nil when it can.
  var obstacle: String? {
    if isWhereItWas { return nil }
    guard let (attributes, _) = try? attributes() else {
      return "its name in the host directory is gone"
    }
    // It has a name that is not known here.
    if attributes.linkCount != 0 { return "its name in the host directory has changed" }
    if mount.isReadOnly { return "it was removed from a host directory mounted read-only" }
    if kind == .S_IFREG, attributes.size > UInt64(mount.vfs.arena.byteLimit) {
      return "it was removed from the host directory, and has more bytes than the guest may have"
    }
    return nil
  }

  func saveNameless(_ saver: StateSaver) throws(SnapshotError) -> Godwit_State_Node {
    var state = Godwit_State_Node()
    if isWhereItWas, let path {
      // By another name than it is open by.
      state.number = number
      state.type = kind.rawValue
      state.hasLower_p = true
      state.lower = data(path.bytes)
      return state
    }
    var content: HostHandle?
    do throws(Errno) {
      let status = try status()
      state.number = number
      state.type = kind.rawValue
      state.attributes.permissions = status.permissions
      state.attributes.uid = status.uid
      state.attributes.gid = status.gid
      state.attributes.accessed = status.accessed.save()
      state.attributes.modified = status.modified.save()
      state.device = status.represents.rawValue
      state.temporary = isTemporary
      if kind == .S_IFLNK { state.target = data(try readLink()) }
      state.extended = saved(try extendedAttributes())
      // Nothing of one that can't travel, whose obstacle was noted, is read.
      if kind == .S_IFREG, obstacle == nil { content = try openContent([]) }
    } catch {
      saver.note("a file without a name in a host directory: \(error.message)")
    }
    guard let content else { return state }
    defer { host.close(content) }
    let size = (try? host.attributes(of: content).size) ?? 0
    state.object = try saver.saveBytes(size) { host.fill(&$1, from: content, at: $0) }
    return state
  }
}

extension HostFS {
  /// Makes a file that has no name as it was saved.
  func restoreNameless(_ state: Godwit_State_Node, _ loader: StateLoader)
    throws(SnapshotError) -> HostNode
  {
    guard let type = FileType(rawValue: state.type) else {
      throw .invalidState("type of file \(state.number)")
    }
    if state.hasLower_p { return try restoreNode(at: loader.lowerPath(state.lower), loader) }
    do throws(Errno) {
      let node = try makeNameless(state, type)
      if type == .S_IFREG { try fill(node, state.object, loader) }
      for attribute in state.extended {
        try node.setExtendedAttribute(Array(attribute.name), Array(attribute.value))
      }
      var times = StatusChange()
      times.accessed = Timespec(state.attributes.accessed)
      times.modified = Timespec(state.attributes.modified)
      try node.setAttributes(times)
      return node
    } catch {
      let place = loader.kernel.vfs.mountIndex(of: self)
      throw .refused(
        "a file without a name in \(loader.kernel.vfs.shownPath(mount: place, [])): \(error.message)"
      )
    }
  }

  private func restoreNode(at path: RelativePath, _ loader: StateLoader)
    throws(SnapshotError) -> HostNode
  {
    var node = root
    for name in path.names {
      guard let next = try? node.lookup(name) else {
        let mount = loader.kernel.vfs.mountIndex(of: self)
        throw .missingFile(loader.kernel.vfs.shownPath(mount: mount, path.bytes))
      }
      node = next
    }
    guard let node = node as? HostNode else { throw .invalidState("a file in \(source)") }
    return node
  }

  private func makeNameless(_ state: Godwit_State_Node, _ type: FileType) throws(Errno) -> HostNode
  {
    let host = vfs.host
    let handle = try hosted { () throws(HostError) in
      if type != .S_IFDIR, type != .S_IFLNK {
        do throws(HostError) {
          return try host.open(base.name(.here), [.read, .write, .unnamed], permissions: 0o600)
        } catch .notSupported {}
      }
      // A name for a moment.
      let name = try base.name(.here).child(Array(".godwit-\(state.number)".utf8))
      switch type {
      case .S_IFDIR: try host.makeDirectory(at: name, permissions: 0o700)
      case .S_IFLNK: try host.makeSymbolicLink(at: name, to: Array(state.target))
      default:
        host.close(try host.open(name, [.write, .create, .exclusive], permissions: 0o600))
      }
      defer { try? host.remove(at: name, isDirectory: type == .S_IFDIR) }
      return try host.open(name, .path, permissions: 0)
    }
    let attributes: FileAttributes
    do throws(HostError) { attributes = try host.attributes(of: handle) } catch {
      host.close(handle)
      throw Errno(error)
    }
    var mark = HostFileMark(attributes)
    if type != attributes.kind.type { mark.standsFor = type }
    mark.represents = DeviceNumber(rawValue: state.device)
    if type != .S_IFLNK { mark.permissions = state.attributes.permissions & 0o7777 }
    mark.owner = Ownership(uid: state.attributes.uid, gid: state.attributes.gid)
    let node = HostNode(self, attributes, mark, at: nil, number: state.number)
    node.ownHandle = handle
    node.isTemporary = state.temporary
    nodes[node.key] = node
    if !mark.isNeedless(attributes) {
      try hosted { () throws(HostError) in try node.setMark(mark, at: HostName(handle)) }
    }
    return node
  }

  private func fill(_ node: HostNode, _ object: UInt64, _ loader: StateLoader) throws(Errno) {
    let host = vfs.host
    let handle = try node.openContent(.O_WRONLY)
    defer { host.close(handle) }
    var failure: Errno?
    let size = try? loader.forEachPage(ofObject: object, limit: UInt64(vfs.arena.byteLimit)) {
      (offset, bytes) throws(SnapshotError) in
      var done = 0
      while done < bytes.byteCount, failure == nil {
        do throws(HostError) {
          done += try host.write(
            handle, at: offset + UInt64(done), from: bytes.extracting(done..<bytes.byteCount))
        } catch { failure = Errno(error) }
      }
    }
    if let failure { throw failure }
    guard let size else { throw .EIO }
    try hosted { () throws(HostError) in try host.setLength(handle, to: size) }
  }
}
