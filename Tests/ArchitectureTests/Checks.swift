/// One breach of a rule.
struct Violation: Equatable, CustomStringConvertible {
  var path: String
  var line: Int
  var what: String
  var description: String { "\(path):\(line): \(what)" }
}

/// Checks of one source file. `path` begins with the target's name, as in `LibOS/Task/Task.swift`.
enum Checks {
  static func all(_ path: String, _ text: String) -> [Violation] {
    let code = SourceCode(text)
    return imports(path, code) + unsafeCode(path, code) + length(path, text)
  }

  static func isGenerated(_ path: String) -> Bool { path.hasSuffix(".pb.swift") }

  // MARK: Imports

  static func imports(_ path: String, _ code: SourceCode) -> [Violation] {
    let target = String(path.prefix { $0 != "/" })
    guard var allowed = Rules.imports[target] else {
      return [Violation(path: path, line: 1, what: "target \(target) has no row in the table")]
    }
    allowed.formUnion(Rules.everywhere)
    for (place, more) in Rules.folderImports where path == place || path.hasPrefix(place + "/") {
      allowed.formUnion(more)
    }
    var violations: [Violation] = []
    for (index, line) in code.lines.enumerated() {
      for module in importedModules(line) where !allowed.contains(module) {
        violations.append(
          Violation(path: path, line: index + 1, what: "\(target) may not import \(module)"))
      }
    }
    return violations
  }

  /// The top-level modules that a line of code imports.
  static func importedModules(_ line: String) -> [String] {
    // Statements may share a line.
    line.split(separator: ";").compactMap { statement in
      let statement = words(statement)
      guard let start = statement.firstIndex(of: "import") else { return nil }
      let kinds: Set<String> = [
        "typealias", "struct", "class", "enum", "protocol", "let", "var", "func",
      ]
      let modifiers: Set<String> = [
        "public", "package", "internal", "private", "fileprivate", "_exported", "testable",
        "preconcurrency", "_implementationOnly", "_spi", "unsafe",
      ]
      // Any other word before it means that this is not an import declaration.
      let isDeclaration = statement[..<start].enumerated().allSatisfy { index, word in
        modifiers.contains(word) || (index > 0 && statement[index - 1] == "_spi")
      }
      guard isDeclaration else { return nil }
      return statement[(start + 1)...].first { !kinds.contains($0) }
    }
  }

  // MARK: Systems and processors

  /// Conditional compilation on the system or processor in files that may not have it. `canImport` is
  /// allowed: the C library has another name on each system.
  static func platforms(_ path: String, _ text: String) -> [Violation] {
    guard !Rules.platformPlaces.contains(path) else { return [] }
    let names = [
      "os(", "arch(", "targetEnvironment(", "__linux__", "__APPLE__", "__x86_64__", "__aarch64__",
    ]
    return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
      index, line in
      let condition = line.drop { $0 == " " }
      guard
        condition.hasPrefix("#if") || condition.hasPrefix("#elif") || condition.hasPrefix("#else"),
        let name = names.first(where: { condition.contains($0) })
      else { return nil }
      return Violation(
        path: path, line: index + 1, what: "\"\(name)\" outside of the porting places")
    }
  }

  // MARK: Unsafe code

  static func unsafeCode(_ path: String, _ code: SourceCode) -> [Violation] {
    let isAllowed = Rules.unsafePlaces.contains {
      path == $0 || ($0.hasSuffix("/") && path.hasPrefix($0))
    }
    var violations: [Violation] = []
    // The line of the last SAFETY comment; `.max` after one that speaks for the whole file.
    var comment: Int?
    for (index, line) in code.lines.enumerated() {
      if code.comments[index].contains("SAFETY (all of this file):") { comment = .max }
      if code.comments[index].contains("SAFETY:"), comment != .max { comment = index }
      let words = words(line)
      guard let word = words.first(where: isUnsafe) else { continue }
      if !isAllowed {
        violations.append(
          Violation(path: path, line: index + 1, what: "\"\(word)\" outside of the unsafe places"))
      } else if isUse(words), !isCovered(index, by: comment) {
        violations.append(
          Violation(path: path, line: index + 1, what: "unsafe without a SAFETY comment above"))
      }
    }
    return violations
  }

  private static func isCovered(_ line: Int, by comment: Int?) -> Bool {
    guard let comment else { return false }
    return comment == .max || line - comment <= Rules.safetyReach
  }

  /// Whether a word can only mean unsafe code.
  static func isUnsafe(_ word: String) -> Bool {
    word == "unsafe" || word == "OpaquePointer" || word == "Unmanaged"
      || (word.hasPrefix("Unsafe") && (word.contains("Pointer") || word.hasSuffix("Continuation")))
      || word.hasPrefix("withUnsafe") || word.hasPrefix("unsafe") || word.hasPrefix("_unsafe")
  }

  /// Whether the line does something unsafe, rather than naming an unsafe type or marking a declaration.
  private static func isUse(_ words: [String]) -> Bool {
    let declarations: Set<String> = ["var", "let", "func", "init", "subscript", "typealias"]
    guard let place = words.firstIndex(of: "unsafe") else { return false }
    // `@unsafe package let …`: the attribute, before a declaration of which nothing is unsafe yet.
    let isAttribute =
      place == 0 && words.count > 1
      && (declarations.contains(words[1])
        || ["package", "public", "internal", "private", "static", "final"].contains(words[1]))
    return !isAttribute || words.dropFirst().contains("unsafe")
  }

  // MARK: Length

  static func length(_ path: String, _ text: String) -> [Violation] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
    guard lines > Rules.lineLimit, !isGenerated(path) else { return [] }
    return [
      Violation(path: path, line: lines, what: "longer than \(Rules.lineLimit) lines")
    ]
  }

  /// The identifiers and keywords of some code.
  static func words(_ code: some StringProtocol) -> [String] {
    let words: [Substring] = Substring(code).split { !($0.isLetter || $0.isNumber || $0 == "_") }
    return words.map { String($0) }
  }
}
