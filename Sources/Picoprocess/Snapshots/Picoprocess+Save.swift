import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot
import UnicornEngine

extension Picoprocess {
  /// The version of the state's meaning.
  static let abiVersion: UInt32 = 1

  /// The guest's standard streams end in a console, without which it would find its terminal hung up.
  private static let consoleFeature = "console"

  /// The features that this build can resume.
  static var support: SnapshotSupport {
    SnapshotSupport(
      guestISAs: Set(GuestISA.allCases.map(\.rawValue)), abiVersions: abiVersion...abiVersion,
      features: Set(GuestISA.allCases.flatMap(UnicornEngine.features)).union([
        consoleFeature, GuestMachine.nativeFeature,
      ]),
      sections: StateSection.allNumbers)
  }

  /// Writes the stopped guest to a file at `path`, whole or not at all. The guest is unchanged, whether this
  /// succeeds or throws.
  ///
  /// - Returns: why the snapshot is not signed, in one line; nil if it is.
  func save(to path: String) throws(Failure) -> String? {
    let output = try outputOfThisProcess(path)
    var failure: Failure?
    do throws(SaveError) {
      try save(SnapshotSettings(compression: output.transfer ?? options.compression)) {
        (bytes) throws(SaveError) in
        do throws(Failure) { try output.write(bytes) } catch {
          failure = error
          throw .refused(error)
        }
      }
    } catch {
      if let failure { throw failure }
      switch error {
      case .refused(let failure): throw Failure("\(path): \(failure.message)")
      case .unwritable(let error): throw Failure(path, error)
      }
    }
    return try output.conclude(nil, on: host) { _ in signer }
  }

  /// Begins a snapshot that this process will write itself.
  func outputOfThisProcess(_ path: String) throws(Failure) -> any SnapshotDestination {
    guard try !Output.isInSealedStore(path) else {
      throw Failure(
        "\(path): a process that runs a guest must not have the key of a sealed store: "
          + "use godwit suspend")
    }
    return try Output.destination(
      path, options.compression, options.seal, .none, options.outputShape)
  }

  /// Writes the stopped guest sequentially with `write`. The guest is unchanged, whether this succeeds or
  /// throws.
  func save(
    _ settings: SnapshotSettings = SnapshotSettings(),
    _ write: @escaping (RawSpan) throws(SaveError) -> Void
  ) throws(SaveError) {
    concludeCheckpoints()
    giveUpSuspension(.refused(Failure("the guest was suspended by another request")))
    let writing = try beginSnapshot(settings, write)
    try writing.capture(kernel)
    _ = try writing.finish()
  }

  /// Begins a snapshot, to be written with `write`.
  ///
  /// - Parameter guestRunsOn: the state will be captured later.
  func beginSnapshot(
    _ settings: SnapshotSettings, guestRunsOn: Bool = false,
    _ write: @escaping (RawSpan) throws(SaveError) -> Void
  ) throws(SaveError) -> SnapshotWriting {
    let base = try self.base(settings)
    kernel.vfs.sync()
    var header = self.header(isOfOrigin: kernel.clock.isHeld && !guestRunsOn)
    if let base, let parent = settings.parent {
      do throws(SnapshotError) {
        header.parent = try ParentLink(
          id: base.id, contentDigest: base.contentDigest, pageCount: base.pageCount,
          name: parent.name)
      } catch { throw .refused(Failure(parent.path, error)) }
    }
    var deferred: DeferredPages?
    if let migration = settings.deferring {
      let pages = DeferredPages(kernel)
      do throws(SnapshotError) {
        header.parent = try .memory(pages: UInt64(pages.limit), of: migration)
      } catch { throw .refused(Failure("\(error)")) }
      deferred = pages
    }
    return try SnapshotWriting(
      header, settings.compression ?? .standard, base?.known, settings.count, deferred, write)
  }

  /// A snapshot is identified by its content. One that is written right after a resume equals the snapshot
  /// that was resumed: the same bytes, on any host.
  ///
  /// - Parameter isOfOrigin: the guest has not run since it was resumed.
  private func header(isOfOrigin: Bool) -> SnapshotHeader {
    var header = SnapshotHeader(
      guestISA: kernel.isa.rawValue, libraryOSVersion: GodwitVersion.number,
      abiVersion: Self.abiVersion,
      requiredFeatures: machine.features.union(
        kernel.console == nil ? [] : [Self.consoleFeature]))
    if isOfOrigin, let origin {
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
}
