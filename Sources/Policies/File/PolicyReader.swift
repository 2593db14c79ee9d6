internal import Yams

/// A policy file as it was read.
package struct PolicyReading: Sendable {
  /// Nil if there is any mistake: half of a policy is none.
  package var policy: Policy?
  /// In the order of their lines.
  package var mistakes: [PolicyMistake]

  /// - Parameters:
  ///   - bytes: the content of the file.
  ///   - file: its name, for the mistakes.
  ///   - machines: this machine and its peers, which rules may name; nil: any name will do.
  package init(_ bytes: [UInt8], file: String, machines: Set<String>? = nil) {
    let context = ReadingContext(file: file, machines: machines)
    policy = Self.read(bytes, context)
    if !context.mistakes.isEmpty { policy = nil }
    mistakes = context.mistakes.sorted { $0.line < $1.line }
  }

  private static func read(_ bytes: [UInt8], _ context: ReadingContext) -> Policy? {
    let text = PolicyText(bytes)
    if let mistake = text.mistake {
      context.note(mistake.reason, line: mistake.line, key: nil)
      return nil
    }
    do {
      // An empty file is a policy without rules.
      guard let root = try Parser(yaml: text.text, encoding: .utf8).singleRoot() else {
        return Policy()
      }
      if case .scalar(let scalar) = root, scalar.string.isEmpty { return Policy() }
      guard let section = Section(root, "", root.mark?.line ?? 1, context) else { return nil }
      return Policy(section)
    } catch {
      note(error, text.text, context)
      return nil
    }
  }

  private static func note(_ error: any Error, _ text: String, _ context: ReadingContext) {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      context.note("is no YAML: \(problem)", line: mark.line, key: nil)
    case .duplicatedKeysInMapping(let keys, let place):
      let key = keys.first ?? ""
      let line = repetition(of: key, place.mark, text)
      context.note("is there twice, first in line \(place.mark.line)", line: line, key: key)
    default:
      context.note("is no YAML", line: 1, key: nil)
    }
  }

  /// The line in which a key is there again, at the column of the first one.
  private static func repetition(of key: String, _ first: Mark, _ text: String) -> Int {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated().dropFirst(first.line) {
      let (indent, rest) = (
        line.unicodeScalars.prefix(first.column - 1), line.dropFirst(first.column - 1)
      )
      if indent.count == first.column - 1, indent.allSatisfy({ $0 == " " || $0 == "-" }),
        [key, "\"\(key)\"", "'\(key)'"].contains(where: {
          rest.hasPrefix($0) && rest.dropFirst($0.count).drop { $0 == " " }.first == ":"
        })
      {
        return index + 1
      }
    }
    return first.line
  }
}

extension Policy {
  /// The file as a whole.
  init(_ section: Section) {
    self.init()
    if let section = section.section("defaults") { defaults = Rules(section, over: Rules()) }
    if let section = section.section("applications") {
      for entry in section.entries {
        // Every name may be here.
        _ = section.entry(entry.key)
        guard let rules = section.section(entry.key) else { continue }
        if entry.key.isEmpty { section.note("is no name", at: entry.key) }
        applications.append(
          Entry(pattern: NamePattern(entry.key), rules: Rules(rules, over: defaults)))
      }
      section.refuseOthers()
    }
    section.refuseOthers()
  }
}

extension Rules {
  /// - Parameter defaults: what holds where the section says nothing.
  init(_ section: Section, over defaults: Rules) {
    self = defaults
    home = section.machine("home") ?? home
    isPinned = section.flag("pin") ?? isPinned
    minStay = section.span("min-stay", .seconds(0) ... .hours(24)) ?? minStay
    maxMoves =
      section.value("max-moves", "as in \"4 per hour\" or \"20 per day\"", MoveLimit.init)
      ?? maxMoves
    section.rule("move", &moving, Moving.init)
    section.rule("idle", &idle, Idle.init)
    section.windows(&schedule)
    section.rule("power", &power, Power.init)
    section.rule("sleep", &sleep, Sleep.init)
    section.rule("update", &update, Update.init)
    section.follow(&follow)
    section.rule("network", &network, Network.init)
    section.rule("load", &load, Load.init)
    section.rule("memory", &memory, Memory.init)
    section.rule("protect", &protect, Protect.init)
    section.refuseOthers()
    section.refuseContradictions(self)
  }
}

extension Section {
  /// A rule, which may be `off`.
  fileprivate func rule<T>(_ key: String, _ value: inout T?, _ read: (Section) -> T?) {
    guard !isOff(key, &value), let section = section(key) else { return }
    value = read(section)
    section.refuseOthers()
  }

  private func isOff<T>(_ key: String, _ value: inout T?) -> Bool {
    guard let entry = entry(key), case .scalar(let scalar) = entry.value,
      ["off", "false", "no"].contains(scalar.string)
    else { return false }
    value = nil
    return true
  }

