/// What a checkpoint every 30 seconds costs a python3 with 200 MB that writes 5 MB/s: processor time of the process that
/// has the guest, against a run without them, and of the one that keeps the checkpoints beside it.
struct PeriodRow: Row {
  var isa: ISA
  var name: String { "period.\(isa)" }
  private static let seconds: UInt32 = 65

  func measure(rounds: Int) throws -> [Result] {
    var without: [Double] = []
    var with: [Double] = []
    var keepers: [Double] = []
    for _ in 0..<rounds {
      without.append(try run([]).guest)
      let folder = try System.temporaryFolder()
      defer { System.removeFolder(folder) }
      let times = try run(["--checkpoint-every", "30s", "--checkpoint-dir", "\(folder)/store"])
      with.append(times.guest)
      keepers.append(times.keeper)
    }
    let cost = with.min()! / without.min()! - 1
    let keeper = median(keepers) / Double(Self.seconds)
    return [
      Result(
        name: "\(name) of 30 s, more processor time of the guest",
        godwit: "\(decimal(max(0, cost) * 100, 1)) %", target: "< 2 %", reached: cost < 0.02),
      Result(
        name: "\(name) of 30 s, the keeper's part of a processor",
        godwit: "\(decimal(keeper * 100, 1)) %", target: "-"),
    ]
  }

  /// Seconds of processor time.
  private func run(_ options: [String]) throws -> (guest: Double, keeper: Double) {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let guest = try HeapGuest(isa: isa, size: 200, rate: 5).start(
      named: "benchmark-\(System.processID)", folder, options)
    func times() throws -> (own: Double, children: Double) {
      let process = guest.process
      return try (System.processorTime(of: process), System.processorTimeOfChildren(of: process))
    }
    let before = try times()
    System.sleep(seconds: Self.seconds)
    let after = try times()
    System.remove("\(folder)/sign")
    guest.end()
    return (after.own - before.own, after.children - before.children)
  }
}
