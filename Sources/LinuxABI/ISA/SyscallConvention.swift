package import Machine

// Where each ISA passes a system call (`syscall(2)`).

extension RegisterFile {
  /// rax or x8.
  package var syscallNumber: UInt64 {
    get {
      switch isa {
      case .x86_64: general[X86_64.Register.rax]
      case .aarch64: general[AArch64.syscallNumberRegister]
      }
    }
    set {
      switch isa {
      case .x86_64: general[X86_64.Register.rax] = newValue
      case .aarch64: general[AArch64.syscallNumberRegister] = newValue
      }
    }
  }

  /// The argument of that index, 0 to 5.
  package func syscallArgument(_ index: Int) -> UInt64 {
    switch isa {
    case .x86_64: general[X86_64.syscallArguments[index]]
    case .aarch64: general[index]
    }
  }

  package mutating func setSyscallArgument(_ index: Int, _ value: UInt64) {
    switch isa {
    case .x86_64: general[X86_64.syscallArguments[index]] = value
    case .aarch64: general[index] = value
    }
  }

  /// rax or x0. On AArch64 this is the first argument's register: it is lost when set.
  package var syscallResult: UInt64 {
    get { general[0] }
    set { general[0] = newValue }
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
