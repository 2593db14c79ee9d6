/// Swift source without comments and string literals, which are replaced by spaces, line by line, so that
/// line numbers are kept. Code interpolated into strings is kept.
///
/// A lexer that suffices for rules about words. It handles nested comments, multi-line and raw strings, but
/// not regular expression literals.
struct SourceCode {
  /// The code of each line, without comments and texts.
  private(set) var lines: [String] = [""]
  /// The comments of each line.
  private(set) var comments: [String] = [""]

  private let source: [Character]
  private var position = 0

  init(_ text: String) {
    source = Array(text)
    while position < source.count {
      if source[position].isNewline || !skipNonCode() { keep() }
    }
  }

  private func starts(_ text: String, at offset: Int = 0) -> Bool {
    let characters = Array(text)
    let start = position + offset
    return start + characters.count <= source.count
      && source[start..<(start + characters.count)].elementsEqual(characters)
  }

  /// Copies one character as code.
  private mutating func keep() {
    take(asCode: true)
  }

  private mutating func take(asCode: Bool, asComment: Bool = false) {
    let character = source[position]
    position += 1
    if character.isNewline {
      lines.append("")
      comments.append("")
      return
    }
    lines[lines.count - 1].append(asCode ? character : " ")
    if asComment { comments[comments.count - 1].append(character) }
  }

  /// Skips a comment or a string literal that begins here.
  private mutating func skipNonCode() -> Bool {
    if starts("//") {
      while position < source.count, !source[position].isNewline {
        take(asCode: false, asComment: true)
      }
      return true
    }
    if starts("/*") {
      skipBlockComment()
      return true
    }
    var hashes = 0
    while starts("#", at: hashes) { hashes += 1 }
    guard starts("\"", at: hashes) else { return false }
    skipString(hashes: hashes)
    return true
  }

  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      let step = starts("/*") ? 1 : starts("*/") ? -1 : 0
      depth += step
      for _ in 0..<(step == 0 ? 1 : 2) { take(asCode: false, asComment: true) }
    } while depth > 0 && position < source.count
  }

  private mutating func skipString(hashes: Int) {
    let guardMarks = String(repeating: "#", count: hashes)
    for _ in 0..<hashes { take(asCode: false) }
    let quotes = starts("\"\"\"") ? "\"\"\"" : "\""
    for _ in quotes { take(asCode: false) }
    while position < source.count {
      if starts(quotes + guardMarks) {
        for _ in quotes + guardMarks { take(asCode: false) }
        return
      }
      // An unterminated literal ends with its line, so that it does not hide the rest of the file from the
      // rules.
      if quotes.count == 1, source[position].isNewline { return }
      guard starts("\\" + guardMarks) else {
        take(asCode: false)
        continue
      }
      for _ in 0...hashes { take(asCode: false) }
      if starts("(") {
        keepInterpolation()
      } else if position < source.count {
        take(asCode: false)
      }
    }
  }

  private mutating func keepInterpolation() {
    var depth = 0
    repeat {
      if skipNonCode() { continue }
      if starts("(") { depth += 1 }
      if starts(")") { depth -= 1 }
      keep()
    } while depth > 0 && position < source.count
  }
}
