import Foundation

/// What the sources of `HostABI` say.
struct SourceReader {
  let text: String
  let description: Description
  private let errorNames: Set<String>

  init(text: String, description: Description) {
    self.text = text
    self.description = description
    errorNames = Set(description.errors.map(\.name))
  }

  var version: String? {
    guard let match = text.firstMatch(of: /current = HostABIVersion\((\d+), (\d+)\)/) else {
      return nil
    }
    return "\(match.1).\(match.2)"
  }

  var errors: Set<String> { cases(of: "HostError") }

  /// The cases of an enumeration, which ends at the first line that closes a brace.
  func cases(of name: String) -> Set<String> {
    guard let start = text.firstRange(of: "enum \(name):") else { return [] }
    var found: Set<String> = []
    for line in text[start.upperBound...].split(separator: "\n").dropFirst() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line == "}" { break }
      guard line.hasPrefix("case ") else { continue }
      found.formUnion(
        line.dropFirst(5).split(separator: ",").map {
          $0.trimmingCharacters(in: .whitespaces)
        })
    }
    return found
  }

  /// The members of a set of options.
  func bits(of name: String) -> [String: Int] {
    var found: [String: Int] = [:]
    for line in text.split(separator: "\n") where line.contains("= \(name)(rawValue: ") {
      guard let match = line.firstMatch(of: /static let (\w+) = \w+\(rawValue: (\d+)\)/) else {
        continue
      }
      found[String(match.1)] = Int(match.2)
    }
    return found
  }

  /// The comment before the protocol, and its lines.
  private var protocolLines: (comment: String, lines: [Substring]) {
    guard let start = text.firstRange(of: "package protocol Host: AnyObject {\n"),
      let end = text[start.upperBound...].firstRange(of: "\n}\n")
    else { return ("", []) }
    let before = text[..<start.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
    let comment = before.dropLast().reversed().prefix { $0.hasPrefix("///") }.reversed()
    return (
      comment.joined(separator: "\n"),
      text[start.upperBound..<end.lowerBound].split(
        separator: "\n", omittingEmptySubsequences: false)
    )
  }

  /// What the protocol's comment says of all calls.
  var generalErrors: Set<String> {
    let comment = protocolLines.comment
    guard let start = comment.firstRange(of: "Any call that throws") else { return [] }
    return quoted(comment[start.lowerBound...], among: errorNames)
  }

  /// The declarations of the protocol, by the names that the description has for them.
  var calls: [String: HostContract.Call] {
    var found: [String: HostContract.Call] = [:]
    var comment = ""
    var declaration = ""
    for line in protocolLines.lines + [""] {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("///") {
        comment += line.dropFirst(3) + "\n"
      } else if !line.isEmpty, !line.hasPrefix("//") {
        declaration += (declaration.isEmpty ? "" : " ") + line
      } else if !declaration.isEmpty {
        if !declaration.hasPrefix("static") { add(declaration, comment, to: &found) }
        comment = ""
        declaration = ""
      }
    }
    return found
  }

  private func add(
    _ declaration: String, _ comment: String, to found: inout [String: HostContract.Call]
  ) {
    if let match = declaration.wholeMatch(of: /var (\w+): (.+) \{ get \}/) {
      found[String(match.1)] = .init(signature: "var \(match.1): \(match.2)", errors: [])
      return
    }
    guard let match = declaration.prefixMatch(of: /func (\w+)\(/) else {
      found[declaration] = .init(signature: nil, errors: [])
      return
    }
    let (list, rest) = Self.parenthesized(declaration[match.range.upperBound...])
    let arguments = Self.arguments(list)
    let fails = rest.hasPrefix(" throws(HostError)")
    let result = rest.firstRange(of: "-> ").map { rest[$0.upperBound...] } ?? "Void"
    let stated = arguments.map { "\($0.label) \($0.name): \($0.type)" }.joined(separator: ", ")
    let types = arguments.map(\.type)
    var sets = fails ? ["any"] : []
    if fails, types.contains("HostHandle") { sets.append("handle") }
    if types.contains("HostName") { sets += ["handle", "names"] }
    let own = comment.firstRange(of: "- Throws:").map {
      quoted(comment[$0.lowerBound...], among: errorNames)
    }
    let name = "\(match.1)(\(arguments.map { $0.label + ":" }.joined()))"
    found[name] = .init(
      signature: "func \(match.1)(\(stated))\(fails ? " throws" : "") -> \(result)",
      errors: description.errors(own ?? [], sets))
  }

  /// What stands before the parenthesis that closes one opened before `text`, and what comes after it.
  private static func parenthesized(_ text: Substring) -> (Substring, Substring) {
    var depth = 1
    for index in text.indices {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" { depth -= 1 }
      if depth == 0 { return (text[..<index], text[text.index(after: index)...]) }
    }
    return (text, "")
  }

  private static func arguments(_ list: Substring) -> [(label: String, name: String, type: String)]
  {
    var parts: [String] = []
    var depth = 0
    for character in list {
      if "([<".contains(character) { depth += 1 }
      // The second half of an arrow closes nothing.
      if ")]".contains(character) || character == ">" && parts.last?.last != "-" { depth -= 1 }
      if parts.isEmpty { parts.append("") }
      if character == ",", depth == 0 {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts.compactMap { part in
      guard let colon = part.firstIndex(of: ":") else { return nil }
      let words = part[..<colon].split(separator: " ").map { String($0) }
      guard let name = words.last, let label = words.first else { return nil }
      let type = part[part.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      return (label, name, type)
    }
  }
}

/// What `HostABI.md` says.
struct DocumentReader {
  let lines: [Substring]
  let errorNames: Set<String>
  let description: Description

  init(text: String, description: Description) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    errorNames = Set(description.errors.map(\.name))
    self.description = description
  }

  var version: String? {
    guard let match = lines.first?.firstMatch(of: /^# The host ABI, version (\d+\.\d+)$/) else {
      return nil
    }
    return String(match.1)
  }

  var generalErrors: Set<String> {
    guard let start = lines.firstIndex(where: { $0.hasPrefix("- **Errors are") }) else { return [] }
    let item = lines[start...].dropFirst().prefix { $0.hasPrefix("  ") }
    return quoted(([lines[start]] + item).joined(separator: "\n"), among: errorNames)
  }

  /// The words in backticks that the rows of a section's tables begin with.
  func rows(of heading: String) -> [String] {
    guard let start = lines.firstIndex(where: { $0 == "## \(heading)" || $0 == "### \(heading)" })
    else { return [] }
    return lines[(start + 1)...].prefix { !$0.hasPrefix("#") }.compactMap { Self.firstCell($0) }
  }

  private static func firstCell(_ line: Substring) -> String? {
    line.firstMatch(of: /^\| `([^`]+)` \|/).map { String($0.1) }
  }

  /// The calls with their errors: a call has a section of its own, or a row.
  private var statements: [(name: String, errors: Set<String>)] {
    let names = Set(description.calls.map(\.name))
    var found: [(name: String, errors: Set<String>)] = []
    // The section that stands open, and whether its errors are being listed.
    var section: Int?
    var listsErrors = false
    for line in lines {
      if line == "## Why these calls, and what the neighbours have" { break }
      if line.hasPrefix("#") {
        section = nil
        listsErrors = false
        if line.hasPrefix("### `"), line.hasSuffix(")`") {
          found.append((String(line.dropFirst(5).dropLast()), []))
          section = found.count - 1
        }
      } else if let section {
        if line.isEmpty { listsErrors = false }
        if line.hasPrefix("Errors:") { listsErrors = true }
        if listsErrors { found[section].errors.formUnion(quoted(line, among: errorNames)) }
      } else if let name = Self.firstCell(line), names.contains(name) || name.hasSuffix(")") {
        // Their errors stand in the third column.
        let cells = line.split(separator: "|")
        found.append((name, cells.count < 3 ? [] : quoted(cells[2], among: errorNames)))
      }
    }
    return found
  }

  var names: [String] { statements.map(\.name) }

  /// The calls of the guest half, each a row with its errors in the last column.
  var guestCalls: [(name: String, errors: Set<String>)] {
    guard let start = lines.firstIndex(of: "### The guest half") else { return [] }
    return lines[(start + 1)...].prefix { !$0.hasPrefix("#") }.compactMap { line in
      guard let name = Self.firstCell(line), let last = line.split(separator: "|").last else {
        return nil
      }
      return (name, quoted(last, among: errorNames))
    }
  }

  /// All errors of each call, those of its sets included.
  var calls: [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    for (name, errors) in statements {
      let sets = description.calls.first { $0.name == name }?.errorSets ?? []
      found[name] = description.errors(errors, sets)
    }
    return found
  }
}
