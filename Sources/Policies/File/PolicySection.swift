internal import Yams

/// What has been found wrong so far, and what names are known.
final class ReadingContext {
  let file: String
  /// The machines that a rule may name; nil: they are not known, and any name will do.
  let machines: Set<String>?
  private(set) var mistakes: [PolicyMistake] = []

  init(file: String, machines: Set<String>?) {
    self.file = file
    self.machines = machines
  }

  func note(_ reason: String, line: Int, key: String?) {
    mistakes.append(PolicyMistake(file: file, line: line, key: key, reason: reason))
  }
}

/// A mapping of the file. Each key is asked for by the reader that knows it; the others are mistakes.
final class Section {
  struct Entry {
    let key: String
    let line: Int
    let value: Node
  }

  let path: String
  let line: Int
  let entries: [Entry]
  let context: ReadingContext
  private var known: [String] = []

  /// - Returns: nil, and a mistake is noted, if the node is no mapping.
  init?(_ node: Node, _ path: String, _ line: Int, _ context: ReadingContext) {
    self.path = path
    self.line = line
    self.context = context
    guard case .mapping(let mapping) = node else {
      context.note(
        "must have keys, as in \"key: value\", and has \(Self.kind(node))", line: line,
        key: path.isEmpty ? nil : path)
      return nil
    }
    var entries: [Entry] = []
    for (key, value) in mapping {
      let line = key.mark?.line ?? line
      guard case .scalar(let scalar) = key else {
        context.note("has a key that is no word", line: line, key: path.isEmpty ? nil : path)
        continue
      }
      entries.append(Entry(key: scalar.string, line: line, value: value))
    }
    self.entries = entries
  }

  func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  func line(of key: String) -> Int? { entries.first { $0.key == key }?.line }

  func has(_ key: String) -> Bool { line(of: key) != nil }

  func note(_ reason: String, at key: String) {
    context.note(reason, line: line(of: key) ?? line, key: path(of: key))
  }

  /// The value of a key.
  func entry(_ key: String) -> Entry? {
    if !known.contains(key) { known.append(key) }
    return entries.first { $0.key == key }
  }

  /// The section behind a key.
  func section(_ key: String) -> Section? {
    entry(key).flatMap { Section($0.value, path(of: key), $0.line, context) }
  }

  /// To be called when all keys have been asked for.
  func refuseOthers() {
    for entry in entries where !known.contains(entry.key) {
      let near = nearest(to: entry.key, in: known).map { ": did you mean \"\($0)\"?" }
      context.note(
        "is no key here\(near ?? "; there are \(known.joined(separator: ", "))")",
        line: entry.line, key: path(of: entry.key))
    }
  }

  /// The word behind a key; nil, with a mistake noted, if there is something else.
  func word(_ key: String) -> String? { entry(key).flatMap { word($0, "one value") } }

  private func word(_ entry: Entry, _ wanted: String) -> String? {
    guard case .scalar(let scalar) = entry.value else {
      note("must be \(wanted), and is \(Self.kind(entry.value))", at: entry.key)
      return nil
    }
    guard !scalar.string.isEmpty else {
      note("has no value", at: entry.key)
      return nil
    }
    return scalar.string
  }

  /// The words behind a key: one, or a list.
  func words(_ key: String) -> [String] {
    guard let entry = entry(key) else { return [] }
    guard case .sequence(let sequence) = entry.value else {
      return word(entry, "a word or a list").map { [$0] } ?? []
    }
    if sequence.isEmpty { note("is an empty list", at: key) }
    return sequence.compactMap { node in
      guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
        context.note(
          "must be a list of words, and has \(Self.kind(node)) in it",
          line: node.mark?.line ?? entry.line, key: path(of: key))
        return nil
      }
      return scalar.string
    }
  }

  /// A value that `read` understands.
  ///
  /// - Parameter example: what it looks like.
  func value<T>(_ key: String, _ example: String, _ read: (String) -> T?) -> T? {
    guard let word = word(key) else { return nil }
    guard let value = read(word) else {
      note("must be \(example), and is \"\(word)\"", at: key)
      return nil
    }
    return value
  }

  func flag(_ key: String) -> Bool? {
    value(key, "true or false") { word in
      ["true": true, "yes": true, "on": true, "false": false, "no": false, "off": false][word]
    }
  }

  func span(_ key: String, _ range: ClosedRange<Span>) -> Span? {
    guard let span = value(key, "a time, as in 15m (s, m, h or d)", Span.init) else { return nil }
    guard range.contains(span) else {
      note("is \(span), and must be from \(range.lowerBound) to \(range.upperBound)", at: key)
      return nil
    }
    return span
  }

  func percent(_ key: String, _ range: ClosedRange<Int> = 1...99) -> Percent? {
    // A number beyond 100 is out of range, not of another type.
    guard let word = word(key) else { return nil }
    let digits = word.hasSuffix("%") ? word.dropLast().drop { $0 == " " } : ""
    guard let number = plainNumber(digits.last == " " ? digits.dropLast() : digits) else {
      note("must be a share, as in 20%, and is \"\(word)\"", at: key)
      return nil
    }
    guard range.contains(Int(number)) else {
      note(
        "is \(number) %, and must be from \(range.lowerBound) % to \(range.upperBound) %", at: key)
      return nil
    }
    return Percent(clamping: Int(number))
  }

  /// A list of times of the day.
  func times(_ words: [String], at key: String) -> [TimeOfDay] {
    words.compactMap { word in
      let time = TimeOfDay(word)
      if time == nil { note("must be a time, as in 07:30, and is \"\(word)\"", at: key) }
      return time
    }
  }

  /// A machine.
  func machine(_ key: String) -> String? {
    word(key).flatMap { isMachine($0, at: key) ? $0 : nil }
  }

  /// Machines in order of preference, or `home`.
  func targets(_ key: String, isNeeded: Bool = true) -> [Target] {
    if isNeeded, !has(key) { note("is missing: it says which machine", at: key) }
    return words(key).compactMap { word in
      word == "home" ? .home : isMachine(word, at: key) ? .peer(word) : nil
    }
  }

  private func isMachine(_ name: String, at key: String) -> Bool {
    let isName =
      name.utf8.count <= 64
      && name.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
          || [45, 46, 95].contains($0)
      }
    guard isName else {
      note("\"\(name)\" can't be the name of a machine", at: key)
      return false
    }
    guard let machines = context.machines, !machines.contains(name) else { return true }
    let near = nearest(to: name, in: machines.sorted()).map { ": did you mean \"\($0)\"?" }
    note(
      "\"\(name)\" is no peer of this machine\(near ?? "; godwit peer ls shows them")", at: key)
    return false
  }

  static func kind(_ node: Node) -> String {
    switch node {
    case .mapping: "keys"
    case .sequence: "a list"
    case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "\"\(scalar.string)\""
    case .alias: "an alias"
    }
  }
}
