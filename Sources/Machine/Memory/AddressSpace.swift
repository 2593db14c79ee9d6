/// The memory of one guest process: its mappings and its page table, and so the engine's MMU.
///
/// `mappings` says what the guest asked for; the page table says which pages exist. Only this class
/// edits either. The engine asks `translate` at each TLB miss and compares `tlbVersion` before each
/// run.
package final class AddressSpace {
  package let arena: FrameArena
  package let isa: GuestISA

  /// Sorted by address, never overlapping, merged where Linux would merge.
  package internal(set) var mappings: [VMA] = []
  package internal(set) var table = PageTable()

  /// Changes whenever an entry that the engine may have cached was taken away or restricted.
  package internal(set) var tlbVersion: UInt64 = 1

  /// How far below its top a growing stack may reach, in bytes (`RLIMIT_STACK`).
  package var stackLimit: UInt64 = 8 << 20

  /// Bytes of private writable memory promised to the guest.
  package internal(set) var committedBytes: UInt64 = 0

  /// Pages loaded from their file at a fault, beside the one that faulted (fault-around).
  package var faultAroundPages: UInt64 = 16

  package init(arena: FrameArena, isa: GuestISA) {
    self.arena = arena
    self.isa = isa
  }

  deinit {
    for page in table.pages(in: 0..<UInt64.max >> 12) { arena.release(table[page].frame) }
  }

  /// Tells the engine to forget every translation of addresses.
  package func flushTLB() { tlbVersion += 1 }

  // MARK: Finding

  /// The index of the first mapping that ends above `address`.
  package func index(endingAbove address: GuestAddress) -> Int {
    var low = 0
    var high = mappings.count
    while low < high {
      let middle = (low + high) / 2
      if mappings[middle].end > address { high = middle } else { low = middle + 1 }
    }
    return low
  }

  package func mapping(at address: GuestAddress) -> VMA? {
    let index = index(endingAbove: address)
    guard index < mappings.count, mappings[index].contains(address) else { return nil }
    return mappings[index]
  }

  /// Whether nothing is mapped in `start..<end`.
  package func isFree(_ start: GuestAddress, _ end: GuestAddress) -> Bool {
    let index = index(endingAbove: start)
    return index == mappings.count || mappings[index].start >= end
  }

  /// Whether all of `start..<end` is mapped.
  package func isMapped(_ start: GuestAddress, _ end: GuestAddress) -> Bool {
    var position = start
    var index = index(endingAbove: start)
    while position < end {
      guard index < mappings.count, mappings[index].start <= position else { return false }
      position = mappings[index].end
      index += 1
    }
    return true
  }

  /// The highest gap of `length` bytes that ends at or below `top` (Linux's top-down layout), or
  /// `nil`.
  package func findGap(
    length: UInt64, below top: GuestAddress, above bottom: GuestAddress = GuestAddress(0x10000)
  ) -> GuestAddress? {
    var ceiling = top
    var index = index(endingAbove: top)
    // A mapping that straddles or lies above `top` limits nothing but what is below its start.
    if index < mappings.count, mappings[index].start < ceiling { ceiling = mappings[index].start }
    while true {
      let below = index > 0 ? mappings[index - 1] : nil
      let floor = max(below?.end ?? bottom, bottom)
      if ceiling >= floor, ceiling - floor >= length { return ceiling - length }
      guard let below else { return nil }
      ceiling = below.start
      if below.flags.contains(.growsDown) {
        // Leave a growing stack its guard gap of 1 MiB.
        ceiling = GuestAddress(ceiling.rawValue > 1 << 20 ? ceiling.rawValue - (1 << 20) : 0)
      }
      index -= 1
    }
  }

  /// Bytes mapped (`VmSize`).
  package var mappedBytes: UInt64 { mappings.reduce(0) { $0 + $1.length } }

  /// Pages present (`VmRSS`).
  package var residentPages: Int { table.count }
}
