import HostABI
import PosixHost
package import Snapshot

/// A snapshot in a host file.
package final class SnapshotFile: SnapshotSource {
  private let file: InputFile

  package init(_ path: String) throws(Failure) {
    do throws(HostError) { file = try InputFile(path) } catch {
      throw Failure("\(path): \(error)")
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

  /// Opens the snapshot at `path`.
  package static func reader(_ path: String) throws(Failure) -> SnapshotReader {
    let source = try SnapshotFile(path)
    do throws(SnapshotError) { return try SnapshotReader(source) } catch {
      throw Failure("\(path): \(error)")
    }
  }
}
