internal import HostABI

/// What is wrong with a policy file, at one place.
package struct PolicyMistake: Error, Hashable, Sendable {
  package var file: String
  /// From 1.
  package var line: Int
  /// The way to it, as in `applications.editor.idle.after`; nil where there is none yet.
  package var key: String?
  package var reason: String

  package init(file: String, line: Int, key: String?, reason: String) {
    self.file = file
    self.line = line
    self.key = key
    self.reason = reason
  }
}

extension PolicyMistake: CustomStringConvertible {
  /// One line.
  package var description: String {
    printable("\(file):\(line): \(key.map { "\($0): " } ?? "")\(reason)")
  }
}

/// The word of `words` that somebody may have meant by `word`; nil if none is near.
func nearest(to word: String, in words: [String]) -> String? {
  let distances = words.map { (word: $0, distance: distance(word, $0)) }
  guard let best = distances.min(by: { $0.distance < $1.distance }),
    best.distance <= max(1, word.utf8.count / 3)
  else { return nil }
  return best.word
}

/// Letters to insert, remove, replace, or exchange with the next one, to make `a` of `b`.
private func distance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.utf8.prefix(64)), Array(b.utf8.prefix(64)))
  var older = [Int](repeating: 0, count: b.count + 1)
  var old = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var cost = min(old[j + 1], row[j]) + 1
      cost = min(cost, old[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, older[j - 1] + 1) }
      row.append(cost)
    }
    (older, old) = (old, row)
  }
  return old[b.count]
}
