/// What a guest that writes pages as fast as it was told to loses in the second after a checkpoint's cut.
struct LossRow: Row {
  var isa: ISA
  /// MiB of heap.
  var size: Int
  /// MiB of distinct pages that it writes in a second.
  var rate: Int
  var name: String { "checkpoint.\(isa) of \(size) MB at \(rate) MB/s, the second after" }

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let guestName = "benchmark-\(System.processID)"
    let guest = try HeapGuest(isa: isa, size: size, rate: rate).start(named: guestName, folder)
    let log = "\(folder)/sign.pages"
    var losses: [Double] = []
    for round in 0...rounds {
      System.sleep(seconds: 2)
      // The guest writes down at each turn how many pages it has written.
      try System.write("", toFile: log)
      System.sleep(seconds: 2)
      let start = System.realTime
      _ = try Command([
        godwit, "checkpoint", guestName, "--output", "\(folder)/snapshot",
      ]).run()
      System.sleep(milliseconds: UInt32(max(0, 1.2 - (System.realTime - start)) * 1000))
      let turns = try HeapGuest.turns(String(decoding: System.contents(of: log), as: UTF8.self))
      System.remove(log)
      // The first one also digests the files of the root that the guest uses.
      guard round > 0 else { continue }
      let before = Self.pages(of: turns, start - 1.5, start - 0.5)
      losses.append(1 - Self.pages(of: turns, start, start + 1) / before)
    }
    System.remove("\(folder)/sign")
    guest.end()
    let loss = max(0, median(losses))
    return [
      Result(
        name: "\(name), lost", godwit: "\(decimal(loss * 100, 1)) %", target: "<= 5 %",
        reached: loss <= 0.05)
    ]
  }

  /// Pages written between two times.
  private static func pages(
    of turns: [(time: Double, pages: Double)], _ from: Double, _ to: Double
  ) -> Double {
    let inside = turns.filter { from <= $0.time && $0.time < to }
    guard let first = inside.first, let last = inside.last else { return 0 }
    return last.pages - first.pages
  }
}
