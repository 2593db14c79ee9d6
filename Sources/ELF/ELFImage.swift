/// The parts of a little-endian ELF64 program that a loader needs, validated: no sum of its fields overflows.
///
/// Only the headers and the interpreter's path are read. Field meanings are those of the System V ABI,
/// chapters 4 and 5; limits are those of Linux's `fs/binfmt_elf.c`.
package struct ELFImage: Hashable, Sendable {
  package enum Kind: UInt16, Sendable {
    /// Loaded at the addresses it names.
    case executable = 2
    /// Loaded anywhere: a position-independent program or an interpreter.
    case dynamic = 3
  }

  /// One `PT_LOAD` segment. `fileSize ≤ memorySize`, and `memorySize` is not zero.
  package struct Segment: Hashable, Sendable {
    /// Bytes from the start of the file; congruent to `address` modulo 4096 if `fileSize > 0`.
    package var offset: UInt64
    /// As linked; a dynamic image adds its load bias.
    package var address: UInt64
    package var fileSize: UInt64
    /// Bytes in memory; those beyond `fileSize` are zero.
    package var memorySize: UInt64
    package var flags: SegmentFlags
    /// A power of two.
    package var alignment: UInt64

    package init(
      offset: UInt64, address: UInt64, fileSize: UInt64, memorySize: UInt64, flags: SegmentFlags,
      alignment: UInt64
    ) {
      self.offset = offset
      self.address = address
      self.fileSize = fileSize
      self.memorySize = memorySize
      self.flags = flags
      self.alignment = alignment
    }

    /// One past the last byte in memory.
    package var end: UInt64 { address + memorySize }
  }

  /// `p_flags`.
  package struct SegmentFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let execute = SegmentFlags(rawValue: 1)
    package static let write = SegmentFlags(rawValue: 2)
    package static let read = SegmentFlags(rawValue: 4)
  }

  /// Features that all code of the image supports, from `PT_GNU_PROPERTY`
  /// (`GNU_PROPERTY_AARCH64_FEATURE_1_AND`).
  package struct CodeFeatures: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// AArch64 branch target identification.
    package static let branchTargets = CodeFeatures(rawValue: 1)
    /// AArch64 return address signing.
    package static let pointerAuthentication = CodeFeatures(rawValue: 2)
  }

  package internal(set) var machine: ELFMachine
  package internal(set) var kind: Kind
  /// `e_flags`; architecture specific.
  package internal(set) var flags: UInt32
  /// The address of the first instruction, as linked.
  package internal(set) var entry: UInt64
  /// Bytes from the start of the file to the program headers.
  package internal(set) var programHeaderOffset: UInt64
  package internal(set) var programHeaderEntrySize: Int
  package internal(set) var programHeaderCount: Int
  /// In the order of the file, never empty. They are mapped one after the other: of those that overlap, the later one
  /// is there. They may reach beyond the end of the file.
  package internal(set) var segments: [Segment] = []
  /// The path in `PT_INTERP`, without its terminating NUL.
  package internal(set) var interpreter: [UInt8]?
  /// Whether `PT_GNU_STACK` requests an executable stack; `nil` if there is no such header.
  package internal(set) var executableStack: Bool?
  package internal(set) var codeFeatures: CodeFeatures = []
  /// What a guest of the host ABI says it is; `nil` for a Linux program.
  package internal(set) var nativeNote: NativeNote?

  /// From the page of the first byte to the end of the page of the last, as linked.
  package var pageSpan: Range<UInt64> {
    let start = segments.reduce(.max) { min($0, $1.address) }
    let end = segments.reduce(0) { max($0, $1.end) }
    return (start & ~4095)..<((end + 4095) & ~4095)
  }

  /// The largest alignment any segment asks for, at least a page.
  package var alignment: UInt64 { segments.reduce(4096) { max($0, $1.alignment) } }

  /// Where the program headers lie in memory, as linked (`AT_PHDR` without the load bias); `nil` if no
  /// segment contains them.
  package var programHeaderAddress: UInt64? {
    for segment in segments
    where segment.offset <= programHeaderOffset
      && programHeaderOffset - segment.offset < segment.fileSize
    {
      return segment.address + (programHeaderOffset - segment.offset)
    }
    return nil
  }
}
