/// Why the engine stopped executing guest instructions.
package enum Exit: Sendable {
  /// The guest executed its system-call instruction; the program counter is after it.
  case syscall
  /// The address space refused an access; the program counter is at the instruction.
  case fault(MemoryFault)
  /// The instruction needs a page whose bytes are not here yet (see `StoredFrames`); the program counter is at
  /// it. It is to be run again later.
  case notHere
  /// The instruction raised an exception; the program counter is at it (after it for `breakpoint` on x86-64,
  /// as on the processor).
  case exception(GuestException)
  /// `requestStop()` took effect between two instructions.
  case stopped
  /// The guest executed a spin-loop hint; see `Engine.stopsAtPause`.
  case paused
}

/// A refused memory access.
package struct MemoryFault: Error, Hashable, Sendable {
  package enum Reason: UInt8, Sendable {
    /// Nothing is mapped there (`SEGV_MAPERR`).
    case unmapped
    /// The mapping forbids the access (`SEGV_ACCERR`).
    case protection
    /// Beyond the end of the file behind the mapping, or the file can't be read (`BUS_ADRERR`).
    case bus
    /// The address is not aligned as the instruction requires (AArch64, `BUS_ADRALN`).
    case misaligned
    /// The picoprocess's memory limit is reached.
    case outOfMemory
    /// Not canonical (x86-64): a general-protection fault, reported with address 0.
    case nonCanonical
  }
  package var address: GuestAddress
  package var access: Access
  package var reason: Reason

  package init(address: GuestAddress, access: Access, reason: Reason) {
    self.address = address
    self.access = access
    self.reason = reason
  }
}

/// A synchronous exception other than a memory fault.
package enum GuestException: UInt8, Sendable {
  /// x86-64 #DE: SIGFPE, FPE_INTDIV.
  case divide
  /// x86-64 #MF (of the x87 unit), AArch64 trapped FP: SIGFPE, code from the FP status.
  case floatingPoint
  /// x86-64 #XM (of an SSE instruction): SIGFPE, code from MXCSR.
  case vectorFloatingPoint
  /// Undefined or privileged instruction: SIGILL (x86-64 privileged ones: SIGSEGV, see
  /// `generalProtection`).
  case illegalInstruction
  /// `int3`, `brk #n`, `ebreak`: SIGTRAP.
  case breakpoint
  /// Single step or hardware breakpoint: SIGTRAP.
  case singleStep
  /// x86-64 #GP, `hlt`, `int n`, non-canonical: SIGSEGV with SI_KERNEL and address 0.
  case generalProtection
  /// Misaligned program counter (AArch64), or access while AC is set (x86-64): SIGBUS, BUS_ADRALN.
  case alignment
  /// x86-64 #OF (`into`) and #BR: SIGSEGV.
  case bounds
}
