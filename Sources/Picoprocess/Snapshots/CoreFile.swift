import HostABI
import LinuxABI
import Machine
import PosixHost
import Snapshot

/// The layout of an ELF core file (core(5), elf(5)): headers, notes, then the segments, each at a page boundary.
struct CoreFile {
  /// A part of a mapping that has all its bytes, or none.
  struct Segment {
    var pages: Range<UInt64>
    /// Bits 0 to 2: read, write, execute.
    var permissions: UInt32
    /// Empty if the bytes are not at hand.
    var pieces: ArraySlice<SavedMemory.Piece>
    /// In the file.
    var offset: UInt64 = 0

    /// In the file.
    var byteCount: UInt64 { pieces.isEmpty ? 0 : UInt64(pages.count) << 12 }
  }

  private let isa: ELFMachineNumber
  private let notes: [UInt8]
  private var segments: [Segment]
  /// In bytes.
  let size: UInt64

  /// The numbers in `e_machine`.
  enum ELFMachineNumber: UInt16 {
    case x86_64 = 62
    case aarch64 = 183
  }

  init(_ isa: ELFMachineNumber, notes: [UInt8], _ memory: SavedMemory) {
    self.isa = isa
    self.notes = notes
    segments = memory.mappings.flatMap(CoreFile.segments)
    var end = CoreFile.headerSize(segments.count) + UInt64(notes.count)
    for index in segments.indices where !segments[index].pieces.isEmpty {
      end = (end + 4095) & ~4095
      segments[index].offset = end
      // Segments are disjoint and below 2⁴⁷, so their sum is too.
      end += segments[index].byteCount
    }
    size = end
  }

  private static func segments(of mapping: SavedMemory.Mapping) -> [Segment] {
    var segments: [Segment] = []
    var first = 0
    let pieces = mapping.pieces
    for index in pieces.indices {
      let isLast = index + 1 == pieces.count
      let isAbsent = pieces[index].content.isAbsent
      guard isLast || pieces[index + 1].content.isAbsent != isAbsent else { continue }
      segments.append(
        Segment(
          pages: pieces[first].pages.lowerBound..<pieces[index].pages.upperBound,
          permissions: mapping.permissions, pieces: isAbsent ? [] : pieces[first...index]))
      first = index + 1
    }
    return segments
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
  private var head: [UInt8] {
    let count = segments.count + 1
    let isExtended = CoreFile.isExtended(segments.count)
    let notesOffset = CoreFile.headerSize(segments.count)
    var writer = ByteWriter(capacity: Int(notesOffset) + notes.count)
    // 64 bits, little endian, version 1, System V.
    writer.write([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])
    writer.zero(8)
    writer.write(UInt16(4))  // ET_CORE
    writer.write(isa.rawValue)
    writer.write(UInt32(1))
    writer.write(UInt64(0))
    writer.write(CoreFile.fileHeaderSize)
    writer.write(isExtended ? notesOffset - CoreFile.sectionHeaderSize : 0)
    writer.write(UInt32(0))
    writer.write(UInt16(CoreFile.fileHeaderSize))
    writer.write(UInt16(CoreFile.programHeaderSize))
    writer.write(UInt16(isExtended ? CoreFile.extendedCount : count))
    writer.write(UInt16(isExtended ? CoreFile.sectionHeaderSize : 0))
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

  // MARK: Writing

  /// Writes all of it; pages of zeroes are holes.
  ///
  /// - Parameter names: of the file, and of the snapshot that `memory` is in, for errors.
  func write(
    to file: AtomicFile, _ memory: SavedMemory, names: (file: String, snapshot: String)
  ) throws(Failure) {
    try withFailure(names.file) { () throws(HostError) in
      try head.withRawSpan { (bytes) throws(HostError) in try file.write(bytes) }
    }
    let progress = Progress("writing", of: size)
    for segment in segments {
      for piece in segment.pieces {
        defer { progress.advance(by: UInt64(piece.pages.count) << 12) }
        let base = segment.offset + (piece.pages.lowerBound - segment.pages.lowerBound) << 12
        try memory.forEachPage(of: piece, failure: { Failure(names.snapshot, $0) }) {
          (page, bytes) throws(Failure) in
          let place = base + (page - piece.pages.lowerBound) << 12
          try withFailure(names.file) { () throws(HostError) in try file.write(bytes, at: place) }
        }
      }
    }
    guard file.length < size else { return }
    try withFailure(names.file) { () throws(HostError) in
      try [0].withRawSpan { (bytes) throws(HostError) in try file.write(bytes, at: size - 1) }
    }
  }
}
