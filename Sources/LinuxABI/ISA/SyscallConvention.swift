package import Machine

// Where each ISA passes a system call (`syscall(2)`).

extension RegisterFile {
  /// rax, x8 or a7.
  package var syscallNumber: UInt64 {
    get {
      switch isa {
      case .x86_64: general[X86_64.Register.rax]
      case .aarch64: general[AArch64.syscallNumberRegister]
      case .riscv64: general[RISCV64.syscallNumber]
      }
    }
    set {
      switch isa {
      case .x86_64: general[X86_64.Register.rax] = newValue
      case .aarch64: general[AArch64.syscallNumberRegister] = newValue
      case .riscv64: general[RISCV64.syscallNumber] = newValue
      }
    }
  }

  /// The argument of that index, 0 to 5.
  package func syscallArgument(_ index: Int) -> UInt64 {
    switch isa {
    case .x86_64: general[X86_64.syscallArguments[index]]
    case .aarch64: general[index]
    case .riscv64: general[RISCV64.firstArgument + index]
    }
  }

  package mutating func setSyscallArgument(_ index: Int, _ value: UInt64) {
    switch isa {
    case .x86_64: general[X86_64.syscallArguments[index]] = value
    case .aarch64: general[index] = value
    case .riscv64: general[RISCV64.firstArgument + index] = value
    }
  }

  /// rax, x0 or a0. But on x86-64 this is the first argument's register: it is lost when set.
  package var syscallResult: UInt64 {
    get {
      switch isa {
      case .x86_64: general[X86_64.Register.rax]
      case .aarch64, .riscv64: syscallArgument(0)
      }
    }
    set {
      switch isa {
      case .x86_64: general[X86_64.Register.rax] = newValue
      case .aarch64, .riscv64: setSyscallArgument(0, newValue)
      }
    }
  }

  /// Makes the thread execute its system call again: the program counter is put back on the
  /// instruction, and the register that the result may have overwritten gets its old value
  /// (`orig_rax`, `orig_x0`).
  ///
  /// - Parameters:
  ///   - number: The call's number.
  ///   - firstArgument: Its first argument.
  package mutating func rewindSyscall(number: UInt64, firstArgument: UInt64) {
    programCounter &-= isa.syscallInstructionLength
    syscallNumber = number
    setSyscallArgument(0, firstArgument)
  }
}
