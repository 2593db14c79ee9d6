import Foundation
import Policies
import TestSupport
import Testing

@Suite struct PolicyFileTests {
  @Test func namesComeBeforePatternsAndPatternsInTheirOrder() throws {
    let policy = try policy(
      """
      applications:
        "web-*": {home: a}
        "w*": {home: b}
        web-1: {home: c}
      defaults:
        home: d
        max-moves: 20 per day
      """)
    #expect(policy.rules(for: "web-1").home == "c")
    #expect(policy.rules(for: "web-2").home == "a")
    #expect(policy.rules(for: "wiki").home == "b")
    #expect(policy.rules(for: "mail").home == "d")
    #expect(policy.rules(for: "web-2").maxMoves == MoveLimit("20 per day"))
  }

  @Test(arguments: [
    ("*", "", true), ("*", "abc", true), ("a*", "abc", true), ("a*c", "abc", true),
    ("a*c", "abcd", false), ("a?c", "abc", true), ("a?c", "ac", false), ("abc", "abc", true),
    ("abc", "abcd", false), ("*b*", "abc", true),
    ("*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaa", false),
    ("a**b", "ab", true), ("", "", true), ("", "a", false),
  ])
  func patterns(pattern: String, name: String, fits: Bool) {
    #expect(NamePattern(pattern).matches(name) == fits)
  }

  @Test func entriesAreOverDefaultsAndMaySwitchThemOff() throws {
    let policy = try policy(
      """
      defaults:
        idle: {after: 15m, to: server}
        schedule: {from: "22:00", until: 7:00, to: server}
        follow: on
      applications:
        a: {idle: off, schedule: off}
        b: {idle: {after: 1h, to: home, back: never}, follow: off}
        c: {follow: {after: 3s}}
      """)
    let (a, b, c) = (policy.rules(for: "a"), policy.rules(for: "b"), policy.rules(for: "c"))
    #expect(a.idle == nil && a.schedule.isEmpty && a.follow?.after == .seconds(10))
    #expect(b.idle?.after == .hours(1) && b.idle?.to == [.home] && b.idle?.backAtInput == false)
    #expect(b.follow == nil && b.schedule.count == 1)
    #expect(c.follow?.after == .seconds(3) && c.idle?.backAtInput == true)
  }

  @Test func emptyFilesAreEmptyPolicies() throws {
    for text in ["", "# nothing\n", "---\n", "defaults: {}\n", "applications: {}"] {
      #expect(try policy(text) == Policy(), "\(text)")
    }
  }

  @Test func windowsOverMidnightBelongToTheDayOnWhichTheyBegin() throws {
    let policy = try policy(
      "defaults: {schedule: {from: '22:00', until: '7:00', days: [fri], to: server}}")
    let window = try #require(policy.defaults.schedule.first)
    #expect(window.contains(.fri, 23 * 3600) && window.contains(.sat, 6 * 3600))
    #expect(!window.contains(.fri, 6 * 3600) && !window.contains(.sat, 23 * 3600))
    #expect(window.contains(.fri, 22 * 3600) && !window.contains(.sat, 7 * 3600))
  }

