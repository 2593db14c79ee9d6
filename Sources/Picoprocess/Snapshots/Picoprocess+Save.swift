import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot
import UnicornEngine

/// The reasons for not writing a snapshot.
enum SaveError: Error {
  /// The guest's state can't be saved.
  case refused(Failure)
  /// The file can't be written.
  case unwritable(HostError)
}

extension Picoprocess {
  /// The version of the state's meaning.
  static let abiVersion: UInt32 = 1

  /// The features that this build can resume.
  static var support: SnapshotSupport {
    SnapshotSupport(
      guestISAs: Set(GuestISA.allCases.map(\.rawValue)), abiVersions: abiVersion...abiVersion,
      features: Set(GuestISA.allCases.flatMap(UnicornEngine.features)),
      sections: StateSection.allNumbers)
  }

  /// Writes the stopped guest to a file at `path`, whole or not at all. The guest is unchanged, whether this
  /// succeeds or throws.
  ///
  /// - Returns: why the snapshot is not signed, in one line; nil if it is.
  func save(to path: String) throws(Failure) -> String? {
    let file = try SnapshotFile.beginning(path)
    do throws(SaveError) {
      _ = try save(options.compression) { (bytes) throws(HostError) in try file.write(bytes) }
    } catch {
      switch error {
      case .refused(let failure): throw Failure("\(path): \(failure.message)")
      case .unwritable(let error): throw Failure(path, error)
      }
    }
    return try SnapshotFile.commit(file, path, signer, on: host)
  }

  /// Writes the stopped guest sequentially with `write`. The guest is unchanged, whether this succeeds or
  /// throws.
  func save(
    _ compression: Compression, _ write: @escaping (RawSpan) throws(HostError) -> Void
  ) throws(SaveError) -> SavedSnapshot {
    let start = host.now(.monotonic).totalNanoseconds
    do throws(Failure) { try requireTransportable() } catch { throw .refused(error) }
    kernel.vfs.sync()
    // A snapshot error cannot carry every host error; keep the one that stopped the writer.
    var refusal: HostError?
    let length: UInt64
    do throws(SnapshotError) {
      let standing = StandingState(kernel)
      let id = SnapshotID(of: try kernel.digestState(standing).whole)
      length = try self.write(header(), id, standing, compression) { bytes in
        do throws(HostError) { try write(bytes) } catch {
          refusal = error
          throw error
        }
      }
    } catch {
      if let refusal { throw .unwritable(refusal) }
      throw .refused(Failure("\(error)"))
    }
    return SavedSnapshot(
      bytes: length, nanoseconds: host.now(.monotonic).totalNanoseconds - start,
      syscallCount: kernel.syscallCount)
  }

  /// Lists what cannot travel, before anything is stopped or written.
  private func requireTransportable() throws(Failure) {
    let obstacles = kernel.untransportable()
    guard obstacles.isEmpty else {
      throw Failure("the guest can't travel: \(obstacles.joined(separator: "; "))")
    }
  }

  /// - Returns: the number of bytes written.
  private func write(
    _ header: SnapshotHeader, _ id: SnapshotID, _ standing: StandingState,
    _ compression: Compression = .standard, to sink: @escaping (RawSpan) throws -> Void
  ) throws(SnapshotError) -> UInt64 {
    let writer = try SnapshotWriter(header, compression: compression, to: sink)
    try kernel.saveState(to: writer, standing)
    _ = try writer.finish(id: id)
    return writer.bytesWritten
  }

  /// A snapshot is identified by its content. One that is written right after a resume equals the snapshot
  /// that was resumed: the same bytes, on any host.
  private func header() -> SnapshotHeader {
    var header = SnapshotHeader(
      guestISA: kernel.isa.rawValue, libraryOSVersion: GodwitVersion.number,
      abiVersion: Self.abiVersion,
      requiredFeatures: Set(machine.engines.flatMap { UnicornEngine.features(of: $0.isa) }))
    if kernel.clock.isHeld, let origin {
      header.creationSeconds = origin.creationSeconds
      header.creationNanoseconds = origin.creationNanoseconds
      header.hostNote = origin.hostNote
    } else {
      let isDeterministic = kernel.isDeterministic
      let now =
        isDeterministic
        ? HostTime(nanoseconds: kernel.clock.moment.realtime) : host.now(.realtime)
      header.creationSeconds = now.seconds
      header.creationNanoseconds = UInt32(now.nanoseconds)
      header.hostNote = isDeterministic ? "" : host.facts.hostName
    }
    return header
  }

  /// Saves the guest and continues with a restored one, within this process: a test of both.
  func saveAndRestore() throws(Failure) {
    try requireTransportable()
    var bytes: [UInt8] = []
    let collector = ByteCollector()
    do throws(SnapshotError) {
      // It has no name, so nobody else sees it.
      let header = SnapshotHeader(
        guestISA: kernel.isa.rawValue, libraryOSVersion: GodwitVersion.number,
        abiVersion: Self.abiVersion)
      _ = try write(header, .none, StandingState(kernel)) { collector.append($0) }
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
