import HostABI
package import LibOS
import LinuxABI
import Machine
package import PosixHost
package import Snapshot
import UnicornEngine

/// One guest application on this host: host, engine, memory and library OS put together.
///
/// It lives on the thread that makes it.
package final class Picoprocess {
  package static let libraryOSVersion = "0.1.0"
  package static let abiVersion: UInt32 = 1

  package let host: PosixHost
  package let kernel: Kernel
  private let arena: FrameArena
  private let fs: FSContext

  /// Prepares a picoprocess without a program: memory, filesystems, library OS.
  private init(_ configuration: Configuration) throws(Failure) {
    host = PosixHost()
    let limit = configuration.memoryLimit ?? host.facts.memory / 4 * 3
    guard let arena = FrameArena(byteLimit: Int(limit)) else {
      throw Failure("can't reserve \(limit) bytes of address space for guest memory")
    }
    self.arena = arena
    var settings = KernelConfiguration()
    settings.memory = limit
    settings.hostName = host.facts.hostName
    kernel = Kernel(host: host, arena: arena, configuration: settings)
    var tree = FilesystemConfiguration(lower: StreamURI(.dir, configuration.root))
    for mount in configuration.mounts {
      tree.mounts.append(
        .init(
          host: StreamURI(.dir, mount.host), guest: Array(mount.guest.utf8),
          isReadOnly: mount.isReadOnly))
    }
    do throws(Errno) {
      fs = try kernel.mountFilesystems(tree)
    } catch {
      throw Failure("can't mount the guest's filesystems over \(configuration.root): \(error.message)")
    }
    kernel.syscallLimit = configuration.syscallLimit
    if configuration.countsSyscalls { kernel.statistics = SyscallStatistics() }
    if let trace = configuration.trace { kernel.tracer = Tracer(write: trace) }
  }

  /// Starts a program.
  package convenience init(_ configuration: Configuration, _ invocation: Invocation)
    throws(Failure)
  {
    try self.init(configuration)
    var context = fs
    guard let directory = try? kernel.vfs.resolve(invocation.directory, in: fs),
      directory.isDirectory
    else {
      let name = String(decoding: invocation.directory, as: UTF8.self)
      throw Failure("\(name): no such directory in the guest")
    }
    context.cwd = directory
    let path = invocation.environment.first { $0.starts(with: Array("PATH=".utf8)) }
    let fallback = Array("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".utf8)
    let program: Program
    do throws(LoadError) {
      program = try kernel.findProgram(
        invocation.program, arguments: invocation.arguments,
        searchPath: path.map { Array($0.dropFirst(5)) } ?? fallback, in: context)
    } catch { throw Failure(error.message, status: error.status) }
    try useEngine(program.isa)
    do throws(LoadError) {
      let process = try kernel.start(program, environment: invocation.environment, fs: context)
      kernel.openStandardStreams(process.files)
    } catch { throw Failure(error.message, status: error.status) }
  }

  /// Goes on with what a snapshot holds.
  package convenience init(_ configuration: Configuration, resuming reader: SnapshotReader)
    throws(Failure)
  {
    try self.init(configuration)
    do throws(SnapshotError) {
      try reader.require(Self.support)
    } catch { throw Failure(error.description) }
    guard let isa = GuestISA(rawValue: reader.header.guestISA) else {
      throw Failure("unknown guest instruction set \(reader.header.guestISA)")
    }
    try useEngine(isa)
    do throws(SnapshotError) {
      try StateLoader(kernel, reader).restoreAll()
    } catch { throw Failure(error.description) }
  }

  /// What this build can resume.
  package static var support: SnapshotSupport {
    SnapshotSupport(
      guestISAs: Set(GuestISA.allCases.map(\.rawValue)), abiVersions: abiVersion...abiVersion,
      features: [], sections: Set((1...6).map { UInt32($0) }))
  }

  private func useEngine(_ isa: GuestISA) throws(Failure) {
    do throws(EngineError) {
      let engine = try UnicornEngine(isa: isa, arena: arena)
      kernel.configuration.hwcap = engine.hwcaps.hwcap
      kernel.configuration.hwcap2 = engine.hwcaps.hwcap2
      let token = engine.stopToken
      kernel.use(engine, stop: EngineStop { token.request() })
    } catch { throw Failure("can't start the \(isa.rawValue) engine: \(error)") }
  }

  // MARK: Running

  /// Runs until the guest ends, or the host's side or the call limit stops it.
  package func run() -> RunOutcome {
    forwardSignals()
    defer {
      HostSignals.uninstall()
      host.restoreTerminal()
      kernel.vfs.sync()
    }
    kernel.onInterrupt = { [unowned self] in
      deliverSignals()
      return stopRequested() ? .stop : .proceed
    }
    return kernel.run()
  }

  /// Asked at each interruption: whether the host's side wants the guest to stand still.
  package var stopRequested: () -> Bool = { false }

  /// Brings the run loop to its top, from any thread.
  package var interruption: @Sendable () -> Void {
    let token = kernel.interrupt
    let waker = host.waker
    let stop = kernel.stopEngine
    return {
      token.raise()
      waker.wake()
      stop.call()
    }
  }

  private static let forwarded: [Signal] = [
    .SIGINT, .SIGTERM, .SIGHUP, .SIGQUIT, .SIGUSR1, .SIGUSR2, .SIGWINCH, .SIGCONT,
  ]

  private func forwardSignals() {
    HostSignals.install(
      Self.forwarded.map(\.rawValue), waking: host, notify: interruption)
  }

  private func deliverSignals() {
    for number in HostSignals.takePending() {
      guard let process = kernel.processes[kernel.initialPID] else { return }
      process.post(signal: number)
    }
  }

  // MARK: Snapshots

  /// Writes the standing guest to `path`, whole or not at all. The guest goes on unharmed either way.
  package func save(to path: String) throws(Failure) {
    let obstacles = kernel.untransportable()
    guard obstacles.isEmpty else {
      throw Failure("can't take a snapshot: \(obstacles.joined(separator: "; "))")
    }
    do {
      let file = try AtomicFile(replacing: path, permissions: 0o600)
      var id = [UInt8](repeating: 0, count: 16)
      id.withMutableRawSpan { host.entropy(into: &$0) }
      let now = host.now(.realtime)
      let header = SnapshotHeader(
        id: SnapshotID(
          high: id.withRawSpan { $0.load(at: 0) }, low: id.withRawSpan { $0.load(at: 8) }),
        creationSeconds: now.seconds, creationNanoseconds: UInt32(now.nanoseconds),
        guestISA: kernel.engine.isa.rawValue, libraryOSVersion: Self.libraryOSVersion,
        abiVersion: Self.abiVersion, hostNote: host.facts.hostName)
      let writer = try SnapshotWriter(header) { try file.write($0) }
      try kernel.saveState(to: writer)
      _ = try writer.finish()
      try file.commit()
    } catch let error as SnapshotError {
      throw Failure("\(path): \(error)")
    } catch {
      throw Failure("\(path): \(error)")
    }
  }
}
