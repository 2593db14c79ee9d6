package import HostABI
package import PosixHost
package import Snapshot

/// Where a client has a snapshot go. The picoprocess gets a descriptor to write to, and nothing else.
package protocol SnapshotDestination: AnyObject {
  /// Its name in messages: the output as the user gave it.
  var path: String { get }

  /// How the snapshot is to be compressed on its way here; nil: as the user wants it.
  var transfer: Compression? { get }

  /// Appends bytes: for a snapshot that this process writes itself.
  func write(_ bytes: RawSpan) throws(Failure)

  /// Sends `request` and the descriptor, and waits for the answer, while the snapshot is written; nil if the
  /// picoprocess has gone.
  ///
  /// - Parameter progress: takes what the picoprocess says before it answers.
  func exchange(
    _ request: [UInt8], over connection: ControlConnection, _ progress: Progress
  ) throws(HostError) -> [UInt8]?

  /// Why it took no more of the snapshot.
  var failure: Failure? { get }

  /// Opens what was written, and verifies every byte that is new. Whoever wrote it has not signed it.
  ///
  /// - Parameter parent: the snapshot that it is an increment to.
  func readBack(_ parent: SnapshotReader?) throws(Failure) -> SnapshotReader

  /// Adds the signature of what was read back (it may be empty), brings all to storage, and gives it its name.
  func commit(signature: [UInt8]) throws(Failure)
}

extension SnapshotDestination {
  /// Reads back what was written, verifies that it can be resumed, signs it, and commits it.
  ///
  /// - Parameters:
  ///   - parent: the one that it is an increment to.
  ///   - signer: how to sign what was read back.
  /// - Returns: why it is not signed, in one line; nil if it is.
  func conclude(
    _ parent: SnapshotReader?, on host: PosixHost, signer: (SnapshotReader) -> SnapshotSigner
  ) throws(Failure) -> String? {
    let reader = try readBack(parent)
    do throws(SnapshotError) { try Rehearsal.run(reader, on: host) } catch {
      throw unusable(path, error)
    }
    return try commit(reader, signer(reader))
  }

  /// Signs what was read back as `reader`, and commits it.
  ///
  /// - Returns: why it is not signed, in one line; nil if it is.
  func commit(_ reader: SnapshotReader, _ signer: SnapshotSigner) throws(Failure) -> String? {
    try commit(signature: signer.block(for: reader.contentDigest))
    return signer.obstacle.map { "\(path) is not signed: \($0)" }
  }
}

/// What the error of a snapshot that was just written means for its user.
func unusable(_ path: String, _ error: SnapshotError) -> Failure {
  Failure("\(path): it could not be resumed: \(error)")
}

extension SnapshotReader {
  /// Verifies every byte of a file that has just been written, and has no signature yet.
  func verifyUnsigned() throws(SnapshotError) {
    let progress = Progress("checking", of: byteCount)
    try SnapshotWorkers.with(isNice: true) { (workers) throws(SnapshotError) in
      try verifyStored(on: workers) { progress.advance(by: $0) }
    }
    guard signatureBytes == nil else { throw .malformed("it is signed already") }
  }
}
