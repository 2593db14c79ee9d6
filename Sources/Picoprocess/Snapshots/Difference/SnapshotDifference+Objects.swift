import LibOSState

extension SnapshotDifference {
  /// Objects of the library OS: what is in pipes, sockets and terminals, timers, signals, locks, System V IPC.
  static func objects(_ old: SnapshotDescription, _ new: SnapshotDescription) -> [Object] {
    let (before, after) = (old.objectTexts, new.objectTexts)
    return Set(before.keys).union(after.keys).sorted().compactMap { name in
      let (old, new) = (before[name], after[name])
      guard let old, let new else {
        return Object(name: name, change: old == nil ? .added : .removed, values: [])
      }
      let values = compare(old, new).map(shortened)
      return values.isEmpty ? nil : Object(name: name, change: .changed, values: values)
    }
  }

  /// What is shown of a value, such as the bytes in a pipe.
  private static let valueLimit = 200

  private static func shortened(_ value: Value) -> Value {
    func shorten(_ text: String?) -> String? {
      guard let text, text.utf8.count > valueLimit else { return text }
      return text.prefix(valueLimit) + "… (\(text.utf8.count) characters)"
    }
    var value = value
    value.before = shorten(value.before)
    value.after = shorten(value.after)
    return value
  }
}

extension SnapshotDescription {
  /// Fields that refer to other parts of the same snapshot, whose numbers are given out anew each time.
  private static let references: Set<String> = [
    "dentry", "pipe", "file", "files", "held_on", "object", "other", "peer", "target", "waiting",
    "hopeful",
  ]

  /// The fields of objects that outlive a snapshot, by what people call these.
  fileprivate var objectTexts: [String: [(String, String)]] {
    var texts: [String: [(String, String)]] = [:]
    func note(_ name: String, _ fields: [(String, String)]) {
      texts[name] = fields.filter { path, _ in
        let field = path.split(separator: ".").last?.prefix { $0 != " " } ?? ""
        return !Self.references.contains(String(field))
      }
    }
    // Once each: many descriptors may lead to one file.
    let files = Dictionary(
      self.files.files.map { ($0.id, $0.withoutOtherParts.fieldTexts) }
    ) { first, _ in first }
    for process in processes.processes {
      note("process \(process.pid)", process.withoutOtherParts.fieldTexts)
      for descriptor in process.descriptors {
        guard let fields = files[descriptor.file] else { continue }
        note("process \(process.pid) descriptor \(descriptor.fd)", fields)
      }
    }
    for var pipe in self.files.pipes {
      pipe.id = 0
      note("pipe \(pipe.number)", pipe.fieldTexts)
    }
    for terminal in self.files.pseudoterminals {
      note("terminal \(terminal.number)", terminal.fieldTexts)
    }
    for (index, lock) in self.files.locks.enumerated() {
      note("lock \(index + 1)", lock.fieldTexts)
    }
    note("System V IPC", kernel.ipc.fieldTexts)
    return texts
  }
}

extension Godwit_State_Process {
  /// Without what is shown elsewhere, and the times that pass by themselves.
  fileprivate var withoutOtherParts: Godwit_State_Process {
    var process = self
    process.mappings = []
    process.descriptors = []
    process.root = 0
    process.cwd = 0
    process.endedProcessorTime = 0
    process.childrenProcessorTime = 0
    return process
  }
}

extension Godwit_State_OpenFile {
  fileprivate var withoutOtherParts: Godwit_State_OpenFile {
    var file = self
    file.id = 0
    file.flags = 0
    file.offset = 0
    return file
  }
}
