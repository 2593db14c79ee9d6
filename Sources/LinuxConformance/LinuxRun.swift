package import ConformanceReports
import HostABI
import PosixHost

/// A run of the suite's programs, several at a time.
package struct LinuxRun {
  package var runner: LinuxRunner
  /// This command.
  package var command: String
  /// The directory that has the programs, in one directory for each ISA.
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
    let name: String
    let checks: [LinuxCheck]
    let isa: String
    let form: ProgramForm
    /// What came of its turns, and how long they took.
    var verdicts: [[Verdict]] = []
    var duration = Duration.zero
  }

  /// Runs the programs whose checks are chosen, and tells what came of them as soon as it is known.
  package func run(
    _ suite: LinuxSuite, choosing isChosen: (LinuxCheck) -> Bool,
    _ tell: (ConformanceReport.Entry) -> Void
  ) {
    var subjects = subjects(suite, isChosen)
    // Turn by turn, so that those of one program are not all at the same time.
    var waiting = Array((0..<turns).flatMap { _ in subjects.indices }.reversed())
    var running: [(subject: Int, attempt: Attempt)] = []
    while !waiting.isEmpty || !running.isEmpty {
      while running.count < max(1, jobs), let next = waiting.popLast() {
        let subject = subjects[next]
        let words = runner.words(
          "\(programs)/\(subject.isa)/\(subject.name)", subject.isa, subject.form, command: command)
        running.append((next, Attempt(words, limit: timeLimit)))
      }
      WatchedProgram.wait(running.compactMap(\.attempt.program), timeout: 20_000_000)
      for index in running.indices.reversed() {
        let (number, attempt) = running[index]
        guard attempt.hasEnded() else { continue }
        running.remove(at: index)
        let subject = subjects[number]
        let verdicts = attempt.verdicts(subject.checks, subject.isa)
        subjects[number].verdicts.append(
          zip(subject.checks, verdicts).map { runner.excuse($0, $1) })
        subjects[number].duration += attempt.duration
        if subjects[number].verdicts.count == turns {
          entries(subjects[number]).filter { isChosen($0.check) }.forEach { tell($0.entry) }
        }
      }
    }
  }

  private func subjects(_ suite: LinuxSuite, _ isChosen: (LinuxCheck) -> Bool) -> [Subject] {
    var subjects: [Subject] = []
    for isa in isas {
      for form in forms {
        for (name, checks) in suite.programs
        where checks.contains(where: { isChosen($0) && $0.isFor(isa) }) {
          subjects.append(Subject(name: name, checks: checks, isa: isa, form: form))
        }
      }
    }
    if let seed {
      var numbers = SplitMix(state: seed)
      subjects.shuffle(using: &numbers)
    }
    return subjects.enumerated().filter { $0.offset % shard.of == shard.part - 1 }.map(\.element)
  }

  private func entries(_ subject: Subject)
    -> [(check: LinuxCheck, entry: ConformanceReport.Entry)]
  {
    let name = subject.form == .plain ? subject.isa : "\(subject.isa) \(subject.form.rawValue)"
    // What a check takes is not known, but what all of them do.
    let share = subject.duration / subject.checks.count / turns
    return subject.checks.enumerated().map { index, check in
      let all = subject.verdicts.map { $0[index] }
      // The worst counts.
      let worst = all.first { $0.status.isBad } ?? all[0]
      let isFlaky = all.contains { $0.status != worst.status }
      var reason = worst.reason
      if isFlaky {
        let passes = all.count { $0.status == .pass }
        reason = "passed \(passes) times of \(turns)" + (reason.map { ": \($0)" } ?? "")
      }
      return (
        check,
        ConformanceReport.Entry(
          id: check.id, form: name, rule: check.rule, status: worst.status, reason: reason,
          isFlaky: isFlaky, isExpectedToFail: expectedFailures.contain(check, name), took: share)
      )
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
  private var output = ProgramOutput()
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

  func verdicts(_ checks: [LinuxCheck], _ isa: String) -> [Verdict] {
    let status: Int32? = isLate ? nil : program?.status ?? 127
    return output.verdicts(checks, isa, status: status, limit: limit)
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
