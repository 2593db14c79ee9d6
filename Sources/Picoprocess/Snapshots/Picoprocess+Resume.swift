import HostABI
import LibOS
import LibOSState
import LinuxABI
import Machine
import PosixHost
package import Snapshot

extension Picoprocess {
  /// Resumes the guest in the snapshot at `path`, which was opened as `reader`: of what a sealed one was opened with,
  /// nothing gets here.
  ///
  /// Nothing of the host that the snapshot names is touched before `resume` and `options` allow it.
  package convenience init(
    resuming path: String, _ reader: SnapshotReader, _ resume: ResumeOptions,
    _ options: PicoprocessOptions
  ) throws(Failure) {
    let state: ResumeState
    let remembered: RememberedHost
    let carried: CarriedFiles?
    do throws(SnapshotError) {
      try reader.require(Self.support)
      if resume.borrowed == nil { try reader.requireParents() }
      state = try ResumeState(reader)
      remembered = try RememberedHost(reader)
      carried = try CarriedFiles(reader)
    } catch { throw Failure(path, error) }
    var options = options
    let store = try carried.map { (_) throws(Failure) in try TreeStore(resume.rootStore) }
    let unpacks = store.map { carried?.provide(&options, remembered, from: $0) ?? false } ?? false
    let authority = try ResumeAuthority(
      path, reader, remembered, resume, options,
      isOnTerminal: options.console != nil || (0...2).contains { HostProcess.isTerminal($0) })

    // The limit becomes apparent when memory runs out.
    if state.seed != nil, options.memoryLimit == nil {
      options.memoryLimit = Int(clamping: state.memory)
    }
    if resume.takesFreshIdentity, state.seed != nil {
      throw Failure("\(path): a deterministic run has no identity to be replaced")
    }
    // Listening sockets continue to listen; those of a copy, only where the user says so.
    if options.publish.isEmpty, !resume.publishesNothing, !resume.takesFreshIdentity {
      options.publish = remembered.published.map { PublishOption($0) }
    }
    if unpacks, let store {
      do throws(Failure) {
        for line in try carried?.unpack(into: store).lines ?? [] {
          Console.complain("\(path): \(line)")
        }
      } catch { throw Failure("\(path): \(error.message)") }
    }
    try self.init(options, program: state.program, seed: state.seed)
    host.permitsTerminal = authority.permitsTerminal && options.console == nil
    origin = reader.header
    let root = options.root ?? remembered.rootPath
    let mounts = try remembered.treeMounts(options.mounts)
    tree = try filesystemConfiguration(root: root, mounts)
    guard !resume.shares || reader.hasOnlyPlainPages else {
      throw Failure(
        "\(path): its pages can't be shared, since they are compressed, sealed, or in a store: suspend to a file with --compress none"
      )
    }
    if !resume.checksFilesAtOnce { try noteChangedFiles(path, reader, mounts) }
    if resume.recordsWorkingSet { workingSet = try WorkingSetRecorder(path, reader) }
    let expected =
      resume.isLazy && resume.prefetches ? try WorkingSetFile.read(path, reader) : nil
    try confine()
    digests.learn(resume.knownDigests)
    do throws(SnapshotError) {
      let known = try restore(
        reader, isLazy: resume.isLazy, checksFiles: resume.checksFilesAtOnce, resume.borrowed)
      if let memory = resume.borrowed {
        try beginBorrowing(memory, reader)
      } else {
        bases.remember(SnapshotBase(reader, known), for: .user)
        if resume.shares { beginSharing(path) }
        try beginLazily(path, prefetches: resume.prefetches, expected)
      }
    } catch { throw Failure(path, error) }
    if resume.takesFreshIdentity {
      do throws(Errno) { try kernel.takeFreshIdentity(hostName: name) } catch {
        throw Failure("the guest's machine-id can't be written: \(error.message)")
      }
    }
    kernel.resumeSignal = resume.notification?.number
    kernel.provideResolver()
  }

