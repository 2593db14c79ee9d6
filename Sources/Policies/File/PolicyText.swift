/// The text of a policy file, before YAML is read: what a policy has no use for, and what a reader of YAML could be overwhelmed
/// with, is refused here, by a scan of linear time.
struct PolicyText {
  let text: String
  /// From 1: what is wrong with the first line that is wrong.
  let mistake: (line: Int, reason: String)?

  static let sizeLimit = 1 << 16
  private static let depthLimit = 4
  private static let indentationLimit = 40

  init(_ bytes: [UInt8]) {
    guard bytes.count <= Self.sizeLimit else {
      text = ""
      mistake = (1, "has more than \(Self.sizeLimit >> 10) KiB")
      return
    }
    var scan = Scan()
    var found: (line: Int, reason: String)?
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      if let reason = scan.line(line.last == UInt8(ascii: "\r") ? line.dropLast() : line) {
        found = (index + 1, reason)
        break
      }
    }
    mistake = found
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// Follows YAML's quotes, comments and brackets, line by line. A quoted text ends on the line where it begins.
  private struct Scan {
    /// Brackets that are open.
    private var depth = 0

    mutating func line(_ line: ArraySlice<UInt8>) -> String? {
      guard String(validating: line, as: UTF8.self) != nil else { return "is not UTF-8" }
      for byte in line where byte < 0x20 || byte == 0x7f {
        return byte == UInt8(ascii: "\t")
          ? "has a tab: indent with spaces" : "has a control character"
      }
      return tokens(Array(line))
    }

    private mutating func tokens(_ line: [UInt8]) -> String? {
      var index = 0
      // Whether a value or key may begin here.
      var isStart = true
      while index < line.count {
        let byte = line[index]
        let next = index + 1 < line.count ? line[index + 1] : UInt8(ascii: " ")
        defer { index += 1 }
        switch byte {
        case UInt8(ascii: " "): continue
        case UInt8(ascii: "#") where index == 0 || line[index - 1] == UInt8(ascii: " "): return nil
        case UInt8(ascii: "\"") where isStart, UInt8(ascii: "'") where isStart:
          guard let end = Self.end(ofQuoted: line, from: index) else {
            return "has a quote that does not end on its line"
          }
          index = end
          isStart = end + 1 < line.count && line[end + 1] == UInt8(ascii: ":")
          if isStart { index += 1 }
        case UInt8(ascii: "[") where isStart || depth > 0,
          UInt8(ascii: "{") where isStart || depth > 0:
          depth += 1
          if depth > PolicyText.depthLimit { return "is nested too deeply" }
          isStart = true
        case UInt8(ascii: "]") where depth > 0, UInt8(ascii: "}") where depth > 0:
          depth -= 1
          isStart = false
        case UInt8(ascii: ",") where depth > 0: isStart = true
        case UInt8(ascii: ":") where next == UInt8(ascii: " ") || depth > 0: isStart = true
        case UInt8(ascii: "-") where isStart && next == UInt8(ascii: " "):
          if index > PolicyText.indentationLimit { return "is nested too deeply" }
        default:
          if isStart {
            if depth == 0, index > 2 * PolicyText.indentationLimit, Self.isIndented(line, to: index)
            {
              return "is nested too deeply"
            }
            if let reason = Self.refusal(byte, next) { return reason }
          }
          isStart = false
        }
      }
      return nil
    }

    /// Whether nothing but dashes is before.
    private static func isIndented(_ line: [UInt8], to end: Int) -> Bool {
      line[..<end].allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "-") }
    }

    /// The place of the quote that ends the one at `start`.
    private static func end(ofQuoted line: [UInt8], from start: Int) -> Int? {
      let quote = line[start]
      var index = start + 1
      while index < line.count {
        if line[index] == quote {
          // Two of them in single quotes stand for one.
          guard quote == UInt8(ascii: "'"), index + 1 < line.count, line[index + 1] == quote
          else { return index }
          index += 1
        } else if line[index] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
          index += 1
        }
        index += 1
      }
      return nil
    }

    /// What YAML has and a policy has not, by the character that it begins with.
    private static func refusal(_ byte: UInt8, _ next: UInt8) -> String? {
      switch byte {
      case UInt8(ascii: "&"): "begins an anchor of YAML, which a policy can't have"
      case UInt8(ascii: "*"):
        "begins an alias of YAML, which a policy can't have: put a pattern into quotes, as in \"*\""
      case UInt8(ascii: "!"): "begins a tag of YAML, which a policy can't have"
      case UInt8(ascii: "|"), UInt8(ascii: ">"):
        "begins a text of several lines, which a policy can't have"
      case UInt8(ascii: "%"): "begins a directive of YAML, which a policy can't have"
      case UInt8(ascii: "?") where next == UInt8(ascii: " "):
        "begins a key of several lines, which a policy can't have"
      default: nil
      }
    }
  }
}
