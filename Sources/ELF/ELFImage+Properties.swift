extension ELFImage {
  /// Reads `PT_GNU_PROPERTY`: one note of type `NT_GNU_PROPERTY_TYPE_0`, an array of
  /// (type, size, data padded to 8 bytes). (Linux Extensions to gABI, section 2.1.7.)
  ///
  /// A note of another kind, or a malformed one, gives no features. Features only add restrictions, so
  /// ignoring the note is safe.
  static func codeFeatures(
    _ header: ProgramHeader, _ machine: ELFMachine, _ fileSize: UInt64,
    _ read: (_ offset: UInt64, _ count: Int) throws(ELFError) -> [UInt8]
  ) throws(ELFError) -> CodeFeatures {
    // The limit is Linux's (NOTE_DATA_SZ).
    guard machine == .aarch64, (16...1024).contains(header.fileSize) else { return [] }
    let note = try readExactly(
      Int(header.fileSize), at: header.offset, of: fileSize, "its property note", read)
    let nameSize = UInt32(littleEndian: note, at: 0)
    let dataSize = Int(UInt32(littleEndian: note, at: 4))
    let type = UInt32(littleEndian: note, at: 8)
    guard nameSize == 4, type == 5, note[12..<16].elementsEqual([0x47, 0x4e, 0x55, 0]),
      dataSize <= note.count - 16
    else { return [] }

    var position = 16
    let end = 16 + dataSize
    while end - position >= 8 {
      let property = UInt32(littleEndian: note, at: position)
      let size = Int(UInt32(littleEndian: note, at: position + 4))
      position += 8
      guard size <= end - position else { return [] }
      if property == 0xc000_0000, size == 4 {
        return CodeFeatures(rawValue: UInt32(littleEndian: note, at: position))
      }
      position += (size + 7) / 8 * 8
    }
    return []
  }
}
