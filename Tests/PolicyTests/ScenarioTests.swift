import Foundation
import Policies
import Testing

/// Each scenario as a day of two or three machines.
@Suite struct ScenarioTests {
  /// A laptop whose user works at it, a server, and a desktop, in the morning of a Monday.
  private func world(_ rules: String, start: String = "08:00") throws -> World {
    let world = World(start: start)
    try world.add("laptop", "applications:\n  editor:\n" + rules) { machine in
      machine.isUsed = true
      machine.power = PowerState(isOnMains: true, charge: Percent(clamping: 80))
    }
    try world.add("server")
    try world.add("desktop")
    world.start("editor", on: "laptop")
    return world
  }

  private func check(_ world: World, _ story: [String], _ place: SourceLocation = #_sourceLocation)
  {
    #expect(world.story == story, sourceLocation: place)
    #expect(world.breaches == [], sourceLocation: place)
  }

  @Test func idleApplicationsGoAndComeBackAtTheFirstInput() throws {
    let world = try world("    idle: {after: 15m, to: server}\n")
    world.run(until: "12:00")
    #expect(world.story == [])
    world.change("laptop") { $0.isUsed = false }
    world.run(for: 14 * minute)
    #expect(world.place("editor") == "laptop")
    world.run(for: 2 * minute)
    #expect(world.place("editor") == "server")
    world.run(until: "13:00")
    world.change("laptop") { $0.isUsed = true }
    world.run(for: minute)
    #expect(world.place("editor") == "laptop")
    world.run(until: "17:00")
    check(
      world,
      [
        "editor goes to server: there was no input for 15 min.",
        "editor comes home from server: there is input at laptop again.",
        "editor goes to laptop: laptop, its home, wants it back.",
      ])
  }

  @Test func idleApplicationsAreBackInTheMorning() throws {
    let world = try world("    idle: {after: 15m, to: server, back: \"07:30\"}\n", start: "20:00")
    world.change("laptop") { $0.isUsed = false }
    world.run(until: "07:20")
    #expect(world.place("editor") == "server")
    world.run(until: "07:35")
    #expect(world.place("editor") == "laptop")
    world.change("laptop") { $0.isUsed = true }
    world.run(until: "12:00")
    #expect(world.place("editor") == "laptop" && world.story.count == 3)
    #expect(world.breaches == [])
  }

  @Test func itIsOnlyDisplayedHereWhileTheBatteryIsLow() throws {
    let world = try world("    power: {below: 20%, back-above: 40%, to: [desktop, server]}\n")
    // The desktop has lost its mains, too.
    world.change("desktop") { $0.power = PowerState(isOnMains: false) }
    var charge = 80.0
    var isCharging = false
    let drain = {
      charge += isCharging ? 0.1 : -0.05
      let (level, mains) = (Percent(clamping: Int(charge)), isCharging)
      world.change("laptop") { $0.power = PowerState(isOnMains: mains, charge: level) }
    }
    world.run(for: 3 * hour, drain)
    #expect(world.place("editor") == "laptop")
    world.run(for: 2 * hour) {
      if charge > 15 { drain() }
    }
    #expect(world.place("editor") == "server")
    isCharging = true
    world.run(for: hour, drain)
    #expect(world.place("editor") == "laptop")
    check(
      world,
      [
        "editor goes to server: laptop is on battery, which fell below 20 %.",
        "editor comes home from server: laptop has power again.",
        "editor goes to laptop: laptop, its home, wants it back.",
      ])
  }

  @Test func aBatteryThatFluttersMovesNothingTwice() throws {
    let world = try world("    power: {below: 20%, to: server}\n")
    var tick = 0
    world.run(for: 6 * hour) {
      tick += 1
      let charge = Percent(clamping: tick % 2 == 0 ? 19 : 21)
      // A bad plug.
      let isOnMains = tick % 7 == 0
      world.change("laptop") { $0.power = PowerState(isOnMains: isOnMains, charge: charge) }
    }
    check(world, ["editor goes to server: laptop is on battery, which fell below 20 %."])
  }

  @Test func anApplicationIsSuspendedBeforeTheBatteryIsEmpty() throws {
    let world = try world("    power: {below: 20%, to: server, suspend-below: 5%}\n")
    world.change("server") { $0.isCutOff = true }
    world.change("laptop") {
      $0.power = PowerState(isOnMains: false, charge: Percent(clamping: 15))
    }
    world.run(for: hour)
    #expect(world.story == [])
    world.change("laptop") { $0.power = PowerState(isOnMains: false, charge: Percent(clamping: 4)) }
    world.run(for: hour)
    world.change("laptop") { $0.power = PowerState(isOnMains: true, charge: Percent(clamping: 4)) }
    world.run(for: hour)
    check(
      world,
      [
        "editor is suspended here: the battery has less than 5 % and no mains.",
        "editor goes on here: laptop has power again.",
      ])
  }

  @Test func itIsOnTheLaptopAgainWhenTheLidIsClosed() throws {
    let world = try world(
      "    idle: {after: 15m, to: server}\n    sleep: {do: bring-home}\n")
    world.change("laptop") { $0.isUsed = false }
    world.run(for: hour)
    #expect(world.place("editor") == "server")
    // The server's engine is asked in the time that logind waits.
    world.change("laptop") { $0.departure = Departure(.sleep, by: world.time + 30 * second) }
    world.run(for: 20 * second)
    #expect(world.place("editor") == "laptop")
    check(
      world,
      [
        "editor goes to server: there was no input for 15 min.",
        "editor comes home from server: laptop goes to sleep.",
        "editor goes to laptop: laptop, its home, wants it back.",
      ])
  }

  @Test func aSleepingLaptopSendsAwayWhatFitsAndSuspendsTheRest() throws {
    let world = World()
    try world.add(
      "laptop", "defaults:\n  sleep: {do: send, to: server, standby: server, every: 10m}\n"
    ) { $0.isUsed = true }
    try world.add("server")
    for name in ["a", "b", "c", "d"] { world.start(name, on: "laptop") }
    // Two fit by what has changed since the last copy; one is too large even so, and one is pinned.
    world.apps["a"]!.moveTime = 8 * second
    world.apps["b"]!.moveTime = 12 * second
    world.apps["c"]!.moveTime = 90 * second
    world.apps["d"]!.isPinned = true
    world.run(until: "12:00")
    #expect(world.apps["a"]!.copies["server"] != nil)
    world.sleep("laptop")
    #expect(world.place("a") == "server" && world.place("b") == "server")
    #expect(world.apps["c"]!.suspendedBy == .sleep && world.apps["d"]!.suspendedBy == nil)
    world.run(until: "13:00")
    world.wake("laptop")
    world.run(for: 5 * minute)
    #expect(["a", "b", "c", "d"].allSatisfy { world.place($0) == "laptop" })
    check(
      world,
      [
        "a goes to server, which has most of it: laptop goes to sleep.",
        "b goes to server, which has most of it: laptop goes to sleep.",
        "c is suspended here: laptop goes to sleep, and a move to server would take 9.9 s of the 2.3 s that are left.",
        "c goes on here: laptop is awake again.",
        "a comes home from server: laptop is awake again.",
        "b comes home from server: laptop is awake again.",
        "a goes to laptop: laptop, its home, wants it back.",
        "b goes to laptop: laptop, its home, wants it back.",
      ])
  }

  @Test func aLaptopThatWakesForAMomentLeavesTheApplicationWhereItIs() throws {
    let world = try world(
      "    sleep: {do: send, to: server}\n    idle: {after: 15m, to: server}\n")
    world.run(for: hour)
    world.sleep("laptop")
    world.run(for: hour)
    for _ in 0..<5 {
      world.wake("laptop", isUsed: false)
      world.run(for: 2 * minute)
      world.sleep("laptop")
      world.run(for: hour)
    }
    check(world, ["editor goes to server: laptop goes to sleep."])
  }

  @Test func atNightDesktopsAreEmptiedOntoOneServer() throws {
    let rules =
      "defaults:\n  schedule: {from: \"22:00\", until: \"07:00\", to: server, quiet: 10m}\n"
    let world = World(start: "20:00")
    try world.add("laptop", rules)
    try world.add("desktop", rules) { $0.isUsed = true }
    try world.add("server")
    world.start("mail", on: "laptop")
    world.start("build", on: "desktop")
    world.run(until: "22:30")
    #expect(world.place("mail") == "server" && world.place("build") == "desktop")
    world.change("desktop") { $0.isUsed = false }
    world.run(until: "06:50")
    #expect(world.place("mail") == "server" && world.place("build") == "server")
    world.run(until: "07:10")
    #expect(world.place("mail") == "laptop" && world.place("build") == "desktop")
    world.run(until: "21:00")
    check(
      world,
      [
        "mail goes to server: it is between 22:00 and 07:00.",
        "build goes to server: it is between 22:00 and 07:00.",
        "build comes home from server: its time elsewhere is over.",
        "mail comes home from server: its time elsewhere is over.",
        "build goes to desktop: desktop, its home, wants it back.",
        "mail goes to laptop: laptop, its home, wants it back.",
      ])
  }

  @Test func aHostRebootsAndNobodyNotices() throws {
    let world = try world("    update: {to: [server, desktop]}\n")
    world.run(for: hour)
    world.change("server") { $0.isCutOff = true }
    world.change("laptop") { $0.departure = Departure(.shutdown, by: world.time + 30 * second) }
    world.run(for: 10 * second)
    world.change("laptop") { machine in
      machine.isAsleep = true
      machine.departure = nil
    }
    world.run(for: 10 * minute)
    #expect(world.place("editor") == "desktop")
    // Its clock starts anew.
    try world.restart("laptop", keepsState: true)
    world.wake("laptop")
    world.change("laptop") { $0.bootOffset = -world.time }
    world.run(for: hour)
    check(
      world,
      [
        "editor goes to desktop: laptop shuts down.",
        "editor comes home from desktop: laptop runs again.",
        "editor goes to laptop: laptop, its home, wants it back.",
      ])
  }

  @Test func aPinnedApplicationIsSuspendedForAReboot() throws {
    let world = try world("    update: {to: server}\n")
    world.apps["editor"]!.isPinned = true
    world.change("laptop") { $0.departure = Departure(.shutdown, by: world.time + 30 * second) }
    world.run(for: 20 * second)
    world.change("laptop") { $0.departure = nil }
    world.run(for: 10 * minute)
    check(
      world,
      [
        "editor is suspended here: laptop shuts down, and it is pinned.",
        "editor goes on here: laptop runs again.",
      ])
  }

  @Test func itFollowsItsUser() throws {
    let world = try world("    follow: on\n    idle: {after: 15m, to: server}\n")
    world.run(for: hour)
    world.change("laptop") { $0.isUsed = false }
    // At the desktop for a look, and then to work.
    world.apps["editor"]!.attachedAt = ("desktop", world.time)
    world.run(for: 10 * second)
    world.apps["editor"]!.attachedAt = nil
    world.run(for: minute)
    world.apps["editor"]!.attachedAt = ("desktop", world.time)
    world.run(for: hour) { world.apps["editor"]!.lastInput = world.time }
    #expect(world.place("editor") == "desktop")
    // Away for lunch, still attached: to the server, and back at the first key.
    world.run(for: hour)
    #expect(world.place("editor") == "server")
    world.run(for: hour) { world.apps["editor"]!.lastInput = world.time }
    #expect(world.place("editor") == "desktop")
    // At the laptop.
    world.apps["editor"]!.attachedAt = ("laptop", world.time)
    world.change("laptop") { $0.isUsed = true }
    world.run(for: hour)
    #expect(world.place("editor") == "laptop")
    #expect(
      world.story.first == "editor goes to desktop: its user is attached at desktop.")
    #expect(world.story.count == 4 || world.story.count == 5)
    #expect(world.breaches == [])
  }

