/// A protobuf message without its schema, for tests that change single fields and keep the rest
/// well-formed (https://protobuf.dev/programming-guides/encoding/).
package struct WireMessage {
  package indirect enum Value {
    case varint(UInt64)
    case fixed64([UInt8])
    case fixed32([UInt8])
    case bytes([UInt8])
    /// Bytes that parse as a message, and most likely are one.
    case message(WireMessage)
  }

  package var fields: [(number: UInt64, value: Value)] = []

  package init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let tag = Self.varint(&rest), (1...200).contains(tag >> 3) else { return nil }
      switch tag & 7 {
      case 0:
        guard let value = Self.varint(&rest) else { return nil }
        fields.append((tag >> 3, .varint(value)))
      case 1:
        guard rest.count >= 8 else { return nil }
        fields.append((tag >> 3, .fixed64(Array(rest.prefix(8)))))
        rest.removeFirst(8)
      case 2:
        guard let count = Self.varint(&rest), count <= rest.count else { return nil }
        let part = Array(rest.prefix(Int(count)))
        rest.removeFirst(Int(count))
        let nested = part.isEmpty ? nil : WireMessage(part)
        fields.append((tag >> 3, nested.map { .message($0) } ?? .bytes(part)))
      case 5:
        guard rest.count >= 4 else { return nil }
        fields.append((tag >> 3, .fixed32(Array(rest.prefix(4)))))
        rest.removeFirst(4)
      default: return nil
      }
    }
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    func add(varint value: UInt64) {
      var value = value
      while value >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
        value >>= 7
      }
      bytes.append(UInt8(value))
    }
    func add(_ tag: UInt64, counted part: [UInt8]) {
      add(varint: tag)
      add(varint: UInt64(part.count))
      bytes += part
    }
    for (number, value) in fields {
      let tag = number << 3
      switch value {
      case .varint(let value):
        add(varint: tag)
        add(varint: value)
      case .fixed64(let raw):
        add(varint: tag | 1)
        bytes += raw
      case .bytes(let part): add(tag | 2, counted: part)
      case .message(let message): add(tag | 2, counted: message.bytes)
      case .fixed32(let raw):
        add(varint: tag | 5)
        bytes += raw
      }
    }
    return bytes
  }

  /// Fields of this message and of those in it.
  var fieldCount: Int {
    fields.reduce(0) { sum, field in
      if case .message(let nested) = field.value { return sum + 1 + nested.fieldCount }
      return sum + 1
    }
  }

  /// The numbers in this message and in those in it: ids among them.
  private var numbers: [UInt64] {
    fields.flatMap { field -> [UInt64] in
      switch field.value {
      case .varint(let value): [value]
      case .message(let nested): nested.numbers
      default: []
      }
    }
  }

  /// Changes one field, chosen by `numbers`: to a value at which arithmetic breaks, a likely one or
  /// another field's; or so that it is not there, or there twice, or in another's place.
  package mutating func change(using numbers: inout some RandomNumberGenerator) {
    guard !fields.isEmpty else { return }
    let known = self.numbers
    change(at: Int.random(in: 0..<fieldCount, using: &numbers), known, using: &numbers)
  }

  private mutating func change(
    at place: Int, _ known: [UInt64], using numbers: inout some RandomNumberGenerator
  ) {
    var place = place
    for index in fields.indices {
      if place == 0 { return changeField(index, known, using: &numbers) }
      place -= 1
      guard case .message(var nested) = fields[index].value else { continue }
      if place < nested.fieldCount {
        nested.change(at: place, known, using: &numbers)
        fields[index].value = .message(nested)
        return
      }
      place -= nested.fieldCount
    }
  }

  private mutating func changeField(
    _ index: Int, _ known: [UInt64], using numbers: inout some RandomNumberGenerator
  ) {
    switch (UInt8.random(in: 0..<12, using: &numbers), fields[index].value) {
    case (0, _): fields.remove(at: index)
    case (1, _): fields.append(fields[index])
    case (2, _): fields[index].number = .random(in: 1...40, using: &numbers)
    case (3, _): fields.swapAt(index, fields.indices.randomElement(using: &numbers)!)
    case (4, _):
      let other = fields.indices.randomElement(using: &numbers)!
      (fields[index].value, fields[other].value) = (fields[other].value, fields[index].value)
    case (5, _):
      fields += Array(repeating: fields[index], count: .random(in: 2...40, using: &numbers))
    case (_, .varint(let value)):
      fields[index].value = .varint(Self.changed(value, known, using: &numbers))
    case (_, .bytes(var part)):
      if part.isEmpty || Bool.random(using: &numbers) {
        let count = [1, 9, 255, 256, 4096].randomElement(using: &numbers)!
        part += [UInt8](repeating: .random(in: 0...255, using: &numbers), count: count)
      } else if Bool.random(using: &numbers) {
        part.removeLast(.random(in: 1...part.count, using: &numbers))
      } else {
        part[.random(in: part.indices, using: &numbers)] = .random(in: 0...255, using: &numbers)
      }
      fields[index].value = .bytes(part)
    case (_, .message(let nested)) where nested.fields.isEmpty: fields.append(fields[index])
    case (_, .message(var nested)):
      nested.change(at: .random(in: 0..<nested.fieldCount, using: &numbers), known, using: &numbers)
      fields[index].value = .message(nested)
    case (_, .fixed64(let raw)):
      fields[index].value = .fixed64(Self.changed(raw, known, using: &numbers))
    case (_, .fixed32(let raw)):
      fields[index].value = .fixed32(Self.changed(raw, known, using: &numbers))
    }
  }

  /// A power of two or one beside it, with either sign; the limits of the widths; a number that another
  /// field has; one near the old one.
  private static func changed(
    _ value: UInt64, _ known: [UInt64], using numbers: inout some RandomNumberGenerator
  ) -> UInt64 {
    switch UInt8.random(in: 0..<10, using: &numbers) {
    case 0: return 0
    case 1...4:
      let power: UInt64 = 1 << UInt64.random(in: 0..<64, using: &numbers)
      let beside = power &+ [0, 1, .max].randomElement(using: &numbers)!
      return Bool.random(using: &numbers) ? beside : 0 &- beside
    case 5:
      let edges: [UInt64] = [
        UInt64(Int32.max), UInt64(UInt32.max), UInt64(Int64.max), .max, .max - 1,
        UInt64(bitPattern: Int64(Int32.min)), UInt64(bitPattern: .min),
      ]
      return edges.randomElement(using: &numbers)!
    case 6, 7: return known.randomElement(using: &numbers) ?? 0
    case 8: return [value &+ 1, value &- 1, ~value, value << 32].randomElement(using: &numbers)!
    default: return numbers.next() >> UInt64.random(in: 0..<64, using: &numbers)
    }
  }

  private static func changed(
    _ raw: [UInt8], _ known: [UInt64], using numbers: inout some RandomNumberGenerator
  ) -> [UInt8] {
    let old = raw.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let new = changed(old, known, using: &numbers)
    return raw.indices.map { UInt8(truncatingIfNeeded: new >> UInt64(8 * $0)) }
  }
}
