import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot
import UnicornEngine

extension Picoprocess {
  /// The version of the state's meaning.
  static let abiVersion: UInt32 = 1

  /// What this build can resume.
  static var support: SnapshotSupport {
    SnapshotSupport(
      guestISAs: Set(GuestISA.allCases.map(\.rawValue)), abiVersions: abiVersion...abiVersion,
      features: Set(GuestISA.allCases.flatMap(UnicornEngine.features)),
      sections: Set((1...6).map { UInt32($0) }))
  }

  /// Writes the standing guest to a file at `path`, whole or not at all. The guest is as it was, whether
  /// this succeeds or throws.
  func save(to path: String) throws(Failure) -> SavedSnapshot {
    let start = host.now(.monotonic).totalNanoseconds
    try requireTransportable()
    kernel.vfs.sync()
    let file = try SnapshotFile.beginning(path)
    // Not every host error has a place in a snapshot's; keep the one that stopped the writer.
    var refusal: HostError?
    do throws(SnapshotError) {
      let standing = StandingState(kernel)
      let header = header(try kernel.digestState(standing))
      try write(header, standing) { bytes in
        do throws(HostError) { try file.write(bytes) } catch {
          refusal = error
          throw error
        }
      }
    } catch {
      if let refusal { throw Failure(path, refusal) }
      throw Failure(path, error)
    }
    try withFailure(path) { () throws(HostError) in try file.commit() }
    return SavedSnapshot(
      bytes: file.length, nanoseconds: host.now(.monotonic).totalNanoseconds - start,
      syscallCount: kernel.syscallCount)
  }

  /// Names what can't travel, before anything is stopped or written.
  private func requireTransportable() throws(Failure) {
    let obstacles = kernel.untransportable()
    guard obstacles.isEmpty else {
      throw Failure("the guest can't travel: \(obstacles.joined(separator: "; "))")
    }
  }

  private func write(
    _ header: SnapshotHeader, _ standing: StandingState, to sink: @escaping (RawSpan) throws -> Void
  ) throws(SnapshotError) {
    let writer = try SnapshotWriter(header, to: sink)
    try kernel.saveState(to: writer, standing)
    _ = try writer.finish()
  }

  /// A snapshot is named by what it holds. One that is written before the guest has run on from another
  /// is that other one: the same bytes, whichever host writes it.
  private func header(_ state: StateDigest) -> SnapshotHeader {
    var header = SnapshotHeader(
      id: SnapshotID(of: state.whole), guestISA: kernel.isa.rawValue,
      libraryOSVersion: GodwitVersion.number, abiVersion: Self.abiVersion,
      requiredFeatures: Set(machine.engines.flatMap { UnicornEngine.features(of: $0.isa) }))
    if kernel.clock.isHeld, let origin {
      header.creationSeconds = origin.creationSeconds
      header.creationNanoseconds = origin.creationNanoseconds
      header.hostNote = origin.hostNote
    } else {
      let isDeterministic = kernel.deterministicHost != nil
      let now =
        isDeterministic
        ? HostTime(nanoseconds: kernel.clock.moment.realtime) : host.now(.realtime)
      header.creationSeconds = now.seconds
      header.creationNanoseconds = UInt32(now.nanoseconds)
      header.hostNote = isDeterministic ? "" : host.facts.hostName
    }
    return header
  }

  /// Saves the guest and goes on with a restored one, within this process: a test of both.
  func saveAndRestore() throws(Failure) {
    try requireTransportable()
    var bytes: [UInt8] = []
    let collector = ByteCollector()
    do throws(SnapshotError) {
      // It has no name: nobody sees it.
      let header = SnapshotHeader(
        id: SnapshotID(high: 0, low: 0), guestISA: kernel.isa.rawValue,
        libraryOSVersion: GodwitVersion.number, abiVersion: Self.abiVersion)
      try write(header, StandingState(kernel)) { collector.append($0) }
    } catch { throw Failure("a snapshot in memory", error) }
    bytes = collector.bytes
    kernel.vfs.sync()
    let old = machine
    machine = try GuestMachine(
      host: host, options: options, outside: outside, digests: digests,
      seed: old.kernel.deterministicHost?.seed)
    old.retire()
    do throws(SnapshotError) {
      let reader = try SnapshotReader(SnapshotBytes(bytes))
      try restore(reader)
    } catch { throw Failure("a snapshot in memory", error) }
    prepareMachine()
  }
}

private final class ByteCollector {
  var bytes: [UInt8] = []
  func append(_ span: RawSpan) { bytes += span.array }
}
