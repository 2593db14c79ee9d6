import Machine

// Unicorn translates x86-64 blocks across the end of a page. When the next page can't be fetched, it
// gives up on the whole block: the program counter is at the block's first instruction, and those
// before the end of the page, which could have been executed, were not. Then the block is cut into
// pieces at the last instruction boundaries before the end of the page, until the instruction that
// needs the next page is the first of its block.

extension UnicornEngine {
  /// No x86-64 instruction is longer, in bytes.
  private static let longestInstruction: UInt64 = 15

  /// Whether the refused fetch belongs to a later instruction than the one at the program counter;
  /// if so, the run may go on: it comes back here when that instruction is reached.
  func split(in space: AddressSpace) -> Bool {
    // Blocks that count instructions do not go beyond a page unless their first instruction does.
    guard isa == .x86_64, !countsInstructions else { return false }
    let start = programCounter
    guard start & ~4095 == refusedPage &- 4096, splitEnd == nil,
      case .frame(let frame, _) = space.translate(GuestAddress(start), .execute)
    else { return false }
    // The block may exist already, from when the next page could be fetched.
    arena.dropTranslations(of: frame)
    splitEnd = refusedPage
    return true
  }

  /// Has Unicorn stop behind the instruction at the program counter, or at the first one near the
  /// end of the page.
  func continueSplit() {
    guard let end = splitEnd else { return }
    let start = programCounter
    guard start >= end - 4096, start < end else {
      endSplit()
      return
    }
    emulator.setExits(Array(max(start + 1, end - Self.longestInstruction)...end))
  }

  func endSplit() {
    splitEnd = nil
    emulator.setExits([])
  }
}
