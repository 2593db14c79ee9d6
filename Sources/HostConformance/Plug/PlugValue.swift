import FoundationEssentials
import HostABI

/// A value in a message between the suite and a plug: JSON.
indirect enum PlugValue: Codable, Equatable {
  case none
  case truth(Bool)
  case number(Int64)
  /// One beyond those of `number`.
  case large(UInt64)
  case text(String)
  case list([PlugValue])
  case members([String: PlugValue])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .none
    } else if let truth = try? value.decode(Bool.self) {
      self = .truth(truth)
    } else if let number = try? value.decode(Int64.self) {
      self = .number(number)
    } else if let number = try? value.decode(UInt64.self) {
      self = .large(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([PlugValue].self) {
      self = .list(list)
    } else {
      self = .members(try value.decode([String: PlugValue].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .none: try value.encodeNil()
    case .truth(let truth): try value.encode(truth)
    case .number(let number): try value.encode(number)
    case .large(let number): try value.encode(number)
    case .text(let text): try value.encode(text)
    case .list(let list): try value.encode(list)
    case .members(let members): try value.encode(members)
    }
  }

  /// A message: one line.
  init?(line: [UInt8]) {
    guard let value = try? JSONDecoder().decode(PlugValue.self, from: Data(line)) else {
      return nil
    }
    self = value
  }

  var line: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("a message can't be written as JSON")
    }
    return Array(data) + [UInt8(ascii: "\n")]
  }
}

/// A message is not what the plug's description says.
struct PlugMismatch: Error {
  let what: String
}

// MARK: Reading

extension PlugValue {
  /// A member; `none` if it is missing.
  subscript(_ name: String) -> PlugValue {
    if case .members(let members) = self { return members[name] ?? .none }
    return .none
  }

  var isNone: Bool { self == .none }

  func truth() throws(PlugMismatch) -> Bool {
    guard case .truth(let truth) = self else { throw PlugMismatch(what: "no truth value") }
    return truth
  }

  func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(PlugMismatch) -> T {
    var integer: T?
    switch self {
    case .number(let number): integer = T(exactly: number)
    case .large(let number): integer = T(exactly: number)
    default: break
    }
    guard let integer else { throw PlugMismatch(what: "no number of type \(type)") }
    return integer
  }

  func text() throws(PlugMismatch) -> String {
    guard case .text(let text) = self else { throw PlugMismatch(what: "no text") }
    return text
  }

  func list() throws(PlugMismatch) -> [PlugValue] {
    guard case .list(let list) = self else { throw PlugMismatch(what: "no list") }
    return list
  }

  /// Bytes: two hexadecimal digits each.
  func bytes() throws(PlugMismatch) -> [UInt8] {
    let digits = Array(try text().utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    var index = 0
    while index + 1 < digits.count {
      guard let high = Self.digit(digits[index]), let low = Self.digit(digits[index + 1]) else {
        throw PlugMismatch(what: "no bytes")
      }
      bytes.append(high << 4 | low)
      index += 2
    }
    guard index == digits.count else { throw PlugMismatch(what: "half a byte") }
    return bytes
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  /// The value of an enumeration whose values have these names.
  func name<T>(of names: [(String, T)]) throws(PlugMismatch) -> T {
    let text = try text()
    guard let value = names.first(where: { $0.0 == text }) else {
      throw PlugMismatch(what: "an unknown name: \(text)")
    }
    return value.1
  }
}

// MARK: Writing

extension PlugValue {
  init(_ number: some FixedWidthInteger) {
    if let small = Int64(exactly: number) {
      self = .number(small)
    } else {
      self = .large(UInt64(truncatingIfNeeded: number))
    }
  }

  init(bytes: [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.count)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    self = .text(String(decoding: text, as: UTF8.self))
  }

  /// One of an enumeration whose values have these names.
  init<T: Equatable>(_ value: T, of names: [(String, T)]) {
    guard let name = names.first(where: { $0.1 == value }) else {
      preconditionFailure("\(value) has no name")
    }
    self = .text(name.0)
  }
}
