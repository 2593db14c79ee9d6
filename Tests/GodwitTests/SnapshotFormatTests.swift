import Foundation
import Snapshot
import TestSupport
import Testing

/// What the commands make of the container's choices: compression, and parents.
@Suite struct SnapshotFormatTests {
  private static let compressions = ["none", "zstd", "zstd:19"]

  private func reader(_ path: String) throws -> SnapshotReader {
    try SnapshotReader(SnapshotBytes(Array(try Data(contentsOf: URL(fileURLWithPath: path)))))
  }

  /// The state is the same, and only the file differs.
  @Test(arguments: Checkout.isas) func compressionIsAChoice(isa: String) throws {
    let scratch = try Scratch()
    let guest = Checkout.guest("pi", isa).path
    for compression in Self.compressions {
      let taken = try godwit([
        "run", "--deterministic", "--suspend-at-syscall", "20", "--output",
        scratch.path(compression), "--compress", compression, "--", guest,
      ])
      #expect(taken.status == 0, "\(taken.error)")
      #expect(try godwit(["verify", scratch.path(compression)]).status == 0)
    }
    let files = Self.compressions.map { scratch.path($0) }
    let ids = try files.map { try reader($0).id }
    #expect(Set(ids).count == 1)
    let sizes = try files.map { try reader($0).byteCount }
    #expect(sizes[0] > sizes[1] && sizes[1] >= sizes[2], "\(sizes)")
    let outputs = try files.map { try godwit(["resume", $0]).output }
    #expect(outputs[0] == outputs[1] && outputs[0] == outputs[2] && !outputs[0].isEmpty)
    // A snapshot that is written again, with another compression.
    let again = try godwit([
      "resume", files[2], "--suspend-at-syscall", "20", "--output", scratch.path("again"),
      "--compress", "none",
    ])
    #expect(again.status == 0, "\(again.error)")
    #expect(
      FileManager.default.contentsEqual(atPath: files[0], andPath: scratch.path("again")))
  }

  @Test func requestsSayHowToCompress() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      $G run --name guest --root $R --mount .:/mnt -- /bin/sh -c 'touch /mnt/ready; exec sleep 99' &
      await ready
      $G checkpoint guest -o plain || exit
      $G checkpoint guest -o zstd --compress zstd:1 || exit
      $G checkpoint guest -o none --compress none || exit
      $G suspend guest -o last --compress none
      wait; for file in plain zstd none last; do $G verify $file >/dev/null || echo "$file"; done
      """)
    #expect(outcome.text.isEmpty, "\(outcome.error)")
    func bytesPerPage(_ name: String) throws -> UInt64 {
      let reader = try reader(scratch.path(name))
      return reader.storedPageBytes / reader.pageCount
    }
    #expect(try bytesPerPage("plain") < 4096 && bytesPerPage("zstd") < 4096)
    #expect(try bytesPerPage("none") == 4096 && bytesPerPage("last") == 4096)
  }

  /// An increment can be looked at without its parent, but nothing more.
  @Test func anIncrementWithoutItsParentIsNamed() throws {
    let scratch = try Scratch()
    let taken = try godwit([
      "run", "--suspend-at-syscall", "20", "--output", scratch.path("snapshot"), "--",
      Checkout.guest("pi", "x86_64").path,
    ])
    #expect(taken.status == 0, "\(taken.error)")
    let base = try reader(scratch.path("snapshot"))
    var parts = try SnapshotParts(base)
    parts.header.parent = try ParentLink(
      id: base.id, contentDigest: base.contentDigest, pageCount: base.pageCount, name: "ba\u{1b}se")
    try Data(parts.encoded()).write(to: URL(fileURLWithPath: scratch.path("increment")))

    let parent = #"\#(base.id) (ba\x1bse)"#
    let shown = try godwit(["inspect", scratch.path("increment")])
    #expect(shown.status == 0, "\(shown.error)")
    #expect(shown.text.contains("  \(parent)\n"), "\(shown.text)")
    let json = try godwit(["inspect", "--json", scratch.path("increment")])
    #expect(json.text.contains(base.contentDigest.description), "\(json.error)")
    let missing = #"is an increment to ba\x1bse (\#(base.id)), which is missing"#
    for command in ["verify", "resume"] {
      let options = command == "resume" ? ["--trust"] : []
      let outcome = try godwit([command] + options + [scratch.path("increment")])
      #expect(outcome.status == 125)
      #expect(
        outcome.error == "godwit: \(scratch.path("increment")): the snapshot \(missing)\n")
    }
  }
}
