/// How far forecasts of moves are from what the moves took: over links of several rates, with guests of several sizes that
/// write more or less. Beside it, whether the way that was chosen was the best one.
struct ForecastRow: Row {
  var isa: ISA
  var name: String { "forecast.\(isa)" }

  /// MiB, MiB/s, and bytes a second of the link; nil: as fast as a pipe is.
  private static let conditions: [(size: Int, rate: Int, bandwidth: Double?)] = [
    (16, 0, nil), (64, 5, 12.5e6), (64, 0, 25e6), (128, 10, 50e6), (256, 5, 125e6), (256, 0, nil),
  ]
  /// Of all moves, these are told apart: little was known of their links.
  private static let learning = 20
  private static let ways = ["none", "zstd"]

  /// A move: what was foretold, and what it took, in seconds.
  private struct Move {
    var frozen: (foretold: Double, real: Double)
    var total: (foretold: Double, real: Double)

    /// The parts of the times that were foretold wrongly; up to 10 ms are none.
    var errors: [Double] {
      [frozen, total].map { times in
        let error = abs(times.foretold - times.real)
        return error <= 0.01 ? 0 : error / times.real
      }
    }
  }

  func measure(rounds: Int) throws -> [Result] {
    var moves: [[Move]] = []
    var best = 0
    for condition in Self.conditions {
      let folder = try System.temporaryFolder()
      defer { System.removeFolder(folder) }
      let places = try TwoPlaces(folder, bandwidth: condition.bandwidth)
      let guest = try HeapGuest(isa: isa, size: condition.size, rate: condition.rate)
        .start(named: "benchmark", folder, place: places.at("here"))
      var times: [Double] = []
      for number in 0..<rounds * 2 { times.append(try move(places, number, [])) }
      moves.append(try records(places))
      let fastest = try Self.ways.map { way in
        median(try (0..<4).map { try move(places, $0, ["--compress", way]) })
      }.min()!
      if median(times) <= fastest * 1.2 { best += 1 }
      System.remove("\(folder)/sign")
      guest.end()
    }
    return results(moves, best)
  }

  /// - Returns: seconds.
  private func move(_ places: TwoPlaces, _ number: Int, _ options: [String]) throws -> Double {
    System.sleep(milliseconds: 200)
    return try places.move(
      "benchmark", TwoPlaces.way(number), ["--connections", "reset"] + options
    ).seconds
  }

  /// What both places wrote down, in the order in which the moves were made.
  private func records(_ places: TwoPlaces) throws -> [Move] {
    let sides = try ["here", "there"].map { place in
      let outcome = try Command(places.at(place) + [godwit, "moves", "--json"]).run()
      let text = String(decoding: outcome.output, as: UTF8.self)
      return text.split(separator: "\"forecast\"").dropFirst().map { Self.move(in: $0) }
    }
    return zip(sides[0], sides[1]).flatMap { [$0, $1] }
  }

  /// - Parameter record: its forecast, and behind it its outcome.
  private static func move(in record: Substring) -> Move {
    func numbers(_ name: String) -> (foretold: Double, real: Double) {
      let values = record.split(separator: "\"\(name)\" : ").dropFirst().map { rest in
        (Double(rest.prefix { $0.isNumber }) ?? 0) / 1e9
      }
      return (values.first ?? 0, values.last ?? 0)
    }
    return Move(frozen: numbers("frozen"), total: numbers("total"))
  }

  private func results(_ moves: [[Move]], _ best: Int) -> [Result] {
    // Of each link the first ones.
    let early = moves.flatMap { $0.prefix(Self.learning / moves.count) }
    let late = moves.flatMap { $0.dropFirst(Self.learning / moves.count) }
    func result(_ what: String, _ moves: [Move], _ time: Int, isTarget: Bool) -> Result {
      let error = median(moves.map { $0.errors[time] })
      return Result(
        name: "\(name), \(what), median error of \(moves.count)",
        godwit: "\(decimal(error * 100, 0)) %", target: isTarget ? "< 20 %" : "-",
        reached: isTarget ? error < 0.2 : nil)
    }
    return [
      result("standing still", late, 0, isTarget: true),
      result("in all", late, 1, isTarget: true),
      result("standing still, first moves", early, 0, isTarget: false),
      result("in all, first moves", early, 1, isTarget: false),
      Result(
        name: "\(name), the way chosen was within 20 % of the fastest",
        godwit: "\(best) of \(moves.count)", target: "90 %",
        reached: Double(best) >= 0.9 * Double(moves.count)),
    ]
  }
}
