package import Machine

/// What the kernel needs to know to call a signal handler.
package struct SignalDelivery: Sendable {
  /// The interrupted thread's.
  package var registers: RegisterFile
  package var info: Siginfo
  package var action: Sigaction
  /// The mask that `rt_sigreturn` is to restore.
  package var mask: SignalSet
  /// The thread's alternate stack, with the flags as set.
  package var stack: SignalStack
  package var fault: FaultInfo
  /// Where a handler without `SA_RESTORER` returns to (AArch64, and always on RISC-V: the vDSO's `rt_sigreturn`).
  package var trampoline: GuestAddress

  package init(
    registers: RegisterFile, info: Siginfo, action: Sigaction, mask: SignalSet,
    stack: SignalStack = SignalStack(), fault: FaultInfo = FaultInfo(),
    trampoline: GuestAddress = .null
  ) {
    self.registers = registers
    self.info = info
    self.action = action
    self.mask = mask
    self.stack = stack
    self.fault = fault
    self.trampoline = trampoline
  }
}

/// A signal frame, as the kernel leaves it on the guest's stack (`struct rt_sigframe`), and the
/// registers with which the handler starts.
///
/// Its parts of the stack that the kernel doesn't write are zero here: padding, and the `siginfo_t`
/// of a handler without `SA_SIGINFO`.
package struct SignalFrame: Sendable {
  /// Where `bytes` belong.
  package var address: GuestAddress
  package var bytes: [UInt8]
  package var registers: RegisterFile

  package init(address: GuestAddress, bytes: [UInt8], registers: RegisterFile) {
    self.address = address
    self.bytes = bytes
    self.registers = registers
  }

  /// The frame for `delivery`; `nil` when there can be none (the alternate stack is too small, or
  /// x86-64's restorer is missing), which is SIGSEGV for the thread.
  package static func build(_ delivery: SignalDelivery) -> SignalFrame? {
    switch delivery.registers.isa {
    case .x86_64: buildX86_64(delivery)
    case .aarch64: buildAArch64(delivery)
    case .riscv64: buildRISCV64(delivery)
    }
  }

  /// What `rt_sigreturn` restores.
  package struct Restored: Sendable {
    /// All of them: the result register too, which the call must leave alone.
    package var registers: RegisterFile
    package var mask: SignalSet
    /// To be set as `sigaltstack` would, whose errors don't matter here.
    package var stack: SignalStack
  }

  /// Reads back the frame that a thread with `registers` returns from, taking from it only what a
  /// program may set; `nil` when it is bad or unreadable, which is SIGSEGV for the thread.
  ///
  /// - Parameters:
  ///   - registers: The thread's at the `rt_sigreturn` call; what a frame doesn't hold stays.
  ///   - read: That many bytes of guest memory at that address.
  package static func parse(
    registers: RegisterFile,
    read: (GuestAddress, Int) throws(MemoryFault) -> [UInt8]
  ) -> Restored? {
    do throws(MemoryFault) {
      return switch registers.isa {
      case .x86_64: try parseX86_64(registers, read)
      case .aarch64: try parseAArch64(registers, read)
      case .riscv64: try parseRISCV64(registers, read)
      }
    } catch {
      return nil
    }
  }

  /// The least stack that a handler needs, `AT_MINSIGSTKSZ`; nil where Linux 6.1 does not say.
  package static func minimumStackSize(for isa: GuestISA) -> UInt64? {
    switch isa {
    case .x86_64:
      // Frame, image and their alignment, rounded up (init_sigframe_size in
      // arch/x86/kernel/signal.c).
      1040
    case .aarch64:
      // Frame, frame record and alignment (minsigstksz_setup in arch/arm64/kernel/signal.c).
      4720
    case .riscv64: nil
    }
  }

  /// The least size that `sigaltstack(2)` accepts, `MINSIGSTKSZ`.
  package static func smallestAlternateStack(for isa: GuestISA) -> UInt64 {
    switch isa {
    case .x86_64, .riscv64: 2048
    case .aarch64: 5120
    }
  }
}
