import ELF
import TestSupport
import Testing

/// The note by which a guest of the host ABI is known.
@Suite struct NativeNoteTests {
  private func words(_ values: [UInt32]) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }
  }

  private func note(_ owner: String, type: UInt32, _ data: [UInt8]) -> [UInt8] {
    var name = Array(owner.utf8) + [0]
    let size = UInt32(name.count)
    while name.count % 4 != 0 { name.append(0) }
    return words([size, UInt32(data.count), type]) + name + data
  }

  /// A program with these notes.
  private func image(_ notes: [UInt8], size: UInt64? = nil) throws(ELFError) -> ELFImage {
    var file = ELFFile()
    file.type = 2
    let offset: UInt64 = 64 + 2 * 56
    file.headers = [
      .init(type: 1, flags: 5, fileSize: 0x1000, memorySize: 0x1000),
      .init(
        type: 4, offset: offset, address: offset, fileSize: size ?? UInt64(notes.count),
        memorySize: UInt64(notes.count)),
    ]
    file.contents = notes
    file.fileSize = 0x1000
    return try ELFImage(file.bytes)
  }

  @Test func theVersionIsRead() throws {
    let version = note("godwit", type: 1, words([1, 7]))
    #expect(try image(version).nativeNote == NativeNote(major: 1, minor: 7))
    let build = note("GNU", type: 3, [1, 2, 3, 4])
    #expect(try image(build + version).nativeNote == NativeNote(major: 1, minor: 7))
    #expect(try image(build).nativeNote == nil)
    #expect(try ELFImage(ELFFile.program.bytes).nativeNote == nil)
  }

  @Test func otherwiseItIsMalformed() {
    for wrong in [
      note("godwit", type: 2, words([1, 0])), note("godwit", type: 1, words([1])),
      note("godwit", type: 1, []),
    ] {
      #expect(throws: ELFError.malformed("its note .note.godwit does not name a version")) {
        try image(wrong)
      }
    }
  }

  /// Notes of others mean nothing, whatever is wrong with them.
  @Test func whatIsNoNoteIsNone() throws {
    for wrong in [
      words([.max, 8, 1]), words([7, .max, 1, 0x7764_6f67]), words([0, 0, 0]), [1, 2, 3],
      words([7, 8, 1]) + Array("godwit".utf8),
    ] {
      #expect(try image(wrong).nativeNote == nil)
    }
    let version = note("godwit", type: 1, words([1, 0]))
    #expect(try image(version, size: 1 << 40).nativeNote == nil)
    #expect(try image(version, size: 20).nativeNote == nil)
  }
}
