/// The instruction set a guest program was compiled for.
///
/// The raw value is the name used in snapshots, in `uname -m` and on the command line.
package enum GuestISA: String, Sendable, CaseIterable, Hashable {
  case x86_64
  case aarch64
  case riscv64

  /// The end of the user half of the guest's address space.
  ///
  /// The Linux ports give a program 47 or 48 bits; 47 suits all and keeps one layout.
  package var userAddressLimit: GuestAddress { GuestAddress(0x0000_7fff_ffff_f000) }

  /// The length in bytes of the instruction that enters the kernel (`syscall`, `svc #0`, `ecall`).
  package var syscallInstructionLength: UInt64 {
    switch self {
    case .x86_64: 2
    case .aarch64, .riscv64: 4
    }
  }
}
