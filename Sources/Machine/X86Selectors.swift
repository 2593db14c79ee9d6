/// The selectors in the segment registers of x86-64 that a program may load: ds, es, fs and gs. (cs and ss
/// are the same in every thread.) Other selectors cannot be stored.
package struct X86Selectors: Sendable {
  package enum Register: Int, CaseIterable, Sendable { case ds, es, fs, gs }

  private var values = InlineArray<4, UInt16>(repeating: 0)

  /// The null selector everywhere, as after `execve`.
  package init() {}

  package subscript(register: Register) -> UInt16 { values[register.rawValue] }

  /// - Returns: whether a program can load the selector; if it cannot, nothing is changed.
  package mutating func set(_ register: Register, to selector: UInt64) -> Bool {
    guard Self.isLoadable(selector) else { return false }
    values[register.rawValue] = UInt16(selector)
    return true
  }

  /// Linux' flat segments of user mode, the one whose limit tells the processor's number, and null;
  /// with any requested privilege level (`arch/x86/include/asm/segment.h`).
  private static func isLoadable(_ selector: UInt64) -> Bool {
    [0, 0x20, 0x28, 0x30, 0x78].contains(selector & ~3)
  }
}
