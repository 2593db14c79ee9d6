extension OptionSet
where Self == Element, ArrayLiteralElement == Element, RawValue: FixedWidthInteger {
  /// The union. The way of the standard library goes over a sequence of whatever type, and is not specialised for ours:
  /// with it, opening a file took 3 % longer.
  @inlinable
  package init(arrayLiteral elements: Self...) {
    var bits: RawValue = 0
    for element in elements { bits |= element.rawValue }
    self.init(rawValue: bits)
  }
}
