internal import Zstd

/// Where a snapshot is read from: a file, usually. Several threads may read at once.
package protocol SnapshotSource: AnyObject {
  /// Bytes in all.
  var byteCount: UInt64 { get }

  /// Fills all of `buffer` with the bytes at `offset`, or throws `truncated` or `readFailed`.
  func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError)

  /// The open file whose bytes these are; nil if there is no such file.
  var descriptor: Int32? { get }
}

extension SnapshotSource {
  package var descriptor: Int32? { nil }
}

/// A snapshot that is all in memory.
package final class SnapshotBytes: SnapshotSource {
  private let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var byteCount: UInt64 { UInt64(bytes.count) }

  package func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError) {
    guard offset <= byteCount, UInt64(buffer.byteCount) <= byteCount - offset else {
      throw .truncated(at: byteCount)
    }
    let range = Int(offset)..<(Int(offset) + buffer.byteCount)
    bytes.lend { buffer.replace(with: $0.extracting(range)) }
  }
}

extension SnapshotSource {
  /// The `count` bytes at `offset`; the caller has bounded `count`.
  func bytes(at offset: UInt64, count: Int) throws(SnapshotError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.lendMutable { buffer throws(SnapshotError) in
      try read(at: offset, into: &buffer)
    }
    return bytes
  }
}
