internal import HostABI

/// What `godwit policy check` and `godwit policy explain` print.
package struct PolicyReport: Sendable {
  private let file: String
  private let reading: PolicyReading

  /// - Parameters:
  ///   - bytes: the content of the file.
  ///   - file: its name.
  ///   - machines: this machine and its peers; nil: they are not known.
  package init(_ bytes: [UInt8], file: String, machines: Set<String>? = nil) {
    self.file = file
    reading = PolicyReading(bytes, file: file, machines: machines)
  }

  package var isValid: Bool { reading.policy != nil }

  /// A line for each mistake, or one that says that there is none.
  package var check: String {
    guard let policy = reading.policy else {
      return reading.mistakes.map { "\($0)\n" }.joined()
    }
    let count = policy.applications.count
    return printable("\(file): no mistakes, rules for \(count) name\(count == 1 ? "" : "s")") + "\n"
  }

  /// The rules of all names, or of one application, in sentences. The mistakes, if there are any.
  package func explain(_ application: String? = nil) -> String {
    guard let policy = reading.policy else { return check }
    if let application {
      let entry = policy.entry(for: application)
      let source = entry.map { "by \"\($0.pattern.text)\"" } ?? "by the defaults"
      return Self.text("\(application), \(source)", policy.rules(for: application))
    }
    let entries = policy.applications.map { ($0.pattern.text, $0.rules) }
    return (entries + [("all others", policy.defaults)]).map { Self.text($0.0, $0.1) }.joined(
      separator: "\n")
  }

  private static func text(_ title: String, _ rules: Rules) -> String {
    (["\(title):"] + rules.sentences.map { "  \($0)" }).map { printable($0) + "\n" }.joined()
  }
}

extension Rules {
  /// What they mean, one sentence for each.
  package var sentences: [String] {
    let place = home.map { "Its home is \($0)." } ?? "Its home is the machine where it is started."
    guard !isPinned else {
      return [place, "It is pinned: no rule moves it, nor its home."]
    }
    let rules = [
      idle?.sentence, power?.sentence, sleep?.sentence, update?.sentence, follow?.sentence,
      network?.sentence, load?.sentence, memory?.sentence, protect?.sentence,
    ]
    let sentences = schedule.map(\.sentence) + rules.compactMap { $0 }
    guard !sentences.isEmpty else { return [place, "No rule moves it."] }
    let limits =
      "It stays for \(minStay) where a rule that can wait has sent it, and leaves at most \(maxMoves.words)."
    let options = moving?.words() ?? []
    let manner =
      options.isEmpty ? [] : ["It moves as with godwit migrate \(options.joined(separator: " "))."]
    return [place] + sentences + manner + [limits]
  }
}

private func list(_ targets: [Target]) -> String {
  targets.map { "\($0)" }.joined(separator: " or ")
}

private func homecoming(_ flag: Bool, _ when: String) -> String {
  flag ? ", and comes home \(when)" : ", and stays there"
}

extension Rules.Idle {
  fileprivate var sentence: String {
    let returns =
      (backAtInput ? ["at the first input there"] : []) + backAt.map { "at \($0)" }
    let back = homecoming(!returns.isEmpty, returns.joined(separator: " or "))
    return "Without input for \(after) it goes to \(list(to))\(back)."
  }
}

extension Rules.Window {
  fileprivate var sentence: String {
    let names = Weekday.allCases.filter(days.contains).map { "\($0)" }
    let when = names.count == 7 ? "" : " on \(names.joined(separator: ", "))"
    let back = homecoming(comesBack, "afterwards")
    return
      "From \(from) until \(until)\(when) it is at \(list(to)), unless there was input in the last \(quiet)\(back)."
  }
}

extension Rules.Power {
  fileprivate var sentence: String {
    let leaves =
      to.isEmpty
      ? nil
      : "On battery below \(below) it goes to \(list(to)), if that has mains"
        + homecoming(comesBack, "on mains or from \(backAbove) on") + "."
    let suspends = suspendBelow.map { "On battery below \($0) it is suspended." }
    return [leaves, suspends].compactMap { $0 }.joined(separator: " ")
  }
}

extension Rules.Sleep {
  fileprivate var sentence: String {
    switch action {
    case .suspend: "Before the machine sleeps it is suspended."
    case .bringHome: "Before its home sleeps it comes home, if there is time."
    case .send:
      "Before the machine sleeps it goes to \(list(to)) if there is time, and else is suspended"
        + homecoming(comesBack, "when the machine wakes") + "."
        + (standby.map { " \($0) has most of it already, as of every \(every)." } ?? "")
    }
  }
}

extension Rules.Update {
  fileprivate var sentence: String {
    "Before the machine shuts down it goes to \(list(to)) if there is time, and else is suspended"
      + homecoming(comesBack, "when the machine runs again") + "."
  }
}

extension Rules.Follow {
  fileprivate var sentence: String {
    "It goes to the machine at which its user has been attached for \(after)."
  }
}

extension Rules.Network {
  fileprivate var sentence: String {
    "It comes home when the quality of the link falls below \(below), and nothing leaves until that is \(backAbove)."
  }
}

extension Rules.Load {
  fileprivate var sentence: String {
    let parts = [
      above.map { "busy to more than \($0)" }, below.map { "busy to less than \($0)" },
    ].compactMap { $0 }
    return
      "When the processors were \(parts.joined(separator: " or ")) for \(span) it goes to \(list(to))."
  }
}

extension Rules.Memory {
  fileprivate var sentence: String {
    "When more than \(above) of the memory was in use for \(span) it goes to \(list(to))."
  }
}

extension Rules.Protect {
  fileprivate var sentence: String {
    let who = fence == nil ? "somebody" : "the command"
    return
      "\(on) keeps it as of every \(every), and goes on with it if its machine does not answer for \(wait) and \(who) confirms the loss."
  }
}
