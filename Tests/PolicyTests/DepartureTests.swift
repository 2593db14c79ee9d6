import Foundation
import Policies
import Testing

/// What goes, and what is suspended, before a machine sleeps: many applications that share a link and processors.
@Suite struct DepartureTests {
  private static let names = (0..<10).map { "app\($0)" }

  /// A laptop that sleeps in five seconds, with ten applications of 100 MB of which the server has copies.
  ///
  /// - Parameters:
  ///   - total: milliseconds of a move alone.
  ///   - link: those in which the link is busy.
  private func seen(total: Int64, link: Int64, processors: Int = 2, load: Double = 0.5)
    -> Observation
  {
    var seen = Observation(
      here: "laptop", now: hour, wall: WallTime(seconds: 0, weekday: .mon, secondOfDay: 0))
    seen.departure = Departure(.sleep, by: hour + 5 * second)
    (seen.processors, seen.load) = (processors, load)
    seen.applications = Self.names.map { name in
      var application = Application(name: name, home: "laptop")
      application.memory = 100_000_000
      application.standbys = ["server": 0]
      application.forecasts = [
        MoveForecast(
          to: "server",
          [
            .init(
              .standby, frozen: 0, total: total * 1_000_000, bytes: 1_000_000,
              link: link * 1_000_000)
          ])
      ]
      return application
    }
    seen.peers = [Peer("server", answered: hour)]
    return seen
  }

  private func engine() throws -> PolicyEngine {
    PolicyEngine(
      try policy("defaults:\n  sleep: {do: send, to: server, standby: server, every: 10m}\n"))
  }

  private func moves(_ decisions: [Decision]) -> Set<String> {
    Set(
      decisions.filter { if case .move = $0.action { true } else { false } }.map(\.application))
  }

  private func suspensions(_ decisions: [Decision]) -> Set<String> {
    Set(decisions.filter { $0.action == .suspend }.map(\.application))
  }

  /// Half a second each, of which the link needs little: beside each other they fit, one behind the other they would not.
  @Test func whatTheLinkDoesNotNeedIsDoneBesideEachOther() throws {
    var engine = try engine()
    #expect(moves(engine.step(seen(total: 600, link: 20))) == Set(Self.names))
    engine = try self.engine()
    var small = seen(total: 600, link: 20, processors: 1)
    for index in small.applications.indices { small.applications[index].memory = 20_000_000 }
    let alone = engine.step(small)
    #expect((1...7).contains(moves(alone).count))
    #expect(moves(alone).union(suspensions(alone)) == Set(Self.names))
  }

  /// What the link carries goes one behind the other, however many processors there are.
  @Test func theLinkIsShared() throws {
    var engine = try engine()
    let decisions = engine.step(seen(total: 850, link: 800, processors: 16))
    #expect((3...5).contains(moves(decisions).count))
    #expect(suspensions(decisions).count == 10 - moves(decisions).count)
  }

  /// On a machine that has other things to do, suspending takes longer than such moves. They go on as long as they get on.
  @Test func aBusyMachineGoesOnMoving() throws {
    var engine = try engine()
    var seen = seen(total: 600, link: 20, load: 3)
    #expect(moves(engine.step(seen)) == Set(Self.names))
    for index in seen.applications.indices { seen.applications[index].isBusy = true }
    for _ in 0..<3 {
      seen.now += second
      let gone = seen.applications.removeLast()
      seen.outcomes = [
        MoveResult(gone.name, "server", succeeded: true, foretold: second, total: second)
      ]
      #expect(engine.step(seen).isEmpty)
    }
    seen.outcomes = []
    seen.now = try #require(engine.wakeAt)
    #expect(seen.now < hour + 5 * second && suspensions(engine.step(seen)).count == 7)
  }

  /// What is not over in time is suspended, as long as there is time for that, and each once.
  @Test func lateMovesAreSuspended() throws {
    var engine = try engine()
    var seen = seen(total: 600, link: 20)
    #expect(moves(engine.step(seen)).count == 10)
    for index in seen.applications.indices { seen.applications[index].isBusy = true }
    // Four have gone.
    seen.applications.removeLast(4)
    seen.now += 2 * second
    #expect(engine.step(seen).isEmpty)
    let wake = try #require(engine.wakeAt)
    #expect(wake > seen.now && wake < hour + 4 * second)
    seen.now = wake
    let late = engine.step(seen)
    #expect(suspensions(late) == Set(Self.names.prefix(6)) && late.count == 6)
    #expect(late[0].reason.hasSuffix("laptop goes to sleep, and its move is not over."))
    // A move that fails since it was cancelled is no news.
    seen.outcomes = Self.names.prefix(6).map {
      MoveResult($0, "server", succeeded: false, total: second)
    }
    for index in seen.applications.indices { seen.applications[index].isBusy = false }
    #expect(engine.step(seen).isEmpty)
  }

  /// One that is so large that it can't be suspended in time goes on moving.
  @Test func aLargeOneIsNotGivenUp() throws {
    var engine = try engine()
    var seen = seen(total: 600, link: 20)
    seen.applications = [seen.applications[0]]
    seen.applications[0].memory = 10_000_000_000
    #expect(moves(engine.step(seen)) == ["app0"])
    seen.now += 4 * second
    seen.applications[0].isBusy = true
    #expect(engine.step(seen).isEmpty)
  }

  /// Copies of an application with files of its own would be of no use after a loss.
  @Test func nothingIsCopiedWhoseFilesTravel() throws {
    var engine = PolicyEngine(
      try policy("defaults:\n  protect: {on: server}\n  move: {with-mounts: true}\n"))
    var seen = seen(total: 1, link: 1)
    seen.departure = nil
    seen.applications = [seen.applications[0]]
    seen.applications[0].standbys = [:]
    let decisions = engine.step(seen)
    #expect(decisions.map(\.action) == [.stay])
    #expect(
      decisions[0].reason.contains("copies have no files of mounts"), "\(decisions[0].reason)")
    seen.now += minute
    #expect(engine.step(seen).isEmpty)
  }
}
