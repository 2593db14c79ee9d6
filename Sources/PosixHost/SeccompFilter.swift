/// The verdict on a system call.
package enum SeccompVerdict: Hashable, Sendable {
  case allow
  /// It fails with this error number.
  case fail(Int32)
  /// The process ends by SIGSYS.
  case kill

  /// `SECCOMP_RET_…` (seccomp(2)).
  package var action: UInt32 {
    switch self {
    case .allow: 0x7fff_0000
    case .fail(let number): 0x0005_0000 | UInt32(number)
    case .kill: 0x8000_0000
    }
  }
}

/// A test of a system call's argument. Only the lower 32 bits are tested unless stated otherwise; the kernel
/// also takes descriptors, requests and flags from these.
package enum ArgumentTest: Hashable, Sendable {
  case isOneOf(Int, [UInt32], mask: UInt32 = .max)
  /// All 64 bits are zero.
  case isNull(Int)
  case hasAny(Int, UInt32)
}

/// A verdict for calls that pass all the tests.
package struct SeccompClause: Hashable, Sendable {
  var tests: [ArgumentTest]
  var verdict: SeccompVerdict

  init(_ tests: [ArgumentTest], _ verdict: SeccompVerdict = .allow) {
    self.tests = tests
    self.verdict = verdict
  }
}

/// The rule for one system call: the verdict of the first clause that matches, or else `otherwise`.
package struct SeccompRule: Hashable, Sendable {
  package var call: HostSyscall
  package var clauses: [SeccompClause] = []
  package var otherwise: SeccompVerdict

  /// The same verdict for all arguments.
  init(_ call: HostSyscall, _ verdict: SeccompVerdict) {
    self.call = call
    otherwise = verdict
  }

  init(_ call: HostSyscall, _ clauses: [SeccompClause], otherwise: SeccompVerdict) {
    self.call = call
    self.clauses = clauses
    self.otherwise = otherwise
  }
}

/// An instruction of classic BPF (linux/filter.h).
package struct BPFInstruction: Hashable, Sendable {
  package var code: UInt16
  /// How many instructions to jump over when a comparison holds, and when it does not.
  package var jt: UInt8 = 0
  package var jf: UInt8 = 0
  package var k: UInt32
}

/// A classic BPF program that decides on each system call of a process (seccomp(2)).
package struct SeccompFilter {
  package private(set) var program: [BPFInstruction] = []

  /// - Parameter rules: tested in order. Since Linux 5.11 the kernel caches the verdict on calls whose rule
  ///   does not depend on arguments.
  /// - Parameter unknown: the verdict on calls without a rule.
  package init(
    _ rules: [SeccompRule], unknown: SeccompVerdict, on architecture: HostSyscall.Architecture
  ) {
    program = [
      load(Self.architectureOffset),
      jump(.equal, architecture.auditNumber, yes: 1, no: 0), end(.kill),
      load(Self.numberOffset),
    ]
    if let limit = architecture.limit {
      program += [jump(.atLeast, limit, yes: 0, no: 1), end(.kill)]
    }
    for rule in rules {
      guard let number = rule.call.number(on: architecture) else { continue }
      let body = body(rule)
      program.append(jump(.equal, number, yes: 0, no: body.count))
      program += body
    }
    program.append(end(unknown))
    // BPF_MAXINSNS.
    precondition(program.count <= 4096)
  }

  private func body(_ rule: SeccompRule) -> [BPFInstruction] {
    // Built from last to first: each rule jumps over those that follow it.
    rule.clauses.reversed().reduce([end(rule.otherwise)]) { rest, clause in
      var code = [end(clause.verdict)]
      for test in clause.tests.reversed() { code = self.code(test, before: code) }
      return code + rest
    }
  }

  /// `test`, then `next`, which is skipped if the test fails.
  private func code(_ test: ArgumentTest, before next: [BPFInstruction]) -> [BPFInstruction] {
    switch test {
    case .isOneOf(let index, let values, let mask):
      var code = [load(Self.argumentOffset(index))]
      if mask != .max { code.append(and(mask)) }
      for (position, value) in values.enumerated() {
        let left = values.count - 1 - position
        code.append(jump(.equal, value, yes: left, no: left == 0 ? next.count : 0))
      }
      return code + next
    case .isNull(let index):
      return [
        load(Self.argumentOffset(index)), jump(.equal, 0, yes: 0, no: next.count + 2),
        load(Self.argumentOffset(index) + 4), jump(.equal, 0, yes: 0, no: next.count),
      ] + next
    case .hasAny(let index, let bits):
      return [load(Self.argumentOffset(index)), jump(.anyBit, bits, yes: 0, no: next.count)] + next
    }
  }

  // MARK: Instructions (linux/bpf_common.h)

  private enum Comparison: UInt16 {
    /// BPF_JEQ, BPF_JGE, BPF_JSET.
    case equal = 0x10
    case atLeast = 0x30
    case anyBit = 0x40
  }

  /// `struct seccomp_data`.
  package static let numberOffset: UInt32 = 0
  package static let architectureOffset: UInt32 = 4
  /// The offset of an argument's lower half; hosts are little-endian.
  package static func argumentOffset(_ index: Int) -> UInt32 { 16 + 8 * UInt32(index) }

  /// BPF_LD | BPF_W | BPF_ABS.
  private func load(_ offset: UInt32) -> BPFInstruction {
    BPFInstruction(code: 0x20, k: offset)
  }

  /// BPF_ALU | BPF_AND | BPF_K.
  private func and(_ mask: UInt32) -> BPFInstruction {
    BPFInstruction(code: 0x54, k: mask)
  }

  /// BPF_JMP | BPF_K: skips this many instructions.
  private func jump(_ comparison: Comparison, _ value: UInt32, yes: Int, no: Int) -> BPFInstruction
  {
    BPFInstruction(
      code: 0x05 | comparison.rawValue, jt: UInt8(yes), jf: UInt8(no), k: value)
  }

  /// BPF_RET | BPF_K.
  private func end(_ verdict: SeccompVerdict) -> BPFInstruction {
    BPFInstruction(code: 0x06, k: verdict.action)
  }
}
