import LibOS

/// `Docs/Syscalls.md`, made from the rows that dispatch system calls.
package enum SyscallReport {
  package static var markdown: String {
    let rows = SyscallTable.all.sorted { $0.name < $1.name }
    let lines = rows.map { row in
      "| `\(row.name)` | \(number(row.x64)) | \(number(row.generic)) | \(row.support) | \(row.note) |"
    }
    return """
      # System calls

      Made by `make docs` from the rows that dispatch them: do not edit. A number is missing where the ISA
      lacks the call. Every call that is not listed gives ENOSYS, and is named by `--stats`.

      | call | x86-64 | AArch64 | support | note |
      |---|---|---|---|---|
      \(lines.joined(separator: "\n"))
      """
  }

  private static func number(_ value: Int?) -> String { value.map { "\($0)" } ?? "" }
}
