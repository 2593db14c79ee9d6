package import LibOS
import LinuxABI

/// What traces of programs (`run --trace`) show of the rows that dispatch system calls.
package struct SyscallCoverage: Sendable {
  /// What became of the calls of a name.
  package struct Shown: Sendable {
    /// Whether one did not fail.
    package fileprivate(set) var isDone = false
    /// What those that failed did so with.
    package fileprivate(set) var errors: Set<String> = []
    /// The words in their arguments, whatever became of them.
    package fileprivate(set) var words: Set<Substring> = []
    /// Those of calls that did not fail.
    package fileprivate(set) var wordsDone: Set<Substring> = []
  }

  private var calls: [String: Shown] = [:]

  package init() {}

  package subscript(name: String) -> Shown { calls[name] ?? Shown() }

  /// Adds the lines of a trace, such as `[12] close(3) = 0`.
  package mutating func add(trace: String) {
    for line in trace.split(separator: "\n") { add(line: line) }
  }

  private mutating func add(line: Substring) {
    guard let start = line.firstIndex(of: " "), let open = line.firstIndex(of: "("),
      start < open, let end = Self.result(of: line), open < end.lowerBound
    else { return }
    let name = String(line[line.index(after: start)..<open])
    let words = line[line.index(after: open)..<end.lowerBound].split {
      !($0.isLetter || $0.isNumber || $0 == "_")
    }
    calls[name, default: Shown()].words.formUnion(words)
    let result = line[end.upperBound...]
    if result.hasPrefix("-1 ") {
      calls[name]?.errors.insert(String(result.dropFirst(3).prefix { $0 != " " }))
    } else {
      calls[name]?.isDone = true
      calls[name]?.wordsDone.formUnion(words)
    }
  }

  /// Where `) = ` stands for the last time: a string among the arguments may have it, too.
  private static func result(of line: Substring) -> Range<Substring.Index>? {
    let bytes = line.utf8
    var index = bytes.endIndex
    while index > bytes.startIndex {
      bytes.formIndex(before: &index)
      if bytes[index...].starts(with: ") = ".utf8) {
        return index..<bytes.index(index, offsetBy: 4)
      }
    }
    return nil
  }

  /// The flags and values that a row has names for.
  package static func values(of row: SyscallRow) -> [String] {
    row.arguments.flatMap { argument -> [String] in
      switch argument {
      case .flags(let make), .oneOf(let make): make().map(\.name)
      case .openFlags: OpenFlags.names.map(\.name)
      case .futexOperation: FutexCommand.allCases.map { "\($0)" } + FutexOptions.names.map(\.name)
      case .socketLevel: SocketOptionLevel.allCases.map(\.name)
      case .socketOption: SocketOptionLevel.allCases.flatMap { $0.options().map(\.name) }
      default: []
      }
    }
  }

  /// - Parameter manual: the errors that the manual names, by call.
  package func markdown(_ manual: [String: [String]]) -> String {
    let rows = SyscallTable.all.filter { $0.support != .missing }.sorted { $0.name < $1.name }
    var named = 0
    var seen = 0
    var values = 0
    var made = 0
    let lines = rows.map { row in
      let shown = self[row.name]
      let errors = manual[row.name] ?? []
      let known = Self.values(of: row)
      let unused = known.filter { !shown.wordsDone.contains($0[...]) }
      let unseen = errors.filter { !shown.errors.contains($0) }
      named += errors.count
      seen += errors.count - unseen.count
      values += known.count
      made += known.count - unused.count
      let columns = [
        "`\(row.name)`", shown.isDone ? "yes" : "no", shown.errors.sorted().joined(separator: " "),
        unseen.joined(separator: " "),
        known.isEmpty ? "" : "\(known.count - unused.count)/\(known.count)",
        unused.joined(separator: " "),
      ]
      return "| \(columns.joined(separator: " | ")) |"
    }
    let done = rows.count { self[$0.name].isDone }
    let failed = rows.count { !self[$0.name].errors.isEmpty }
    return """
      # What the conformance suite exercises

      Made by `make docs` from traces of the suite's programs on the three ISAs, against the rows of `Docs/Syscalls.md`: do not edit. Of
      \(rows.count) calls, \(done) were seen to succeed and \(failed) to fail; \(seen) of the \(named) errors were seen that the manual's pages
      (`Guests/manual-errors.tsv`) name, many of which no program can provoke, and \(made) of \(values) flags and values in calls that succeeded. What a
      structure has in it a trace does not show, but for addresses of sockets and some times: there the programs are all there is to go by.

      | call | succeeds | fails with | its page also names | values | not in a call that succeeds |
      |---|---|---|---|---|---|
      \(lines.joined(separator: "\n"))
      """
  }
}
