import Snapshot

/// What a snapshot may use of the host: everything that it remembers if its signer is trusted, otherwise only
/// what the person who resumes it has named.
struct ResumeAuthority {
  /// The guest may open the controlling terminal of this process.
  let permitsTerminal: Bool

  /// Refuses a snapshot that would use more than it may. The failure's line lists the options to add. Nothing
  /// that the snapshot names on the host is touched.
  ///
  /// - Parameter isOnTerminal: whether a standard stream of this process is a terminal, which is then
  ///   considered given to the guest.
  init(
    _ path: String, _ reader: SnapshotReader, _ remembered: RememberedHost, _ resume: ResumeOptions,
    _ options: PicoprocessOptions, isOnTerminal: Bool
  ) throws(Failure) {
    let provenance = try Provenance(reader, knownKeys: resume.knownKeys)
    let isTrusted = resume.trustsAll || provenance.isTrusted
    permitsTerminal = isTrusted || isOnTerminal
    if isTrusted { return }
    if case .broken = provenance {
      throw Failure("\(path): \(provenance); --trust resumes it all the same")
    }
    let missing = remembered.missing(options, publishesNothing: resume.publishesNothing)
    guard missing.isEmpty else {
      throw Failure(
        "\(path): \(provenance); to give it what it had of its host, add "
          + missing.joined(separator: " ") + ", or --trust")
    }
    if permitsTerminal { return }
    let hasTerminal: Bool
    do throws(SnapshotError) { hasTerminal = try RememberedHost.hasTerminal(reader) } catch {
      throw Failure(path, error)
    }
    guard !hasTerminal else {
      throw Failure(
        "\(path): \(provenance); it has a terminal open: resume it on one, or add --trust")
    }
  }
}
