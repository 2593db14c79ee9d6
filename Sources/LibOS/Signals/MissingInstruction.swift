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
    }
  }

  /// The bytes in hexadecimal; those of AArch64 as one word.
  package func text(isa: GuestISA) -> String {
    let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    switch isa {
    case .x86_64: return digits.joined(separator: " ")
    case .aarch64: return digits.reversed().joined()
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
  /// What is to be seen of the instruction at `address`: on x86-64 it may be shorter.
  fileprivate func instruction(at address: GuestAddress) -> [UInt8] {
    var bytes: [UInt8]
    switch isa {
    case .x86_64: bytes = [UInt8](repeating: 0, count: 8)
    case .aarch64: bytes = [UInt8](repeating: 0, count: 4)
    }
    let count = bytes.withMutableRawSpan { space.copyIn(from: address, into: &$0).count }
    return Array(bytes.prefix(count))
  }
}
