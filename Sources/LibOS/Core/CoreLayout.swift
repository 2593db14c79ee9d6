import LinuxABI
package import Machine

/// The layout of an ELF core file (core(5), elf(5)): headers, notes, then the segments, each at a page boundary.
package struct CoreLayout {
  /// A part of a mapping that has all its bytes, or the first ones, or none.
  package struct Segment {
    package var pages: Range<UInt64>
    /// Bits 0 to 2: read, write, execute.
    package var permissions: UInt32
    /// In the file.
    package var byteCount: UInt64
    /// In the file.
    package fileprivate(set) var offset: UInt64 = 0

    package init(pages: Range<UInt64>, permissions: UInt32, byteCount: UInt64) {
      self.pages = pages
      self.permissions = permissions
      self.byteCount = byteCount
    }
  }

  private let isa: GuestISA
  private let notes: [UInt8]
  package private(set) var segments: [Segment]
  /// In bytes.
  package let size: UInt64

  package init(_ isa: GuestISA, notes: [UInt8], _ segments: [Segment]) {
    self.isa = isa
    self.notes = notes
    self.segments = segments
    var end = CoreLayout.headerSize(segments.count) + UInt64(notes.count)
    for index in segments.indices {
      end = (end + 4095) & ~4095
      self.segments[index].offset = end
      // Segments are disjoint and below 2⁴⁷, so their sum is too.
      end += segments[index].byteCount
    }
    size = end
  }

  // MARK: Headers

  private static let fileHeaderSize: UInt64 = 64
  private static let programHeaderSize: UInt64 = 56
  private static let sectionHeaderSize: UInt64 = 64
  /// In `e_phnum`: the number stands in the first section header (`PN_XNUM`).
  private static let extendedCount = 0xffff

  private static func isExtended(_ segments: Int) -> Bool { segments + 1 >= extendedCount }

  private static func headerSize(_ segments: Int) -> UInt64 {
    fileHeaderSize + UInt64(segments + 1) * programHeaderSize
      + (isExtended(segments) ? sectionHeaderSize : 0)
  }

  /// What stands before the segments.
  package var head: [UInt8] {
    let count = segments.count + 1
    let isExtended = CoreLayout.isExtended(segments.count)
    let notesOffset = CoreLayout.headerSize(segments.count)
    var writer = ByteWriter(capacity: Int(notesOffset) + notes.count)
    // 64 bits, little endian, version 1, System V.
    writer.write([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])
    writer.zero(8)
    writer.write(UInt16(4))  // ET_CORE
    writer.write(isa.elfMachine)
    writer.write(UInt32(1))
    writer.write(UInt64(0))
    writer.write(CoreLayout.fileHeaderSize)
    writer.write(isExtended ? notesOffset - CoreLayout.sectionHeaderSize : 0)
    writer.write(UInt32(0))
    writer.write(UInt16(CoreLayout.fileHeaderSize))
    writer.write(UInt16(CoreLayout.programHeaderSize))
    writer.write(UInt16(isExtended ? CoreLayout.extendedCount : count))
    writer.write(UInt16(isExtended ? CoreLayout.sectionHeaderSize : 0))
    writer.write(UInt16(isExtended ? 1 : 0))
    writer.write(UInt16(0))

    write(type: 4, flags: 0, notesOffset, 0, UInt64(notes.count), 0, 4, to: &writer)  // PT_NOTE
    for segment in segments {
      // PT_LOAD; its flags are in the opposite order.
      let bits = segment.permissions
      let flags = (bits & 1) << 2 | bits & 2 | (bits & 4) >> 2
      write(
        type: 1, flags: flags, segment.offset, segment.pages.lowerBound << 12, segment.byteCount,
        UInt64(segment.pages.count) << 12, 4096, to: &writer)
    }
    if isExtended {
      writer.zero(44)
      writer.write(UInt32(truncatingIfNeeded: count))
      writer.zero(16)
    }
    writer.write(notes)
    return writer.bytes
  }

  private func write(
    type: UInt32, flags: UInt32, _ offset: UInt64, _ address: UInt64, _ fileSize: UInt64,
    _ memorySize: UInt64, _ alignment: UInt64, to writer: inout ByteWriter
  ) {
    writer.write(type)
    writer.write(flags)
    for field in [offset, address, 0, fileSize, memorySize, alignment] { writer.write(field) }
  }
}
