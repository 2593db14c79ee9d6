package import SwiftProtobuf

/// How much memory the message of a section takes once it is decoded, found without decoding it: a few
/// compressed bytes can stand for any number of empty messages.
///
/// Every field is accounted for: messages by their shapes, numbers that are packed by their width, all else as
/// bytes. The sum is an upper bound.
package struct StateCensus {
  /// A message, and those in it.
  package struct Shape: Sendable {
    /// Bytes of one in an array, of what it has on the heap from the beginning, and of an array in it.
    package let size: UInt64
    package let repeated: [UInt64: Shape]
    /// Those of which there is one at most.
    package let single: [UInt64: Shape]
    /// Bytes of an element of each repeated number; 0: as many as are written.
    package let numbers: [UInt64: UInt64]

    /// - Parameters: by the numbers that `State.proto` gives the fields.
    package init<M: Message>(
      _ type: M.Type, repeated: [UInt64: Shape] = [:], single: [UInt64: Shape] = [:],
      numbers: [UInt64: UInt64] = [:]
    ) {
      self.repeated = repeated
      self.single = single
      self.numbers = numbers
      size =
        UInt64(MemoryLayout<M>.stride) * StateCensus.arrayRoom + Self.storageSize(type)
        + StateCensus.objectRoom
    }

    /// Larger messages keep their fields in an object of their own.
    private static func storageSize<M: Message>(_ type: M.Type) -> UInt64 {
      // To look into a message takes a while: those that keep their fields in themselves are left alone.
      let room = MemoryLayout<UnknownStorage>.size + MemoryLayout<AnyObject>.size
      guard MemoryLayout<M>.size == room else { return 0 }
      func stride<T>(_ value: T) -> UInt64 { UInt64(MemoryLayout<T>.stride) }
      let storage = Mirror(reflecting: M()).children.first { $0.label == "_storage" }
      guard let storage else { return 0 }
      return Mirror(reflecting: storage.value).children.reduce(objectRoom) {
        $0 + _openExistential($1.value, do: stride)
      }
    }
  }

  /// Bytes of all that was counted so far.
  package private(set) var size: UInt64 = 0

  package init() {}

  /// An array may have room for twice as many as it has.
  private static let arrayRoom: UInt64 = 2
  /// The head of an object, and what the allocator keeps beside it.
  private static let objectRoom: UInt64 = 32
  /// What a byte string may have beside its bytes: its place in an array, and an object.
  private static let bytesRoom: UInt64 = 32
  private static let bytesObject: UInt64 = 96
  /// Bytes that need no object.
  private static let inlineBytes = 14

  /// A message that is looked at.
  private struct Place {
    var rest: Range<Int>
    let shape: Shape
    /// The numbers met so far of fields that come once.
    var met: Set<UInt64> = []
  }

  /// Adds what `bytes`, a message of this shape, becomes; false if they are no message that is ever written.
  ///
  /// A field that comes once and is there twice is none: a decoder makes one of the two, and takes the longer for
  /// it the more there are.
  package mutating func add(_ bytes: [UInt8], _ shape: Shape) -> Bool {
    size += shape.size
    // No deeper than shapes are.
    var open = [Place(rest: bytes.indices, shape: shape)]
    while var place = open.popLast() {
      if place.rest.isEmpty { continue }
      guard let (number, part) = Self.nextField(bytes, &place.rest) else { return false }
      let shape = place.shape
      let comesOnce = part != nil && (shape.single[number] != nil || shape.numbers[number] != nil)
      if comesOnce, !place.met.insert(number).inserted { return false }
      open.append(place)
      guard let part else {
        size += shape.numbers[number, default: 0] * Self.arrayRoom
        continue
      }
      if let inner = shape.repeated[number] ?? shape.single[number] {
        size += inner.size
        open.append(Place(rest: part, shape: inner))
      } else if let width = shape.numbers[number] {
        let bytes = bytes[part]
        let count =
          width == 0 ? UInt64(bytes.count) : bytes.reduce(0) { $1 < 0x80 ? $0 + width : $0 }
        size += count * Self.arrayRoom
      } else {
        size += Self.bytesRoom
        if part.count > Self.inlineBytes {
          size += Self.bytesObject + UInt64(part.count) * Self.arrayRoom
        }
      }
    }
    return true
  }

  /// Takes a field off the front; with the place of its bytes when it has a length. nil when there is none: a
  /// group, say, behind which a decoder would go on.
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
