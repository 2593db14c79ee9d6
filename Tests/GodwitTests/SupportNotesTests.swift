import Foundation
import LibOS
import Machine
import Testing

/// What `Docs/Syscalls.md` says of each call is what the guests show: they make every call that is there, and none that is
/// refused succeeds. Flags are not compared yet.
@Suite struct SupportNotesTests {
  /// What the traces of guests have.
  private struct Shown {
    /// Calls that succeeded.
    var done: Set<String> = []
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
      done.insert(name)
    }
  }

  private static func trace(_ isa: String, into shown: inout Shown) throws {
    let scratch = try Scratch()
    for guest in GuestTests.guests where guest.isa == isa {
      let path = scratch.path(guest.name)
      _ = try godwit(["run", "--trace=\(path)", "--", Checkout.guest(guest.name, isa).path])
      let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
      for line in text.split(separator: "\n") { shown.add(line) }
      try FileManager.default.removeItem(atPath: path)
    }
  }

  /// Calls that no guest makes with success, and why.
  private static let unseen: [String: String] = [
    "restart_syscall": "the kernel makes it, after a signal that has stopped a call",
    "pkey_alloc": "there are no keys", "pkey_free": "there are no keys",
    "io_cancel": "no guest yet", "pidfd_getfd": "no guest yet", "setfsgid": "no guest yet",
  ]

  @Test func notesAreTrue() throws {
    var shown = Shown()
    for isa in ["x86_64", "aarch64"] { try Self.trace(isa, into: &shown) }
    for row in SyscallTable.all where row.isas.contains(.x86_64) || row.isas.contains(.aarch64) {
      switch row.support {
      case .full, .partial:
        let isUnseen = Self.unseen[row.name] != nil
        #expect(shown.done.contains(row.name) != isUnseen, "\(row.name)")
      case .refused:
        #expect(!shown.done.contains(row.name), "\(row.name) is said to be refused")
        #expect(shown.failed.contains(row.name), "no guest is refused \(row.name)")
      case .missing:
        #expect(!shown.done.contains(row.name), "\(row.name) is said to be missing")
      }
    }
  }
}