  /// Tells the user of files in writable mounts that are not as the guest knew them.
  private func noteChangedFiles(
    _ path: String, _ reader: SnapshotReader, _ mounts: [TreeMount]
  ) throws(Failure) {
    let hosts = mounts.compactMap { if case .host(let mount) = $0 { mount } else { nil } }
    do throws(SnapshotError) {
      guard let summary = try ChangedFiles.since(reader, in: hosts).summary else { return }
      Console.complain(
        "\(path): these files have changed since, and the guest goes on with what they are now: \(summary)"
      )
    } catch { throw Failure(path, error) }
  }

  /// Restores the state in `reader` into the fresh machine.
  ///
  /// - Parameter checksFiles: see `ResumeOptions.checksFilesAtOnce`.
  @discardableResult
  func restore(
    _ reader: SnapshotReader, isLazy: Bool = false, checksFiles: Bool = false,
    _ distant: (any DistantPages)? = nil
  ) throws(SnapshotError) -> KnownPages {
    reports.attach(to: kernel)
    do throws(Failure) {
      _ = try mountFilesystems()
    } catch { throw .readFailed(error.message) }
    kernel.keepsStreams = options.console != nil
    adoptRelayedConnections()
    let loader = try StateLoader(kernel, reader, isLazy: isLazy, distant)
    loader.checksFilesAtOnce = checksFiles
    try SnapshotWorkers.with { (workers) throws(SnapshotError) in
      let progress = Progress("reading")
      try loader.restoreAll(on: workers) { progress.note(pages: $0, of: $1) }
    }
    // Ports at which the guest does not listen any more.
    host.discardProvided()
    return loader.known
  }
}

/// The parts of a snapshot that are needed before anything is restored.
private struct ResumeState {
  /// The path of the program.
  let program: String
  /// Bytes of guest memory.
  let memory: UInt64
  /// The seed of a deterministic run.
  let seed: UInt64?

  init(_ reader: SnapshotReader) throws(SnapshotError) {
    let kernel: Godwit_State_Kernel = try StateLoader.section(.kernel, reader)
    memory = kernel.memory
    seed = kernel.hasDeterminism ? kernel.determinism.seed : nil
    let processes: Godwit_State_Processes = try StateLoader.section(.processes, reader)
    program = processes.processes.first.map { String(decoding: $0.executable, as: UTF8.self) } ?? ""
  }
}

extension RememberedHost {
  /// The directory beneath the guest's root, on the host where the snapshot was taken.
  fileprivate var rootPath: String {
    root.isEmpty ? "/" : String(decoding: root, as: UTF8.self)
  }

  /// The mounts of the guest's tree on this host: host directories as given in `options`, and otherwise as
  /// they were when the snapshot was taken.
  fileprivate func treeMounts(_ options: [MountOption]) throws(Failure) -> [TreeMount] {
    var list: [TreeMount] = []
    for mount in mounts {
      switch mount {
      case .tmpfs(let path): list.append(.tmpfs(String(decoding: path, as: UTF8.self)))
      case .host(let mount): list.append(.host(try option(for: mount, options)))
      }
    }
    let stray = options.first { option in !hostMounts.contains { option.isAt($0.guest) } }
    if let stray {
      throw Failure(
        "--mount \(stray.host):\(stray.guest): the guest has no mount at \(stray.guest)")
    }
    return list
  }

  private func option(for mount: HostMount, _ options: [MountOption]) throws(Failure)
    -> MountOption
  {
    if let option = options.last(where: { $0.isAt(mount.guest) }) { return option }
    guard !mount.host.isEmpty else {
      let guest = mount.guest.shellWord
      throw Failure("the guest has a host directory at \(guest): say --mount HOST:\(guest)")
    }
    return MountOption(
      host: String(decoding: mount.host, as: UTF8.self),
      guest: String(decoding: mount.guest, as: UTF8.self), isReadOnly: mount.isReadOnly)
  }
}
