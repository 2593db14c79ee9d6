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
  /// What supervisors know of it.
  var passport: String?
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
  /// What the next snapshots may be increments to.
  var bases = SnapshotBases() { didSet { updateEpochOfInterest() } }
  /// What the next snapshot waits for while the guest runs.
  var preparation: SnapshotPreparation?
  /// The checkpoints that are being written while the guest runs, in the order of their moments.
  var checkpoints: [RunningCheckpoint] = []
  /// The suspension that is under way while the guest runs.
  var suspension: RunningSuspension?
  /// Slows the guest for the sake of this suspension.
  var guestThrottle: GuestThrottle?
  /// End the threads that read views whose memory is being freed.
  var endingViews: [() -> Void] = []
  /// Snapshots in memory, each an increment to the one before: a test.
  var chain: [SnapshotReader] = []
  /// Reads the pages of a lazily resumed guest.
  var prefetcher: PagePrefetcher?
  /// Records what a lazily resumed guest needs.
  var workingSet: WorkingSetRecorder?
  /// The directories with this run's checkpoints, which nobody else may use.
  var checkpointDirectories: [CheckpointDirectory] = []
  /// Takes checkpoints of this process; nil: nobody does any more.
  var keeper: Companion?
  /// Notices when it has ended.
  var keeperWatch: KeeperWatch?
  /// What became of its checkpoints; nil: none were ever to be taken.
  var periodicCheckpoints: PeriodicCheckpoints?
  /// When the guest asked it last for a checkpoint, on the host's monotonic clock, in nanoseconds.
  var lastCall: Int64 = -1_000_000_000
  /// The request for the suspension that ends this process, whose client waits for the outcome.
  var farewell: Mailbox.Letter?
  /// No instruction of the guest runs.
  var isPaused = false
  /// The guest's first process is to die at once.
  var isKilled = false
  /// The clients of the guest's console.
  let attachments: Attachments
  /// What clients have typed, and the guest has no room for yet.
  var pendingInput: [UInt8] = []
  var isHoldingInput = false
  var isTyping = false
  /// A client's input has ended; what it typed before comes first.
  var inputIsEnding = false
  /// Of the console's output; nil if none is kept.
  let log: ConsoleLog?
  /// What clients are told at the end.
  var parting = AttachFrame.ended(status: 125)
  /// Where the pages belong that this guest has left on another machine.
  var borrowed: BorrowedFrames?
  /// The guest runs elsewhere, and its memory is still here.
  var lending: LentGuest?
  /// The memory that is borrowed or lent.
  let exchange = PageExchange()
  /// The migration that may have succeeded or not.
  var doubt: MigrationDoubt?
  /// The other machine that has the guest.
  var movedTo: String?
  /// Leads to the console of the guest that has moved, if this process goes on for it.
  var console: ByteStream?
  /// The last migration after which the guest stayed, in hexadecimal digits.
  var keptMigration: String?
  /// The migration that brought the guest here, in hexadecimal digits.
  var arrival: String?
  /// The migrations whose relays the guest's connections go by.
  var relays: [String] = []
  /// How far this process is confined.
  var confinement = ConfinementReport()

  var kernel: Kernel { machine.kernel }

  /// How a run ended.
  package enum Ending: Sendable, Hashable {
    case exited(ExitStatus)
    /// The guest was suspended to a snapshot, or moved.
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
    passport = options.passport
    suspensionLimit = options.suspendAtSyscall
    self.program = program
    startTime = host.now(.monotonic).totalNanoseconds
    name = options.name ?? Picoprocess.defaultName(program)
    signer = options.output == nil ? .none(reason: "no snapshot is due") : SnapshotSigner()
    reports = try Reports(options)
    outside = try Self.outside(options, seed: seed)
    host.network = outside.permission
    for socket in options.relayed?.takePorts() ?? [] { host.provide(socket) }
    try Self.checkPublishedPorts(outside.published, host) { host.hasProvided($0.service) }
    // The check would have used these up.
    options.relayed?.introduceCorrespondents(to: host)
    machine = try GuestMachine(
      host: host, options: options, outside: outside, digests: digests, seed: seed,
      translations: reports.translations)
    wake = Wake(host)
    attachments = Attachments(wake)
    if let size = options.console?.logSize {
      log = try ConsoleLog(name, size: size)
    } else {
      log = nil
    }
    // Report a file that cannot be written now, not after the guest has worked for hours.
    if let output = options.output { _ = try outputOfThisProcess(output) }
    listener = try Picoprocess.openControl(options, name: name)
    if options.console != nil {
      guard listener != nil else {
        throw Failure("the host has no place for a control socket, without which nobody can attach")
      }
      // Nothing of the host's is the guest's.
      host.inheritable = []
      host.permitsTerminal = false
    }
    keeper = try startKeeper()
    if keeper != nil { periodicCheckpoints = PeriodicCheckpoints() }
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
    let fs = try mountFilesystems()
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
    if let console = self.options.console {
      do throws(Errno) { try kernel.openConsole(console.shape, of: process) } catch {
        throw Failure("the guest's console", error)
      }
    } else {
      kernel.openStandardStreams(of: process)
    }
    if options.seed == nil { ignoreInheritedSignals(process) }
  }

  private func environmentBase(_ options: ProgramOptions) -> GuestEnvironment.Base {
    if options.seed != nil { return .deterministic }
    if self.options.root == nil { return .inherited }
    return .clean(
      hostName: host.facts.hostName,
      isOnTerminal: self.options.console?.shape.hasTerminal ?? HostProcess.isTerminal(0))
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
