/// Flag bits that Linux gives names to.
///
/// Bits without a name are kept, so that a handler can refuse them (`unknown`) and a trace can show
/// them.
package protocol NamedFlags: OptionSet, Hashable, Sendable, CustomStringConvertible
where RawValue: FixedWidthInteger & UnsignedInteger & Sendable, Element == Self {
  /// Every named bit, in the order a trace shows them.
  static var names: [(name: String, value: Self)] { get }
}

extension NamedFlags {
  /// All named bits.
  package static var all: Self {
    var result = Self()
    for entry in names { result.formUnion(entry.value) }
    return result
  }

  /// The bits that have no name.
  package var unknown: Self { subtracting(Self.all) }

  /// The names joined with `|`, unnamed bits in hexadecimal, `0` for none: as `strace(1)` shows
  /// them.
  package var description: String {
    var rest = self
    var parts: [String] = []
    for entry in Self.names where rest.isSuperset(of: entry.value) {
      parts.append(entry.name)
      rest.subtract(entry.value)
    }
    if rest.rawValue != 0 { parts.append("0x" + String(rest.rawValue, radix: 16)) }
    return parts.isEmpty ? "0" : parts.joined(separator: "|")
  }
}
