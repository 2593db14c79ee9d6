/// What a checkpoint every 30 seconds costs a python3 with 200 MB that writes 5 MB/s: processor time of the process that
/// has the guest, and of the one that keeps the checkpoints, against a run without them.
struct PeriodRow: Row {
  var isa: ISA
  var name: String { "period.\(isa)" }
  private static let seconds: UInt32 = 65

  func measure(rounds: Int) throws -> [Result] {
    var without: [Double] = []
    var with: [Double] = []
    for _ in 0..<rounds {
      without.append(try run([]))
      let folder = try System.temporaryFolder()
      defer { System.removeFolder(folder) }
      with.append(try run(["--checkpoint-every", "30s", "--checkpoint-dir", "\(folder)/store"]))
    }
    let cost = with.min()! / without.min()! - 1
    return [
      Result(
        name: "\(name) of 30 s, more processor time", godwit: "\(decimal(max(0, cost) * 100, 1)) %",
        target: "< 2 %", reached: cost < 0.02)
    ]
  }

  /// Seconds of processor time.
  private func run(_ options: [String]) throws -> Double {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let guest = try HeapGuest(isa: isa, size: 200, rate: 5).start(
      named: "benchmark-\(System.processID)", folder, options)
    let before = try System.processorTime(of: guest.process)
    System.sleep(seconds: Self.seconds)
    let time = try System.processorTime(of: guest.process) - before
    System.remove("\(folder)/sign")
    guest.end()
    return time
  }
}
