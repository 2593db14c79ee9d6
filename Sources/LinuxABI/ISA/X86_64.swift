/// x86-64's numbers that no other ISA has.
package enum X86_64 {
  /// The places of the general registers in `RegisterFile.general` (encoding order).
  package enum Register {
    package static let rax = 0
    package static let rcx = 1
    package static let rdx = 2
    package static let rbx = 3
    package static let rsp = 4
    package static let rbp = 5
    package static let rsi = 6
    package static let rdi = 7
    package static let r8 = 8
    package static let r9 = 9
    package static let r10 = 10
    package static let r11 = 11
  }

  /// The registers of a system call's six arguments (`syscall(2)`).
  package static let syscallArguments = [7, 6, 2, 10, 8, 9]

  /// `AT_HWCAP` is CPUID leaf 1's edx (`ELF_HWCAP` in `asm/elf.h`); these are its bits by the names
  /// in `/proc/cpuinfo`.
  package static let hwcapNames: [(bit: Int, name: String)] = [
    (0, "fpu"), (1, "vme"), (2, "de"), (3, "pse"), (4, "tsc"), (5, "msr"), (6, "pae"), (7, "mce"),
    (8, "cx8"), (9, "apic"), (11, "sep"), (12, "mtrr"), (13, "pge"), (14, "mca"), (15, "cmov"),
    (16, "pat"), (17, "pse36"), (18, "pn"), (19, "clflush"), (21, "dts"), (22, "acpi"),
    (23, "mmx"), (24, "fxsr"), (25, "sse"), (26, "sse2"), (27, "ss"), (28, "ht"), (29, "tm"),
    (30, "ia64"), (31, "pbe"),
  ]
}
