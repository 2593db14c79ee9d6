import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot

extension Picoprocess {
  /// The version of the state's meaning.
  static let abiVersion: UInt32 = 1

  /// What this build can resume.
  static var support: SnapshotSupport {
    SnapshotSupport(
      guestISAs: Set(GuestISA.allCases.map(\.rawValue)), abiVersions: abiVersion...abiVersion,
      features: [], sections: Set((1...6).map { UInt32($0) }))
  }

  /// Writes the standing guest to a file at `path`, whole or not at all. The guest is as it was, whether
  /// this succeeds or throws.
  func save(to path: String) throws(Failure) -> SavedSnapshot {
    let start = host.now(.monotonic).totalNanoseconds
    try requireTransportable()
    kernel.vfs.sync()
    let file = try SnapshotFile.beginning(path)
    let header = header()
    // Not every host error has a place in a snapshot's; keep the one that stopped the writer.
    var refusal: HostError?
    do throws(SnapshotError) {
      try write(header) { bytes in
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

  private func write(_ header: SnapshotHeader, to sink: @escaping (RawSpan) throws -> Void)
    throws(SnapshotError)
  {
    let writer = try SnapshotWriter(header, to: sink)
    try kernel.saveState(to: writer)
    _ = try writer.finish()
  }

  private func header() -> SnapshotHeader {
    var id = [UInt8](repeating: 0, count: 16)
    id.withMutableRawSpan { host.entropy(into: &$0) }
    let now = host.now(.realtime)
    return SnapshotHeader(
      id: SnapshotID(
        high: id.withRawSpan { $0.load(at: 0) }, low: id.withRawSpan { $0.load(at: 8) }),
      creationSeconds: now.seconds, creationNanoseconds: UInt32(now.nanoseconds),
      guestISA: kernel.isa.rawValue, libraryOSVersion: GodwitVersion.number,
      abiVersion: Self.abiVersion, hostNote: host.facts.hostName)
  }

  /// Saves the guest and goes on with a restored one, within this process: a test of both.
  func saveAndRestore() throws(Failure) {
    try requireTransportable()
    var bytes: [UInt8] = []
    let collector = ByteCollector()
    do throws(SnapshotError) {
      try write(header()) { collector.append($0) }
    } catch { throw Failure("a snapshot in memory", error) }
    bytes = collector.bytes
    kernel.vfs.sync()
    let old = machine
    machine = try GuestMachine(host: host, memoryLimit: options.memoryLimit, digests: digests)
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
