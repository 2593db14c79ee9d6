import HostABI
import LinuxABI
package import Machine

/// An instruction that the guest's processor does not have, as far as its bytes tell without decoding it.
package struct MissingInstruction {
  /// Its first bytes.
  let bytes: [UInt8]
  /// The extension that it belongs to; nil for one that is not told from its prefix.
  package let feature: String?

  /// - Returns: nil for instructions that programs end themselves with: they are undefined on purpose.
  package init?(_ bytes: [UInt8], isa: GuestISA) {
    guard !bytes.isEmpty else { return nil }
    self.bytes = bytes
    switch isa {
    case .x86_64:
      // Prefixes: operand and address size, lock, repeats, segments.
      let opcode = bytes.drop { [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x64, 0x65].contains($0) }
      switch (opcode.first, opcode.dropFirst().first) {
      case (0x0f, 0x0b), (0x0f, 0xb9), (0x0f, 0xff): return nil  // ud2, ud1, ud0
      case (0xc4, _), (0xc5, _): feature = "AVX"
      case (0x62, _): feature = "AVX-512"
      default: feature = nil
      }
    case .aarch64:
      let word = bytes.prefix(4).reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      if word >> 16 == 0 { return nil }  // udf
      // The groups of Arm's "Top-level A64 encodings".
      switch word >> 25 & 15 {
      case 0b0010: feature = "SVE"
      case 0b0000 where word >> 31 == 1: feature = "SME"
      default: feature = nil
      }
    case .riscv64:
      let word = bytes.prefix(4).reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      // A compressed instruction of zeroes, and the assembler's unimp.
      if word & 0xffff == 0 || word == 0xc000_1073 { return nil }
      feature = Self.riscvExtension(word)
    }
  }

  /// The extension of a RISC-V instruction, by its major opcode and function codes.
  private static func riscvExtension(_ word: UInt32) -> String? {
    let function3 = word >> 12 & 7
    let function7 = word >> 25
    switch word & 0x7f {
    case 0x57: return "V"
    // Loads and stores of vectors.
    case 0x07, 0x27: return [0, 5, 6, 7].contains(function3) ? "V" : function3 == 1 ? "Zfh" : nil
    // Half precision, in the field of formats.
    case 0x43, 0x47, 0x4b, 0x4f, 0x53: return function7 & 3 == 2 ? "Zfh" : nil
    case 0x33, 0x3b:
      switch (function7, function3) {
      case (0x10, _),
        (0x04, 0) where word & 0x7f == 0x3b:
        return "Zba"
      case (0x05, 1...3): return "Zbc"
      case (0x05, _), (0x20, 4...7), (0x30, _), (0x04, 4): return "Zbb"
      case (0x14, _), (0x24, _), (0x34, _): return "Zbs"
      case (0x07, _): return "Zicond"
      default: return nil
      }
    case 0x13, 0x1b:
      guard function3 == 1 || function3 == 5 else { return nil }
      switch function7 >> 1 {
      case 0x30 >> 1,
        0x28 >> 1 where function3 == 5, 0x6b >> 1:
        return "Zbb"
      case 0x14 >> 1, 0x24 >> 1, 0x34 >> 1: return "Zbs"
      case 0x08 >> 1: return word & 0x7f == 0x1b ? "Zba" : "Zk"
      default: return nil
      }
    case 0x0f: return function3 == 2 ? "Zicboz" : nil
    default: return nil
    }
  }

  /// The bytes in hexadecimal; those of AArch64 and RISC-V as one word.
  package func text(isa: GuestISA) -> String {
    let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    switch isa {
    case .x86_64: return digits.joined(separator: " ")
    case .aarch64: return digits.reversed().joined()
    case .riscv64: return digits.prefix(bytes[0] & 3 == 3 ? 4 : 2).reversed().joined()
    }
  }
}

extension Task {
  /// Says which instruction a process dies of that its processor lacks: the signal alone would leave its
  /// user to guess. To be called before the signal is sent; the task's registers are loaded.
  func tellOfMissingInstruction() {
    let isFatal = signals.mask.contains(.SIGILL) || !process.signals[.SIGILL].isCaught
    let address = GuestAddress(engine.registers.programCounter)
    guard isFatal,
      let missing = MissingInstruction(
        process.instruction(at: address), isa: process.isa)
    else { return }
    process.kernel.host.log(
      "godwit: \(printable(process.name.bytes)) (process \(process.pid)): illegal instruction "
        + "\(missing.text(isa: process.isa)) at 0x\(String(address.rawValue, radix: 16)): "
        + (missing.feature.map { "the guest's processor lacks \($0)" }
          ?? "the guest's processor has no such instruction"))
  }
}

extension Process {
  /// What is to be seen of the instruction at `address`: on x86-64 and RISC-V it may be shorter.
  fileprivate func instruction(at address: GuestAddress) -> [UInt8] {
    var bytes: [UInt8]
    switch isa {
    case .x86_64: bytes = [UInt8](repeating: 0, count: 8)
    case .aarch64, .riscv64: bytes = [UInt8](repeating: 0, count: 4)
    }
    let count = bytes.withMutableRawSpan { space.copyIn(from: address, into: &$0).count }
    return Array(bytes.prefix(count))
  }
}
