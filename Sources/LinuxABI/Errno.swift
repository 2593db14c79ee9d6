/// A Linux error number, as every guest ISA spells it.
///
/// Numbers from `asm-generic/errno-base.h` and `asm-generic/errno.h`, which x86-64, AArch64 and
/// RISC-V share; messages are those of `strerror(3)`.
package struct Errno: Error, Hashable, Sendable, RawRepresentable {
  package let rawValue: Int32

  @inlinable package init(rawValue: Int32) { self.rawValue = rawValue }

  /// What a system call returns in the result register: the number negated.
  @inlinable package var syscallResult: UInt64 { UInt64(bitPattern: -Int64(rawValue)) }

  /// The largest number that a system call's result can hold (`MAX_ERRNO` in `linux/err.h`).
  package static let maximum: Int32 = 4095
}

extension Errno {
  /// The symbol (`"ENOENT"`), or `"E?"` with the number for one that has none.
  package var name: String { Self.table[rawValue]?.name ?? "E?\(rawValue)" }

  /// The text of `strerror(3)` in the C locale.
  package var message: String { Self.table[rawValue]?.message ?? "Unknown error \(rawValue)" }
}

extension Errno: CustomStringConvertible {
  package var description: String { name }
}
