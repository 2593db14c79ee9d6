/// How much memory the messages of a section take once they are decoded, found without decoding them: a few
/// compressed bytes can stand for any number of empty messages.
package struct StateCensus {
  /// A message that there may be many of, and those in it.
  package struct Shape: Sendable {
    fileprivate let size: UInt64
    fileprivate let fields: [UInt64: Shape]

    /// - Parameter fields: by the numbers that `State.proto` gives them.
    package init<M>(_ type: M.Type, _ fields: [UInt64: Shape] = [:]) {
      size = UInt64(MemoryLayout<M>.stride)
      self.fields = fields
    }
  }

  /// Bytes of all messages counted so far.
  package private(set) var size: UInt64 = 0

  package init() {}

  /// Adds what `bytes`, a message of this shape, becomes. What is no message is for the decoder to refuse.
  package mutating func add(_ bytes: [UInt8], _ shape: Shape) {
    // No deeper than shapes are.
    var open: [(rest: Range<Int>, shape: Shape)] = [(bytes.indices, shape)]
    while case (var rest, let shape)? = open.popLast() {
      guard let (number, part) = Self.nextField(bytes, &rest) else { continue }
      open.append((rest, shape))
      guard let part, let inner = shape.fields[number] else { continue }
      size += inner.size
      if !inner.fields.isEmpty { open.append((part, inner)) }
    }
  }

  /// Takes a field off the front; with the place of its bytes when it has a length. nil at the end.
  private static func nextField(_ bytes: [UInt8], _ rest: inout Range<Int>)
    -> (number: UInt64, part: Range<Int>?)?
  {
    guard let tag = varint(bytes, &rest) else { return nil }
    let count: UInt64
    switch tag & 7 {
    case 0: return varint(bytes, &rest).map { _ in (tag >> 3, nil) }
    case 1: count = 8
    case 2:
      guard let length = varint(bytes, &rest) else { return nil }
      count = length
    case 5: count = 4
    default: return nil
    }
    guard count <= UInt64(rest.count) else { return nil }
    let part = rest.lowerBound..<(rest.lowerBound + Int(count))
    rest = part.upperBound..<rest.upperBound
    return (tag >> 3, tag & 7 == 2 ? part : nil)
  }

  private static func varint(_ bytes: [UInt8], _ rest: inout Range<Int>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard !rest.isEmpty else { return nil }
      let byte = bytes[rest.lowerBound]
      rest = (rest.lowerBound + 1)..<rest.upperBound
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
