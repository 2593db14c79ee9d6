import CUnicorn

/// A fixed list of Unicorn registers that are read or written in one call, with room for their
/// values.
@safe final class RegisterBatch {
  private let names: UnsafeMutablePointer<Int32>
  private let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let slots: UnsafeMutablePointer<Slot>
  let count: Int

  /// As wide as the widest register.
  struct Slot {
    var low: UInt64 = 0
    var high: UInt64 = 0
  }

  init(_ registers: [Int32]) {
    count = registers.count
    // SAFETY: three arrays of `count` elements, initialised here, freed in deinit, never resized;
    // each pointer refers to the slot of its register.
    unsafe names = .allocate(capacity: registers.count)
    unsafe pointers = .allocate(capacity: registers.count)
    unsafe slots = .allocate(capacity: registers.count)
    unsafe slots.initialize(repeating: Slot(), count: registers.count)
    for index in registers.indices {
      unsafe (names + index).initialize(to: registers[index])
      unsafe (pointers + index).initialize(to: UnsafeMutableRawPointer(slots + index))
    }
  }

  deinit {
    unsafe names.deallocate()
    unsafe pointers.deallocate()
    unsafe slots.deallocate()
  }

  /// Reads all registers. A register narrower than its slot leaves the rest of the slot alone.
  func read(_ emulator: Emulator) {
    // SAFETY: `count` names and as many pointers to 16 bytes, more than any register listed needs.
    let error = unsafe uc_reg_read_batch(
      emulator.handle, names, pointers, Int32(truncatingIfNeeded: count))
    precondition(error == UC_ERR_OK, "register read refused")
  }

  func write(_ emulator: Emulator) {
    // SAFETY: as in `read`.
    let error = unsafe uc_reg_write_batch(
      emulator.handle, names, pointers, Int32(truncatingIfNeeded: count))
    precondition(error == UC_ERR_OK, "register write refused")
  }

  /// The low 64 bits of register `index`.
  subscript(index: Int) -> UInt64 {
    get {
      precondition(index >= 0 && index < count)
      // SAFETY: in range.
      return unsafe slots[index].low
    }
    set {
      precondition(index >= 0 && index < count)
      // SAFETY: in range.
      unsafe slots[index].low = newValue
    }
  }

  /// The second 64 bits of register `index`.
  subscript(high index: Int) -> UInt64 {
    get {
      precondition(index >= 0 && index < count)
      // SAFETY: in range.
      return unsafe slots[index].high
    }
    set {
      precondition(index >= 0 && index < count)
      // SAFETY: in range.
      unsafe slots[index].high = newValue
    }
  }
}
