import Foundation
import Testing

/// The snapshots of a directory, as `ls` lists them.
@Suite struct SnapshotListTests {
  @Test func chainsAndDamageAreShown() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir d d/folder; mkfifo d/fifo; echo text >d/text; : >d/empty; ln -s nowhere d/dangling
      hold 100000 >/dev/null & await ready
      # Names whose order is not that of the chain.
      $G checkpoint guest -o d/m; $G checkpoint guest -o d/z --parent d/m
      $G checkpoint guest -o d/a --parent d/z; $G checkpoint guest -o d/other
      $G checkpoint guest -o d/lost --parent d/other; $G suspend guest -o d/later --parent d/lost
      wait; rm d/other
      $G run --deterministic --suspend-at-syscall 20 -o d/arm -- \(Checkout.guest("pi", "aarch64").path) >/dev/null
      head -c 3000 d/m >d/cut
      cp d/m d/header; printf '\\377' | dd of=d/header bs=1 seek=90 conv=notrunc status=none
      cp d/m d/esc$'\\e'ape
      # A file with the name of a parent.
      mkdir e; cp d/z e; cp d/arm e/m
      $G ls d; echo; $G ls e; echo; $G ls folder 2>&1; $G ls --json d >json
      """)
    #expect(outcome.error.isEmpty, "\(outcome.error)")
    // Without sizes and ages.
    let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let words = line.split(separator: " ")
      return words.count < 8 ? String(line) : ([words[0]] + words[3...]).joined(separator: " ")
    }
    let host = ProcessInfo.processInfo.hostName
    let pi = Checkout.guest("pi", "aarch64").path
    let python = "/usr/bin/python3.11"
    #expect(
      lines.map { $0.replacing(" \(host) ", with: " HOST ") } == [
        "NAME ISA HOST LINK PARENT PROGRAM",
        "arm aarch64 - 1 - \(pi)",
        "cut - - - - the snapshot is truncated at byte 3000",
        #"esc\x1bape x86_64 HOST 1 - \#(python)"#,
        "header - - - - the snapshot is damaged: wrong checksum of its header",
        "lost x86_64 HOST - other \(python): its parent other is missing",
        "later x86_64 HOST - lost \(python): its chain is broken at lost",
        "m x86_64 HOST 1 - \(python)", "z x86_64 HOST 2 m \(python)", "a x86_64 HOST 3 z \(python)",
        "",
        "NAME ISA HOST LINK PARENT PROGRAM",
        "m aarch64 - 1 - \(pi)",
        "z x86_64 HOST - m \(python): m is not its parent, but another snapshot", "",
        "godwit: folder: no such file or directory", "",
      ], "\(lines.joined(separator: "\n"))")
    let json = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: scratch.path("json"))))
    let entries = try #require(json as? [[String: Any]])
    #expect(entries.count == 9)
  }
}
