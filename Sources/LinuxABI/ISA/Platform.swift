package import Machine

extension GuestISA {
  /// What `uname -m` says.
  package var machineName: String { rawValue }

  /// What `AT_PLATFORM` points to: the name that `$PLATFORM` in library paths stands for; nil where there is none.
  package var platformName: String? {
    switch self {
    case .x86_64, .aarch64: rawValue
    case .riscv64: nil
    }
  }

  /// The ELF machine number (`EM_X86_64`, `EM_AARCH64`, `EM_RISCV` in `elf.h`).
  package var elfMachine: UInt16 {
    switch self {
    case .x86_64: 62
    case .aarch64: 183
    case .riscv64: 243
    }
  }

  /// The architecture that seccomp and `ptrace` report (`AUDIT_ARCH_*` in `linux/audit.h`).
  package var auditArchitecture: UInt32 { 0xc000_0000 | UInt32(elfMachine) }
}
