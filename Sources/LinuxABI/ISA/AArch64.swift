/// AArch64's numbers that no other ISA has.
package enum AArch64 {
  /// The register of a system call's number; its arguments are in x0 to x5 (`syscall(2)`).
  package static let syscallNumberRegister = 8

  /// The trampoline that the vDSO offers handlers to return to: `mov x8, #139` (`rt_sigreturn`),
  /// `svc #0`. Unwinders know these bytes.
  package static let signalTrampoline: [UInt8] = [
    0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4,
  ]

  /// The names of `AT_HWCAP`'s bits in `/proc/cpuinfo` (`arch/arm64/kernel/cpuinfo.c`).
  package static func cpuinfoNames(_ capabilities: HWCapAArch64) -> [String] {
    HWCapAArch64.names.filter { capabilities.isSuperset(of: $0.value) }
      .map { String($0.name.dropFirst("HWCAP_".count)).lowercased() }
  }

  /// The same for `AT_HWCAP2`.
  package static func cpuinfoNames(_ capabilities: HWCap2AArch64) -> [String] {
    HWCap2AArch64.names.filter { capabilities.isSuperset(of: $0.value) }
      .map { String($0.name.dropFirst("HWCAP2_".count)).lowercased() }
  }
}
