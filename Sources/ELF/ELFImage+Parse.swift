extension ELFImage {
  /// Reads the image of a file of `fileSize` bytes.
  ///
  /// - Parameter read: returns `count` bytes at `offset`, or fewer at the end of the file. It is called for
  ///   at most 64 KiB at a time, and never for bytes beyond `fileSize`.
  package init(
    fileSize: UInt64,
    reading read: (_ offset: UInt64, _ count: Int) throws(ELFError) -> [UInt8]
  ) throws(ELFError) {
    let file = try FileHeader(fileSize: fileSize, reading: read)
    self.init(
      machine: file.machine, kind: file.kind, flags: file.flags, entry: file.entry,
      programHeaderOffset: file.programHeaders.offset,
      programHeaderEntrySize: ProgramHeader.size,
      programHeaderCount: file.programHeaders.count)

    let table = try readExactly(
      file.programHeaders.count * ProgramHeader.size, at: file.programHeaders.offset,
      of: fileSize, "its program headers", read)
    for index in 0..<file.programHeaders.count {
      let header = ProgramHeader(table, at: index * ProgramHeader.size)
      switch header.type {
      case ProgramHeader.load: try addSegment(header)
      case ProgramHeader.interpreter where interpreter == nil:
        interpreter = try Self.interpreter(header, fileSize, read)
      case ProgramHeader.note where nativeNote == nil:
        nativeNote = try NativeNote(header, fileSize, read)
      case ProgramHeader.gnuStack:
        executableStack = SegmentFlags(rawValue: header.flags).contains(.execute)
      case ProgramHeader.gnuProperty:
        codeFeatures = try Self.codeFeatures(header, machine, fileSize, read)
      default: break
      }
    }
    guard !segments.isEmpty else { throw .malformed("it has nothing to load") }
  }

  /// Reads the image of a file that is entirely in memory.
  package init(_ bytes: [UInt8]) throws(ELFError) {
    try self.init(fileSize: UInt64(bytes.count)) { offset, count throws(ELFError) in
      guard offset <= bytes.count else { return [] }
      return Array(bytes[Int(offset)..<min(bytes.count, Int(offset) + count)])
    }
  }

  private mutating func addSegment(_ header: ProgramHeader) throws(ELFError) {
    guard header.fileSize <= header.memorySize else {
      throw .malformed("a segment is larger in the file than in memory")
    }
    // Linkers emit empty segments; a kernel maps nothing for them.
    guard header.memorySize > 0 else { return }
    let (end, overflow) = header.address.addingReportingOverflow(header.memorySize)
    guard !overflow, end <= Self.addressLimit else {
      throw .malformed("a segment lies outside of the address space")
    }
    guard header.alignment <= 1 || header.alignment.nonzeroBitCount == 1,
      header.alignment <= Self.addressLimit
    else { throw .malformed("a segment's alignment is not a power of two") }
    if header.fileSize > 0 {
      guard header.offset & 4095 == header.address & 4095 else {
        throw .malformed("a segment's file offset and address differ modulo the page size")
      }
      let (fileEnd, overflow) = header.offset.addingReportingOverflow(header.fileSize)
      guard !overflow, fileEnd <= Self.fileLimit else {
        throw .malformed("a segment lies where no file has bytes")
      }
    }
    segments.append(
      Segment(
        offset: header.offset, address: header.address, fileSize: header.fileSize,
        memorySize: header.memorySize, flags: SegmentFlags(rawValue: header.flags),
        alignment: max(header.alignment, 1)))
  }

  /// No user address of any ISA is higher, and sums of a few addresses, lengths and alignments below this
  /// limit cannot overflow.
  private static var addressLimit: UInt64 { 1 << 56 }

  /// File offsets end there (`loff_t`), less a page, by which they are rounded up.
  private static var fileLimit: UInt64 { (1 << 63) - 4096 }

  private static func interpreter(
    _ header: ProgramHeader, _ fileSize: UInt64,
    _ read: (_ offset: UInt64, _ count: Int) throws(ELFError) -> [UInt8]
  ) throws(ELFError) -> [UInt8] {
    // As Linux: at least one byte and its NUL, at most PATH_MAX.
    guard (2...4096).contains(header.fileSize) else {
      throw .malformed("the length of its interpreter's path is \(header.fileSize)")
    }
    let path = try readExactly(
      Int(header.fileSize), at: header.offset, of: fileSize, "its interpreter's path", read)
    guard path.last == 0 else { throw .malformed("its interpreter's path has no end") }
    let name = Array(path.prefix { $0 != 0 })
    guard !name.isEmpty else { throw .malformed("its interpreter's path is empty") }
    return name
  }
}

/// The bytes at `offset`: all of them, or an error that names what is missing.
func readExactly(
  _ count: Int, at offset: UInt64, of fileSize: UInt64, _ what: String,
  _ read: (_ offset: UInt64, _ count: Int) throws(ELFError) -> [UInt8]
) throws(ELFError) -> [UInt8] {
  let (end, overflow) = offset.addingReportingOverflow(UInt64(count))
  guard !overflow, end <= fileSize else { throw .truncated(what: "the end of \(what)") }
  let bytes = try read(offset, count)
  // The file may have shrunk since its size was taken.
  guard bytes.count == count else { throw .truncated(what: "the end of \(what)") }
  return bytes
}
