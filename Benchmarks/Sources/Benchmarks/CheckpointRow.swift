/// Checkpoints of a python3 with so much memory that nothing compresses, which goes on writing pages: how long it
/// stands still, for a whole snapshot and for an increment.
struct CheckpointRow: Row {
  var isa: ISA
  /// MiB of heap.
  var size: Int
  /// MiB of distinct pages that it writes in a second.
  var rate: Int
  var name: String { "checkpoint.\(isa) of \(size) MB at \(rate) MB/s" }

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let guestName = "benchmark-\(System.processID)"
    let guest = try HeapGuest(isa: isa, size: size, rate: rate).start(named: guestName, folder)
    var wholes: [Double] = []
    var increments: [Double] = []
    var overheads: [Double] = []
    // The first one also digests the files of the root that the guest uses.
    _ = try checkpoint(guestName, ["--output", "\(folder)/first"])
    for round in 0..<rounds {
      wholes.append(try frozenTime(in: checkpoint(guestName, ["--output", "\(folder)/whole"])))
      let next = "\(folder)/\(round)"
      let outcome = try checkpoint(guestName, ["--output", next, "--parent", "\(folder)/whole"])
      increments.append(try statistic("frozen_time", of: outcome) / 1e6)
      let written = try statistic("pages_written", of: outcome) * 4096
      overheads.append(Double(try System.size(of: next)) / written)
      System.remove(next)
    }
    System.remove("\(folder)/sign")
    guest.end()
    return [
      Result(
        name: "\(name), standing still", godwit: seconds(median(wholes)), target: "< 0.020 s",
        reached: median(wholes) < 0.02,
        point: Point(
          curve: "checkpoint, standing still (\(rate) MB/s)", memory: size, seconds: median(wholes))
      ),
      Result(
        name: "\(name), increment", godwit: seconds(median(increments)), target: "< 0.020 s",
        reached: median(increments) < 0.02),
      Result(
        name: "\(name), increment's bytes by the pages'", godwit: decimal(median(overheads), 3),
        target: "<= 1.1", reached: median(overheads) <= 1.1),
    ]
  }

  private func checkpoint(_ guest: String, _ options: [String]) throws -> Outcome {
    try Command([godwit, "checkpoint", guest, "--print-stats"] + options).run()
  }
}