  fileprivate func follow(_ value: inout Rules.Follow?) {
    guard !isOff("follow", &value), let entry = entry("follow") else { return }
    if case .scalar(let scalar) = entry.value, ["on", "true", "yes"].contains(scalar.string) {
      value = Rules.Follow(after: .seconds(10))
    } else if let section = section("follow") {
      value = Rules.Follow(after: section.span("after", .seconds(0) ... .hours(1)) ?? .seconds(10))
      section.refuseOthers()
    }
  }

  /// A window, or a list of them.
  fileprivate func windows(_ value: inout [Rules.Window]) {
    var none: Bool?
    guard let entry = entry("schedule") else { return }
    if isOff("schedule", &none) {
      value = []
      return
    }
    var nodes = [entry.value]
    if case .sequence(let sequence) = entry.value { nodes = Array(sequence) }
    var windows: [(window: Rules.Window, line: Int)] = []
    for node in nodes {
      let line = node.mark?.line ?? entry.line
      guard let section = Section(node, path(of: "schedule"), line, context) else { continue }
      if let window = Rules.Window(section) { windows.append((window, line)) }
      section.refuseOthers()
    }
    for (index, later) in windows.enumerated() {
      for earlier in windows[..<index]
      where earlier.window.overlaps(later.window) && earlier.window.to != later.window.to {
        context.note(
          "is at times elsewhere by the window in line \(earlier.line)", line: later.line,
          key: path(of: "schedule"))
      }
    }
    value = windows.map(\.window)
  }

  /// Rules of this section that can't both be meant.
  fileprivate func refuseContradictions(_ rules: Rules) {
    let moving = Rule.allCases.map(\.rawValue).filter { $0 != "protect" && has($0) }
    if rules.isPinned, has("pin") {
      for key in moving where !isSwitchedOff(key, rules) {
        note("contradicts pin: nothing moves a pinned application", at: key)
      }
    }
    guard let home = rules.home else { return }
    let sending: [(key: String, to: [Target])] = [
      ("idle", rules.idle?.to ?? []), ("power", rules.power?.to ?? []),
      ("schedule", rules.schedule.flatMap(\.to)), ("memory", rules.memory?.to ?? []),
      ("load", rules.load?.to ?? []),
    ]
    for (key, to) in sending where has(key) && to == [.peer(home)] {
      note("contradicts home: it would send it to \(home), where it is at home", at: key)
    }
    if has("protect"), rules.protect?.on == home {
      note("contradicts home: \(home) can't go on with what was lost with it", at: "protect")
    }
  }

  private func isSwitchedOff(_ key: String, _ rules: Rules) -> Bool {
    switch Rule(rawValue: key) {
    case .idle: rules.idle == nil
    case .schedule: rules.schedule.isEmpty
    case .power: rules.power == nil
    case .sleep: rules.sleep == nil || rules.sleep?.action == .suspend
    case .update: rules.update == nil
    case .follow: rules.follow == nil
    case .network: rules.network == nil
    case .load: rules.load == nil
    case .memory: rules.memory == nil
    case .protect, nil: true
    }
  }

  /// `back` where it is a switch.
  fileprivate func comesBack() -> Bool { flag("back") ?? true }
}

extension Rules.Idle {
  fileprivate init?(_ section: Section) {
    let after = section.span("after", .minutes(1) ... .hours(24 * 7))
    if !section.has("after") {
      section.note("is missing: it says how long without input", at: "after")
    }
    let to = section.targets("to")
    let words =
      section.has("back")
      ? section.words("back")
      : {
        _ = section.words("back"); return ["input"]
      }()
    let times = section.times(words.filter { $0 != "input" && $0 != "never" }, at: "back")
    if words.contains("never"), words.count > 1 {
      section.note("contradicts itself: it is never, and more", at: "back")
    }
    guard let after else { return nil }
    self.init(after: after, to: to, backAtInput: words.contains("input"), backAt: times)
  }
}

extension Rules.Window {
  fileprivate init?(_ section: Section) {
    for key in ["from", "until"] where !section.has(key) {
      section.note("is missing: it says when, as in 22:00", at: key)
    }
    let from = section.value("from", "a time, as in 22:00", TimeOfDay.init)
    let until = section.value("until", "a time, as in 07:30", TimeOfDay.init)
    let days = section.words("days").compactMap { word in
      let day = Weekday(word)
      if day == nil {
        section.note("must be of mon, tue, wed, thu, fri, sat, sun, and is \"\(word)\"", at: "days")
      }
      return day
    }
    let to = section.targets("to")
    let quiet = section.span("quiet", .seconds(0) ... .hours(24)) ?? .minutes(10)
    let comesBack = section.comesBack()
    guard let from, let until else { return nil }
    if from == until { section.note("contradicts from: the window has no length", at: "until") }
    self.init(
      from: from, until: until, days: Set(days.isEmpty ? Weekday.allCases : days), to: to,
      quiet: quiet, comesBack: comesBack)
  }

  /// Whether there is a moment in both.
  fileprivate func overlaps(_ other: Rules.Window) -> Bool {
    // Every window begins within itself: they overlap only if one begins within the other.
    func begins(_ a: Rules.Window, within b: Rules.Window) -> Bool {
      a.days.contains { b.contains($0, a.from.secondOfDay) }
    }
    return begins(self, within: other) || begins(other, within: self)
  }

