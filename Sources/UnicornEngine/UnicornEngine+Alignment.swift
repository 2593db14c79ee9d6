import Machine

// What AArch64 wants aligned: the program counter always, the stack pointer where it is the base of
// an access. Translated code checks the former itself unless the page cannot be fetched; of the
// latter it makes an address that is refused (see clean_data_tbi in the patch).

extension UnicornEngine {
  /// The fault that a refused access is for want of alignment, or nil if it is an ordinary one.
  func misalignment(_ address: UInt64, _ access: Access) -> MemoryFault? {
    guard isa == .aarch64 else { return nil }
    if access == .execute {
      guard address & 3 != 0 else { return nil }
      return MemoryFault(address: GuestAddress(address), access: access, reason: .misaligned)
    }
    let excess = stackPointer & 15
    guard excess != 0, address >> 51 & 15 == excess else { return nil }
    return MemoryFault(
      address: GuestAddress(processor.untagged(address & ~(15 << 51))), access: access,
      reason: .misaligned)
  }
}