  /// A desktop is idle while its viewer only looks, and comes home at the first key; what is used elsewhere stays there.
  @Test func itsDisplayIsUsed() throws {
    let world = try world("    idle: {after: 15m, to: server}\n")
    world.change("laptop") { $0.isUsed = false }
    world.run(for: 2 * hour) { world.apps["editor"]!.display = ("laptop", world.time) }
    #expect(world.story == [])
    world.run(for: hour)
    #expect(world.place("editor") == "server")
    world.apps["editor"]!.display = ("laptop", world.time)
    world.run(for: minute)
    #expect(world.place("editor") == "laptop")
    world.run(for: hour)
    #expect(world.place("editor") == "server")
    // Somebody sits at the server.
    world.run(for: hour) { world.apps["editor"]!.display = ("server", world.time) }
    #expect(world.place("editor") == "server")
    check(
      world,
      [
        "editor goes to server: there was no input for 15 min.",
        "editor comes home from server: there is input at laptop again.",
        "editor goes to laptop: laptop, its home, wants it back.",
        "editor goes to server: there was no input for 15 min.",
      ])
  }

  /// A terminal that was left open at the desktop is nobody who does anything, whatever is done at the display.
  @Test func whatItFollowsIsNoDisplay() throws {
    let world = try world("    follow: on\n    idle: {after: 15m, to: server}\n")
    world.change("laptop") { $0.isUsed = false }
    world.apps["editor"]!.attachedAt = ("desktop", world.time - hour)
    world.apps["editor"]!.display = ("laptop", nil)
    world.run(for: hour) { world.apps["editor"]!.display!.lastInput = world.time }
    #expect(world.place("editor") == "laptop")
    #expect(world.story == [])
    world.run(for: hour)
    #expect(world.place("editor") == "server")
    // There is nobody at the terminal still.
    world.run(for: hour) { world.apps["editor"]!.display!.lastInput = world.time }
    check(
      world,
      [
        "editor goes to server: there was no input for 15 min.",
        "editor comes home from server: there is input at laptop again.",
        "editor goes to laptop: laptop, its home, wants it back.",
      ])
  }

