/// What a checkpoint every 30 seconds costs a python3 with 200 MB that writes 5 MB/s: processor time of the thread that the
/// guest runs on, against one without them beside it. What other threads of its process and the keeper take to write the
/// pages stands below it.
struct PeriodRow: Row {
  var isa: ISA
  var name: String { "period.\(isa)" }
  private static let seconds: UInt32 = 65
  /// Pairs that run at the same time: each guest takes a thirtieth of a processor.
  private static let pairs = 3

  /// Seconds of processor time.
  private struct Times {
    var guest: Double
    /// Of all threads of its process.
    var process: Double
    /// Of the process beside it.
    var keeper: Double

    static func - (a: Times, b: Times) -> Times {
      Times(guest: a.guest - b.guest, process: a.process - b.process, keeper: a.keeper - b.keeper)
    }
  }

  /// A guest under way.
  private struct Run {
    let guest: Conversation
    let folder: String

    init(_ isa: ISA, _ name: String, checkpoints: Bool) throws {
      folder = try System.temporaryFolder()
      let options = ["--checkpoint-every", "30s", "--checkpoint-dir", "\(folder)/store"]
      guest = try HeapGuest(isa: isa, size: 200, rate: 5)
        .start(named: name, folder, checkpoints ? options : [])
    }

    func times() throws -> Times {
      Times(
        guest: try System.processorTime(ofFirstThreadOf: guest.process),
        process: try System.processorTime(of: guest.process),
        keeper: try System.processorTimeOfChildren(of: guest.process))
    }

    func end() {
      System.remove("\(folder)/sign")
      guest.end()
      System.removeFolder(folder)
    }
  }

  func measure(rounds: Int) throws -> [Result] {
    var without: [Times] = []
    var with: [Times] = []
    while with.count < rounds {
      let runs = try (0..<min(Self.pairs, rounds - with.count) * 2).map { number in
        try Run(isa, "benchmark-\(System.processID)-\(number)", checkpoints: number % 2 == 1)
      }
      defer { for run in runs { run.end() } }
      let before = try runs.map { try $0.times() }
      System.sleep(seconds: Self.seconds)
      for (number, run) in runs.enumerated() {
        let times = try run.times() - before[number]
        if number % 2 == 1 { with.append(times) } else { without.append(times) }
      }
    }
    func least(_ times: [Times]) -> Double { times.map(\.guest).min()! }
    func part(_ time: (Times) -> Double) -> String {
      "\(decimal(median(with.map(time)) / Double(Self.seconds) * 100, 1)) %"
    }
    let cost = least(with) / least(without) - 1
    return [
      Result(
        name: "\(name) of 30 s, more processor time of the guest",
        godwit: "\(decimal(max(0, cost) * 100, 1)) %", target: "< 2 %", reached: cost < 0.02),
      Result(
        name: "\(name) of 30 s, part of a processor that writes pages",
        godwit: part { $0.process - $0.guest }, target: "-"),
      Result(
        name: "\(name) of 30 s, the keeper's part of a processor", godwit: part(\.keeper),
        target: "-"
      ),
    ]
  }
}
