import Foundation
import Policies
import Testing

@Suite struct SignalTests {
  private func observation() -> Observation {
    Observation(
      here: "laptop", now: hour, wall: WallTime(seconds: 1_000_000, weekday: .mon, secondOfDay: 0))
  }

  // MARK: Power

  private func power(_ files: [String: String]) throws -> PowerState {
    try withDirectory { directory in
      for (path, text) in files { try directory.write(text + "\n", path) }
      var seen = observation()
      PowerSource(directory: directory.path).read(into: &seen)
      return seen.power
    }
  }

  @Test func batteriesAndMains() throws {
    let battery = ["BAT0/type": "Battery", "BAT0/capacity": "37", "BAT0/status": "Discharging"]
    let mains = ["AC/type": "Mains", "AC/online": "0"]
    #expect(
      try power(battery.merging(mains) { a, _ in a })
        == PowerState(isOnMains: false, charge: Percent(clamping: 37)))
    var plugged = battery.merging(mains) { a, _ in a }
    plugged["AC/online"] = "1"
    #expect(try power(plugged).isOnMains)
    // Without a supply that says so, by what the battery does.
    #expect(try !power(battery).isOnMains)
    #expect(
      try power(["BAT0/type": "Battery", "BAT0/capacity": "5", "BAT0/status": "Full"]).isOnMains)
    // Nothing at all: a machine that is plugged in.
    #expect(try power([:]) == PowerState())
    #expect(try power(mains) == PowerState())
  }

  @Test func severalBatteriesCountByWhatTheyHold() throws {
    let state = try power([
      "BAT0/type": "Battery", "BAT0/energy_now": "10000000", "BAT0/energy_full": "10000000",
      "BAT1/type": "Battery", "BAT1/energy_now": "0", "BAT1/energy_full": "30000000",
      "BAT0/status": "Discharging", "BAT2/type": "Battery", "BAT2/present": "0",
      "BAT2/capacity": "99",
      // A mouse, and what makes no sense.
      "hid/type": "Battery", "hid/scope": "Device", "hid/capacity": "2",
      "BAT3/type": "Battery", "BAT3/capacity": "many", "BAT4/type": "Battery",
      "BAT4/energy_now": "-5", "BAT4/energy_full": "0",
    ])
    #expect(state == PowerState(isOnMains: false, charge: Percent(clamping: 25)))
  }

  // MARK: Load and memory

  private func load(_ files: [String: String]) throws -> Observation {
    try withDirectory { directory in
      for (path, text) in files { try directory.write(text, path) }
      var seen = observation()
      LoadSource(directory: directory.path, processors: 4).read(into: &seen)
      return seen
    }
  }

  @Test func loadAndMemory() throws {
    var files = [
      "loadavg": "3.00 1.00 0.50 2/345 6789\n",
      "meminfo": "MemTotal:       16000000 kB\nMemFree: 100 kB\nMemAvailable:    4000000 kB\n",
      "pressure/memory":
        "some avg10=0.00 avg60=1.50 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00\n",
    ]
    let seen = try load(files)
    #expect(seen.load == 0.75 && seen.memoryUsed == 0.75 && seen.memoryFree == 4_096_000_000)
    files["pressure/memory"] = "some avg10=0.00 avg60=25.00 avg300=0.00 total=1\n"
    #expect(try load(files).memoryUsed == 1)
    let nonsense = try load(["loadavg": "nan", "meminfo": "MemTotal: 0 kB\nMemAvailable: x\n"])
    #expect(nonsense.load == nil && nonsense.memoryUsed == nil)
    #expect(try load([:]).load == nil)
  }

  @Test func theFilesOfThisMachineAreRead() {
    var seen = observation()
    LoadSource().read(into: &seen)
    #expect(seen.load != nil && (0...1).contains(seen.memoryUsed ?? -1))
    PowerSource().read(into: &seen)
    NetworkSource().read(into: &seen)
    ClockSource().read(into: &seen)
    #expect(seen.now > 0 && seen.now != hour && (0..<86_400).contains(seen.wall.secondOfDay))
    // 2026-01-05 was a Monday everywhere at noon in Greenwich, but for the far East of the Pacific.
    let day = ClockSource.localTime(1_767_614_400).weekday
    #expect(day == .mon || day == .tue)
  }

  // MARK: Network

  private func network(_ wireless: String, _ files: [String: String]) throws -> NetworkState {
    try withDirectory { directory in
      try directory.write(wireless, "proc/net/wireless")
      for (path, text) in files { try directory.write(text, "sys/class/net/" + path) }
      var seen = observation()
      let path = directory.path
      NetworkSource(proc: "\(path)/proc", sys: "\(path)/sys").read(into: &seen)
      return seen.network
    }
  }

  @Test func radiosAndWires() throws {
    let head =
      "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n"
    let radio =
      head + " wlan0: 0000   35.  -75.  -256        0      0      0      0      0        0\n"
    let files = ["lo/carrier": "1", "wlan0/carrier": "1", "wlan0/device/vendor": "1"]
    #expect(try network(radio, files) == NetworkState(quality: Percent(clamping: 50)))
    // A wire beside it, which needs a device: a bridge has none.
    let bridge = files.merging(["docker0/carrier": "1"]) { a, _ in a }
    #expect(try network(radio, bridge).quality == Percent(clamping: 50))
    let wire = files.merging(["eth0/carrier": "1", "eth0/device/vendor": "1"]) { a, _ in a }
    #expect(try network(radio, wire) == NetworkState())
    #expect(
      try network(head, ["lo/carrier": "1", "eth0/carrier": "0"]) == NetworkState(hasCarrier: false)
    )
    #expect(try network("wlan0: 0 x. \n\n:::\n", files).quality == nil)
  }

  // MARK: Clocks

  @Test func sleepAndSetClocksAreTold() throws {
    let start: Int64 = 1_700_000_000 * second
    let readings = [
      ClockReading(boot: hour, monotonic: hour, wall: start),
      ClockReading(boot: hour + minute, monotonic: hour + minute, wall: start + minute),
      // Asleep for nine minutes, and a clock that runs on.
      ClockReading(
        boot: hour + 11 * minute, monotonic: hour + 2 * minute, wall: start + 11 * minute),
      // Set back by an hour, and forward by three.
      ClockReading(
        boot: hour + 12 * minute, monotonic: hour + 3 * minute, wall: start + 12 * minute - hour),
      ClockReading(
        boot: hour + 13 * minute, monotonic: hour + 4 * minute, wall: start + 13 * minute + 2 * hour
      ),
      // Adjusted by a second.
      ClockReading(
        boot: hour + 14 * minute, monotonic: hour + 5 * minute,
        wall: start + 14 * minute + 2 * hour + second),
    ]
    var index = 0
    let source = ClockSource(
      clocks: { readings[index] },
      localTime: { WallTime(seconds: $0, weekday: .mon, secondOfDay: Int($0 % 86_400)) })
    var events: [[ClockEvent]] = []
    var seen = observation()
    for next in readings.indices {
      index = next
      source.read(into: &seen)
      events.append(source.events)
    }
    #expect(
      events == [[], [], [.slept(9 * minute)], [.wallSet(by: -hour)], [.wallSet(by: 3 * hour)], []])
    #expect(seen.awakeSince == hour + 11 * minute && seen.now == hour + 14 * minute)
  }

  @Test func timeAsleepIsInTheFileOfTheKernel() throws {
    try withDirectory { directory in
      try directory.write("12345.67 23456.78\n", "uptime")
      let reading = try #require(ClockSource.ofThisMachine(directory: directory.path))
      #expect(reading.boot == 12_345_670_000_000 && reading.monotonic > 0)
      try directory.write("soon\n", "uptime")
      #expect(ClockSource.ofThisMachine(directory: directory.path) == nil)
    }
  }

  // MARK: logind

  private final class ScriptedLogind: Logind {
    var answer: LogindState? = LogindState()
    var descriptor: Int32?
    func state() -> LogindState? { answer }
    func hasNews() -> Bool { false }
  }

  @Test func departuresHaveADeadlineFromWhenTheyWereSeen() {
    let logind = ScriptedLogind()
    let source = LogindSource(logind)
    var seen = observation()
    source.read(into: &seen)
    #expect(seen.departure == nil && seen.user == User())
    logind.answer?.preparesForSleep = true
    source.read(into: &seen)
    #expect(seen.departure == Departure(.sleep, by: hour + 5 * second))
    seen.now += 3 * second
    source.read(into: &seen)
    #expect(seen.departure == Departure(.sleep, by: hour + 5 * second))
    logind.answer?.preparesForShutdown = true
    logind.answer?.longestDelay = -1
    source.read(into: &seen)
    #expect(seen.departure == Departure(.shutdown, by: seen.now))
    logind.answer = nil
    source.read(into: &seen)
    #expect(seen.departure == nil)
  }

  @Test func idleSessionsHadInputWhenTheySay() {
    let logind = ScriptedLogind()
    let source = LogindSource(logind)
    var seen = observation()
    logind.answer?.isActive = true
    logind.answer?.isIdle = false
    source.read(into: &seen)
    #expect(seen.user == User(isActive: true, lastInput: hour))
    logind.answer?.isIdle = true
    logind.answer?.idleSince = (seen.wall.seconds - 600) * 1_000_000
    source.read(into: &seen)
    #expect(seen.user.lastInput == hour - 10 * minute)
    // Of the future, or of before the machine was booted.
    logind.answer?.idleSince = .max
    source.read(into: &seen)
    #expect(seen.user.lastInput == hour)
    logind.answer?.idleSince = 0
    source.read(into: &seen)
    #expect(seen.user.lastInput == 0)
  }

  // MARK: How often

  @Test func nothingIsAskedThatNoRuleNeeds() throws {
    let seen = observation()
    let logind = ScriptedLogind()
    let sources = Signals([
      PowerSource(), LoadSource(), NetworkSource(), ClockSource(), LogindSource(logind),
    ])
    #expect(sources.nextReading(SignalNeeds(Policy()), seen) == nil)
    #expect(sources.descriptors == [])
    let busy = try policy("defaults:\n  load: {above: 80%, for: 20m, to: a}\n")
    #expect(sources.nextReading(SignalNeeds(busy), seen) == hour + minute)
    let quick = try policy("defaults:\n  memory: {above: 80%, for: 40s, to: a}\n")
    #expect(sources.nextReading(SignalNeeds(quick), seen) == hour + 10 * second)
    // Rules that came with an application count, too.
    #expect(
      sources.nextReading(SignalNeeds(busy, carried: [quick.defaults]), seen) == hour + 10 * second)
  }

  @Test func logindIsAskedOnlyWhereItDoesNotSpeakByItself() throws {
    var seen = observation()
    let logind = ScriptedLogind()
    let source = LogindSource(logind)
    let needs = SignalNeeds(try policy("defaults:\n  sleep: {do: suspend}\n"))
    #expect(source.nextReading(needs, seen) == nil)
    source.read(into: &seen)
    #expect(source.nextReading(needs, seen) == hour + second)
    logind.descriptor = 5
    #expect(source.nextReading(needs, seen) == nil)
  }
}
