import HostABI
import LinuxABI
import Machine

// How a file is reached on the host: by a handle of its own, or by a name in a directory, where it must be the
// file that is meant.
extension HostNode {
  /// A handle by which the file is known whatever happens to its names; `nil` when there is none now.
  private var anyHandle: HostHandle? {
    if isRoot { return table.base.handle }
    wasUsed = true
    return ownHandle ?? openHandles.last ?? (pages?.source as? HostPages)?.handle
  }

  /// Attributes of this very file, and what the guest has made of it.
  func attributes() throws(Errno) -> (FileAttributes, HostFileMark?) {
    if let handle = anyHandle {
      let name = HostName(handle)
      let found = try hosted { () throws(HostError) in try host.attributes(at: name) }
      return (found, mark(at: name))
    }
    return try atPlace { (name) throws(HostError) in
      let found = try host.attributes(at: name)
      return (HostFileKey(found), (found, mark(at: name)))
    }
  }

  /// Lends a handle of this very file, good for names and attributes alone.
  func withHandle<R>(_ body: (HostHandle) throws(HostError) -> R) throws(Errno) -> R {
    if let handle = anyHandle {
      return try hosted { () throws(HostError) in try body(handle) }
    }
    let handle = try open(.path)
    defer { host.close(handle) }
    return try hosted { () throws(HostError) in try body(handle) }
  }

  /// Opens the file's bytes.
  func openContent(_ flags: OpenFlags) throws(Errno) -> HostHandle {
    var options: OpenOptions = []
    if flags.isReadable || !flags.isWritable { options.insert(.read) }
    if flags.isWritable { options.insert(.write) }
    if !places.isEmpty {
      do throws(Errno) { return try open(options) } catch {
        guard error == .ENOENT || error == .ESTALE else { throw error }
      }
    }
    guard let handle = anyHandle else { throw .ENOENT }
    return try hosted { () throws(HostError) in
      try host.open(HostName(handle), options, permissions: 0)
    }
  }

  /// Opens the file by one of its names.
  private func open(_ options: OpenOptions) throws(Errno) -> HostHandle {
    try atPlace { (name) throws(HostError) in
      let handle = try host.open(name, options, permissions: 0)
      do throws(HostError) {
        return (HostFileKey(try host.attributes(of: handle)), handle)
      } catch {
        host.close(handle)
        throw error
      }
    } reject: {
      host.close($0)
    }
  }

  /// Does something by the latest name that still leads to this file. `body` tells which file it met.
  private func atPlace<R>(
    _ body: (HostName) throws(HostError) -> (HostFileKey, R), reject: (R) -> Void = { _ in }
  ) throws(Errno) -> R {
    while let place = places.last {
      let name = try place.directory.name(place.name)
      do throws(HostError) {
        let (found, result) = try body(name)
        if found == key { return result }
        reject(result)
      } catch {
        // Another kind of file is another file.
        switch error {
        case .notFound, .notDirectory, .tooManySymbolicLinks: break
        default: throw Errno(error)
        }
      }
      lost(place)
    }
    throw .ENOENT
  }

  // MARK: Directories

  /// The host's name of an entry.
  func name(_ entry: FileName) throws(Errno) -> HostName {
    HostName(try directoryHandle(), RelativePath(entry))
  }

  /// The host's name of the entry that the guest calls `entry`.
  func name(_ entry: [UInt8]) throws(Errno) -> HostName {
    guard let entry = FileName(entry) else { throw .ENOENT }
    return try name(entry)
  }

  /// A handle of this directory. It may be closed when another's is asked for.
  ///
  /// One that has none is walked to from above, and must be the one that was meant: ESTALE.
  func directoryHandle() throws(Errno) -> HostHandle {
    guard kind == .S_IFDIR else { throw .ENOTDIR }
    if let handle = anyHandle { return handle }
    var names: [FileName] = []
    var above = self
    while above.anyHandle == nil {
      guard let place = above.places.last else { throw .ENOENT }
      names.append(place.name)
      above = place.directory
    }
    let start = above.anyHandle!
    let handle: HostHandle
    do throws(HostError) {
      handle = try host.openDirectory(names.reversed(), below: start)
    } catch {
      throw error == .notDirectory || error == .tooManySymbolicLinks ? .ESTALE : Errno(error)
    }
    guard let found = try? host.attributes(of: handle), HostFileKey(found) == key else {
      host.close(handle)
      throw .ESTALE
    }
    ownHandle = handle
    slot = table.takeSlot(for: self)
    return handle
  }

  /// Handles of two directories, both open.
  static func handles(of first: HostNode, _ second: HostNode) throws(Errno)
    -> (HostHandle, HostHandle)
  {
    while true {
      let handle = try first.directoryHandle()
      let other = try second.directoryHandle()
      // Opening the second may have closed the first.
      if first.anyHandle == handle { return (handle, other) }
    }
  }

  /// Closes the handle of a directory, which can be opened again.
  func giveHandleUp() {
    if let ownHandle { host.close(ownHandle) }
    ownHandle = nil
    slot = nil
  }

  // MARK: Losing names

  /// What is about to lose the name `place`: a handle that will outlive it, and the file, if it is in use.
  func pin(_ place: Place) throws(Errno) -> (handle: HostHandle, node: HostNode?)? {
    let name = try place.directory.name(place.name)
    guard let handle = try? host.open(name, .path, permissions: 0) else { return nil }
    guard let found = try? host.attributes(of: handle) else {
      host.close(handle)
      return nil
    }
    return (handle, table[HostFileKey(found)])
  }

  /// Notes that what was pinned has lost the name `place`. It keeps the handle, should it be in use.
  func unpin(_ pinned: (handle: HostHandle, node: HostNode?)?, hasLost place: Place?) {
    guard let pinned else { return }
    guard let node = pinned.node, let place else { return host.close(pinned.handle) }
    node.lost(place)
    table.keep(node)
    if let slot = node.slot {
      // The one that it has stays from now on.
      table.leaveSlot(slot)
      node.slot = nil
    }
    if node.ownHandle == nil { node.ownHandle = pinned.handle } else { host.close(pinned.handle) }
  }
}
