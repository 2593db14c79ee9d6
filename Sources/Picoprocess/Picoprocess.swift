import HostABI
package import LibOS
import LinuxABI
import Machine
import PosixHost
import Snapshot

/// A guest and its machine, in this host process.
///
/// Created, run and ended on one thread. There is one per process, since it owns the process's signals and
/// standard streams.
package final class Picoprocess {
  let host: PosixHost
  let options: PicoprocessOptions
  var machine: GuestMachine
  /// Kept when the machine is replaced.
  let digests = FileDigests()
  /// The header of the snapshot that the guest was restored from.
  var origin: SnapshotHeader?
  /// The number of system calls made before this machine took over.
  var lastRestored: UInt64 = 0
  /// The call before which to suspend the guest; nil once that was tried.
  var suspensionLimit: UInt64?
  /// The guest's access to the network outside.
  let outside: OutsideConfiguration
  /// The configuration of the guest's tree.
  var tree = FilesystemConfiguration()
  /// The program's path or name, for display.
  let program: String
  /// The name by which it is found.
  let name: String
  /// The start on the host's monotonic clock, in nanoseconds.
  let startTime: Int64
  let reports: Reports
  /// Signs the snapshot that this process writes itself, at `suspendAtSyscall`. The key is loaded at the
  /// start, and only in that case: other snapshots are signed by the client that requests them, so that the
  /// key is not in the process of the guest.
  let signer: SnapshotSigner
  let wake: Wake
  let mailbox = Mailbox()
  /// The control socket, until it is served.
  var listener: ControlListener?
  var control: ControlServer?
  /// What the next snapshot may be an increment to.
  private(set) var base: SnapshotBase?
  /// The checkpoint that is being written while the guest runs.
  var checkpoint: RunningCheckpoint?
  /// The suspension that is under way while the guest runs.
  var suspension: RunningSuspension?
  /// Slows the guest for the sake of this suspension.
  var guestThrottle: GuestThrottle?
  /// Ends the thread that read the last view, whose memory is being freed.
  var endingView: (() -> Void)?
  /// Snapshots in memory, each an increment to the one before: a test.
  var chain: [SnapshotReader] = []
  /// Reads the pages of a lazily resumed guest.
  var prefetcher: PagePrefetcher?
  /// The directories with this run's checkpoints, which nobody else may use.
  var checkpointDirectories: [CheckpointDirectory] = []
  /// Takes checkpoints of this process.
  private(set) var keeper: Companion?
  /// When the guest asked it last for a checkpoint, on the host's monotonic clock, in nanoseconds.
  var lastCall: Int64 = -1_000_000_000
  /// The request for the suspension that ends this process, whose client waits for the outcome.
  var farewell: Mailbox.Letter?
  /// The migration that may have succeeded or not.
  var doubt: MigrationDoubt?
  /// The other machine that has the guest.
  var movedTo: String?
  /// The last migration after which the guest stayed, in hexadecimal digits.
  var keptMigration: String?
  /// The migration that brought the guest here, in hexadecimal digits.
  var arrival: String?
  /// How far this process is confined.
  var confinement = ConfinementReport()

  var kernel: Kernel { machine.kernel }

  /// How a run ended.
  package enum Ending: Sendable, Hashable {
    case exited(ExitStatus)
    /// The guest was suspended to a snapshot.
    case suspended

    /// The exit status of `godwit`: the guest's status, 128 + n if signal n killed it, or 0 if it was
    /// suspended.
    package var shellStatus: Int32 {
      switch self {
      case .exited(let status): status.shellStatus
      case .suspended: 0
      }
    }
  }

  /// Prepares everything except the guest itself.
  ///
  /// - Parameter seed: that of a deterministic run.
  init(_ options: PicoprocessOptions, program: String, seed: UInt64?) throws(Failure) {
    let host = PosixHost()
    self.host = host
    self.options = options
    suspensionLimit = options.suspendAtSyscall
    self.program = program
    startTime = host.now(.monotonic).totalNanoseconds
    name = options.name ?? Picoprocess.defaultName(program)
    // Report a file that cannot be written now, not after the guest has worked for hours.
    if let output = options.output {
      _ = try Output.destination(output, options.compression, options.seal)
    }
    signer = options.output == nil ? .none(reason: "no snapshot is due") : SnapshotSigner()
    reports = try Reports(options)
    outside = try Self.outside(options, seed: seed)
    host.network = outside.permission
    try Self.checkPublishedPorts(outside.published, host)
    machine = try GuestMachine(
      host: host, options: options, outside: outside, digests: digests, seed: seed)
    wake = Wake(host)
    listener = try Picoprocess.openControl(options, name: name)
    keeper = try startKeeper()
  }

  /// Loads `program` and makes the guest's first process from it.
  package convenience init(_ program: ProgramOptions, _ options: PicoprocessOptions)
    throws(Failure)
  {
    try self.init(options, program: program.program, seed: program.seed)
    tree = try filesystemConfiguration(root: options.root ?? "/", TreeMount.list(options))
    // The files are read now, since the confined process cannot reach them.
    let environment = try GuestEnvironment(
      environmentBase(program), program.environment, host: HostProcess.environment)
    try confine()
    reports.attach(to: kernel)
    try start(program, environment)
  }

  private func start(_ options: ProgramOptions, _ environment: GuestEnvironment) throws(Failure) {
    var fs = try mountFilesystems()
    kernel.provideResolver()
    fs.cwd = try workingDirectory(options, fs)
    let program: Program
    do throws(LoadError) {
      program = try kernel.findProgram(
        Array(options.program.utf8),
        arguments: ([options.program] + options.arguments).map { Array($0.utf8) },
        searchPath: environment.path, in: fs)
    } catch { throw Failure(error) }
    let process: Process
    do throws(LoadError) {
      process = try kernel.start(program, environment: environment.strings, fs: fs)
    } catch { throw Failure(error) }
    kernel.openStandardStreams(of: process)
    if options.seed == nil { ignoreInheritedSignals(process) }
  }

  private func environmentBase(_ options: ProgramOptions) -> GuestEnvironment.Base {
    if options.seed != nil { return .deterministic }
    if self.options.root == nil { return .inherited }
    return .clean(hostName: host.facts.hostName, isOnTerminal: HostProcess.isTerminal(0))
  }

  /// The given working directory; by default the host's, if the guest sees the same tree.
  private func workingDirectory(_ options: ProgramOptions, _ fs: FSContext) throws(Failure)
    -> Dentry
  {
    if let path = options.workingDirectory {
      do throws(Errno) {
        let directory = try kernel.vfs.resolve(Array(path.utf8), in: fs)
        guard try directory.inode.status().isDirectory else { throw .ENOTDIR }
        return directory
      } catch { throw Failure(path, error) }
    }
    if self.options.root == nil, options.seed == nil,
      let path = try? HostProcess.workingDirectory(),
      let directory = try? kernel.vfs.resolve(path, in: fs)
    {
      return directory
    }
    return fs.root
  }

  /// Has the next snapshot be an increment to `base`, if its user wants it.
  func remember(_ base: SnapshotBase?) {
    self.base = base
    machine.arena.oldestEpochOfInterest = base?.known.epoch
  }

  /// `NAME-PID`, where NAME is the last component of the program's path, without characters that a name may
  /// not have.
  static func defaultName(_ program: String) -> String {
    let last = program.split(separator: "/").last ?? "guest"
    let stem = last.unicodeScalars.prefix(40).map { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains(scalar))
        ? Character(scalar) : "_"
    }
    let name = String(stem) + "-\(HostProcess.id)"
    return name.hasPrefix(".") ? "_" + name : name
  }
}
