package import Machine

/// The notes of an ELF core file (core(5), `linux/elfcore.h`, `sys/procfs.h`).
package enum CoreNote: UInt32, Sendable {
  case NT_PRSTATUS = 1
  case NT_FPREGSET = 2
  case NT_PRPSINFO = 3
  case NT_AUXV = 6
  case NT_ARM_TLS = 0x401
  case NT_SIGINFO = 0x5349_4749
  case NT_FILE = 0x4649_4c45

  /// The note as it stands in the file; nil if `contents` has 4 GiB or more.
  package func encoded(_ contents: [UInt8]) -> [UInt8]? {
    guard let size = UInt32(exactly: contents.count) else { return nil }
    let owner = Array((self == .NT_ARM_TLS ? "LINUX\0" : "CORE\0").utf8)
    var writer = ByteWriter(capacity: contents.count + 24)
    writer.write(UInt32(owner.count))
    writer.write(size)
    writer.write(rawValue)
    for part in [owner, contents] {
      writer.write(part)
      writer.zero(-part.count & 3)
    }
    return writer.bytes
  }
}

/// `struct elf_prstatus`: a thread.
package struct ElfPrstatus: Sendable {
  package var pr_cursig: Int16 = 0
  package var pr_sigpend: UInt64 = 0
  package var pr_sighold: UInt64 = 0
  /// The thread's own number.
  package var pr_pid: Int32 = 0
  package var pr_ppid: Int32 = 0
  package var pr_pgrp: Int32 = 0
  package var pr_sid: Int32 = 0
  package var pr_utime = Timeval()
  package var registers: RegisterFile
  /// The number of the system call under way.
  package var syscall: UInt64?

  package init(_ registers: RegisterFile) { self.registers = registers }

  package var bytes: [UInt8] {
    var writer = ByteWriter(capacity: 392)
    writer.write(Int32(pr_cursig))
    writer.zero(8)
    writer.write(pr_cursig)
    writer.zero(2)
    writer.write(pr_sigpend)
    writer.write(pr_sighold)
    for id in [pr_pid, pr_ppid, pr_pgrp, pr_sid] { writer.write(id) }
    pr_utime.encode(to: &writer)
    // System time, and the times of children that have ended.
    writer.zero(48)
    writeRegisters(to: &writer)
    // pr_fpvalid, and padding.
    writer.write(UInt64(1))
    return writer.bytes
  }

  /// `elf_gregset_t`: `struct user_regs_struct` of x86-64, `struct user_pt_regs` of AArch64, `struct user_regs_struct` of RISC-V.
  private func writeRegisters(to writer: inout ByteWriter) {
    let general = registers.general
    switch registers.isa {
    case .x86_64:
      for index in [15, 14, 13, 12, 5, 3, 11, 10, 9, 8, 0, 1, 2, 6, 7] {
        writer.write(general[index])
      }
      writer.write(syscall ?? .max)
      writer.write(registers.programCounter)
      writer.write(UInt64(0x33))
      writer.write(registers.flags)
      writer.write(registers.stackPointer)
      writer.write(UInt64(0x2b))
      writer.write(registers.threadPointer)
      writer.write(registers.gsBase)
      for register in X86Selectors.Register.allCases {
        writer.write(UInt64(registers.selectors[register]))
      }
    case .aarch64:
      for index in 0..<31 { writer.write(general[index]) }
      writer.write(registers.stackPointer)
      writer.write(registers.programCounter)
      writer.write(registers.flags)
    case .riscv64:
      writer.write(registers.programCounter)
      for index in 0..<31 { writer.write(general[index]) }
    }
  }
}

extension RegisterFile {
  /// The content of NT_FPREGSET: `struct user_fpregs_struct` of x86-64, `struct user_fpsimd_state` of AArch64,
  /// `struct __riscv_d_ext_state` of RISC-V.
  package var fpregset: [UInt8] {
    switch isa {
    case .x86_64: return FXSaveImage.encode(self)
    case .aarch64:
      var writer = ByteWriter(capacity: 528)
      for index in 0..<32 {
        writer.write(vectors[index].low)
        writer.write(vectors[index].high)
      }
      writer.write(floatStatus)
      writer.write(floatControl)
      writer.zero(8)
      return writer.bytes
    case .riscv64:
      var writer = ByteWriter(capacity: 264)
      for index in 0..<32 { writer.write(vectors[index].low) }
      writer.write(floatControl)
      writer.zero(4)
      return writer.bytes
    }
  }
}

/// `struct elf_prpsinfo`: a process.
package struct ElfPrpsinfo: Sendable {
  /// `pr_sname` is the letter of `RSDTZW` with this number.
  package enum State: UInt8, Sendable {
    case running = 0
    case sleeping = 1
    case stopped = 3
  }

  package var pr_state = State.running
  package var pr_nice: Int8 = 0
  package var pr_uid: UInt32 = 0
  package var pr_gid: UInt32 = 0
  package var pr_pid: Int32 = 0
  package var pr_ppid: Int32 = 0
  package var pr_pgrp: Int32 = 0
  package var pr_sid: Int32 = 0
  /// The first 15 bytes count.
  package var pr_fname: [UInt8] = []
  /// The arguments, with spaces between them; the first 79 bytes count.
  package var pr_psargs: [UInt8] = []

  package init() {}

  package var bytes: [UInt8] {
    var writer = ByteWriter(capacity: 136)
    writer.write(pr_state.rawValue)
    writer.write(Array("RSDTZW".utf8)[Int(pr_state.rawValue)])
    // pr_zomb: a process that has ended has no core.
    writer.zero(1)
    writer.write(pr_nice)
    // Padding, and pr_flag: bits of the kernel's own.
    writer.zero(12)
    writer.write(pr_uid)
    writer.write(pr_gid)
    for id in [pr_pid, pr_ppid, pr_pgrp, pr_sid] { writer.write(id) }
    writer.write(Array(pr_fname.prefix(15)))
    writer.pad(to: 56)
    writer.write(Array(pr_psargs.prefix(79)))
    writer.pad(to: 136)
    return writer.bytes
  }
}
