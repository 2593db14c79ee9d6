import Foundation
import LibOS
import Machine
import Testing

/// What `Docs/Syscalls.md` says of each call is what the guests show: they make every call that is there, with every flag
/// that its note does not name, and none that is refused succeeds.
@Suite struct SupportNotesTests {
  /// What the traces of all guests of an ISA have.
  private struct Shown {
    /// Calls that succeeded, with the words in their arguments.
    var done: [String: Set<String>] = [:]
    var failed: Set<String> = []

    /// Adds a line as `[12] close(3) = 0`.
    mutating func add(_ line: Substring) {
      guard let start = line.firstIndex(of: " "), let open = line.firstIndex(of: "("),
        start < open, let end = line.range(of: ") = ", options: .backwards),
        open < end.lowerBound
      else { return }
      let name = String(line[line.index(after: start)..<open])
      if line[end.upperBound...].hasPrefix("-1 ") {
        failed.insert(name)
        return
      }
      let words = line[line.index(after: open)..<end.lowerBound].split { ", |".contains($0) }
      done[name, default: []].formUnion(words.map(String.init))
    }
  }

  private static func trace(_ isa: String) throws -> Shown {
    let scratch = try Scratch()
    var shown = Shown()
    for guest in GuestTests.guests where guest.isa == isa {
      let path = scratch.path(guest.name)
      _ = try godwit(["run", "--trace=\(path)", "--", Checkout.guest(guest.name, isa).path])
      let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
      for line in text.split(separator: "\n") { shown.add(line) }
      try FileManager.default.removeItem(atPath: path)
    }
    return shown
  }

  /// Calls that no guest can make with success, and why.
  private static let unseen: [String: String] = [
    "restart_syscall": "the kernel makes it, after a signal that has stopped a call"
  ]

  @Test(arguments: ["x86_64", "aarch64"]) func notesAreTrue(_ isa: String) throws {
    let shown = try Self.trace(isa)
    let guestISA: GuestISA = isa == "x86_64" ? .x86_64 : .aarch64
    for row in SyscallTable.all where row.number(on: guestISA) != nil {
      switch row.support {
      case .full, .partial:
        let words = shown.done[row.name]
        #expect(words != nil || Self.unseen[row.name] != nil, "no guest makes \(row.name)")
        guard let words else { continue }
        for name in Self.names(row) where !words.contains(name) && !row.note.contains(name) {
          Issue.record("no guest shows \(name) of \(row.name)")
        }
      case .refused:
        #expect(shown.done[row.name] == nil, "\(row.name) is said to be refused")
        #expect(shown.failed.contains(row.name), "no guest is refused \(row.name)")
      case .missing:
        #expect(shown.done[row.name] == nil, "\(row.name) is said to be missing")
      }
    }
  }

  /// The flags and values that arguments of the call may have.
  private static func names(_ row: SyscallRow) -> [String] {
    row.arguments.flatMap { kind -> [String] in
      switch kind {
      case .flags(let names): names().filter { $0.value != 0 }.map(\.name)
      case .oneOf(let names): names().map(\.name)
      default: []
      }
    }
  }
}
