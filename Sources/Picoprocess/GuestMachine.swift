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

  /// What a snapshot of a guest requires that is a guest of the host ABI.
  static let nativeFeature = "guests of the host ABI"

  /// What a machine must have to go on with this one's state.
  var features: Set<String> {
    Set(engines.flatMap { UnicornEngine.features(of: $0.isa) })
      .union(kernel.hasNativeGuests ? [Self.nativeFeature] : [])
  }
  private let translations: JitDump?

  /// - Parameters:
  ///   - seed: that of a deterministic run.
  ///   - translations: where the engines' code is written down.
  package init(
    host: PosixHost, options: PicoprocessOptions, outside: OutsideConfiguration,
    digests: FileDigests, seed: UInt64?, translations: JitDump? = nil
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
    self.translations = translations
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
      if let translations {
        engine.onTranslation = { [unowned self] address, code, place in
          translations.add(code, at: place, named: name(of: address))
        }
      }
      let stop = engine.stopToken
      kernel.use(engine, stop: EngineStop { stop.request() })
      engines.append(engine)
    } catch { throw .notExecutable("the processor can't be emulated: \(error)", .ENOMEM) }
  }

  /// An address in the process that runs, by the file that is mapped there and the place in it.
  private func name(of address: GuestAddress) -> String {
    let mappings = kernel.loaded?.process.space.mappings.overlapping(address, address + 1)
    guard let mapping = mappings?.first, case .object(_, let offset) = mapping.backing,
      let file = mapping.name.split(separator: "/").last
    else { return "0x\(String(address.rawValue, radix: 16))" }
    return "\(file)+0x\(String(address - mapping.start + offset, radix: 16))"
  }

  /// Releases the guest's resources on the host, because the guest continues elsewhere.
  package func retire() {
    kernel.onInterrupt = nil
    for task in kernel.tasks.values { task.files.closeAll() }
  }
}
