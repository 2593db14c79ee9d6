package import ConformanceReports
import HostABI
import PosixHost

/// A run of the suite's programs, several at a time.
package struct LinuxRun {
  package var runner: LinuxRunner
  /// This command.
  package var command: String
  /// The directory that has the programs.
  package var programs: String
  package var isas: [String]
  package var forms: [ProgramForm]
  /// How long a check may take.
  package var timeLimit: Duration
  package var jobs: Int
  /// How often each program is run.
  package var turns = 1
  /// The order of the programs: as listed, or as this seed has it.
  package var seed: UInt64?
  /// Only one part of so many, counted from 1.
  package var shard: (part: Int, of: Int) = (1, 1)
  package var expectedFailures = ExpectedFailures()

  package init(
    runner: LinuxRunner, command: String, programs: String, isas: [String], forms: [ProgramForm],
    timeLimit: Duration, jobs: Int
  ) {
    self.runner = runner
    self.command = command
    self.programs = programs
    self.isas = isas
    self.forms = forms
    self.timeLimit = timeLimit
    self.jobs = jobs
  }

  /// A program in one form.
  private struct Subject {
    let program: SuiteProgram
    /// Its file.
    let path: String
    let isa: String
    let form: ProgramForm
    /// What came of its turns, and how long they took.
    var turns: [[CheckOutcome]] = []
    var duration = Duration.zero
  }

  /// Runs the programs whose checks are chosen.
  ///
  /// - Parameters:
  ///   - tell: is told what came of a check as soon as it is known.
  ///   - progress: is told how many of how many runs of programs have ended.
  package func run(
    _ suite: [SuiteProgram], _ choice: CheckChoice, _ tell: (ConformanceReport.Entry) -> Void,
    progress: (Int, Int) -> Void = { _, _ in }
  ) {
    var subjects = subjects(suite, choice)
    // Turn by turn, so that those of one program are not all at the same time.
    var waiting = Array((0..<turns).flatMap { _ in subjects.indices }.reversed())
    let count = waiting.count
    var running: [(subject: Int, attempt: Attempt)] = []
    while !waiting.isEmpty || !running.isEmpty {
      while running.count < max(1, jobs), let next = waiting.popLast() {
        let subject = subjects[next]
        let words = runner.words(
          subject.path, needsNothing: subject.program.checks != nil, subject.isa, subject.form,
          command: command)
        running.append((next, Attempt(words, limit: timeLimit)))
      }
      WatchedProgram.wait(running.compactMap(\.attempt.program), timeout: 20_000_000)
      for index in running.indices.reversed() {
        let (number, attempt) = running[index]
        guard attempt.hasEnded() else { continue }
        running.remove(at: index)
        let subject = subjects[number]
        let outcomes = subject.program.outcomes(attempt.output, subject.isa, attempt.end)
        subjects[number].turns.append(runner.excuse(subject.program, outcomes))
        subjects[number].duration += attempt.duration
        if subjects[number].turns.count == turns {
          entries(subjects[number]).filter { choice.contains($0.id) }.forEach(tell)
        }
        progress(count - waiting.count - running.count, count)
      }
    }
  }

  private func subjects(_ suite: [SuiteProgram], _ choice: CheckChoice) -> [Subject] {
    var subjects: [Subject] = []
    for isa in isas {
      for form in forms {
        for program in suite where choice.concerns(program, isa) {
          guard let path = program.path(isa) else { continue }
          subjects.append(
            Subject(program: program, path: "\(programs)/\(path)", isa: isa, form: form))
        }
      }
    }
    if let seed {
      var numbers = SplitMix(state: seed)
      subjects.shuffle(using: &numbers)
    }
    return subjects.enumerated().filter { $0.offset % shard.of == shard.part - 1 }.map(\.element)
  }

  private func entries(_ subject: Subject) -> [ConformanceReport.Entry] {
    let form = subject.form == .plain ? subject.isa : "\(subject.isa) \(subject.form.rawValue)"
    var checks: [(id: String, rule: String)] = []
    var verdicts: [String: [Verdict]] = [:]
    for outcome in subject.turns.joined() {
      if verdicts[outcome.id] == nil { checks.append((outcome.id, outcome.rule)) }
      verdicts[outcome.id, default: []].append(outcome.verdict)
    }
    // What a check takes is not known, but what all of them do.
    let share = subject.duration / max(1, checks.count) / turns
    return checks.map { check in
      var all = verdicts[check.id] ?? []
      // In another turn, a program whose checks no list names did not come so far.
      if all.count < turns { all.append(Verdict(.error, "no result in a turn")) }
      // The worst counts.
      let worst = all.first { $0.status.isBad } ?? all[0]
      let isFlaky = all.contains { $0.status != worst.status }
      var reason = worst.reason
      if isFlaky {
        let passes = all.count { $0.status == .pass }
        reason = "passed \(passes) times of \(turns)" + (reason.map { ": \($0)" } ?? "")
      }
      return ConformanceReport.Entry(
        id: check.id, form: form, rule: check.rule, status: worst.status, reason: reason,
        isFlaky: isFlaky, isExpectedToFail: expectedFailures.contain(check.id, form), took: share)
    }
  }
}

/// A run of one program.
private final class Attempt {
  /// Nil if it could not even be started.
  let program: WatchedProgram?
  private let limit: Duration
  private let start = ContinuousClock.now
  private var deadline: ContinuousClock.Instant
  private(set) var output = ProgramOutput()
  private var isLate = false
  private(set) var duration = Duration.zero

  init(_ words: [String], limit: Duration) {
    self.limit = limit
    deadline = start + limit
    program = try? WatchedProgram(words)
  }

  /// Reads what there is; whether that was all. Each result gives the next check the whole time.
  func hasEnded() -> Bool {
    guard let program else { return true }
    let status = program.status
    let count = output.resultCount
    program.drain { output.add($0) }
    if output.resultCount > count { deadline = .now + limit }
    isLate = status == nil && .now >= deadline
    guard status != nil || isLate else { return false }
    // And whatever it has started.
    program.kill()
    duration = .now - start
    output.finish()
    return true
  }

  var end: ProgramEnd {
    ProgramEnd(status: isLate ? nil : program?.status ?? 127, limit: limit)
  }
}

/// Numbers from a seed, the same on all machines (SplitMix64).
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
