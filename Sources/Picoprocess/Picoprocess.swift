import HostABI
package import LibOS
import LinuxABI
import Machine
import PosixHost
import Snapshot

/// A guest and all it runs on, in this host process.
///
/// Made, run and ended on one thread. There is one per process: it owns the process's signals and
/// standard streams.
package final class Picoprocess {
  let host: PosixHost
  let options: PicoprocessOptions
  var machine: GuestMachine
  /// Kept over all machines.
  let digests = FileDigests()
  /// The header of the snapshot that the guest was restored from.
  var origin: SnapshotHeader?
  /// The system calls that had been made when this machine took over.
  var lastRestored: UInt64 = 0
  /// The call before which the guest is to be suspended; nil once that was tried.
  var suspensionLimit: UInt64?
  /// What the guest has of the network outside.
  let outside: OutsideConfiguration
  /// What the guest's tree is made of.
  var tree = FilesystemConfiguration()
  /// The program's path or name, for people.
  let program: String
  /// By which it is found.
  let name: String
  /// Of the host's monotonic clock, in nanoseconds.
  let startTime: Int64
  let reports: Reports
  /// Of the snapshot that this process writes itself, at `suspendAtSyscall`. Loaded at the start, and
  /// only if one is due: others are signed by the client that asks for them, and the key is nowhere
  /// near their guests.
  let signer: SnapshotSigner
  let wake: Wake
  let mailbox = Mailbox()
  /// Where others will find it; until it answers there.
  var listener: ControlListener?
  var control: ControlServer?
  /// Who asked for the suspension that ends this process, and waits to hear that it has.
  var farewell: Mailbox.Letter?
  /// How far this process is confined.
  var confinement = ConfinementReport()

  var kernel: Kernel { machine.kernel }

  /// How a run came to its end.
  package enum Ending: Sendable, Hashable {
    case exited(ExitStatus)
    /// The guest lies in a snapshot now.
    case suspended

    /// What `godwit` exits with: the guest's own status, 128 + n when signal n killed it; 0 when it was
    /// suspended.
    package var shellStatus: Int32 {
      switch self {
      case .exited(let status): status.shellStatus
      case .suspended: 0
      }
    }
  }

  /// Prepares everything but the guest itself.
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
    // A file that can't be written is better known now than when the guest has worked for hours.
    if let output = options.output { _ = try SnapshotFile.beginning(output) }
    signer = options.output == nil ? .none(reason: "no snapshot is due") : SnapshotSigner()
    reports = try Reports(options)
    outside = try Self.outside(options, seed: seed)
    host.network = outside.permission
    try Self.checkPublishedPorts(outside.published, host)
    machine = try GuestMachine(
      host: host, options: options, outside: outside, digests: digests, seed: seed)
    wake = Wake(host)
    listener = try Picoprocess.openControl(options, name: name)
  }

  /// Loads `program` and makes the guest's first process from it.
  package convenience init(_ program: ProgramOptions, _ options: PicoprocessOptions)
    throws(Failure)
  {
    try self.init(options, program: program.program, seed: program.seed)
    tree = try filesystemConfiguration(root: options.root ?? "/", TreeMount.list(options))
    // From files that are read now: the process will not reach them any more.
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

  /// The working directory asked for; by default the host's, when the guest sees the same tree.
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

  /// `NAME-PID`, with NAME the last component of the program's path, as far as a name may have it.
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
