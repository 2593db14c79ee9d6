package import Machine

/// What a thread's last exception left behind, as its next signal frame shows it.
package struct FaultInfo: Hashable, Sendable {
  /// x86-64: the vector (`sc_trapno`, 14 for a page fault).
  package var trapNumber: UInt64
  /// x86-64: the error code pushed with it (`sc_err`).
  package var errorCode: UInt64
  /// The address accessed: `cr2`, or AArch64's `fault_address`.
  package var address: UInt64
  /// AArch64: the syndrome (`ESR_EL1`); 0 for none, then the frame has no `esr_context`.
  package var syndrome: UInt64

  package init(
    trapNumber: UInt64 = 0, errorCode: UInt64 = 0, address: UInt64 = 0, syndrome: UInt64 = 0
  ) {
    self.trapNumber = trapNumber
    self.errorCode = errorCode
    self.address = address
    self.syndrome = syndrome
  }

  /// What the processor would report of `fault`.
  ///
  /// x86-64: a page fault's error code has bits P (present), W (write), U (user) and I (fetch);
  /// a non-canonical address is a general-protection fault (Intel SDM volume 3, 4.7 and 6.15).
  /// AArch64: a data or instruction abort from EL0 with a translation or permission fault of level
  /// 3, or an alignment fault (Arm ARM, ESR_EL1).
  package init(_ fault: MemoryFault, isa: GuestISA) {
    self.init()
    switch isa {
    case .x86_64:
      if fault.reason == .nonCanonical {
        trapNumber = 13
        return
      }
      trapNumber = 14
      address = fault.address.rawValue
      errorCode = (fault.reason == .protection ? 1 : 0) | 4
      if fault.access == .write { errorCode |= 2 }
      if fault.access == .execute { errorCode |= 16 }
    case .aarch64:
      address = fault.address.rawValue
      let exceptionClass: UInt64 = fault.access == .execute ? 0x20 : 0x24
      let status: UInt64 =
        switch fault.reason {
        case .protection: 0x0f
        case .misaligned: 0x21
        default: 0x07
        }
      syndrome = exceptionClass << 26 | 1 << 25 | status
      if fault.access == .write { syndrome |= 1 << 6 }
    case .riscv64:
      // Its frames have room for none of this.
      break
    }
  }

  /// The same for other exceptions, of which only x86-64 shows anything.
  package init(_ exception: GuestException, isa: GuestISA) {
    self.init()
    guard isa == .x86_64 else { return }
    trapNumber =
      switch exception {
      case .divide: 0
      case .singleStep: 1
      case .breakpoint: 3
      case .bounds: 5
      case .illegalInstruction: 6
      case .generalProtection: 13
      case .floatingPoint: 16
      case .alignment: 17
      case .vectorFloatingPoint: 19
      }
  }
}