  @Test func itComesHomeBeforeTheLinkGoes() throws {
    let world = try world(
      "    idle: {after: 15m, to: server}\n    network: {below: 30%, back-above: 50%}\n")
    world.change("laptop") { machine in
      machine.isUsed = false
      machine.quality = Percent(clamping: 80)
    }
    world.run(for: hour)
    #expect(world.place("editor") == "server")
    world.change("laptop") { $0.quality = Percent(clamping: 25) }
    world.run(for: minute)
    #expect(world.place("editor") == "laptop")
    // Idle, but the link is bad, and then of middling quality.
    world.run(for: hour)
    world.change("laptop") { $0.quality = Percent(clamping: 40) }
    world.run(for: hour)
    #expect(world.place("editor") == "laptop")
    world.change("laptop") { $0.quality = Percent(clamping: 60) }
    world.run(for: hour)
    check(
      world,
      [
        "editor goes to server: there was no input for 15 min.",
        "editor comes home from server: the quality of the link of laptop has fallen below 30 %.",
        "editor goes to laptop: laptop, its home, wants it back.",
        "editor goes to server: there was no input for 15 min.",
      ])
  }

  @Test func busyMachinesSpreadOneByOne() throws {
    let rules = "defaults:\n  load: {above: 80%, for: 5m, to: [server, desktop]}\n"
    let world = World()
    try world.add("laptop", rules) { $0.load = 0.95 }
    try world.add("server", rules) { $0.load = 0.6 }
    try world.add("desktop", rules) { $0.load = 0.3 }
    for name in ["a", "b", "c"] { world.start(name, on: "laptop") }
    world.apps["b"]!.moveTime = second
    world.run(for: 6 * minute)
    // The cheapest, to the least busy.
    #expect(world.place("b") == "desktop" && world.place("a") == "laptop")
    world.change("laptop") { $0.load = 0.7 }
    world.run(for: hour)
    check(
      world, ["b goes to desktop: the processors of laptop were busy to more than 80 % for 5 min."])
  }

