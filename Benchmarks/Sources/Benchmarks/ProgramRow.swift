/// A real program under Godwit, two qemu-users and, where this machine has its ISA, without any: in turns, on one
/// processor. The peer is the faster qemu-user.
///
/// What cannot run it, or writes anything else than the others, is shown with the reason in place of a time.
struct ProgramRow: Row {
  var isa: ISA
  var program: Program
  var name: String {
    "program\(program.kind == .work ? "" : " start"): \(program.name).\(isa)"
  }

  func measure(rounds: Int) throws -> [Result] {
    guard System.exists(isa.rootfs + "-bench") else {
      throw Failure("\(isa.rootfs)-bench is missing: make bench-roots makes it")
    }
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    var runs: [Runner: Runs] = [:]
    var commands: [(Runner, Command)] = []
    for runner in Runner.allCases where try runner.runs(isa) {
      var command = try runner.command(program, isa, folder)
      command.limit = 120
      commands.append((runner, command))
      runs[runner] = Runs()
    }
    // What the processor itself writes is right; without it, what an established emulator does.
    commands.sort { Self.trust($0.0) < Self.trust($1.0) }
    var right: [UInt8]?
    try System.onOneProcessor {
      for round in 0..<rounds {
        for place in commands.indices {
          // Who comes first changes, too.
          let (runner, command) = commands[(place + round) % commands.count]
          try runs[runner]!.add(command, right: &right)
        }
      }
    }
    return [result(ProgramFigures(isa: isa, kind: program.kind, program: program.name, runs: runs))]
  }

  private static func trust(_ runner: Runner) -> Int {
    [Runner.native, .qemu, .newerQemu, .godwit].firstIndex(of: runner)!
  }

  private func result(_ figures: ProgramFigures) -> Result {
    let most = program.kind == .work ? 1.5 : 1
    return Result(
      name: name, godwit: figures.text(of: .godwit),
      qemu: figures.peer.map { seconds($0) } ?? figures.text(of: .qemu), ratio: figures.ratio,
      target: "<= \(decimal(most, 1))x", reached: figures.ratio.map { $0 <= most } ?? false,
      program: figures, isOfPrograms: true,
      failed: figures.runs[.godwit]?.reason != nil)
  }
}

/// What became of a program under one runner.
struct Runs {
  private(set) var outcomes: [Outcome] = []
  /// Why it has no times.
  private(set) var reason: String?

  /// Runs it once more, unless it failed before.
  ///
  /// - Parameter right: what it must write. The first run that works says so.
  mutating func add(_ command: Command, right: inout [UInt8]?) throws {
    guard reason == nil else { return }
    do {
      var outcome = try command.run()
      if right == nil { right = outcome.output }
      guard outcome.output == right else {
        reason = "wrong output"
        return
      }
      // What this program keeps counts as its children's peak memory.
      outcome.output = []
      outcomes.append(outcome)
    } catch let error as Unfinished {
      reason = error.reason
    }
  }

  /// A median over the rounds; nil if it failed.
  func median(_ value: (Outcome) -> Double) -> Double? {
    reason == nil && !outcomes.isEmpty ? Benchmarks.median(outcomes.map(value)) : nil
  }
}

/// The figures of a program.
struct ProgramFigures {
  var isa: ISA
  var kind: Program.Kind
  var program: String
  var runs: [Runner: Runs]

  /// Seconds.
  func time(of runner: Runner) -> Double? { runs[runner]?.median(\.seconds) }

  /// Seconds that the faster qemu-user takes.
  var peer: Double? { Runner.peers.compactMap { time(of: $0) }.min() }

  var ratio: Double? {
    guard let own = time(of: .godwit), let peer else { return nil }
    return own / peer
  }

  /// Wall time, processor time and peak memory, or the reason why there are none.
  func cell(of runner: Runner) -> String {
    guard let time = time(of: runner), let own = runs[runner]?.median(\.processorTime),
      let peak = runs[runner]?.median({ Double($0.peakBytes) })
    else { return text(of: runner) }
    return "\(seconds(time)) · \(seconds(own)) · \(decimal(peak / 1e6, 0))"
  }

  /// The time, or the reason why there is none.
  func text(of runner: Runner) -> String {
    time(of: runner).map { seconds($0) } ?? runs[runner]?.reason ?? ""
  }
}

/// The geometric means of the ratios, of each ISA.
func means(of results: [Result]) -> [Result] {
  ISA.ofPrograms.flatMap { isa in
    Program.Kind.allCases.compactMap { kind in
      let figures = results.compactMap(\.program).filter { $0.isa == isa && $0.kind == kind }
      let ratios = figures.compactMap(\.ratio)
      guard !ratios.isEmpty else { return nil }
      let mean = System.powerOfTen(
        ratios.map(System.logarithm).reduce(0, +) / Double(ratios.count))
      let most = kind == .work && isa == .x86_64 ? 1.1 : 1
      let what = kind == .work ? "programs" : "starts"
      return Result(
        name: "geometric mean of \(ratios.count) of \(figures.count) \(what).\(isa)", godwit: "",
        ratio: mean, target: "<= \(decimal(most, 1))x", reached: mean <= most, isOfPrograms: true)
    }
  }
}
