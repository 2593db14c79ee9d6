import ConformanceReports

/// What a program has written, read as KTAP or TAP: results by their names.
package struct ProgramOutput {
  /// More than this is not kept of a line, and of results.
  private static let limit = 2000

  private struct Result {
    var status: Verdict.Status
    var reasons: [String]
  }

  private var rest: [UInt8] = []
  /// Whether it has said that it tells results, or told one.
  private(set) var hasBegun = false
  /// How many results it has told.
  private(set) var resultCount = 0
  /// How many it was going to tell; nil if it has not said.
  private(set) var plan: Int?
  /// Why it gave up, if it said so.
  private(set) var givenUp: String?
  /// The names of results, in the order in which they came.
  private(set) var names: [String] = []
  private var results: [String: Result] = [:]
  /// What went wrong since the last result.
  private(set) var loose: [String] = []
  /// What the Linux Test Project's programs say that did not pass.
  private(set) var complaints: [String] = []
  /// The last line that tells nothing.
  private(set) var lastLine = ""

  package init() {}

  package mutating func add(_ bytes: [UInt8]) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        end()
      } else if rest.count < Self.limit {
        rest.append(byte)
      }
    }
  }

  /// The output has ended.
  package mutating func finish() { if !rest.isEmpty { end() } }

  private mutating func end() {
    let line = String(decoding: rest, as: UTF8.self)
    rest.removeAll()
    if line.hasPrefix("KTAP version ") || line.hasPrefix("TAP version ") {
      hasBegun = true
    } else if let result = ResultLine(line) {
      add(result)
    } else if line.hasPrefix("1.."), let count = Int(line.dropFirst(3).prefix { $0 != " " }) {
      hasBegun = true
      plan = count
    } else if line.hasPrefix("Bail out!") {
      givenUp = String(line.dropFirst(9).drop { $0 == " " })
    } else if line.hasPrefix("# ") {
      if line != "# left", loose.count < Self.limit { loose.append(String(line.dropFirst(2))) }
    } else if !line.isEmpty {
      lastLine = line
      let words = ["TFAIL", "TBROK", "TWARN", "TCONF"]
      if complaints.count < Self.limit, words.contains(where: { line.contains(" \($0)") }) {
        complaints.append(line)
      }
    }
  }

  private mutating func add(_ line: ResultLine) {
    hasBegun = true
    // Garbage may have any number of them.
    guard results[line.name] != nil || results.count < Self.limit else { return }
    resultCount += 1
    var result = results[line.name] ?? Result(status: .pass, reasons: [])
    if results[line.name] == nil { names.append(line.name) }
    // One that comes several times passes if it does each time.
    switch line.outcome {
    case .pass: break
    case .fail:
      result.status = .fail
      result.reasons += loose
    case .skip(let reason):
      if result.status == .pass { result.status = .skip }
      result.reasons.append(reason)
    }
    loose = []
    results[line.name] = result
  }

  /// What came of the check that a result names; nil if there is no such result.
  func verdict(_ name: String) -> Verdict? {
    guard let result = results[name] else { return nil }
    let isClear = result.status == .pass || result.reasons.isEmpty
    return Verdict(result.status, isClear ? nil : Self.text(result.reasons))
  }

  /// Reasons in a line, which is not too long.
  static func text(_ reasons: [String]) -> String {
    let shown = reasons.prefix(5).joined(separator: "; ")
    return reasons.count > 5 ? shown + "; and \(reasons.count - 5) more" : shown
  }
}

/// `ok` or `not ok`, perhaps a number, perhaps a dash, words, and perhaps a directive after ` # `.
private struct ResultLine {
  enum Outcome {
    case pass, fail
    case skip(String)
  }

  /// The words, or the number if there are none.
  let name: String
  let outcome: Outcome

  init?(_ line: String) {
    let isPass = line.hasPrefix("ok ") || line == "ok"
    guard isPass || line.hasPrefix("not ok ") || line == "not ok" else { return nil }
    var rest = line.dropFirst(isPass ? 2 : 6).drop { $0 == " " }
    let number = rest.prefix { $0.isNumber }
    // `ok - 5 things` has no number.
    rest = rest.dropFirst(number.count).drop { $0 == " " }
    if rest.hasPrefix("- ") { rest = rest.dropFirst(2) }
    let (words, directive) = Self.split(rest)
    name = words.isEmpty ? String(number) : String(words)
    let kind = directive.prefix { $0 != " " }.uppercased()
    // That it does not pass was known.
    let isExcused = ["SKIP", "TODO", "XFAIL"].contains(kind)
    if isExcused, !isPass || kind == "SKIP" {
      outcome = .skip(String(directive))
    } else {
      outcome = isPass ? .pass : .fail
    }
  }

  private static func split(_ text: Substring) -> (words: Substring, directive: Substring) {
    var index = text.startIndex
    while index < text.endIndex {
      let rest = text[index...]
      if rest.hasPrefix("# ") {
        return (text[..<index].trimmed, rest.dropFirst(2))
      }
      index = text.index(after: index)
    }
    return (text.trimmed, "")
  }
}

extension Substring {
  /// Without spaces behind it.
  fileprivate var trimmed: Substring {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
