import HostABI
package import LibOS
import LinuxABI
package import Machine
package import PosixHost
package import UnicornEngine

/// The machine of a guest: memory, processor and kernel. It is replaced as a whole when state is restored.
package final class GuestMachine {
  package let arena: FrameArena
  package let kernel: Kernel
  package private(set) var engines: [UnicornEngine] = []

  /// - Parameter seed: that of a deterministic run.
  package init(
    host: PosixHost, options: PicoprocessOptions, outside: OutsideConfiguration,
    digests: FileDigests, seed: UInt64?
  ) throws(Failure) {
    let host: any Host = seed.map { DeterministicHost(host, seed: $0) } ?? host
    let limit =
      options.memoryLimit
      ?? (seed == nil ? Int(clamping: host.facts.memory / 4 * 3) : DeterministicHost.memory)
    guard limit >= 1 << 20 else { throw Failure("the memory limit must be at least 1M") }
    if let hostPageSize = options.hostPageSize {
      guard hostPageSize.nonzeroBitCount == 1, hostPageSize >= HostMemory.pageSize else {
        throw Failure("this host's pages have \(HostMemory.pageSize) bytes, not \(hostPageSize)")
      }
    }
    guard let arena = FrameArena(byteLimit: limit, hostPageSize: options.hostPageSize) else {
      throw Failure("the host has no room for \(limit) bytes of guest memory")
    }
    self.arena = arena
    var configuration = KernelConfiguration()
    configuration.memory = UInt64(arena.byteLimit)
    if let limit = options.taskLimit { configuration.maximumTasks = limit }
    configuration.hostName = host.facts.hostName
    configuration.outside = outside
    configuration.additionalSyscalls = options.additionalSyscalls
    kernel = Kernel(host: host, arena: arena, configuration: configuration)
    kernel.vfs.digests = digests
    kernel.provideEngine = { [unowned self] isa throws(LoadError) in try useEngine(for: isa) }
  }

  /// Provides the processor for `isa`.
  private func useEngine(for isa: GuestISA) throws(LoadError) {
    do throws(EngineError) {
      let engine = try UnicornEngine(
        isa: isa, arena: arena, countsInstructions: kernel.isDeterministic)
      let stop = engine.stopToken
      kernel.use(engine, stop: EngineStop { stop.request() })
      engines.append(engine)
    } catch { throw .notExecutable("the processor can't be emulated: \(error)", .ENOMEM) }
  }

  /// Releases the guest's resources on the host, because the guest continues elsewhere.
  package func retire() {
    kernel.onInterrupt = nil
    for process in kernel.processes.values { process.files.release() }
  }
}
