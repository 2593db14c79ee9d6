/// How far forecasts of moves are from what the moves took: over links of several rates, with guests of several sizes that
/// write more or less. Beside it, whether the way that was chosen was the best one.
struct ForecastRow: Row {
  var isa: ISA
  var name: String { "forecast.\(isa)" }

  /// MiB, MiB/s, and bytes a second of the link; nil: as fast as a pipe is.
  private static let conditions: [(size: Int, rate: Int, bandwidth: Double?)] = [
    (16, 0, nil), (64, 5, 12.5e6), (64, 0, 25e6), (128, 10, 50e6), (256, 5, 125e6), (256, 0, nil),
  ]
  /// Of the moves over each link, these are told apart: little was known of it. More than 20 in all.
  private static let learning = 4
  /// Moves over each link that the ways are compared by, for each of them.
  private static let comparisons = 4
  /// Of which godwit chooses one, if it is not told which.
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
    var good = 0
    for condition in Self.conditions {
      let folder = try System.temporaryFolder()
      defer { System.removeFolder(folder) }
      let places = try TwoPlaces(folder, bandwidth: condition.bandwidth)
      let guest = try HeapGuest(isa: isa, size: condition.size, rate: condition.rate)
        .start(named: "benchmark", folder, place: places.at("here"))
      var count = 0
      func move(_ options: [String]) throws -> Double {
        defer { count += 1 }
        return try self.move(places, count, options)
      }
      for _ in 0..<max(rounds, Self.learning) * 2 { _ = try move([]) }
      // In turn, so that what else the machine does is the same for all.
      var chosen: [Double] = []
      var named = [[Double]](repeating: [], count: Self.ways.count)
      for _ in 0..<Self.comparisons {
        chosen.append(try move([]))
        for (index, way) in Self.ways.enumerated() {
          named[index].append(try move(["--compress", way]))
        }
      }
      if median(chosen) <= named.map({ median($0) }).min()! * 1.2 { good += 1 }
      moves.append(try records(places))
      System.remove("\(folder)/sign")
      guest.end()
    }
    return results(moves, good)
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
    return sides[0].indices.flatMap { index in sides.compactMap { $0.dropFirst(index).first } }
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

  private func results(_ moves: [[Move]], _ good: Int) -> [Result] {
    let early = moves.flatMap { $0.prefix(Self.learning) }
    let late = moves.flatMap { $0.dropFirst(Self.learning) }
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
        godwit: "\(good) of \(moves.count)", target: "90 %",
        reached: Double(good) >= 0.9 * Double(moves.count)),
    ]
  }
}
