import Machine
import Snapshot
import Synchronization

/// The contents of the blocks of one snapshot. It has the packs that they are in, without their indexes, and of a sealed
/// store the keys of these blocks and no others: so much may be in the process that runs a guest.
final class SnapshotBlocks: BlockContents {
  private struct Place {
    let pack: any PackBytes
    let entry: PackIndex.Entry
    /// Nil in a store that is not sealed.
    let key: MessageKey?
  }

  private var places: [Digest: Place] = [:]
  /// The blocks of a sealed store that were read last, the very last at the end.
  private let recent = Mutex<[(digest: Digest, stored: [UInt8])]>([])
  private static let recentLimit = 4
  /// Bytes of all but the last.
  private static let recentSize = 4 << 20

  /// Blocks that the store lacks are missed when they are read.
  init(_ manifest: SnapshotManifest, _ store: SnapshotStore) throws(SnapshotError) {
    for block in manifest.blocks where places[block.digest] == nil {
      guard let (pack, entry) = store.packed(block) else { continue }
      let key = try store.key.map { (key) throws(SnapshotError) in
        key.messageKey(
          try pack.bytes(at: entry.offset, MessageKey.saltSize),
          .contents(key.name(of: block.digest)))
      }
      places[block.digest] = Place(pack: pack, entry: entry, key: key)
    }
  }

  func read(_ block: BlockDescriptor, at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(SnapshotError)
  {
    guard let place = places[block.digest], place.entry.block.storedSize == block.storedSize else {
      throw .readFailed("the store lacks the contents \(block.digest)")
    }
    guard let key = place.key else {
      return try place.pack.read(at: place.entry.offset + offset, into: &buffer)
    }
    let stored = try opened(place, key)
    guard offset <= block.storedSize, UInt64(buffer.byteCount) <= block.storedSize - offset else {
      throw .truncated(at: block.storedSize)
    }
    stored.withRawSpan {
      buffer.copy(from: $0.extracting(Int(offset)..<(Int(offset) + buffer.byteCount)), at: 0)
    }
  }

  private func opened(_ place: Place, _ key: MessageKey) throws(SnapshotError) -> [UInt8] {
    let digest = place.entry.block.digest
    let known = recent.withLock { $0.last { $0.digest == digest }?.stored }
    if let known { return known }
    let sealed = try place.pack.bytes(
      at: place.entry.offset, Int(place.entry.block.storedSize) + MessageKey.overhead)
    guard let stored = key.open(sealed) else { throw .altered(place.entry.block) }
    recent.withLock { recent in
      recent.append((digest, stored))
      while recent.count > 1,
        recent.count > Self.recentLimit
          || recent.dropLast().reduce(0, { $0 + $1.stored.count }) > Self.recentSize
      {
        recent.removeFirst()
      }
    }
    return stored
  }
}
