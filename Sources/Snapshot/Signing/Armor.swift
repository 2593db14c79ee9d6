import Base64Text

/// Base64 in lines between `-----BEGIN LABEL-----` and `-----END LABEL-----`.
enum Armor {
  /// Characters in a line, as OpenSSH writes them.
  private static let width = 70

  static func encode(_ bytes: [UInt8], label: String) -> String {
    var text = "-----BEGIN \(label)-----\n"
    var rest = Base64.encode(bytes)[...]
    while !rest.isEmpty {
      text += String(decoding: rest.prefix(width), as: UTF8.self) + "\n"
      rest = rest.dropFirst(width)
    }
    return text + "-----END \(label)-----\n"
  }

  /// What the armor `label` that `text` begins with encloses; nil for no such text. What follows it is
  /// left alone.
  static func decode(_ text: [UInt8], label: String) -> [UInt8]? {
    let lines = text.split(separator: UInt8(ascii: "\n")).map { line in
      line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
    guard let first = lines.first, first.elementsEqual("-----BEGIN \(label)-----".utf8),
      let end = lines.firstIndex(where: { $0.elementsEqual("-----END \(label)-----".utf8) })
    else { return nil }
    return Base64.decode(lines[1..<end].flatMap { $0 })
  }
}
