/// `struct linux_dirent64`: one entry of `getdents64(2)`, padded to a multiple of eight bytes.
package struct Dirent64: Hashable, Sendable {
  package var d_ino: UInt64
  /// The position of the next entry, for `lseek(2)`.
  package var d_off: Int64
  /// `FileType.directoryEntryType`, 0 when not known.
  package var d_type: UInt8
  /// The name without its NUL; Linux names are bytes, not text.
  package var d_name: [UInt8]

  package init(d_ino: UInt64, d_off: Int64, d_type: UInt8, d_name: [UInt8]) {
    self.d_ino = d_ino
    self.d_off = d_off
    self.d_type = d_type
    self.d_name = d_name
  }

  /// The length in bytes of the encoded entry (`d_reclen`): 19 before the name, and its NUL.
  package var byteCount: Int { (19 + d_name.count + 1 + 7) & ~7 }

  package func encode(to writer: inout ByteWriter) {
    writer.write(d_ino)
    writer.write(d_off)
    writer.write(UInt16(truncatingIfNeeded: byteCount))
    writer.write(d_type)
    writer.write(d_name)
    writer.zero(byteCount - 19 - d_name.count)
  }

  /// The entries in a buffer that `getdents64` filled, up to the first that isn't whole.
  package static func entries(in bytes: [UInt8]) -> [Dirent64] {
    var entries: [Dirent64] = []
    var offset = 0
    while bytes.count - offset >= 24 {
      var reader = ByteReader(bytes, at: offset)
      let inode: UInt64 = reader.read()
      let next: Int64 = reader.read()
      let length = Int(reader.read(UInt16.self))
      let type: UInt8 = reader.read()
      guard length >= 24, length <= bytes.count - offset else { break }
      let name = Array(reader.read(count: length - 19).prefix { $0 != 0 })
      entries.append(Dirent64(d_ino: inode, d_off: next, d_type: type, d_name: name))
      offset += length
    }
    return entries
  }
}
