import LibOS
import Machine
import Snapshot

extension Picoprocess {
  /// Increments in a chain in memory at most.
  private static let chainLimit = 10

  /// Saves the guest and continues with a restored one, within this process: a test of both.
  func saveAndRestore() throws(Failure) {
    let reader = try saveToMemory()
    let isLazy = options.suspendMode != .whole
    endPrefetching()
    let old = machine
    machine = try GuestMachine(
      host: host, options: options, outside: outside, digests: digests,
      seed: old.kernel.deterministicHost?.seed, translations: reports.translations)
    old.retire()
    do throws(SnapshotError) {
      let known = try restore(reader, isLazy: isLazy)
      if options.suspendMode == .chain {
        chain.append(reader)
        bases.remember(SnapshotBase(reader, known), for: .user)
      }
      try beginLazily("a snapshot in memory", prefetches: false)
    } catch { throw Self.failure(error) }
    prepareMachine()
  }

  private func saveToMemory() throws(Failure) -> SnapshotReader {
    if chain.count > Self.chainLimit { chain = [] }
    var settings = SnapshotSettings()
    settings.parent = chain.last.map {
      NamedParent(digest: $0.contentDigest.description, path: "memory", name: "memory")
    }
    let collector = ByteCollector()
    do throws(SaveError) { try save(settings) { collector.bytes += $0.array } } catch {
      guard case .refused(let failure) = error else { preconditionFailure("memory is no file") }
      throw failure
    }
    // They are of a machine that is given up.
    bases = SnapshotBases()
    do throws(SnapshotError) {
      return try SnapshotReader(SnapshotBytes(collector.bytes), parent: chain.last)
    } catch { throw Self.failure(error) }
  }

  private static func failure(_ error: SnapshotError) -> Failure {
    Failure("a snapshot in memory", error)
  }
}

private final class ByteCollector {
  var bytes: [UInt8] = []
}