  @Test func whatAPeerSaysOfItsLoadCountsLessThanWhatMovesTook() throws {
    let world = World()
    try world.add("laptop", "defaults:\n  load: {above: 80%, for: 5m, to: [server, desktop]}\n") {
      $0.load = 0.95
    }
    try world.add("server") { $0.toldLoad = 0.1 }
    try world.add("desktop") { $0.load = 0.4 }
    for name in ["a", "b", "c", "d", "e"] {
      world.start(name, on: "laptop")
      // To the server, which lies, everything takes ten times as long.
      world.apps[name]!.trueMoveTime = 20 * second
    }
    world.run(for: 6 * minute)
    #expect(world.place("a") == "server")
    world.apps["b"]!.trueMoveTime = nil
    world.run(for: 5 * minute)
    #expect(world.place("b") == "desktop")
    #expect(world.breaches == [])
  }

  @Test func idleMachinesAreEmptiedButNotOntoEachOther() throws {
    func rules(_ to: String) -> String { "defaults:\n  load: {below: 10%, for: 10m, to: \(to)}\n" }
    let world = World()
    try world.add("laptop", rules("server")) { $0.load = 0.05 }
    try world.add("server", rules("laptop")) { $0.load = 0.05 }
    world.start("a", on: "laptop")
    world.start("b", on: "server")
    world.run(for: 10 * hour)
    #expect(world.story.count == 2)
    #expect(world.breaches == [])
  }

