import Snapshot

/// Recomputes the digests of a changed snapshot, so that the change is found by what reads it and not by them.
///
/// It goes by what the bytes say as far as they make sense, and leaves everything as it is but the digests, the
/// table of contents and its length.
enum ContainerRepair {
  private static let headerDigest = 32
  private static let descriptorSize = 64
  private static let trailerSize = 64

  static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 48 else { return bytes }
    let headerSize = Int(integer(bytes, at: 12, count: 4))
    guard headerSize >= 48, headerSize <= bytes.count else { return bytes }
    var out = Array(bytes[..<(headerSize - headerDigest)])
    out += Digest(of: out[...]).bytes
    let header = out
    var table: [UInt8] = []
    var offset = headerSize
    while let end = end(ofBlockAt: offset, bytes) {
      let contents = end.contents..<end.block
      let descriptor = bytes[offset..<(offset + 32)] + Digest(of: bytes[contents]).bytes
      table += descriptor
      out += descriptor + bytes[(offset + descriptorSize)..<end.block]
      offset = end.block
    }
    // The descriptor of the table, its contents, the trailer, and what follows.
    let oldSize = Int(clamping: integer(bytes, at: offset + 24, count: 8))
    let oldTrailer = offset.addingReportingOverflow(descriptorSize).partialValue
      .addingReportingOverflow(oldSize)
    let place = oldTrailer.overflow ? bytes.count : min(oldTrailer.partialValue, bytes.count)
    let rest = bytes[place...]
    let size = little(UInt64(table.count))
    out += little(UInt32(3)) + [UInt8](repeating: 0, count: 12) + size + size
    out += Digest(of: table[...]).bytes + table
    var id = Array(rest.dropFirst(8).prefix(16))
    id += [UInt8](repeating: 0, count: 16 - id.count)
    out += size + id
    out += Digest(of: header[...], table[...], size[...], id[...]).bytes
    out += Array("\nGODEND".utf8) + [0x89]
    return out + rest.dropFirst(trailerSize)
  }

  /// Where the contents of a section or page chunk begin and end; nil if there is none.
  private static func end(ofBlockAt offset: Int, _ bytes: [UInt8]) -> (contents: Int, block: Int)? {
    guard bytes.count - offset >= descriptorSize, integer(bytes, at: offset, count: 4) != 3 else {
      return nil
    }
    let room = UInt64(bytes.count - offset - descriptorSize)
    let padding = integer(bytes, at: offset + 12, count: 4)
    let size = integer(bytes, at: offset + 16, count: 8)
    guard padding <= room, size <= room - padding else { return nil }
    let contents = offset + descriptorSize + Int(padding)
    return (contents, contents + Int(size))
  }

  /// Bytes behind the end are zero.
  private static func integer(_ bytes: [UInt8], at offset: Int, count: Int) -> UInt64 {
    (0..<count).reversed().reduce(0) { sum, index in
      sum << 8 | (offset + index < bytes.count ? UInt64(bytes[offset + index]) : 0)
    }
  }

  private static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    stride(from: 0, to: T.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
  }
}
