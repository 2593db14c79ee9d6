package import Machine

extension Siginfo {
  /// The signal that Linux raises for `fault`.
  ///
  /// An exhausted memory limit kills, as the kernel's out-of-memory killer does. x86-64 gives no
  /// address with a non-canonical one (`arch/x86/kernel/traps.c`); the others treat it as unmapped.
  package init(_ fault: MemoryFault, isa: GuestISA) {
    let address = fault.address.rawValue
    switch (fault.reason, isa) {
    case (.unmapped, _), (.nonCanonical, .aarch64), (.nonCanonical, .riscv64):
      self = .fault(.SIGSEGV, code: SignalCode.SEGV_MAPERR, address: address)
    case (.protection, _):
      self = .fault(.SIGSEGV, code: SignalCode.SEGV_ACCERR, address: address)
    case (.bus, _):
      self = .fault(.SIGBUS, code: SignalCode.BUS_ADRERR, address: address)
    case (.misaligned, _):
      self = .fault(.SIGBUS, code: SignalCode.BUS_ADRALN, address: address)
    case (.outOfMemory, _):
      self = .kill(.SIGKILL, code: SignalCode.SI_KERNEL, pid: 0, uid: 0)
    case (.nonCanonical, .x86_64):
      self = .kill(.SIGSEGV, code: SignalCode.SI_KERNEL, pid: 0, uid: 0)
    }
  }

  /// The signal that Linux raises for `exception` in a thread with `registers`
  /// (`traps.c` of `arch/{x86,arm64,riscv}/kernel`).
  package init(_ exception: GuestException, registers: RegisterFile) {
    let address = registers.programCounter
    switch exception {
    case .divide:
      self = .fault(.SIGFPE, code: SignalCode.FPE_INTDIV, address: address)
    case .floatingPoint, .vectorFloatingPoint:
      let code = Self.floatingPointCode(registers, vector: exception == .vectorFloatingPoint)
      self = .fault(.SIGFPE, code: code, address: address)
    case .illegalInstruction:
      let code =
        switch registers.isa {
        case .x86_64: SignalCode.ILL_ILLOPN
        case .aarch64, .riscv64: SignalCode.ILL_ILLOPC
        }
      self = .fault(.SIGILL, code: code, address: address)
    case .breakpoint:
      self =
        switch registers.isa {
        case .x86_64: .kill(.SIGTRAP, code: SignalCode.SI_KERNEL, pid: 0, uid: 0)
        case .aarch64, .riscv64: .fault(.SIGTRAP, code: SignalCode.TRAP_BRKPT, address: address)
        }
    case .singleStep:
      self = .fault(.SIGTRAP, code: SignalCode.TRAP_TRACE, address: address)
    case .generalProtection, .bounds:
      self = .kill(.SIGSEGV, code: SignalCode.SI_KERNEL, pid: 0, uid: 0)
    case .alignment:
      self = .fault(.SIGBUS, code: SignalCode.BUS_ADRALN, address: address)
    }
  }

  /// Which floating-point exception is unmasked and pending, in Linux's order of precedence
  /// (`fpu__exception_code` in `arch/x86/kernel/fpu/core.c`; AArch64's FPSR and FPCR bits).
  ///
  /// On x86-64 MXCSR tells it for `vector` instructions, the x87 status word for the others.
  private static func floatingPointCode(_ registers: RegisterFile, vector: Bool) -> Int32 {
    let invalid: Bool
    let divide: Bool
    let overflow: Bool
    let underflow: Bool
    let inexact: Bool
    switch registers.isa {
    case .x86_64:
      let mxcsr = registers.floatControl
      let pending =
        vector
        ? mxcsr & ~(mxcsr >> 7) : UInt32(registers.x87.status & ~registers.x87.control)
      invalid = pending & 0x01 != 0
      divide = pending & 0x04 != 0
      overflow = pending & 0x08 != 0
      underflow = pending & 0x12 != 0
      inexact = pending & 0x20 != 0
    case .aarch64:
      let pending = registers.floatStatus & registers.floatControl >> 8
      invalid = pending & 0x01 != 0
      divide = pending & 0x02 != 0
      overflow = pending & 0x04 != 0
      underflow = pending & 0x08 != 0
      inexact = pending & 0x10 != 0
    case .riscv64:
      // It has no traps for these.
      return SignalCode.FPE_FLTINV
    }
    if invalid { return SignalCode.FPE_FLTINV }
    if divide { return SignalCode.FPE_FLTDIV }
    if overflow { return SignalCode.FPE_FLTOVF }
    if underflow { return SignalCode.FPE_FLTUND }
    if inexact { return SignalCode.FPE_FLTRES }
    return SignalCode.FPE_FLTINV
  }
}
