/// The instruction set of an ELF file (`e_machine`).
package enum ELFMachine: Hashable, Sendable {
  case x86_64
  case aarch64
  case riscv64
  case other(UInt16)

  package init(rawValue: UInt16) {
    switch rawValue {
    case 62: self = .x86_64
    case 183: self = .aarch64
    case 243: self = .riscv64
    default: self = .other(rawValue)
    }
  }

  /// The number in the file.
  package var rawValue: UInt16 {
    switch self {
    case .x86_64: 62
    case .aarch64: 183
    case .riscv64: 243
    case .other(let value): value
    }
  }
}

extension ELFMachine: CustomStringConvertible {
  /// The name as in `uname -m`, or the number of an unknown machine.
  package var description: String {
    switch self {
    case .x86_64: "x86_64"
    case .aarch64: "aarch64"
    case .riscv64: "riscv64"
    case .other(21): "ppc64le"
    case .other(22): "s390x"
    case .other(258): "loongarch64"
    case .other(let value): "machine \(value)"
    }
  }
}