  @Test func rulesTravelAndAreCheckedWhereTheyArrive() throws {
    let policy = try policy(
      """
      defaults:
        idle: {after: 15m, to: [server, home], back: [input, "07:30"]}
        schedule: [{from: "1:00", until: "2:00", to: server}]
        power: {below: 20%, to: server}
        protect: {on: server, confirm: command, fence: /bin/false}
        move: {with-root: true, with-mounts: true, connections: reset, remote-net: none}
      """)
    let data = try JSONEncoder().encode(policy.defaults)
    var arriving = policy.defaults
    let moving = try #require(arriving.moving)
    #expect(
      moving.words() == [
        "--with-root", "--with-mounts", "--connections", "reset", "--remote-net", "none",
      ])
    #expect(moving.words(isCopy: true) == ["--with-root", "--remote-net", "none"])
    // A command of another machine is none.
    #expect(arriving.protect?.fence == ["/bin/false"])
    arriving.protect?.fence = nil
    #expect(try JSONDecoder().decode(Rules.self, from: data) == arriving)
    let text = String(decoding: data, as: UTF8.self)
    for (good, bad) in [
      ("reset", "--ssh"), ("900", "-900"), ("900", "9e18"), ("07:30", "27:30"),
      ("6 per hour", "0 per hour"),
    ] {
      let changed = text.replacingOccurrences(of: good, with: bad)
      #expect(changed != text)
      #expect(throws: (any Error).self) {
        try JSONDecoder().decode(Rules.self, from: Data(changed.utf8))
      }
    }
  }

  /// Of each mistake one, with its line.
  @Test(
    arguments: [
      (
        "applications:\n  a:\n    idel: {after: 15m, to: server}\n",
        "p.yaml:3: applications.a.idel: is no key here: did you mean \"idle\"?"
      ),
      (
        "appplications:\n  a: {pin: true}\n",
        "p.yaml:1: appplications: is no key here: did you mean \"applications\"?"
      ),
      (
        "defaults:\n  xyzzy: 1\n",
        "p.yaml:2: defaults.xyzzy: is no key here; there are home, pin, min-stay, max-moves, move, idle, schedule, power, sleep, update, follow, network, load, memory, protect"
      ),
      (
        "defaults:\n  pin: true\n  home: [a, b]\n",
        "p.yaml:3: defaults.home: must be one value, and is a list"
      ),
      (
        "defaults:\n\n  idle: 15m\n",
        "p.yaml:3: defaults.idle: must have keys, as in \"key: value\", and has \"15m\""
      ),
      ("- a\n- b\n", "p.yaml:1: must have keys, as in \"key: value\", and has a list"),
      (
        "defaults:\n  pin: maybe\n",
        "p.yaml:2: defaults.pin: must be true or false, and is \"maybe\""
      ),
      ("defaults:\n  home:\n  pin: true\n", "p.yaml:2: defaults.home: has no value"),
      (
        "defaults:\n  idle:\n    after: 15\n    to: server\n",
        "p.yaml:3: defaults.idle.after: must be a time, as in 15m (s, m, h or d), and is \"15\""
      ),
      (
        "defaults:\n  idle:\n    to: server\n    after: 5s\n",
        "p.yaml:4: defaults.idle.after: is 5 s, and must be from 1 min to 7 d"
      ),
      (
        "defaults:\n  power:\n    below: 0.2\n    to: server\n",
        "p.yaml:3: defaults.power.below: must be a share, as in 20%, and is \"0.2\""
      ),
      (
        "defaults:\n  power:\n    below: 120%\n    to: server\n",
        "p.yaml:3: defaults.power.below: is 120 %, and must be from 1 % to 99 %"
      ),
      (
        "defaults:\n  max-moves: 0 per hour\n",
        "p.yaml:2: defaults.max-moves: must be as in \"4 per hour\" or \"20 per day\", and is \"0 per hour\""
      ),
      (
        "applications:\n  a: {home: laptop}\n  b: {}\n  a: {home: server}\n",
        "p.yaml:4: a: is there twice, first in line 2"
      ),
      (
        "defaults:\n  home: laptop\n  pin: true\n  \"home\": server\n",
        "p.yaml:4: home: is there twice, first in line 2"
      ),
      (
        "defaults:\n  idle:\n    after: 15m\n    to: [desktop, sever]\n",
        "p.yaml:4: defaults.idle.to: \"sever\" is no peer of this machine: did you mean \"server\"?"
      ),
      (
        "defaults:\n  home: moon\n",
        "p.yaml:2: defaults.home: \"moon\" is no peer of this machine; godwit peer ls shows them"
      ),
      (
        "defaults:\n  home: a/b\n",
        "p.yaml:2: defaults.home: \"a/b\" can't be the name of a machine"
      ),
      (
        "defaults:\n  idle: {after: 15m}\n",
        "p.yaml:2: defaults.idle.to: is missing: it says which machine"
      ),
      (
        "defaults:\n  idle:\n    after: 15m\n    to: []\n",
        "p.yaml:4: defaults.idle.to: is an empty list"
      ),
      (
        "defaults:\n  idle:\n    after: 15m\n    to:\n      - server\n      - [desktop]\n",
        "p.yaml:6: defaults.idle.to: must be a list of words, and has a list in it"
      ),
      (
        "defaults:\n  schedule:\n    from: 22:00\n    until: 25:00\n    to: server\n",
        "p.yaml:4: defaults.schedule.until: must be a time, as in 07:30, and is \"25:00\""
      ),
      (
        "defaults:\n  schedule:\n    from: evening\n    until: 7:00\n    to: server\n",
        "p.yaml:3: defaults.schedule.from: must be a time, as in 22:00, and is \"evening\""
      ),
      (
        "defaults:\n  schedule: {from: 22:00, until: 7:00, to: server, days: [monday]}\n",
        "p.yaml:2: defaults.schedule.days: must be of mon, tue, wed, thu, fri, sat, sun, and is \"monday\""
      ),
      (
        "defaults:\n  idle: {after: 1h, to: server, back: [input, 8]}\n",
        "p.yaml:2: defaults.idle.back: must be a time, as in 07:30, and is \"8\""
      ),
      // Contradictions.
      (
        "defaults:\n  schedule: {from: 7:00, until: 7:00, to: server}\n",
        "p.yaml:2: defaults.schedule.until: contradicts from: the window has no length"
      ),
      (
        "defaults:\n  schedule:\n    - {from: 22:00, until: 7:00, to: server}\n    - {from: 6:00, until: 8:00, to: desktop}\n",
        "p.yaml:4: defaults.schedule: is at times elsewhere by the window in line 3"
      ),
      (
        "defaults:\n  power:\n    below: 20%\n    back-above: 20%\n    to: server\n",
        "p.yaml:4: defaults.power.back-above: contradicts below: it must be more than 20 %"
      ),
      (
        "defaults:\n  power: {below: 20%, suspend-below: 30%, to: server}\n",
        "p.yaml:2: defaults.power.suspend-below: contradicts below: it would be suspended before it could leave"
      ),
      (
        "defaults:\n  load: {above: 20%, below: 30%, to: server}\n",
        "p.yaml:2: defaults.load.below: contradicts above: between them there must be room"
      ),
      (
        "applications:\n  a:\n    pin: true\n    idle: {after: 15m, to: server}\n",
        "p.yaml:4: applications.a.idle: contradicts pin: nothing moves a pinned application"
      ),
      (
        "applications:\n  a:\n    home: server\n    idle: {after: 15m, to: server}\n",
        "p.yaml:4: applications.a.idle: contradicts home: it would send it to server, where it is at home"
      ),
      (
        "applications:\n  a:\n    home: server\n    protect: {on: server}\n",
        "p.yaml:4: applications.a.protect: contradicts home: server can't go on with what was lost with it"
      ),
      (
        "defaults:\n  sleep: {do: suspend, to: server}\n",
        "p.yaml:2: defaults.sleep.to: contradicts do: suspend sends nothing away"
      ),
      (
        "defaults:\n  sleep: {do: send, to: server, standby: desktop}\n",
        "p.yaml:2: defaults.sleep.standby: contradicts to: desktop is not where it goes"
      ),
      (
        "defaults:\n  idle: {after: 1h, to: server, back: [never, input]}\n",
        "p.yaml:2: defaults.idle.back: contradicts itself: it is never, and more"
      ),
      (
        "defaults:\n  protect: {on: server, fence: /bin/true}\n",
        "p.yaml:2: defaults.protect.fence: contradicts confirm: only \"confirm: command\" runs one"
      ),
      (
        "defaults:\n  protect: {on: server, confirm: command}\n",
        "p.yaml:2: defaults.protect.fence: is missing: it is the command that confirms the loss"
      ),
      // What is no policy at all.
      ("defaults:\n\tpin: true\n", "p.yaml:2: has a tab: indent with spaces"),
      ("defaults:\n  pin: true\u{1b}\n", "p.yaml:2: has a control character"),
      (
        "defaults:\n  idle: &a {after: 15m, to: server}\n",
        "p.yaml:2: begins an anchor of YAML, which a policy can't have"
      ),
      (
        "applications:\n  *: {pin: true}\n",
        "p.yaml:2: begins an alias of YAML, which a policy can't have: put a pattern into quotes, as in \"*\""
      ),
      ("defaults:\n  home: !!str a\n", "p.yaml:2: begins a tag of YAML, which a policy can't have"),
      (
        "defaults:\n  home: |\n    a\n",
        "p.yaml:2: begins a text of several lines, which a policy can't have"
      ),
      ("%YAML 1.2\n---\n", "p.yaml:1: begins a directive of YAML, which a policy can't have"),
      (
        "? a\n: b\n", "p.yaml:1: begins a key of several lines, which a policy can't have"
      ),
      ("defaults:\n  home: 'lap\n  top'\n", "p.yaml:2: has a quote that does not end on its line"),
      ("a: [[[[[1]]]]]\n", "p.yaml:1: is nested too deeply"),
      (
        "---\ndefaults: {}\n---\ndefaults: {}\n", "p.yaml:3: is no YAML: but found another document"
      ),
      (
        "defaults:\n  home: laptop\n pin: true\n",
        "p.yaml:3: is no YAML: did not find expected key"
      ),
    ] as [(String, String)])
  func mistakesHaveTheirLine(text: String, mistake: String) {
    #expect(mistakes(text) == [mistake])
  }

  @Test func allMistakesAreFoundAtOnce() {
    let found = mistakes(
      "defaults:\n  pin: 1\n  homme: laptop\napplications:\n  a: {idle: {after: 1, to: mars}}\n")
    #expect(found.map { $0.split(separator: ":")[1] } == ["2", "3", "5", "5"])
  }

  @Test func hugeAndDeepFilesAreRefusedBeforeTheyAreRead() {
    #expect(
      mistakes([UInt8](repeating: 0x23, count: 1 << 17)) == ["p.yaml:1: has more than 64 KiB"])
    #expect(mistakes([0x61, 0x3a, 0x20, 0xff]) == ["p.yaml:1: is not UTF-8"])
    let deep = String(repeating: "- ", count: 30_000)
    #expect(mistakes(deep) == ["p.yaml:1: is nested too deeply"])
    let stairs = (0..<300).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(mistakes(String(stairs.prefix(60_000))) == ["p.yaml:82: is nested too deeply"])
    let brackets = String(repeating: "[\n", count: 30_000)
    #expect(mistakes(brackets) == ["p.yaml:5: is nested too deeply"])
  }

  /// Ten anchors, each a list of ten of the one before, would be ten thousand million nodes.
  @Test func bombsOfAnchorsAreRefused() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let list = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(list)]\n"
    }
    #expect(mistakes(text).first?.hasPrefix("p.yaml:1: begins an anchor") == true)
    // What hides one from a careless scan.
    for hidden in [
      "[' # ', &a x]", "{'a':&a x}", "[a, 'b''', &a x]", "[\"\\\"\", &a x]", "- - &a x",
      "[it's, &a x, it's]", "a: - x\nb: &a y", "[x -', &a z, ']", "[[x], &a y]",
      "a: b # '\nc: &a d",
    ] {
      #expect(mistakes("k: \(hidden)").contains { $0.contains("anchor") }, "\(hidden)")
    }
  }

  @Test func anyTextIsReadOrRefused() {
    var numbers = SeededNumbers(15)
    let pieces = [
      "defaults", "applications", ":", " ", "\n", "  ", "- ", "[", "]", "{", "}", ",", "idle", "to",
      "after", "15m", "server", "'", "\"", "#", "&a", "*a", "!", "|", ">", "?", "%", "---", "pin",
      "true", "schedule", "22:00", "\u{1f600}", "\\", "\r\n", "back", "never", "...",
    ]
    for _ in 0..<4000 {
      let count = Int(numbers.below(40))
      let text = (0..<count).map { _ in pieces[Int(numbers.below(UInt64(pieces.count)))] }.joined()
      for mistake in mistakes(text) {
        #expect(!mistake.contains("\n") && mistake.hasPrefix("p.yaml:"))
      }
    }
  }
}
