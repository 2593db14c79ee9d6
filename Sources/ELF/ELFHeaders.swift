/// The fields of `Elf64_Ehdr` that matter, in a file that passed its checks.
struct FileHeader {
  /// Bytes of `Elf64_Ehdr`.
  static let size = 64

  var machine: ELFMachine
  var kind: ELFImage.Kind
  var flags: UInt32
  var entry: UInt64
  var programHeaders: (offset: UInt64, count: Int)

  init(
    fileSize: UInt64, reading read: (_ offset: UInt64, _ count: Int) throws(ELFError) -> [UInt8]
  ) throws(ELFError) {
    let bytes = try read(0, Int(min(fileSize, UInt64(Self.size))))
    guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { throw .notELF }
    // Class and order come first: they decide how the rest would have to be read.
    guard bytes.count > 5 else { throw .truncated(what: "the end of its header") }
    guard bytes[4] == 2 else { throw .wrongClass(bytes[4]) }
    guard bytes[5] == 1 else { throw .wrongEndianness(bytes[5]) }
    guard bytes.count == Self.size else { throw .truncated(what: "the end of its header") }

    let type = UInt16(littleEndian: bytes, at: 16)
    guard let kind = ELFImage.Kind(rawValue: type) else { throw .unsupportedType(type) }
    let entrySize = UInt16(littleEndian: bytes, at: 54)
    guard Int(entrySize) == ProgramHeader.size else {
      throw .malformed("its program headers have \(entrySize) bytes each")
    }
    let count = Int(UInt16(littleEndian: bytes, at: 56))
    // The limit is Linux's: the table must fit in 64 KiB.
    guard count > 0, count * ProgramHeader.size <= 65536 else {
      throw .malformed("it has \(count) program headers")
    }
    self.kind = kind
    machine = ELFMachine(rawValue: UInt16(littleEndian: bytes, at: 18))
    entry = UInt64(littleEndian: bytes, at: 24)
    flags = UInt32(littleEndian: bytes, at: 48)
    programHeaders = (UInt64(littleEndian: bytes, at: 32), count)
  }
}

/// `Elf64_Phdr`.
struct ProgramHeader {
  /// Bytes of `Elf64_Phdr`.
  static let size = 56

  static let load: UInt32 = 1
  static let interpreter: UInt32 = 3
  static let note: UInt32 = 4
  static let gnuStack: UInt32 = 0x6474_e551
  static let gnuProperty: UInt32 = 0x6474_e553

  var type: UInt32
  var flags: UInt32
  var offset: UInt64
  var address: UInt64
  var fileSize: UInt64
  var memorySize: UInt64
  var alignment: UInt64

  /// The header at `position` of `bytes`, which must hold all of it.
  init(_ bytes: [UInt8], at position: Int) {
    type = UInt32(littleEndian: bytes, at: position)
    flags = UInt32(littleEndian: bytes, at: position + 4)
    offset = UInt64(littleEndian: bytes, at: position + 8)
    address = UInt64(littleEndian: bytes, at: position + 16)
    fileSize = UInt64(littleEndian: bytes, at: position + 32)
    memorySize = UInt64(littleEndian: bytes, at: position + 40)
    alignment = UInt64(littleEndian: bytes, at: position + 48)
  }
}

extension FixedWidthInteger {
  /// The little-endian integer at `position` of `bytes`.
  init(littleEndian bytes: [UInt8], at position: Int) {
    self = 0
    for index in (0..<(Self.bitWidth / 8)).reversed() {
      self = self << 8 | Self(truncatingIfNeeded: bytes[position + index])
    }
  }
}
