/// The features of the processor that a program may use, in the form of the auxiliary vector.
///
/// | field | x86-64 | AArch64 | RISC-V |
/// |---|---|---|---|
/// | `hwcap` (`AT_HWCAP`) | CPUID leaf 1, edx | `HWCAP_*` of `asm/hwcap.h` | a bit for each extension with a letter |
/// | `hwcap2` (`AT_HWCAP2`) | bit 1: rdfsbase allowed | `HWCAP2_*` | – |
package struct HardwareCapabilities: Hashable, Sendable {
  package var hwcap: UInt64
  package var hwcap2: UInt64

  package init(hwcap: UInt64 = 0, hwcap2: UInt64 = 0) {
    self.hwcap = hwcap
    self.hwcap2 = hwcap2
  }
}
