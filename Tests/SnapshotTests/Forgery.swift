import Snapshot
import TestSupport

/// A snapshot as somebody makes it who means harm: anything may be a lie, and all digests are right.
struct Forgery {
  struct Block {
    var kind: UInt32 = 1
    var id: UInt32 = 1
    var flags: UInt32 = 0
    /// What its descriptor says, if not the truth.
    var padding: UInt32?
    var stored: [UInt8] = []
    /// What its descriptor says, if not the truth.
    var storedSize: UInt64?
    var size: UInt64?
    /// Bytes between descriptor and contents, if not those that belong there.
    var gap: [UInt8]?
    /// A change to the copy of the descriptor in front of the block only.
    var changeFront: (inout [UInt8]) -> Void = { _ in }
  }

  var blocks: [Block]
  /// Bytes between the last block and the table of contents.
  var gap: [UInt8]
  /// A change to the table of contents.
  var changeTable: (inout [UInt8]) -> Void = { _ in }
  private let header: [UInt8]

  /// - Parameter changeHeader: is given the header without its digest.
  init(
    _ blocks: [Block] = [], gap: [UInt8] = [], header: SnapshotHeader = someHeader,
    changeHeader: (inout [UInt8]) -> Void = { _ in }
  ) throws {
    self.blocks = blocks
    self.gap = gap
    let plain = try write(header) { _ in }
    var bytes = Array(plain.dropLast(64 + 64 + 32))
    changeHeader(&bytes)
    self.header = bytes + Digest(of: bytes[...]).bytes
  }

  var bytes: [UInt8] {
    var bytes = header
    var table: [UInt8] = []
    for block in blocks {
      let isRaw = block.kind == 2 && block.flags & 2 == 0
      let padding = isRaw ? (0 &- (bytes.count + 64)) & 4095 : 0
      let digest = Digest(of: block.stored[...]).bytes
      var descriptor = little(block.kind) + little(block.id) + little(block.flags)
      descriptor += little(block.padding ?? UInt32(padding))
      descriptor += little(block.storedSize ?? UInt64(block.stored.count))
      descriptor += little(block.size ?? UInt64(block.stored.count)) + digest
      table += descriptor
      block.changeFront(&descriptor)
      bytes += descriptor
      bytes += block.gap ?? [UInt8](repeating: 0, count: padding)
      bytes += block.stored
    }
    changeTable(&table)
    let size = little(UInt64(table.count))
    bytes += gap + little(3 as UInt32) + [UInt8](repeating: 0, count: 12) + size + size
    bytes += Digest(of: table[...]).bytes + table
    let id = little(someID.high.byteSwapped) + little(someID.low.byteSwapped)
    let content = Digest(of: header[...], table[...], size[...], id[...])
    bytes += size + id + content.bytes
    return bytes + Array("\nGODEND".utf8) + [0x89]
  }

  private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    stride(from: 0, to: T.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
  }
}
