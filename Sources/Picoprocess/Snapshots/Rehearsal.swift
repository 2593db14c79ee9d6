import HostABI
import LibOS
import LibOSState
import LinuxABI
import Machine
import PosixHost
import Snapshot

/// A dry run of a resume, before a saved guest may end: the loader itself builds the library OS's objects
/// from the file.
///
/// It looks up names, so it detects missing files, but it opens no files of the host and keeps no pages. It
/// cannot know whether the destination has the same files, enough memory and free ports.
enum Rehearsal {
  /// Throws the error that a resume would throw.
  static func run(_ reader: SnapshotReader, on posix: PosixHost) throws(SnapshotError) {
    try reader.require(Picoprocess.support)
    let state: Godwit_State_Kernel = try StateLoader.section(.kernel, reader)
    let tree = try tree(reader)
    try grant(tree, to: posix)
    let host: any Host =
      state.hasDeterminism ? DeterministicHost(posix, seed: state.determinism.seed) : posix
    // Only address space is reserved; no page is used.
    guard let arena = FrameArena(byteLimit: max(Int(clamping: state.memory), 1 << 20)) else {
      throw .refused("there is no room for the guest's memory")
    }
    let kernel = Kernel(host: host, arena: arena, configuration: KernelConfiguration())
    kernel.provideEngine = { [unowned kernel] isa in
      kernel.use(RestingEngine(isa: isa), stop: EngineStop {})
    }
    do throws(Errno) { _ = try kernel.mountFilesystems(tree) } catch {
      throw .refused("the guest's filesystems can't be mounted: \(error.message)")
    }
    try StateLoader(kernel, reader, isRehearsal: true).restoreAll()
  }

  /// Grants the root and mounts of the tree that were not granted yet.
  private static func grant(_ tree: FilesystemConfiguration, to host: PosixHost)
    throws(SnapshotError)
  {
    var wanted = tree.lower.map { [FileGrant(path: $0.path, isReadOnly: true)] } ?? []
    for case .host(let mount) in tree.mounts {
      wanted.append(FileGrant(path: mount.host.path, isReadOnly: mount.isReadOnly))
    }
    for grant in wanted where !host.grants.contains(where: { $0.grant == grant }) {
      do throws(HostError) { try host.grant(grant) } catch {
        throw .refused("\(String(decoding: grant.path, as: UTF8.self)): \(error)")
      }
    }
  }

  /// The guest's tree, as it was when the snapshot was taken on this host.
  private static func tree(_ reader: SnapshotReader) throws(SnapshotError)
    -> FilesystemConfiguration
  {
    let state: Godwit_State_Filesystems = try StateLoader.section(.filesystems, reader)
    var tree = FilesystemConfiguration()
    if let lower = state.mounts.first?.tree.lower, !lower.isEmpty {
      tree.lower = StreamURI(.dir, Array(lower))
    }
    for mount in state.mounts {
      let place = Array(mount.path)
      switch mount.type {
      case "9p":
        tree.mounts.append(
          .host(
            FilesystemConfiguration.HostMount(
              host: StreamURI(.file, Array(mount.hostPath)), guest: place,
              isReadOnly: mount.readOnly)))
      // Every guest has a /dev/shm.
      case "tmpfs" where !place.elementsEqual("/dev/shm".utf8):
        tree.mounts.append(.tmpfs(at: place))
      default: break
      }
    }
    return tree
  }
}
