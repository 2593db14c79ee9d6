/// The note `.note.godwit`: the program is a guest of the host ABI, of which it names the version.
package struct NativeNote: Hashable, Sendable {
  package var major: UInt32
  package var minor: UInt32
  package init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }

  /// The name and the type of the note.
  private static let owner = Array("godwit\0".utf8)
  private static let type: UInt32 = 1
}

extension NativeNote {
  /// Looks for the note in a `PT_NOTE` segment: notes of (name size, data size, type, name, data), name and data
  /// padded to 4 bytes. (System V ABI, "Note Section".) Other owners' notes mean nothing here, and neither does what
  /// follows a malformed one; but this note's own data must be two numbers.
  init?(
    _ header: ProgramHeader, _ fileSize: UInt64,
    _ read: (_ offset: UInt64, _ count: Int) throws(ELFError) -> [UInt8]
  ) throws(ELFError) {
    // Compilers' notes take a hundred bytes.
    guard (12...4096).contains(header.fileSize) else { return nil }
    let (end, overflow) = header.offset.addingReportingOverflow(header.fileSize)
    guard !overflow, end <= fileSize else { return nil }
    let bytes = try readExactly(
      Int(header.fileSize), at: header.offset, of: fileSize, "its notes", read)
    var position = 0
    while bytes.count - position >= 12 {
      let nameSize = Int(UInt32(littleEndian: bytes, at: position))
      let dataSize = Int(UInt32(littleEndian: bytes, at: position + 4))
      let type = UInt32(littleEndian: bytes, at: position + 8)
      let name = position + 12
      let data = name + (nameSize + 3) / 4 * 4
      guard data <= bytes.count, dataSize <= bytes.count - data else { return nil }
      position = data + (dataSize + 3) / 4 * 4
      guard bytes[name..<(name + nameSize)].elementsEqual(Self.owner) else { continue }
      guard type == Self.type, dataSize == 8 else {
        throw .malformed("its note .note.godwit does not name a version")
      }
      self.init(
        major: UInt32(littleEndian: bytes, at: data),
        minor: UInt32(littleEndian: bytes, at: data + 4))
      return
    }
    return nil
  }
}
