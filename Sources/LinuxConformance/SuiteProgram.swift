package import HostABI
internal import PosixHost

/// A program of a suite.
package struct SuiteProgram: Sendable {
  /// Its file, in the suite's directory or in those for each ISA.
  package let name: String
  /// The ISA that it is for; nil if there is one for each.
  package let isa: String?
  /// What it checks, as a list says; nil if only what it writes tells.
  package let checks: [LinuxCheck]?

  init(_ name: String, isa: String? = nil, checks: [LinuxCheck]? = nil) {
    self.name = name
    self.isa = isa
    self.checks = checks
  }

  /// Its file for an ISA, in the suite's directory; nil if there is none.
  func path(_ isa: String) -> String? {
    guard let own = self.isa else { return "\(isa)/\(name)" }
    return own == isa ? name : nil
  }

  /// What the ids of its checks begin with, if no list has them.
  package var id: String { Self.identifier(name, besides: "._-") }

  /// What came of its checks.
  func outcomes(_ output: ProgramOutput, _ isa: String, _ end: ProgramEnd) -> [CheckOutcome] {
    if let checks {
      return zip(checks, output.verdicts(checks, isa, end)).map {
        CheckOutcome(id: $0.id, rule: $0.rule, verdict: $1)
      }
    }
    return output.results(end).map { name, verdict in
      let isProgram = name.isEmpty
      return CheckOutcome(
        id: isProgram ? id : "\(id).\(Self.identifier(name, besides: "_-"))",
        rule: isProgram ? "the program \(self.name)" : name, verdict: verdict)
    }
  }

  /// `text` with dashes for what is not usual in ids, and points for slashes.
  private static func identifier(_ text: String, besides others: String) -> String {
    String(
      text.map { character in
        let isUsual = character.isASCII && (character.isLetter || character.isNumber)
        if character == "/", others.contains(".") { return "." }
        return isUsual || others.contains(character) ? character : "-"
      })
  }
}

/// What came of a check in one run.
struct CheckOutcome {
  let id: String
  let rule: String
  let verdict: Verdict
}

// MARK: Suites of others

extension SuiteProgram {
  /// The executable files in a directory and beneath it, by their paths; symbolic links are passed over.
  ///
  /// - Parameter machine: this machine's ISA, for scripts.
  package static func found(in directory: String, machine: String) throws(HostError)
    -> [SuiteProgram]
  {
    let host = PosixHost()
    let path = try HostProcess.resolve(directory)
    try host.grant(FileGrant(path: path, isReadOnly: true))
    let root = try host.open(StreamURI(.dir, path), .read)
    defer { host.close(root) }
    var programs: [SuiteProgram] = []
    try search(host, HostName(root), "") { (name) throws(HostError) in
      programs.append(SuiteProgram(name, isa: try isa("\(directory)/\(name)") ?? machine))
    }
    return programs.sorted { $0.name < $1.name }
  }

  private static func search(
    _ host: PosixHost, _ directory: HostName, _ path: String,
    _ body: (String) throws(HostError) -> Void
  ) throws(HostError) {
    for entry in try host.entries(of: directory) {
      let child = try directory.child(entry.name)
      let name = path + String(decoding: entry.name, as: UTF8.self)
      switch entry.kind {
      case .directory: try search(host, child, name + "/", body)
      case .regular where try host.attributes(at: child).permissions & 0o111 != 0: try body(name)
      default: break
      }
    }
  }

  /// The ISA of an ELF file of 64 bits (elf(5)); nil if it is none.
  private static func isa(_ path: String) throws(HostError) -> String? {
    let head = Array(try InputFile(path).read(at: 0, count: 20))
    guard head.count == 20, head.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return nil }
    let machines: [Int: String] = [62: "x86_64", 183: "aarch64", 243: "riscv64"]
    return machines[Int(head[18]) | Int(head[19]) << 8] ?? "unknown"
  }
}
