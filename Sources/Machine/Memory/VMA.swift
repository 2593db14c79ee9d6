/// A contiguous mapping of a guest process, one line of `/proc/self/maps`.
package struct VMA {
  package enum Backing {
    /// Zeroes on demand, private.
    case anonymous
    /// The object's bytes from `offset` (page aligned) at the VMA's start.
    case object(MemoryObject, offset: UInt64)
  }

  package struct Flags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Writes go to the backing object.
    package static let shared = Flags(rawValue: 1)
    /// Extends downwards when the pages below are touched.
    package static let growsDown = Flags(rawValue: 2)
    /// Not counted against the memory limit until touched.
    package static let noReserve = Flags(rawValue: 4)
    package static let locked = Flags(rawValue: 8)
    /// The initial thread's stack (`[stack]`).
    package static let stack = Flags(rawValue: 16)
    /// The program break's area (`[heap]`).
    package static let heap = Flags(rawValue: 32)
    /// Shared, but opened without write access: `mprotect(PROT_WRITE)` is refused.
    package static let readOnlyFile = Flags(rawValue: 64)
    package static let dontFork = Flags(rawValue: 128)
    package static let wipeOnFork = Flags(rawValue: 256)
    /// Not in core files.
    package static let dontDump = Flags(rawValue: 512)
  }

  package var start: GuestAddress
  package var end: GuestAddress
  package var permissions: Permissions
  package var flags: Flags
  package var backing: Backing
  /// The last column in `/proc/self/maps`.
  package var name: String
  /// What is in use as long as there is the mapping, or a part of it: its open file.
  package var holder: AnyObject?

  package init(
    start: GuestAddress, end: GuestAddress, permissions: Permissions, flags: Flags = [],
    backing: Backing = .anonymous, name: String = ""
  ) {
    self.start = start
    self.end = end
    self.permissions = permissions
    self.flags = flags
    self.backing = backing
    self.name = name
  }

  package var length: UInt64 { end - start }
  /// Whether its pages are an object's.
  package var isOfObject: Bool { if case .object = backing { true } else { false } }
  package var pages: Range<UInt64> { start.page..<end.page }

  package func contains(_ address: GuestAddress) -> Bool { address >= start && address < end }

  /// The object and page index mapped at guest page `page`.
  package func objectPage(_ page: UInt64) -> (object: MemoryObject, index: UInt64)? {
    guard case .object(let object, let offset) = backing else { return nil }
    return (object, (offset >> 12) + (page - start.page))
  }

  /// The part of this mapping within `start..<end`, with an adjusted file offset.
  package func clipped(to lower: GuestAddress, _ upper: GuestAddress) -> VMA {
    var part = self
    if lower > start {
      if case .object(let object, let offset) = backing {
        part.backing = .object(object, offset: offset + (lower - start))
      }
      part.start = lower
    }
    if upper < end { part.end = upper }
    return part
  }

  /// Whether `next` continues this mapping, so that the two can be merged.
  package func merges(with next: VMA) -> Bool {
    guard end == next.start, permissions == next.permissions, flags == next.flags,
      name == next.name, holder === next.holder
    else { return false }
    switch (backing, next.backing) {
    case (.anonymous, .anonymous): return true
    case (.object(let a, let aOffset), .object(let b, let bOffset)):
      return a === b && aOffset + length == bOffset
    default: return false
    }
  }

  /// Private, writable and reserved: counted against the memory limit when mapped.
  package var isCommitted: Bool {
    permissions.contains(.write) && flags.isDisjoint(with: [.shared, .noReserve, .growsDown])
  }
}