  @Test func fullMemorySendsTheLargestAway() throws {
    let world = World()
    try world.add("laptop", "defaults:\n  memory: {above: 90%, for: 1m, to: server}\n") {
      $0.memoryUsed = 0.95
    }
    try world.add("server")
    for name in ["a", "b", "c"] { world.start(name, on: "laptop") }
    world.apps["b"]!.memory = 4 << 30
    world.run(for: 6 * minute)
    world.change("laptop") { $0.memoryUsed = 0.6 }
    world.run(for: hour)
    check(
      world, ["b goes to server: more than 90 % of the memory of laptop was in use for 1 min."])
  }

  @Test func aPeerGoesOnOnlyAfterTheLossIsConfirmed() throws {
    let world = World()
    try world.add(
      "laptop", "defaults:\n  protect: {on: server, every: 5m, wait: 5m}\n")
    try world.add("server")
    try world.add("desktop")
    world.start("shop", on: "laptop")
    world.run(for: hour)
    #expect(world.apps["shop"]!.copies["server"] ?? 0 > world.time - 6 * minute)
    world.change("laptop") { $0.isCutOff = true }
    world.run(for: 10 * hour)
    #expect(world.place("shop") == "laptop")
    let said = world.events.map(\.decision.reason).filter { $0.contains("confirm") }
    #expect(
      said == [
        "shop stays where it is: laptop has not answered for 5 min, and somebody has to confirm that it is lost."
      ])
    world.change("server") { $0.confirmed = ["laptop"] }
    world.run(for: minute)
    #expect(world.place("shop") == "server")
    check(world, ["shop goes on here in place of laptop: the loss of laptop is confirmed."])
  }

  @Test func aFencingCommandIsAskedWhereTheRuleSaysSo() throws {
    let rules = "defaults:\n  protect: {on: server, confirm: command, fence: /sbin/off --hard}\n"
    let world = World()
    try world.add("laptop", rules)
    try world.add("server", rules)
    try world.add("desktop")
    world.start("shop", on: "laptop")
    world.run(for: hour)
    world.change("laptop") { $0.isCutOff = true }
    world.run(for: 14 * minute)
    let fences = world.events.compactMap { event -> [String]? in
      guard case .fence("laptop", let command) = event.decision.action else { return nil }
      return command
    }
    #expect(fences == [["/sbin/off", "--hard"], ["/sbin/off", "--hard"]])
    #expect(world.place("shop") == "laptop")
    // What it confirms counts at once.
    world.change("server") { $0.confirmed = ["laptop"] }
    world.run(for: minute / 2)
    #expect(world.place("shop") == "server")
  }

  /// A machine that was away does not know whether its peer has gone on meanwhile.
  @Test func whatWasSuspendedWaitsForItsKeeper() throws {
    var engine = PolicyEngine(try policy("defaults:\n  protect: {on: server}\n"))
    var seen = Observation(
      here: "laptop", now: hour, wall: WallTime(seconds: 0, weekday: .mon, secondOfDay: 0))
    seen.suspended = [SuspendedApplication(name: "shop", by: .update)]
    seen.peers = [Peer("server", answered: nil)]
    let silent = "server, which keeps it, does not answer, and may have gone on with it"
    let start = "shop stays where it is: laptop runs again, but "
    #expect(engine.step(seen).map(\.reason) == ["\(start)\(silent)."])
    seen.now += minute
    #expect(engine.step(seen).isEmpty)
    seen.peers = [Peer("server", answered: seen.now)]
    // Also if it has ended there.
    seen.peers[0].successions = ["shop": 1]
    #expect(engine.step(seen).map(\.reason) == ["\(start)server has gone on with it."])
    seen.peers[0].successions = [:]
    #expect(engine.step(seen).map(\.action) == [.resume])
  }

  @Test func noMachineRunsACommandThatAnotherOneNames() throws {
    let world = World()
    try world.add(
      "laptop", "defaults:\n  protect: {on: server, confirm: command, fence: /bin/rm}\n")
    try world.add("server")
    try world.add("desktop")
    world.start("shop", on: "laptop")
    world.run(for: hour)
    world.change("laptop") { $0.isCutOff = true }
    world.run(for: hour)
    let fences = world.events.filter { event in
      if case .fence = event.decision.action { true } else { false }
    }
    #expect(fences.isEmpty && world.place("shop") == "laptop")
  }

  @Test func peersMayTellAnything() throws {
    var engine = PolicyEngine(
      try policy(
        """
        defaults:
          idle: {after: 15m, to: server}
          power: {below: 20%, to: server}
          sleep: {do: send, to: server}
          follow: on
          load: {above: 10%, to: server}
        """))
    for extreme in [Int64.max, .min, 0, -1] {
      var seen = Observation(
        here: "laptop", now: hour, wall: WallTime(seconds: extreme, weekday: .sun, secondOfDay: 0))
      var application = Application(name: "a", home: "laptop", arrived: extreme)
      application.lastInput = extreme
      application.lastTyped = extreme
      application.displays = [Display(at: "laptop", lastInput: extreme)]
      application.departures = [Int64](repeating: extreme, count: 10)
      application.attachments = [Attachment(at: "server", since: extreme)]
      application.standbys = ["server": extreme]
      application.memory = .max
      application.forecasts = [
        MoveForecast(to: "server", [.init(.standby, frozen: extreme, total: extreme, bytes: .max)])
      ]
      var peer = Peer("server", answered: extreme)
      peer.load = .infinity
      peer.applications = [application]
      peer.applications[0].name = "b"
      peer.applications[0].leftHomeBy = .idle
      seen.applications = [application]
      seen.peers = [peer]
      seen.load = 1
      seen.outcomes = [
        MoveResult("a", "server", succeeded: true, foretold: extreme, total: extreme),
        MoveResult("a", "server", succeeded: false, total: extreme),
      ]
      for departure in [nil, Departure(.sleep, by: hour + second)] {
        seen.departure = departure
        for decision in engine.step(seen) { #expect(decision.reason.hasSuffix(".")) }
      }
    }
  }

  @Test func aMachineWhoseOwnLinkIsBrokenTakesNothingOver() throws {
    let world = World()
    try world.add("laptop", "defaults:\n  protect: {on: server}\n")
    try world.add("server")
    try world.add("desktop")
    world.start("shop", on: "laptop")
    world.run(for: hour)
    world.change("server") { machine in
      machine.isCutOff = true
      machine.confirmed = []
    }
    world.run(for: hour)
    #expect(world.place("shop") == "laptop" && world.story == [] && world.breaches == [])
  }

  @Test func silenceDuringItsOwnSleepIsNobodysLoss() throws {
    let world = World()
    try world.add(
      "laptop", "defaults:\n  protect: {on: server, confirm: command, fence: /bin/true}\n")
    try world.add("server")
    world.start("shop", on: "laptop")
    world.run(for: hour)
    world.sleep("server")
    world.run(for: 5 * hour)
    world.wake("server", isUsed: false)
    world.run(for: hour)
    #expect(world.story == [] && world.breaches == [])
  }

  @Test func aMachineThatWasReplacedStopsItsOwnCopy() throws {
    let rules = try policy("defaults:\n  protect: {on: server}\n")
    var engine = PolicyEngine(rules)
    var seen = Observation(
      here: "laptop", now: hour, wall: WallTime(seconds: 0, weekday: .mon, secondOfDay: 0))
    seen.applications = [Application(name: "shop", id: "1", home: "laptop")]
    var stranger = Peer("desktop", answered: hour)
    stranger.successions = ["1": 1]
    seen.peers = [stranger]
    // Only the peer that was to go on with it is believed.
    #expect(engine.step(seen).filter { $0.action == .suspend } == [])
    var server = Peer("server", answered: hour)
    server.successions = ["1": 1]
    seen.peers = [server]
    #expect(engine.step(seen).map(\.action).contains(.suspend))
    // Once it has come back from there, it is the one that counts.
    seen.now += hour
    seen.applications[0].generation = 1
    #expect(engine.step(seen).filter { $0.action == .suspend } == [])
  }

  @Test func aPinnedApplicationIsNotGivenBack() throws {
    let world = try world("    idle: {after: 15m, to: server}\n")
    world.change("laptop") { $0.isUsed = false }
    world.run(for: hour)
    world.apps["editor"]!.isPinned = true
    world.recall("editor")
    world.run(for: hour)
    #expect(world.place("editor") == "server")
    #expect(
      world.events.last?.decision.reason == "editor stays where it is: it is pinned.")
    #expect(world.breaches == [])
  }

  @Test func whatAPersonMovedStaysThere() throws {
    let world = try world("    idle: {after: 15m, to: server}\n")
    world.apps["editor"]!.runs = "desktop"
    world.run(for: 10 * minute)
    #expect(world.place("editor") == "desktop" && world.story == [])
  }

  @Test func failedMovesAreTriedLessAndLessOften() throws {
    let world = try world("    idle: {after: 15m, to: server}\n    max-moves: 100 per hour\n")
    world.fails = { true }
    world.change("laptop") { $0.isUsed = false }
    world.run(for: 10 * hour)
    let times = world.events.filter { if case .move = $0.decision.action { true } else { false } }
      .map(\.time)
    let gaps = zip(times, times.dropFirst()).map { ($1 - $0 + 30 * second) / minute }
    #expect(Array(gaps.prefix(6)) == [1, 2, 4, 8, 16, 32])
    #expect(gaps.dropFirst(6).allSatisfy { $0 == 60 })
    #expect(world.place("editor") == "laptop")
  }

  /// An engine that is asked only when it has said so, or sees something new, does the same.
  @Test func enginesSayWhenTheyHaveToBeAsked() throws {
    func day(isLazy: Bool) throws -> World {
      let world = World(start: "06:00")
      world.isLazy = isLazy
      try world.add(
        "laptop",
        """
        defaults:
          idle: {after: 15m, to: server}
          schedule: {from: "22:00", until: "07:00", to: server}
          power: {below: 20%, to: server}
          protect: {on: server, every: 30m}
        """)
      try world.add("server")
      world.start("editor", on: "laptop")
      world.run(until: "08:00")
      world.change("laptop") { $0.isUsed = true }
      world.run(until: "12:00")
      world.change("laptop") { $0.isUsed = false }
      world.run(until: "13:00")
      world.change("laptop") { machine in
        machine.isUsed = true
        machine.power = PowerState(isOnMains: false, charge: Percent(clamping: 10))
      }
      world.run(until: "15:00")
      world.change("laptop") { $0.power.isOnMains = true }
      world.run(until: "18:00")
      world.change("laptop") { $0.isUsed = false }
      world.run(until: "12:00")
      return world
    }
    let (eager, lazy) = (try day(isLazy: false), try day(isLazy: true))
    #expect(eager.events.map(\.description) == lazy.events.map(\.description))
    #expect(eager.breaches == [] && lazy.breaches == [])
    #expect(lazy.steps < eager.steps / 2, "\(lazy.steps) of \(eager.steps)")
    #expect(eager.story.count >= 5)
  }
}
