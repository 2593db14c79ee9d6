package import Machine

extension UnicornEngine {
  /// What a program that runs on `isa` may have found that its processor can, beyond what the ISA
  /// promises: as `/proc/cpuinfo` names it, behind the ISA's name. A program that has found a feature goes
  /// on to use it, wherever it is resumed.
  package static func features(of isa: GuestISA) -> [String] {
    let named =
      switch isa {
      case .x86_64:
        X86Processor.features + X86Processor.structuredFeatures + X86Processor.extendedFeatures
      case .aarch64: AArch64Processor.features + AArch64Processor.features2
      case .riscv64: RISCV64Processor.features
      }
    return named.map { "\(isa.rawValue) \($0.name)" }
  }
}
