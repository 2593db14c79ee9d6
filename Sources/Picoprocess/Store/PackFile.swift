import HostABI
import PosixHost
import Snapshot

/// A pack: the contents of many blocks, one behind the other.
final class PackFile {
  /// Its file's name.
  let name: String
  let index: PackIndex
  /// Bytes of the file.
  let byteCount: UInt64
  private let file: InputFile

  static let suffix = ".pack"

  /// Opens a pack and reads its index.
  init(_ directory: String, _ name: String) throws(SnapshotError) {
    self.name = name
    do throws(HostError) { file = try InputFile(directory + "/" + name) } catch {
      throw .readFailed(Failure.reason(error))
    }
    byteCount = file.size
    let trailerSize = UInt64(PackIndex.trailerSize)
    guard byteCount >= UInt64(PackIndex.headerSize) + trailerSize else {
      throw .truncated(at: byteCount)
    }
    let trailer = try Self.bytes(of: file, at: byteCount - trailerSize, PackIndex.trailerSize)
    let place = try PackIndex.place(
      header: try Self.bytes(of: file, at: 0, PackIndex.headerSize), trailer: trailer,
      size: byteCount)
    let encoded = try Self.bytes(of: file, at: place, Int(byteCount - trailerSize - place))
    index = try PackIndex(decoding: encoded, trailer: trailer, at: place)
  }

  /// The stored bytes of a block, which are not checked.
  func contents(of entry: PackIndex.Entry) throws(SnapshotError) -> [UInt8] {
    try Self.bytes(of: file, at: entry.offset, Int(entry.block.storedSize))
  }

  func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError) {
    try Self.read(file, at: offset, into: &buffer)
  }

  static func read(_ file: InputFile, at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(SnapshotError)
  {
    let count: Int
    do throws(HostError) { count = try file.read(at: offset, into: &buffer) } catch {
      throw .readFailed(Failure.reason(error))
    }
    guard count == buffer.byteCount else { throw .truncated(at: offset + UInt64(count)) }
  }

  private static func bytes(of file: InputFile, at offset: UInt64, _ count: Int)
    throws(SnapshotError) -> [UInt8]
  {
    let bytes: [UInt8]
    do throws(HostError) { bytes = try file.read(at: offset, count: count) } catch {
      throw .readFailed(Failure.reason(error))
    }
    guard bytes.count == count else { throw .truncated(at: offset + UInt64(bytes.count)) }
    return bytes
  }
}
