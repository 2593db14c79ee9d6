import HostABI
import Machine
import PosixHost
package import Snapshot

/// A file of the host that is read piecewise, usually a snapshot.
package final class SnapshotFile: SnapshotSource {
  private let file: InputFile

  package init(_ path: String) throws(Failure) {
    do throws(HostError) { file = try InputFile(path) } catch {
      throw SnapshotFile.failure(path, error)
    }
  }

  init(_ file: InputFile) { self.file = file }

  /// Nil if there is no such file.
  init?(ifPresent path: String) throws(Failure) {
    do throws(HostError) { file = try InputFile(path) } catch .notFound {
      return nil
    } catch { throw SnapshotFile.failure(path, error) }
  }

  /// Begins a snapshot that will replace `path`.
  static func beginning(_ path: String) throws(Failure) -> AtomicFile {
    do throws(HostError) { return try AtomicFile(replacing: path, permissions: 0o600) } catch {
      throw failure(path, error)
    }
  }

  /// Reads `file` back, verifies every byte and that it can be resumed, signs it, and commits it as the
  /// snapshot at `path`.
  ///
  /// - Parameter parent: the one that it is an increment to.
  /// - Returns: why it is not signed, in one line; nil if it is.
  static func commit(
    _ file: AtomicFile, _ path: String, _ parent: SnapshotReader?, _ signer: SnapshotSigner,
    on host: PosixHost
  ) throws(Failure) -> String? {
    let reader = try readBack(file, path, parent)
    do throws(SnapshotError) { try Rehearsal.run(reader, on: host) } catch {
      throw unusable(path, error)
    }
    return try commit(file, path, reader, signer)
  }

  /// Signs `file`, which was read back as `reader`, and commits it as the snapshot at `path`.
  static func commit(
    _ file: AtomicFile, _ path: String, _ reader: SnapshotReader, _ signer: SnapshotSigner
  ) throws(Failure) -> String? {
    try withFailure(path) { () throws(HostError) in
      let end = try file.input().size
      try signer.block(for: reader.contentDigest).withRawSpan { (block) throws(HostError) in
        try file.write(block, at: end)
      }
      try file.commit()
    }
    return signer.obstacle.map { "\(path) is not signed: \($0)" }
  }

  /// Opens what was written to `file`, and verifies every byte. A file written by a picoprocess has no signature
  /// yet.
  static func readBack(_ file: AtomicFile, _ path: String, _ parent: SnapshotReader?)
    throws(Failure) -> SnapshotReader
  {
    let input = try withFailure(path) { () throws(HostError) in try file.input() }
    do throws(SnapshotError) {
      let reader = try SnapshotReader(SnapshotFile(input), parent: parent)
      try reader.verifyStored()
      guard reader.signatureBytes == nil else { throw .malformed("it is signed already") }
      return reader
    } catch { throw unusable(path, error) }
  }

  private static func unusable(_ path: String, _ error: SnapshotError) -> Failure {
    Failure("\(path): it could not be resumed: \(error)")
  }

  private static func failure(_ path: String, _ error: HostError) -> Failure {
    switch error {
    case .notSupported: Failure("\(path): not a regular file")
    case .notFound where path.isEmpty: Failure("a snapshot needs a file's name, not ''")
    default: Failure(path, error)
    }
  }

  package var byteCount: UInt64 { file.size }

  package func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError) {
    let count: Int
    do throws(HostError) { count = try file.read(at: offset, into: &buffer) } catch {
      throw .readFailed("\(error)")
    }
    guard count == buffer.byteCount else { throw .truncated(at: offset + UInt64(count)) }
  }

  /// At most `count` bytes from `offset` on; fewer at the end of the file.
  func bytes(at offset: UInt64, count: Int) throws(HostError) -> [UInt8] {
    try file.read(at: offset, count: count)
  }
}
