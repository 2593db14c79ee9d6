/// Why a file can't be run as an ELF program. The descriptions are meant to follow the file's name.
package enum ELFError: Error, Hashable, Sendable {
  /// The file does not begin with the ELF magic number.
  case notELF
  /// The file ends before `what`.
  case truncated(what: String)
  /// A 32-bit file (or one of unknown class); the byte is `e_ident[EI_CLASS]`.
  case wrongClass(UInt8)
  /// A big-endian file (or one of unknown byte order); the byte is `e_ident[EI_DATA]`.
  case wrongEndianness(UInt8)
  /// Neither an executable nor a shared object; the value is `e_type`.
  case unsupportedType(UInt16)
  /// The headers contradict themselves or what every kernel demands of them.
  case malformed(String)
  /// The bytes could not be read.
  case unreadable
}

extension ELFError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notELF: "not an ELF file"
    case .truncated(let what): "truncated ELF file: it ends before \(what)"
    case .wrongClass(1): "a 32-bit ELF file; only 64-bit programs can run"
    case .wrongClass(let value): "an ELF file of unknown class \(value)"
    case .wrongEndianness(2): "a big-endian ELF file; only little-endian programs can run"
    case .wrongEndianness(let value): "an ELF file of unknown byte order \(value)"
    case .unsupportedType(1): "an ELF object file; link it into a program first"
    case .unsupportedType(4): "an ELF core dump, not a program"
    case .unsupportedType(let value): "an ELF file of type \(value), not a program"
    case .malformed(let what): "malformed ELF file: \(what)"
    case .unreadable: "the ELF file can't be read"
    }
  }
}
