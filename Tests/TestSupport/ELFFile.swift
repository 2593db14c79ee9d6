/// Builds small ELF files, one field at a time, so that each test can break exactly what it is about.
package struct ELFFile {
  package struct Header {
    package var type: UInt32
    package var flags: UInt32
    package var offset: UInt64
    package var address: UInt64
    package var fileSize: UInt64
    package var memorySize: UInt64
    package var alignment: UInt64

    package init(
      type: UInt32, flags: UInt32 = 4, offset: UInt64 = 0, address: UInt64 = 0,
      fileSize: UInt64 = 0, memorySize: UInt64 = 0, alignment: UInt64 = 4096
    ) {
      self.type = type
      self.flags = flags
      self.offset = offset
      self.address = address
      self.fileSize = fileSize
      self.memorySize = memorySize
      self.alignment = alignment
    }
  }

  package var machine: UInt16 = 62
  package var type: UInt16 = 3
  package var entry: UInt64 = 0x1000
  package var headerOffset: UInt64 = 64
  package var entrySize: UInt16 = 56
  package var count: UInt16?
  package var headers: [Header] = []
  /// What follows the program headers.
  package var contents: [UInt8] = []
  /// The file is padded to this many bytes.
  package var fileSize = 0

  package init() {}

  /// A dynamic program: text, data with a zeroed tail, interpreter, TLS and stack note.
  package static var program: ELFFile {
    var image = ELFFile()
    image.headers = [
      Header(type: 6, offset: 64, address: 64, fileSize: 336, memorySize: 336, alignment: 8),
      Header(type: 3, offset: 0x300, address: 0x300, fileSize: 17, memorySize: 17, alignment: 1),
      Header(type: 1, flags: 5, fileSize: 0x1800, memorySize: 0x1800),
      Header(
        type: 1, flags: 6, offset: 0x1800, address: 0x2800, fileSize: 0x200, memorySize: 0x5000),
      Header(
        type: 7, offset: 0x1800, address: 0x2800, fileSize: 8, memorySize: 24, alignment: 16),
      Header(type: 0x6474_e551, flags: 6, alignment: 16),
    ]
    image.fileSize = 0x1a00
    return image
  }

  package static var interpreter: [UInt8] { Array("/lib/ld-musl.so\0\0".utf8) }

  package var bytes: [UInt8] {
    var out: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + Array(repeating: 0, count: 9)
    func append<T: FixedWidthInteger>(_ value: T) {
      for shift in stride(from: 0, to: T.bitWidth, by: 8) {
        out.append(UInt8(truncatingIfNeeded: value >> T(shift)))
      }
    }
    append(type)
    append(machine)
    append(UInt32(1))
    append(entry)
    append(headerOffset)
    append(UInt64(0))
    append(UInt32(0))
    append(UInt16(64))
    append(entrySize)
    append(count ?? UInt16(headers.count))
    append(UInt16(64))
    append(UInt16(0))
    append(UInt16(0))
    for header in headers {
      append(header.type)
      append(header.flags)
      append(header.offset)
      append(header.address)
      append(header.address)
      append(header.fileSize)
      append(header.memorySize)
      append(header.alignment)
    }
    out += contents
    while out.count < fileSize { out.append(0) }
    if let path = headers.first(where: { $0.type == 3 }), path.offset <= 0x300,
      path.offset + 17 <= UInt64(out.count)
    {
      out.replaceSubrange(Int(path.offset)..<(Int(path.offset) + 17), with: Self.interpreter)
    }
    return out
  }
}
