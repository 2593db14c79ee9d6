import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot

/// A page source that lies at a path of a mounted filesystem, so that it can be found again.
protocol LocatedSource: PageSource {
  var owner: Filesystem { get }
  /// Relative to the filesystem's lower (or host) directory; `nil` for what has no name there any more.
  var location: RelativePath? { get }
}

extension LowerSource: LocatedSource {
  var owner: Filesystem { layers }
  var location: RelativePath? { path }
}

extension HostPages: LocatedSource {
  var owner: Filesystem { node.mount }
  var location: RelativePath? { node.path }
}

extension StateSaver {
  /// What a file outside is known by, so that a resume can tell whether it is the same one. The bytes of
  /// a lower tree must be the same; what lies in a host directory may change at any time.
  func describe(_ file: any LocatedSource) throws(SnapshotError) -> Godwit_State_FileSource {
    let mount = kernel.vfs.mountIndex(of: file.owner)
    var state = Godwit_State_FileSource()
    state.mount = UInt32(mount)
    if let pages = file as? HostPages {
      state.writable = pages.isWritable
      if !pages.node.isWhereItWas {
        state.nameless = pages.node.number
        hold(pages.node)
        return state
      }
    }
    let path = file.location ?? .here
    state.path = data(path.bytes)
    guard let file = file as? LowerSource else { return state }
    do throws(HostError) {
      let identity = try file.identity()
      state.size = identity.size
      state.digest = data(identity.digest.bytes)
    } catch {
      throw .refused("\(kernel.vfs.shownPath(mount: mount, path.bytes)): \(Errno(error).message)")
    }
    return state
  }
}

extension StateLoader {
  /// The file that `state` describes, which must have the same bytes.
  func lowerSource(_ layers: LayeredFS, _ state: Godwit_State_FileSource)
    throws(SnapshotError) -> LowerSource
  {
    let path = try lowerPath(state.path)
    let shown = kernel.vfs.shownPath(mount: Int(state.mount), path.bytes)
    guard layers.lower != nil else { throw .invalidState("a file beneath \(shown)") }
    let source = LowerSource(layers, path: path)
    if isRehearsal { return source }
    var isSame: Bool
    do throws(HostError) {
      isSame = try source.openSize() == state.size
      // An empty one: a file that was never read.
      if isSame, !state.digest.isEmpty {
        let digest = Digest(Array(state.digest))
        if let shortage, let digest, !checksFilesAtOnce {
          let identity = FileIdentity(size: state.size, digest: digest)
          source.checkLater(DelayedCheck(identity, shown, shortage))
        } else {
          isSame = try source.identity().digest == digest
        }
      }
    } catch {
      if error == .notFound { throw .missingFile(shown) }
      throw .refused("\(shown): \(Errno(error).message)")
    }
    guard isSame else { throw .changedFile(shown) }
    return source
  }

  /// The mapped bytes of a file in a host directory.
  func hostObject(_ host: HostFS, _ state: Godwit_State_FileSource)
    throws(SnapshotError) -> MemoryObject
  {
    if state.nameless != 0 {
      guard let node = nameless[state.mount]?[state.nameless] else {
        throw .invalidState("file \(state.nameless) of mount \(state.mount)")
      }
      do throws(Errno) { return try node.memoryObject(writable: state.writable) } catch {
        throw .refused("\(kernel.vfs.shownPath(mount: Int(state.mount), [])): \(error.message)")
      }
    }
    let path = try lowerPath(state.path)
    do throws(Errno) {
      var node = host.root
      for name in path.names { node = try node.lookup(name) }
      if isRehearsal { return MemoryObject(arena: kernel.arena) }
      return try node.memoryObject(writable: state.writable)
    } catch {
      let shown = kernel.vfs.shownPath(mount: Int(state.mount), path.bytes)
      if error == .ENOENT { throw .missingFile(shown) }
      throw .refused("\(shown): \(error.message)")
    }
  }

  /// A name that a directory can have. One of a file that is no directory's entry any more, or never was (the
  /// name of a `memfd_create` file, say), is only ever shown.
  func fileName(_ bytes: some Sequence<UInt8>, isNameless: Bool = false) throws(SnapshotError)
    -> [UInt8]
  {
    let name = Array(bytes)
    guard isNameless ? !name.contains(0) && name.count <= 4096 : FileName(name) != nil else {
      throw .invalidState("the name \(text(name))")
    }
    return name
  }

  /// A path that stays below the directory it is relative to.
  func lowerPath(_ bytes: some Sequence<UInt8>) throws(SnapshotError) -> RelativePath {
    guard let path = RelativePath(bytes) else {
      throw .invalidState("the path \(text(Array(bytes)))")
    }
    return path
  }
}

extension VFS {
  /// Where the guest sees `path` of the filesystem that is mounted as number `mount`.
  func shownPath(mount: Int, _ path: [UInt8]) -> String {
    let top = self.mount(number: mount)?.path ?? []
    return text((top == [UInt8(ascii: "/")] ? [] : top) + (path.isEmpty ? [] : [47] + path))
  }
}
