import Foundation
import Policies
import Testing

/// D-Bus, busctl(1) and systemd-inhibit(1) as they are, with python-dbusmock in logind's place.
@Suite(.serialized) struct LogindTests {
  private static let python = "/usr/bin/python3"

  /// What is missing on this machine, if anything is.
  private static let missing: String? = {
    for program in ["busctl", "systemd-inhibit", "dbus-daemon"] {
      if ((try? run(["/bin/sh", "-c", "command -v \(program)"])) ?? 1) != 0 { return program }
    }
    return (try? run([python, "-c", "import dbus, dbusmock"])) == 0 ? nil : "python3-dbusmock"
  }()

  private static func run(_ command: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// The mock and its bus.
  private final class Mock {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var rest: [UInt8] = []
    /// What comes before commands that use the bus.
    private(set) var prefix: [String] = []

    init() throws {
      let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("logind.py")
      process.executableURL = URL(fileURLWithPath: LogindTests.python)
      process.arguments = [script.path]
      process.standardInput = input
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      let address = line()
      guard !address.isEmpty else { throw Failed("the mock of logind did not start") }
      prefix = ["env", "DBUS_SYSTEM_BUS_ADDRESS=\(address)"]
    }

    deinit {
      try? input.fileHandleForWriting.close()
      process.waitUntilExit()
    }

    func tell(_ command: String) -> String {
      try? input.fileHandleForWriting.write(contentsOf: Data((command + "\n").utf8))
      return line()
    }

    private func line() -> String {
      while !rest.contains(0x0a) {
        let piece = output.fileHandleForReading.availableData
        if piece.isEmpty { return "" }
        rest += piece
      }
      let line = rest.prefix { $0 != 0x0a }
      rest.removeFirst(line.count + 1)
      return String(decoding: line, as: UTF8.self)
    }
  }

  /// Waits for up to a minute.
  private func becomes(_ condition: () -> Bool) -> Bool {
    for _ in 0..<600 {
      if condition() { return true }
      usleep(100_000)
    }
    return false
  }

  @Test(.enabled(if: missing == nil, "\(missing ?? "") is not installed here"))
  func logindIsHeardAndAsked() throws {
    let mock = try Mock()
    let logind = BusctlLogind(prefix: mock.prefix)
    var state = try #require(logind.state())
    #expect(!state.preparesForSleep && !state.preparesForShutdown && !state.lidIsClosed)
    #expect(state.longestDelay == 7_000_000 && state.isActive == true && state.isIdle == false)
    #expect(logind.descriptor != nil)

    // A listener needs a moment to listen; then it hears each.
    #expect(mock.tell("set PreparingForSleep true") == "done")
    #expect(
      becomes {
        _ = mock.tell("emit PrepareForSleep true")
        return logind.hasNews()
      })
    let source = LogindSource(logind)
    var seen = Observation(
      here: "laptop", now: hour, wall: WallTime(seconds: 1000, weekday: .mon, secondOfDay: 0))
    source.read(into: &seen)
    #expect(seen.departure == Departure(.sleep, by: hour + 7 * second))
    #expect(source.nextReading(SignalNeeds([]), seen) == nil)

    #expect(mock.tell("set PreparingForSleep false") == "done")
    #expect(mock.tell("user IdleHint true") == "done")
    #expect(mock.tell("user IdleSinceHint 990000000") == "done")
    #expect(
      becomes {
        source.read(into: &seen)
        return seen.user.lastInput != seen.now
      })
    #expect(
      seen.departure == nil && seen.user == User(isActive: true, lastInput: hour - 10 * second))
    #expect(mock.tell("set LidClosed true") == "done")
    usleep(1_000_000)
    _ = logind.hasNews()
    // To ask it is nothing new.
    state = try #require(logind.state())
    #expect(state.lidIsClosed && state.isIdle == true)
    usleep(1_000_000)
    #expect(!logind.hasNews())
  }

  @Test(.enabled(if: missing == nil, "\(missing ?? "") is not installed here"))
  func inhibitorsHoldUpSleepUntilTheyAreReleased() throws {
    let mock = try Mock()
    #expect(mock.tell("inhibitors") == "none")
    let inhibitor = try #require(
      SleepInhibitor(prefix: mock.prefix, why: "applications are being moved"))
    #expect(becomes { mock.tell("inhibitors") == "godwit delay sleep:shutdown" })
    inhibitor.release()
    #expect(becomes { mock.tell("inhibitors") == "none" })
  }

  @Test func withoutLogindThereIsNothingToHear() {
    let logind = BusctlLogind(prefix: ["env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent"])
    #expect(logind.state() == nil)
    // All listeners have ended.
    #expect(
      becomes {
        _ = logind.hasNews()
        return logind.descriptor == nil
      })
    var seen = Observation(
      here: "laptop", now: hour, wall: WallTime(seconds: 1000, weekday: .mon, secondOfDay: 0))
    let source = LogindSource(logind)
    source.read(into: &seen)
    #expect(seen.departure == nil && seen.user == User())
    #expect(source.nextReading(SignalNeeds([]), seen) == nil)
  }
}
