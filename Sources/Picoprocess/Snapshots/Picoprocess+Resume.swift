import HostABI
import LibOS
import LibOSState
import LinuxABI
import Machine
import PosixHost
import Snapshot

extension Picoprocess {
  /// Goes on with the guest in the snapshot at `path`.
  package convenience init(resuming path: String, _ options: PicoprocessOptions) throws(Failure) {
    let reader = try SnapshotFile.reader(path)
    let state: ResumeState
    do throws(SnapshotError) {
      try reader.require(Self.support)
      state = try ResumeState(reader)
    } catch { throw Failure(path, error) }
    var options = options
    // The limit shows when memory runs out.
    if state.seed != nil, options.memoryLimit == nil {
      options.memoryLimit = Int(clamping: state.memory)
    }
    // Those who listened go on listening.
    if options.publish.isEmpty { options.publish = state.published.map { PublishOption($0) } }
    try self.init(options, program: state.program, seed: state.seed)
    origin = reader.header
    tree = try state.filesystems(options, self)
    try confine()
    do throws(SnapshotError) { try restore(reader) } catch { throw Failure(path, error) }
    kernel.provideResolver()
  }

  /// Fills the fresh machine with what `reader` holds.
  func restore(_ reader: SnapshotReader) throws(SnapshotError) {
    reports.attach(to: kernel)
    do throws(Failure) {
      _ = try mountFilesystems()
    } catch { throw .readFailed(error.message) }
    try StateLoader(kernel, reader).restoreAll()
  }
}

/// What must be known of a snapshot before anything is restored.
private struct ResumeState {
  /// The path of the program.
  var program: String
  private let mounts: [Godwit_State_Mount]
  /// Bytes of guest memory.
  let memory: UInt64
  /// Of a deterministic run.
  let seed: UInt64?
  let published: [PublishedPort]

  init(_ reader: SnapshotReader) throws(SnapshotError) {
    let kernel: Godwit_State_Kernel = try StateLoader.section(.kernel, reader)
    memory = kernel.memory
    published = try kernel.publishedPorts()
    seed = kernel.hasDeterminism ? kernel.determinism.seed : nil
    let processes: Godwit_State_Processes = try StateLoader.section(.processes, reader)
    let filesystems: Godwit_State_Filesystems = try StateLoader.section(.filesystems, reader)
    program = processes.processes.first.map { String(decoding: $0.executable, as: UTF8.self) } ?? ""
    mounts = filesystems.mounts
  }

  /// The guest's tree on this host: as the options have it, and else as it was where the snapshot was taken.
  func filesystems(_ options: PicoprocessOptions, _ picoprocess: Picoprocess) throws(Failure)
    -> FilesystemConfiguration
  {
    var root = options.root
    if root == nil, let lower = mounts.first?.tree.lower, !lower.isEmpty {
      root = String(decoding: lower, as: UTF8.self)
    }
    var given = options.mounts
    var list: [TreeMount] = []
    for mount in mounts {
      let guest = String(decoding: mount.path, as: UTF8.self)
      // Every guest has a /dev/shm.
      if mount.type == "tmpfs", guest != "/dev/shm" { list.append(.tmpfs(guest)) }
      guard mount.type == "9p" else { continue }
      if let index = given.lastIndex(where: { $0.guest == guest }) {
        list.append(.host(given.remove(at: index)))
        given.removeAll { $0.guest == guest }
      } else if !mount.hostPath.isEmpty {
        list.append(
          .host(
            MountOption(
              host: String(decoding: mount.hostPath, as: UTF8.self), guest: guest,
              isReadOnly: mount.readOnly)))
      } else {
        throw Failure("the guest has a host directory at \(guest): say --mount HOST:\(guest)")
      }
    }
    if let stray = given.first {
      throw Failure(
        "--mount \(stray.host):\(stray.guest): the guest has no mount at \(stray.guest)")
    }
    return try picoprocess.filesystemConfiguration(root: root ?? "/", list)
  }
}
