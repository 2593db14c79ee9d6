import HostABI
import Machine
import PosixHost
import Snapshot

/// The bytes of a pack, which may be still in the making.
protocol PackBytes: AnyObject {
  /// Fills `buffer` with the bytes at `offset`.
  func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError)
}

extension PackBytes {
  /// The `count` bytes at `offset`.
  func bytes(at offset: UInt64, _ count: Int) throws(SnapshotError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withMutableRawSpan { (buffer) throws(SnapshotError) in
      try read(at: offset, into: &buffer)
    }
    return bytes
  }

  /// The stored bytes of a block, which are not checked, except in a sealed store.
  func contents(of entry: PackIndex.Entry, _ key: StoreKey?) throws(SnapshotError) -> [UInt8] {
    let count = Int(entry.block.storedSize)
    guard let key else { return try bytes(at: entry.offset, count) }
    let sealed = try bytes(at: entry.offset, count + MessageKey.overhead)
    guard let stored = key.open(sealed, .contents(key.name(of: entry.block.digest))) else {
      throw .altered(entry.block)
    }
    return stored
  }
}

/// An open pack without its index: whoever reads blocks needs no more, and should know no more of a sealed store.
final class PackInput: PackBytes {
  private let file: InputFile

  init(_ file: InputFile) { self.file = file }

  var byteCount: UInt64 { file.size }

  func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError) {
    let count: Int
    do throws(HostError) { count = try file.read(at: offset, into: &buffer) } catch {
      throw .readFailed(Failure.reason(error))
    }
    guard count == buffer.byteCount else { throw .truncated(at: offset + UInt64(count)) }
  }
}

extension SnapshotError {
  /// A block of a sealed store is not what was encrypted as such.
  static func altered(_ block: BlockDescriptor) -> SnapshotError {
    .malformed("the sealed contents \(block.digest) were altered")
  }
}
