import HostABI
import LibOSState
import LinuxABI
package import Machine
import Snapshot

/// A page source that lies at a path of a mounted filesystem, so that it can be found again.
package protocol LocatedSource: PageSource {
  var owner: Filesystem { get }
  /// Relative to the filesystem's lower (or host) directory.
  var path: [UInt8] { get }
}

extension LowerSource: LocatedSource {
  package var owner: Filesystem { layers }
}

extension HostPages: LocatedSource {
  package var owner: Filesystem { node.mount }
  package var path: [UInt8] { node.path }
}

extension StateSaver {
  /// What a file outside is known by, so that a resume can tell whether it is the same one. The bytes of
  /// a lower tree must be the same; what lies in a host directory may change at any time.
  func describe(_ file: any LocatedSource) throws(SnapshotError) -> Godwit_State_FileSource {
    let mount = kernel.vfs.mountIndex(of: file.owner)
    var state = Godwit_State_FileSource()
    state.mount = UInt32(mount)
    state.path = data(file.path)
    if let pages = file as? HostPages { state.writable = pages.isWritable }
    guard let file = file as? LowerSource else { return state }
    do throws(HostError) {
      state.size = try file.openSize()
      state.digest = data(try file.digest().bytes)
    } catch {
      throw .refused("\(kernel.vfs.shownPath(mount: mount, file.path)): \(Errno(error).message)")
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
    let shown = kernel.vfs.shownPath(mount: Int(state.mount), path)
    guard layers.lower != nil else { throw .invalidState("a file beneath \(shown)") }
    let source = LowerSource(layers, path: path)
    if isRehearsal { return source }
    var isSame: Bool
    do throws(HostError) {
      isSame = try source.openSize() == state.size
      if isSame, !state.digest.isEmpty { isSame = data(try source.digest().bytes) == state.digest }
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
    let path = try lowerPath(state.path)
    do throws(Errno) {
      var node = host.root
      for name in path.split(separator: UInt8(ascii: "/")) { node = try node.lookup(Array(name)) }
      if isRehearsal { return MemoryObject(arena: kernel.arena) }
      return try node.memoryObject(writable: state.writable)
    } catch {
      let shown = kernel.vfs.shownPath(mount: Int(state.mount), path)
      if error == .ENOENT { throw .missingFile(shown) }
      throw .refused("\(shown): \(error.message)")
    }
  }

  /// A path that stays below the directory it is relative to.
  func lowerPath(_ bytes: some Sequence<UInt8>) throws(SnapshotError) -> [UInt8] {
    let path = Array(bytes)
    let names = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let dots: [[UInt8]] = [[], [46], [46, 46]]
    guard path.isEmpty || !names.contains(where: { dots.contains(Array($0)) }), !path.contains(0)
    else { throw .invalidState("the path \(text(path))") }
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
