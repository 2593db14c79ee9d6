import HostABI
import LibOS
import LibOSState
import LinuxABI
import Machine
import Snapshot
import TestHost

/// Resumes a snapshot as Godwit does, on a host in memory: first a rehearsal, then for good. What was resumed is
/// digested, saved and resumed once more.
enum StateCheck {
  static func run(_ reader: SnapshotReader) throws(SnapshotError) {
    _ = try load(reader, isRehearsal: true)
    _ = try StateDigest(reader)
    // One that goes without a hitch may still lack memory, streams or files.
    let kernel = try load(reader, isRehearsal: false)
    let digest = try kernel.digestState()
    let copy = try SnapshotReader(SnapshotBytes(try save(kernel)))
    let again = try load(copy, isRehearsal: false)
    let digestAgain = try again.digestState()
    guard digestAgain.whole == digest.whole else {
      fatalError("its copy has another state: \(difference(digest, digestAgain))")
    }
  }

  private static func difference(_ old: StateDigest, _ new: StateDigest) -> String {
    let known = Set(old.parts.map(\.digest))
    return new.parts.filter { !known.contains($0.digest) }.map(\.name).joined(separator: ", ")
  }

  private static let memoryLimit = 64 << 20
  private static let root = "/root"

  private static func load(_ reader: SnapshotReader, isRehearsal: Bool) throws(SnapshotError)
    -> Kernel
  {
    try reader.require(
      SnapshotSupport(
        guestISAs: Set(GuestISA.allCases.map(\.rawValue)), abiVersions: 1...1,
        features: Set(reader.header.requiredFeatures), sections: StateSection.allNumbers))
    let filesystems: Godwit_State_Filesystems = try StateLoader.section(.filesystems, reader)
    let test = TestHost()
    // A pipe could not be saved again.
    test.inherited[0] = .file(test.files.addFile("/in", "input"), SharedPosition(), .read)
    let tree = try tree(filesystems, test)
    let state: Godwit_State_Kernel = try StateLoader.section(.kernel, reader)
    let host: any Host =
      state.hasDeterminism ? DeterministicHost(test, seed: state.determinism.seed) : test
    guard let arena = FrameArena(byteLimit: memoryLimit) else { throw .refused("no memory") }
    let kernel = Kernel(host: host, arena: arena, configuration: KernelConfiguration())
    kernel.provideEngine = { [unowned kernel] isa in
      kernel.use(RestingEngine(isa: isa), stop: EngineStop {})
    }
    do throws(Errno) { _ = try kernel.mountFilesystems(tree) } catch {
      throw .refused("\(error)")
    }
    try StateLoader(kernel, reader, isRehearsal: isRehearsal).restoreAll()
    return kernel
  }

  /// What the snapshot says of the guest's tree. Its root is empty; directories of the host have nothing but the
  /// program.
  private static func tree(_ state: Godwit_State_Filesystems, _ host: TestHost)
    throws(SnapshotError) -> FilesystemConfiguration
  {
    var tree = FilesystemConfiguration()
    do throws(HostError) {
      if state.mounts.first?.tree.lower.isEmpty == false {
        host.files.addDirectory(root)
        try host.grant(root, isReadOnly: true)
        tree.lower = StreamURI(.dir, root)
      }
      for (index, mount) in state.mounts.enumerated() {
        let place = Array(mount.path)
        if mount.type == "9p" {
          let path = "/mounted\(index)"
          host.files.addFile(path + "/guest", [], permissions: 0o755)
          try host.grant(path, isReadOnly: mount.readOnly)
          tree.mounts.append(
            .host(.init(host: StreamURI(.dir, path), guest: place, isReadOnly: mount.readOnly)))
        } else if mount.type == "tmpfs", !place.elementsEqual("/dev/shm".utf8) {
          tree.mounts.append(.tmpfs(at: place))
        }
      }
    } catch { throw .refused("\(error)") }
    return tree
  }

  private final class Output {
    var bytes: [UInt8] = []
  }

  private static func save(_ kernel: Kernel) throws(SnapshotError) -> [UInt8] {
    let header = SnapshotHeader(
      guestISA: kernel.isa.rawValue, libraryOSVersion: "fuzz", abiVersion: 1)
    kernel.unload(at: kernel.clock.monotonic)
    let output = Output()
    let writer = try SnapshotWriter(header) { output.bytes += $0.array }
    let digest = try StatePass(kernel, to: writer).finish()
    _ = try writer.finish(id: SnapshotID(of: digest.whole))
    return output.bytes
  }
}
