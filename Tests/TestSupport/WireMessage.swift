/// A protobuf message without its schema, for tests that change single fields and keep the rest
/// well-formed (https://protobuf.dev/programming-guides/encoding/).
package struct WireMessage {
  package indirect enum Value {
    case varint(UInt64)
    case fixed64([UInt8])
    case fixed32([UInt8])
    case bytes([UInt8])
    /// Bytes that can be read as a message: most likely they are one.
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

  /// Changes one field, chosen by `numbers`: to an extreme or a likely value, or so that it is not there,
  /// or there twice.
  package mutating func change(using numbers: inout some RandomNumberGenerator) {
    guard !fields.isEmpty else { return }
    change(at: Int.random(in: 0..<fieldCount, using: &numbers), using: &numbers)
  }

  private mutating func change(at place: Int, using numbers: inout some RandomNumberGenerator) {
    var place = place
    for index in fields.indices {
      if place == 0 { return changeField(index, using: &numbers) }
      place -= 1
      guard case .message(var nested) = fields[index].value else { continue }
      if place < nested.fieldCount {
        nested.change(at: place, using: &numbers)
        fields[index].value = .message(nested)
        return
      }
      place -= nested.fieldCount
    }
  }

  private mutating func changeField(_ index: Int, using numbers: inout some RandomNumberGenerator) {
    switch (UInt8.random(in: 0..<8, using: &numbers), fields[index].value) {
    case (0, _): fields.remove(at: index)
    case (1, _): fields.append(fields[index])
    case (2, _): fields[index].number = .random(in: 1...40, using: &numbers)
    case (_, .varint(let value)):
      let values: [UInt64] = [
        0, 1, 2, 3, 4095, 4096, value &+ 1, value &- 1, ~value, value << 32, 1 << 31, 1 << 32,
        1 << 47, 1 << 62, 1 << 63, .max, .max - 1, .random(in: 0..<16, using: &numbers),
        .random(in: 0...(.max), using: &numbers),
      ]
      fields[index].value = .varint(values.randomElement(using: &numbers)!)
    case (_, .bytes(var part)):
      if part.isEmpty || Bool.random(using: &numbers) {
        part += [UInt8](repeating: .random(in: 0...255, using: &numbers), count: 9)
      } else if Bool.random(using: &numbers) {
        part.removeLast(.random(in: 1...part.count, using: &numbers))
      } else {
        part[.random(in: part.indices, using: &numbers)] = .random(in: 0...255, using: &numbers)
      }
      fields[index].value = .bytes(part)
    case (_, .message(var nested)):
      nested.change(using: &numbers)
      fields[index].value = .message(nested)
    case (_, .fixed64): fields[index].value = .fixed64([UInt8](repeating: 0xff, count: 8))
    case (_, .fixed32): fields[index].value = .fixed32([UInt8](repeating: 0xff, count: 4))
    }
  }
}
