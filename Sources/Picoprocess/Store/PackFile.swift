import HostABI
import PosixHost
import Snapshot

/// A block in a pack, as everybody sees it, also who lacks the key of a sealed store.
struct PackedBlock {
  /// The digest of its stored bytes; in a sealed store a keyed one.
  let name: Digest
  /// Bytes in the pack.
  let byteCount: UInt64
  let offset: UInt64
}

/// A pack: the contents of many blocks, one behind the other.
final class PackFile {
  /// Its file's name.
  let name: String
  /// All blocks, in the order of their contents.
  let blocks: [PackedBlock]
  /// What they are, in the same order; empty without the key of a sealed store.
  let entries: [PackIndex.Entry]
  /// The index of a pack of a sealed store; nil in others.
  let sealed: SealedPackIndex?
  /// Where the contents of the last block end.
  let end: UInt64
  /// Bytes of the file.
  let byteCount: UInt64
  let input: PackInput

  static let suffix = ".pack"

  /// Opens a pack and reads its index.
  ///
  /// - Parameter key: of a sealed store; without it, only `blocks` are known.
  init(_ directory: String, _ name: String, isSealed: Bool, _ key: StoreKey?)
    throws(SnapshotError)
  {
    self.name = name
    do throws(HostError) { input = PackInput(try InputFile(directory + "/" + name)) } catch {
      throw .readFailed(Failure.reason(error))
    }
    byteCount = input.byteCount
    let trailerSize = UInt64(PackIndex.trailerSize)
    guard byteCount >= UInt64(PackIndex.headerSize) + trailerSize else {
      throw .truncated(at: byteCount)
    }
    let trailer = try input.bytes(at: byteCount - trailerSize, PackIndex.trailerSize)
    end = try PackIndex.place(
      header: try input.bytes(at: 0, PackIndex.headerSize), trailer: trailer,
      size: byteCount, isSealed: isSealed)
    let encoded = try input.bytes(at: end, Int(byteCount - trailerSize - end))
    if isSealed {
      let index = try SealedPackIndex(decoding: encoded, trailer: trailer, at: end)
      sealed = index
      blocks = index.entries.map {
        PackedBlock(name: $0.name, byteCount: $0.byteCount, offset: $0.offset)
      }
      var entries: [PackIndex.Entry] = []
      if let key {
        for entry in index.entries { entries.append(try entry.opened(with: key)) }
      }
      self.entries = entries
    } else {
      sealed = nil
      entries = try PackIndex(decoding: encoded, trailer: trailer, at: end).entries
      blocks = entries.map {
        PackedBlock(name: $0.block.digest, byteCount: $0.block.storedSize, offset: $0.offset)
      }
    }
  }
}
