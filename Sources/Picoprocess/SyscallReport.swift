import LibOS
import Machine

/// Generates `Docs/Syscalls.md` from the rows that dispatch system calls.
package enum SyscallReport {
  package static var markdown: String {
    let all = SyscallTable.all.sorted { $0.name < $1.name }
    let missing = Dictionary(grouping: all.filter { $0.support == .missing }, by: \.note)
      .map { reason, rows in
        "| \(rows.map { "`\($0.name)`" }.joined(separator: ", ")) | \(reason) |"
      }.sorted()
    let lines = all.filter { $0.support != .missing }.map { row in
      let numbers = GuestISA.allCases.map { row.number(on: $0).map { "\($0)" } ?? "" }
      let columns = ["`\(row.name)`"] + numbers + ["\(row.support)", row.note]
      return "| \(columns.joined(separator: " | ")) |"
    }
    return """
      # System calls

      Made by `make docs` from the rows that dispatch them: do not edit. A number is missing where the ISA
      lacks the call.

      | call | x86-64 | AArch64 | RISC-V | support | note |
      |---|---|---|---|---|---|
      \(lines.joined(separator: "\n"))

      ## Missing

      These give ENOSYS, and `--stats` names those that were made; others go by their numbers there.

      | calls | why |
      |---|---|
      \(missing.joined(separator: "\n"))
      """
  }
}