  /// Whether it is that time.
  package func contains(_ day: Weekday, _ second: Int) -> Bool {
    let (start, end) = (from.secondOfDay, until.secondOfDay)
    if start < end { return days.contains(day) && (start..<end).contains(second) }
    // Over midnight: it has begun today, or the day before.
    return days.contains(day) && second >= start || days.contains(day.before) && second < end
  }
}

extension Rules.Power {
  fileprivate init?(_ section: Section) {
    if !section.has("below") {
      section.note("is missing: it says at which charge, as in 20%", at: "below")
    }
    let below = section.percent("below")
    let backAbove = section.above(below, "back-above", by: 10)
    let to = section.targets("to", isNeeded: !section.has("suspend-below"))
    let suspendBelow = section.percent("suspend-below")
    let comesBack = section.comesBack()
    guard let below else { return nil }
    if let suspendBelow, suspendBelow >= below, !to.isEmpty {
      section.note(
        "contradicts below: it would be suspended before it could leave", at: "suspend-below")
    }
    self.init(
      below: below, backAbove: backAbove, to: to, suspendBelow: suspendBelow, comesBack: comesBack)
  }
}

extension Section {
  /// A share that has to be above another one, or else is so many points above it.
  fileprivate func above(_ below: Percent?, _ key: String, by points: Int) -> Percent {
    let value = percent(key, 1...100)
    guard let below else { return value ?? Percent(clamping: 100) }
    if let value, value <= below {
      note("contradicts below: it must be more than \(below)", at: key)
    }
    return value ?? Percent(clamping: below.value + points)
  }
}

extension Rules.Sleep {
  fileprivate init?(_ section: Section) {
    if !section.has("do") {
      section.note("is missing: it is send, bring-home or suspend", at: "do")
    }
    let action = section.value("do", "send, bring-home or suspend", Action.init(rawValue:))
    let to = section.targets("to", isNeeded: action == .send)
    let standby = section.machine("standby")
    let every = section.span("every", .minutes(1) ... .hours(24)) ?? .minutes(10)
    let comesBack = section.comesBack()
    guard let action else { return nil }
    if action != .send {
      for key in ["to", "standby"] where section.has(key) {
        section.note("contradicts do: \(action.rawValue) sends nothing away", at: key)
      }
    } else if let standby, !to.contains(.peer(standby)) {
      section.note("contradicts to: \(standby) is not where it goes", at: "standby")
    }
    if section.has("every"), standby == nil {
      section.note("contradicts standby: there is none", at: "every")
    }
    self.init(action: action, to: to, standby: standby, every: every, comesBack: comesBack)
  }
}

extension Rules.Update {
  fileprivate init?(_ section: Section) {
    self.init(to: section.targets("to"), comesBack: section.comesBack())
  }
}

extension Rules.Network {
  fileprivate init?(_ section: Section) {
    if !section.has("below") {
      section.note("is missing: it says at which quality, as in 30%", at: "below")
    }
    let below = section.percent("below")
    let backAbove = section.above(below, "back-above", by: 20)
    guard let below else { return nil }
    self.init(below: below, backAbove: backAbove)
  }
}

extension Rules.Load {
  fileprivate init?(_ section: Section) {
    let (above, below) = (section.percent("above"), section.percent("below"))
    if !section.has("above"), !section.has("below") {
      section.note("is missing: it says at which load, as in 90%; or below", at: "above")
    }
    let span = section.span("for", .minutes(1) ... .hours(24)) ?? .minutes(5)
    let to = section.targets("to")
    if let above, let below, above <= below {
      section.note("contradicts above: between them there must be room", at: "below")
    }
    self.init(above: above, below: below, span: span, to: to)
  }
}

extension Rules.Memory {
  fileprivate init?(_ section: Section) {
    if !section.has("above") {
      section.note("is missing: it says how much in use, as in 90%", at: "above")
    }
    let above = section.percent("above")
    let span = section.span("for", .seconds(10) ... .hours(24)) ?? .minutes(1)
    let to = section.targets("to")
    guard let above else { return nil }
    self.init(above: above, span: span, to: to)
  }
}

extension Rules.Protect {
  fileprivate init?(_ section: Section) {
    if !section.has("on") {
      section.note("is missing: it says which machine goes on with it", at: "on")
    }
    let on = section.machine("on")
    let every = section.span("every", .minutes(1) ... .hours(24)) ?? .minutes(10)
    let wait = section.span("wait", .minutes(1) ... .hours(24)) ?? .minutes(5)
    let confirm = section.value("confirm", "person or command") { word in
      ["person": false, "command": true][word]
    }
    let fence = section.words("fence").flatMap { $0.split(separator: " ").map { String($0) } }
    if confirm == true, fence.isEmpty {
      section.note("is missing: it is the command that confirms the loss", at: "fence")
    }
    if confirm != true, section.has("fence") {
      section.note("contradicts confirm: only \"confirm: command\" runs one", at: "fence")
    }
    guard let on else { return nil }
    self.init(on: on, every: every, wait: wait, fence: fence.isEmpty ? nil : fence)
  }
}
