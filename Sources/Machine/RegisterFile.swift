/// 128 bits of a vector register, low half first.
package struct Vector128: Hashable, Sendable, BitwiseCopyable {
  package var low: UInt64
  package var high: UInt64
  @inlinable package init(low: UInt64 = 0, high: UInt64 = 0) {
    self.low = low
    self.high = high
  }
}

/// The architectural registers of a guest thread, in a host-independent form.
///
/// One layout serves all ISAs; what an ISA lacks stays zero.
///
/// | field | x86-64 | AArch64 | RISC-V |
/// |---|---|---|---|
/// | `general` | rax rcx rdx rbx rsp rbp rsi rdi r8…r15 (encoding order) | x0…x30 | x1…x31 |
/// | `stackPointer` | (rsp is `general[4]`) | sp | (sp is `general[1]`) |
/// | `flags` | rflags | pstate: NZCV in bits 28–31 | – |
/// | `threadPointer` | fs base | tpidr_el0 | (tp is `general[3]`) |
/// | `gsBase` | gs base | – | – |
/// | `selectors` | ds, es, fs, gs | – | – |
/// | `vectors` | xmm0…xmm15 | v0…v31 | low halves: f0…f31 |
/// | `floatControl` | mxcsr | fpcr | fcsr |
/// | `floatStatus` | – | fpsr | – |
/// | `x87` | fcw fsw ftw(full 16 bits) fop fip fdp, st0…st7 | – | – |
package struct RegisterFile: Sendable {
  package var isa: GuestISA
  package var general = InlineArray<31, UInt64>(repeating: 0)
  package var stackPointerStorage: UInt64 = 0
  package var programCounter: UInt64 = 0
  package var flags: UInt64 = 0
  package var threadPointerStorage: UInt64 = 0
  package var gsBase: UInt64 = 0
  package var selectors = X86Selectors()
  package var vectors = InlineArray<32, Vector128>(repeating: Vector128())
  package var floatControl: UInt32 = 0
  package var floatStatus: UInt32 = 0
  package var x87 = X87State()

  /// The initial registers of a thread: Linux's values after `execve`.
  package init(isa: GuestISA) {
    self.isa = isa
    switch isa {
    case .x86_64:
      flags = 0x202
      floatControl = 0x1f80
    case .aarch64, .riscv64: break
    }
  }

  package var stackPointer: UInt64 {
    get {
      switch isa {
      case .x86_64: general[4]
      case .aarch64: stackPointerStorage
      case .riscv64: general[1]
      }
    }
    set {
      switch isa {
      case .x86_64: general[4] = newValue
      case .aarch64: stackPointerStorage = newValue
      case .riscv64: general[1] = newValue
      }
    }
  }

  package var threadPointer: UInt64 {
    get {
      switch isa {
      case .x86_64, .aarch64: threadPointerStorage
      case .riscv64: general[3]
      }
    }
    set {
      switch isa {
      case .x86_64, .aarch64: threadPointerStorage = newValue
      case .riscv64: general[3] = newValue
      }
    }
  }
}

/// The x87 unit: control, status and full tag words, last instruction and operand, and the eight
/// 80-bit registers st(0)…st(7) in stack order as `fxsave` stores them.
package struct X87State: Sendable {
  package var control: UInt16 = 0x37f
  package var status: UInt16 = 0
  /// Two bits per register, 3 = empty (the full form, not `fxsave`'s abridged one).
  package var tag: UInt16 = 0xffff
  package var opcode: UInt16 = 0
  package var instruction: UInt64 = 0
  package var operand: UInt64 = 0
  package var mantissas = InlineArray<8, UInt64>(repeating: 0)
  package var exponents = InlineArray<8, UInt16>(repeating: 0)

  package init() {}
}
