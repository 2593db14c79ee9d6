/// The memory of one guest process: its mappings and its page table, and so the engine's MMU.
///
/// `mappings` has what the guest asked for, and the page table which pages exist. Only this class changes
/// them. The engine asks `translate` at each TLB miss and compares `tlbVersion` before each run.
package final class AddressSpace {
  package let arena: FrameArena
  package let isa: GuestISA

  /// The limit of mappings (`/proc/sys/vm/max_map_count`).
  package static let mappingLimit = 65530

  /// Merged as in Linux.
  package internal(set) var mappings = VMASet()
  package internal(set) var table: PageTable<512>
  package internal(set) var lineage: PageLineage
  private let mappingMemory: MemoryCharge

  private var flushes: UInt64 = 0
  /// Changes whenever an entry that the engine may have cached is removed or restricted, and with each epoch,
  /// since pages must be written to again before they may be written. Never 0.
  package var tlbVersion: UInt64 { UInt64(arena.epoch) << 40 | flushes }

  /// The size limit of a growing stack, in bytes (`RLIMIT_STACK`).
  package var stackLimit: UInt64 = 8 << 20

  /// New mappings are locked: `mlockall(MCL_FUTURE)`.
  package var locksMappings = false

  /// Bytes of private writable memory that are reserved for the guest.
  package internal(set) var committedBytes: UInt64 = 0

  /// The number of pages loaded around a faulting page (fault-around).
  package var faultAroundPages: UInt64 = 8

  package init(arena: FrameArena, isa: GuestISA) {
    self.arena = arena
    self.isa = isa
    lineage = PageLineage(arena)
    table = PageTable(arena, memory: MemoryCharge(arena, .pageTables))
    mappingMemory = MemoryCharge(arena, .mappings)
  }

  deinit {
    table.releaseAll()
  }

  /// Bytes that the library OS needs for one mapping.
  private static let mappingSize = 200

  /// Whether there is room for `count` more mappings.
  func hasRoom(forMappings count: Int) -> Bool {
    arena.hasRoom(forKernel: count * Self.mappingSize)
  }

  func accountForMappings() { mappingMemory.set(mappings.count * Self.mappingSize) }

  /// Bytes that a copy of this address space needs at once, without its pages.
  package var copySize: Int {
    mappingMemory.bytes + table.memoryInUse
  }

  /// How often a page was made present, and the most that were at a time.
  package private(set) var faults: UInt64 = 0
  package private(set) var peakPages = 0

  /// Makes the engine flush its TLB.
  package func flushTLB() { flushes += 1 }

  // MARK: Finding

  package func mapping(at address: GuestAddress) -> VMA? {
    let index = mappings.firstIndex(endingAbove: address)
    guard index < mappings.endIndex, mappings[index].contains(address) else { return nil }
    return mappings[index]
  }

  /// Whether nothing is mapped in `start..<end`.
  package func isFree(_ start: GuestAddress, _ end: GuestAddress) -> Bool {
    let index = mappings.firstIndex(endingAbove: start)
    return index == mappings.endIndex || mappings[index].start >= end
  }

  /// Whether all of `start..<end` is mapped.
  package func isMapped(_ start: GuestAddress, _ end: GuestAddress) -> Bool {
    var position = start
    for vma in mappings.overlapping(start, end) {
      guard vma.start <= position else { return false }
      position = vma.end
    }
    return position >= end
  }

  /// The highest gap of `length` bytes that ends at or below `top` (Linux's top-down layout), or
  /// `nil`.
  package func findGap(
    length: UInt64, below top: GuestAddress, above bottom: GuestAddress = GuestAddress(0x10000)
  ) -> GuestAddress? {
    mappings.findGap(length: length, below: top, above: bottom)
  }

  /// Bytes mapped (`VmSize`).
  package var mappedBytes: UInt64 { mappings.byteCount }

  func noteFault() {
    faults += 1
    peakPages = max(peakPages, table.count)
  }

  /// Pages present (`VmRSS`).
  package var residentPages: Int { table.count }
}
