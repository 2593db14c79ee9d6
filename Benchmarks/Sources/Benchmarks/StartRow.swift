/// What it costs to start and end: a static program that does nothing.
struct StartRow: Row {
  var isa: ISA
  var name: String { "true.\(isa)" }

  func measure(rounds: Int) throws -> [Result] {
    var times: [Double] = []
    var peaks: [Double] = []
    // It is short: more rounds cost nothing.
    for _ in 0..<rounds * 4 {
      let outcome = try Command([godwit, "run", "--", isa.guest("true")]).run()
      times.append(outcome.seconds)
      peaks.append(Double(outcome.peakBytes) / 1e6)
    }
    return [
      Result(
        name: name, godwit: seconds(median(times)), target: "< 0.060 s",
        reached: median(times) < 0.060),
      Result(
        name: "\(name), peak memory", godwit: "\(decimal(median(peaks), 1)) MB",
        target: "< 40 MB", reached: median(peaks) < 40),
    ]
  }
}
