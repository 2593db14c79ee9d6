import HostABI
import Machine
import PosixHost
package import Snapshot

/// A file of the host that is read piecewise, usually a snapshot.
package final class SnapshotFile: SnapshotSource {
  let file: InputFile

  /// Opens the snapshot at `path`, which may be in parts.
  package init(_ path: String) throws(Failure) { file = try PartList.open(path) }

  /// Opens the file at `path`.
  static func opening(_ path: String) throws(Failure) -> InputFile {
    do throws(HostError) { return try InputFile(path) } catch {
      throw SnapshotFile.failure(path, error)
    }
  }

  init(_ file: InputFile) { self.file = file }

  /// Nil if there is no such file.
  convenience init?(ifPresent path: String) throws(Failure) {
    do throws(HostError) { _ = try InputFile(path) } catch .notFound {
      return nil
    } catch { throw SnapshotFile.failure(path, error) }
    try self.init(path)
  }

  /// Begins a snapshot that will replace `path`.
  static func beginning(_ path: String) throws(Failure) -> AtomicFile {
    do throws(HostError) { return try AtomicFile(replacing: path, permissions: 0o600) } catch {
      throw failure(path, error)
    }
  }

  private static func failure(_ path: String, _ error: HostError) -> Failure {
    switch error {
    case .notSupported: Failure("\(path): not a regular file")
    case .notFound where path.isEmpty: Failure("a snapshot needs a file's name, not ''")
    default: Failure(path, error)
    }
  }

  package var byteCount: UInt64 { file.size }

  package var descriptor: Int32? { file.descriptorForMapping }

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
