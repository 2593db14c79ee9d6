package import Machine

extension GuestISA {
  /// What `uname -m` says.
  package var machineName: String { rawValue }

  /// What `AT_PLATFORM` points to: the name that `$PLATFORM` in library paths stands for.
  package var platformName: String { rawValue }

  /// The ELF machine number (`EM_X86_64`, `EM_AARCH64` in `elf.h`).
  package var elfMachine: UInt16 {
    switch self {
    case .x86_64: 62
    case .aarch64: 183
    }
  }

  /// The architecture that seccomp and `ptrace` report (`AUDIT_ARCH_*` in `linux/audit.h`).
  package var auditArchitecture: UInt32 { 0xc000_0000 | UInt32(elfMachine) }
}
