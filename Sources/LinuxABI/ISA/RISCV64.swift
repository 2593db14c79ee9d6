/// RISC-V's numbers that no other ISA has.
package enum RISCV64 {
  /// The places of registers in `RegisterFile.general`: x1 is the first.
  package enum Register {
    package static let ra = 0
    package static let sp = 1
    package static let a0 = 9
    package static let a1 = 10
    package static let a2 = 11
    package static let a7 = 16
  }

  /// The register of a system call's number, and that of the first of its arguments (`syscall(2)`).
  package static let syscallNumber = Register.a7
  package static let firstArgument = Register.a0

  /// The trampoline that the vDSO has handlers return to: `li a7, 139` (`rt_sigreturn`), `ecall`. Unwinders know
  /// these bytes.
  package static let signalTrampoline: [UInt8] = [
    0x93, 0x08, 0xb0, 0x08, 0x73, 0x00, 0x00, 0x00,
  ]

  /// The extensions in `AT_HWCAP`, a bit for each letter, in the order in which `/proc/cpuinfo` names them.
  package static let extensions = "imafdc"

  /// The bit of an extension in `AT_HWCAP` (`asm/hwcap.h`).
  package static func capability(_ extension: Character) -> UInt64 {
    1 << UInt64(`extension`.asciiValue! - UInt8(ascii: "a"))
  }
}
