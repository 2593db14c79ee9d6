import LinuxABI
package import Machine

/// The code that handlers return to if their action has no restorer: a call of `rt_sigreturn`.
package enum SignalTrampoline {
  /// It lies at `Process.MemoryLayout.signalReturn`, in the page of `Vdso`.
  ///
  /// x86-64 programs always have a restorer (without one they get SIGSEGV), but debuggers and unwinders
  /// recognise the sequence.
  package static func code(_ isa: GuestISA) -> [UInt8] {
    switch isa {
    case .x86_64: [0xb8, 15, 0, 0, 0, 0x0f, 0x05]  // mov $15, %eax; syscall
    case .aarch64: AArch64.signalTrampoline
    case .riscv64: RISCV64.signalTrampoline
    }
  }
}
