import Foundation
import Testing

/// Exit statuses and messages of the command itself.
@Suite struct CommandTests {
  private func file(_ bytes: Data, permissions: Int) throws -> URL {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("godwit-\(UUID().uuidString)")
    try bytes.write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: url.path)
    return url
  }

  private func expectRefusal(_ outcome: Outcome, _ status: Int32, naming part: String) {
    #expect(outcome.status == status)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error.hasPrefix("godwit: "), "\(outcome.error)")
    #expect(outcome.error.contains(part), "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
  }

  @Test func notExecutableIs126() throws {
    let url = try file(Data("hello".utf8), permissions: 0o644)
    defer { try? FileManager.default.removeItem(at: url) }
    let outcome = try godwit(["run", "--mount", "\(url.path):/x", "--", "/x"])
    expectRefusal(outcome, 126, naming: "/x")
  }

  @Test func truncatedProgramIs126() throws {
    let whole = try Data(contentsOf: Checkout.guest("pi", "x86_64"))
    let url = try file(whole.prefix(100), permissions: 0o755)
    defer { try? FileManager.default.removeItem(at: url) }
    let outcome = try godwit(["run", "--mount", "\(url.path):/x", "--", "/x"])
    expectRefusal(outcome, 126, naming: "/x")
  }

  @Test func damagedSnapshotIs125() throws {
    let snapshot = FileManager.default.temporaryDirectory
      .appendingPathComponent("godwit-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: snapshot) }
    let guest = Checkout.guest("pi", "x86_64").path
    let taken = try godwit([
      "run", "--suspend-at-syscall", "10", "--output", snapshot.path, "--", guest,
    ])
    #expect(taken.status == 0, "\(taken.error)")
    #expect(try godwit(["verify", snapshot.path]).status == 0)
    #expect(try godwit(["inspect", snapshot.path]).status == 0)
    var bytes = try Data(contentsOf: snapshot)
    for position in [0, 40, bytes.count / 2, bytes.count - 5] {
      var damaged = bytes
      damaged[position] ^= 0x55
      try damaged.write(to: snapshot)
      expectRefusal(try godwit(["resume", snapshot.path]), 125, naming: "godwit")
      expectRefusal(try godwit(["verify", snapshot.path]), 125, naming: "godwit")
    }
    bytes.removeLast(100)
    try bytes.write(to: snapshot)
    expectRefusal(try godwit(["resume", snapshot.path]), 125, naming: "godwit")
  }

  /// The first thing that people try: a program they have just built, wherever they are.
  @Test func aProgramInTheTemporaryDirectoryIsFound() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir -p root/tmp && cp '\(Checkout.guest("pi", "x86_64").path)' root/tmp/pi && cp root/tmp/pi .
      ln -s "$PWD/out" root/tmp/link && touch out
      $G run ./pi >plain && $G run --root root -- /tmp/pi | cmp - plain
      $G run --suspend-at-syscall 20 --output half ./pi >first && $G resume half >second
      cat first second | cmp - plain
      $G run --tmpfs /tmp ./pi; echo $?
      $G run --root root -- /tmp/link; echo $?
      """)
    #expect(outcome.text == "127\n127\n", "\(outcome.error)")
  }

  /// `--root DIR` is understood without the parser, `--root=DIR` by it.
  @Test func plainOptionsMeanWhatTheyMeanToTheParser() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir data && echo here >data/file
      show='pwd; cat /mnt/file; touch /mnt/new && echo written; echo $0 "$@"; env | sort | grep -v HOSTNAME'
      $G run --root $R --cwd /usr/bin --mount data:/mnt:ro -- sh -c "$show" a -- --root >plain 2>&1
      $G run --root=$R --cwd=/usr/bin --mount=data:/mnt:ro -- sh -c "$show" a -- --root >parsed 2>&1
      cmp plain parsed && head -n 2 plain
      $G run --root $R --root /nowhere --root $R -- echo last
      $G run --root --cwd -- true 2>/dev/null; echo $?
      """)
    #expect(outcome.text == "/usr/bin\nhere\nlast\n125\n", "\(outcome.error)")
  }

  /// `make docs` was run after the last change of a row.
  @Test func theListOfSystemCallsIsUpToDate() throws {
    let listed = try godwit(["syscalls"])
    let file = Checkout.root.appendingPathComponent("Docs/Syscalls.md")
    #expect(listed.output == (try Data(contentsOf: file)))
  }
}
