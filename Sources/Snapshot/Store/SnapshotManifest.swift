/// A snapshot without the contents of its sections and page chunks: header, table of contents, trailer and
/// signature. With the contents, which it names by their digests, it is a file again, byte for byte.
package struct SnapshotManifest: Sendable {
  package let header: SnapshotHeader
  package let blocks: [BlockDescriptor]
  package let id: SnapshotID
  package let contentDigest: Digest
  /// The block behind the trailer; empty if there is none.
  package var signatureBlock: [UInt8] = []

  let headerBytes: [UInt8]
  let trailer: Trailer

  /// The manifest of a new snapshot.
  ///
  /// - Parameter blocks: sections and page chunks in order; their padding is computed here.
  package init(_ header: SnapshotHeader, _ blocks: [BlockDescriptor], id: SnapshotID)
    throws(SnapshotError)
  {
    let headerBytes = try header.encoded()
    var sequence = BlockSequence(headerSize: headerBytes.count)
    var placed: [BlockDescriptor] = []
    for var block in blocks {
      block.padding = block.requiredPadding(at: sequence.offset)
      _ = try sequence.place(block)
      placed.append(block)
    }
    self.init(header, headerBytes, placed, id)
  }

  private init(
    _ header: SnapshotHeader, _ headerBytes: [UInt8], _ blocks: [BlockDescriptor], _ id: SnapshotID
  ) {
    self.header = header
    self.headerBytes = headerBytes
    self.blocks = blocks
    self.id = id
    let table = Self.table(blocks)
    var digest = DigestBuilder()
    digest.append(headerBytes[...])
    digest.append(table[...])
    trailer = Trailer(tableSize: UInt64(table.count), id: id, after: digest)
    contentDigest = trailer.contentDigest
  }

  static func table(_ blocks: [BlockDescriptor]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(blocks.count * BlockDescriptor.encodedSize)
    for block in blocks { bytes += block.encoded }
    return bytes
  }
}

extension SnapshotManifest {
  private static var magic: [UInt8] { [0x89] + Array("GODMAN\n".utf8) }
  private static var version: UInt32 { 1 }
  /// Bytes before the header.
  private static var prefixSize: Int { 24 }

  /// The manifest as a file; `Docs/Store.md` lays it out.
  package var encoded: [UInt8] {
    let table = Self.table(blocks)
    var bytes = Self.magic
    bytes.append(littleEndian: Self.version)
    bytes.append(littleEndian: UInt32(signatureBlock.count))
    bytes.append(littleEndian: UInt64(table.count))
    bytes += headerBytes + table + trailer.encoded + signatureBlock
    return bytes + Digest(of: bytes[...]).bytes
  }

  /// Reads a manifest. No byte of it is trusted.
  package init(decoding bytes: [UInt8]) throws(SnapshotError) {
    guard bytes.starts(with: Self.magic) else { throw .malformed("it is not a manifest") }
    let end = bytes.count - Digest.size
    guard end >= Self.prefixSize, Digest(of: bytes[..<end]) == Digest(Array(bytes[end...])) else {
      throw .malformed("its manifest is damaged")
    }
    var cursor = ByteCursor(bytes[Self.magic.count..<end], of: "manifest")
    let version = try cursor.integer(UInt32.self)
    guard version == Self.version else {
      throw .malformed("its manifest has version \(version), not \(Self.version)")
    }
    let signatureSize = Int(try cursor.integer(UInt32.self))
    let tableSize = try cursor.integer(UInt64.self)
    let headerSize = try SnapshotHeader.encodedSize(
      prefix: Array(bytes[Self.prefixSize..<end].prefix(SnapshotHeader.prefixSize)))
    let headerBytes = Array(try cursor.take(headerSize))
    let header = try SnapshotHeader(decoding: headerBytes)
    guard tableSize <= TableOfContents.sizeLimit,
      tableSize % UInt64(BlockDescriptor.encodedSize) == 0
    else { throw .malformed("its manifest has an impossible table of contents") }
    var table = ByteCursor(try cursor.take(Int(tableSize)), of: "table of contents")
    var sequence = BlockSequence(headerSize: headerSize)
    var blocks: [BlockDescriptor] = []
    while table.remaining > 0 {
      let block = try BlockDescriptor(from: &table)
      _ = try sequence.place(block)
      blocks.append(block)
    }
    let trailer = Array(try cursor.take(Trailer.size))
    self.init(header, headerBytes, blocks, try Trailer.claims(trailer).id)
    guard trailer == self.trailer.encoded else { throw .checksumMismatch(.trailer) }
    signatureBlock = Array(try cursor.take(signatureSize))
    guard cursor.remaining == 0 else { throw .malformed("its manifest has bytes left over") }
    _ = try SignatureBlock.decode(signatureBlock)
  }
}
