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

  private init(_ file: InputFile) { self.file = file }

  /// Begins a snapshot that will replace `path`.
  static func beginning(_ path: String) throws(Failure) -> AtomicFile {
    do throws(HostError) { return try AtomicFile(replacing: path, permissions: 0o600) } catch {
      throw failure(path, error)
    }
  }

  /// Reads `file` back, verifies every byte and that it can be resumed, signs it, and commits it as the
  /// snapshot at `path`.
  ///
  /// - Returns: why it is not signed, in one line; nil if it is.
  static func commit(
    _ file: AtomicFile, _ path: String, _ signer: SnapshotSigner, on host: PosixHost
  ) throws(Failure) -> String? {
    let digest = try readBack(file, path, on: host)
    try withFailure(path) { () throws(HostError) in
      let end = try file.input().size
      try signer.block(for: digest).withRawSpan { (block) throws(HostError) in
        try file.write(block, at: end)
      }
      try file.commit()
    }
    return signer.obstacle.map { "\(path) is not signed: \($0)" }
  }

  /// Returns the content digest. A file written by a picoprocess has no signature yet.
  private static func readBack(_ file: AtomicFile, _ path: String, on host: PosixHost)
    throws(Failure) -> Digest
  {
    let input = try withFailure(path) { () throws(HostError) in try file.input() }
    do throws(SnapshotError) {
      let reader = try SnapshotReader(SnapshotFile(input))
      try reader.verifyStored()
      guard reader.signatureBytes == nil else { throw .malformed("it is signed already") }
      try Rehearsal.run(reader, on: host)
      return reader.contentDigest
    } catch { throw Failure("\(path): it could not be resumed: \(error)") }
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

  /// Opens the snapshot at `path`.
  package static func reader(_ path: String) throws(Failure) -> SnapshotReader {
    let source = try SnapshotFile(path)
    do throws(SnapshotError) { return try SnapshotReader(source) } catch {
      throw Failure(path, error)
    }
  }
}
