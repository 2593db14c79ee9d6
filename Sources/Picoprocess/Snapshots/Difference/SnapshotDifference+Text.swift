import HostABI

extension SnapshotDifference {
  /// For people, one paragraph for each part that differs.
  package var text: String {
    let parts = [
      ("Tasks", tasks.flatMap(lines)), ("Memory", memory.flatMap(lines)),
      ("Descriptors", descriptors.flatMap(lines)), ("Objects", objects.flatMap(lines)),
      ("Files", files.map(line)),
    ]
    let paragraphs = parts.filter { !$0.1.isEmpty }.map { title, lines in
      ([title] + lines.map { "  \(printable($0))" }).joined(separator: "\n")
    }
    return paragraphs.isEmpty ? "no differences" : paragraphs.joined(separator: "\n\n")
  }

  /// Ranges to be shown of a mapping; JSON has all.
  private static let rangeLimit = 8

  private func lines(_ task: Task) -> [String] {
    ["\(task.tid) \(task.name): \(task.change.rawValue)"] + task.values.map(line)
  }

  private func line(_ value: Value) -> String {
    "  \(value.name)  \(value.before ?? "none") -> \(value.after ?? "none")"
  }

  private func lines(_ mapping: Mapping) -> [String] {
    let name = mapping.name.isEmpty ? "" : "  \(mapping.name)"
    let count = mapping.pages == 0 ? "" : ", \(mapping.pages) page\(mapping.pages == 1 ? "" : "s")"
    let head =
      "process \(mapping.pid) \(mapping.start)-\(mapping.end)\(name): "
      + "\(mapping.change.rawValue)\(count)"
    let ranges = mapping.ranges.prefix(Self.rangeLimit).map { "  \($0.start)-\($0.end)" }
    let rest = mapping.ranges.count - ranges.count
    return [head] + mapping.values.map(line) + ranges
      + (rest > 0 ? ["  and \(rest) more range\(rest == 1 ? "" : "s")"] : [])
  }

  private func lines(_ descriptor: Descriptor) -> [String] {
    let head = "process \(descriptor.pid) descriptor \(descriptor.fd): "
    guard let before = descriptor.before else {
      return [head + "added", "  \(descriptor.after ?? "")"]
    }
    guard let after = descriptor.after else { return [head + "removed", "  \(before)"] }
    return [head + "changed", "  \(before) -> \(after)"]
  }

  private func lines(_ object: Object) -> [String] {
    ["\(object.name): \(object.change.rawValue)"] + object.values.map(line)
  }

  private func line(_ file: File) -> String {
    "\(file.path): \(file.change.rawValue)"
      + (file.aspects.isEmpty ? "" : " (\(file.aspects.joined(separator: ", ")))")
  }
}
