import Foundation
import Testing

/// Who is attached to a guest stays attached when it moves (`--connections relay`).
@Suite struct FollowingClientTests {
  /// `begin` begins a guest that repeats each line, and ends with status 7 after `end`; `type` types a line for its
  /// client, which says how it ended in `ending`, and waits for the answer.
  static let tools =
    RelayTests.tools + """
      begin() {
        at here run --detach -i --name guest --root $R --mount .:/mnt -- /bin/sh -c '
          : >/mnt/ready; while read a; do echo "got $a"; echo "error $a" >&2; [ "$a" != end ] || exit 7; done' >/dev/null
        await ready; mkfifo keys; exec 9<>keys
        (XDG_RUNTIME_DIR=$PWD/here $G attach guest <keys >out 2>error 9>&- & echo $! >client; wait $!; echo "attach $?" >ending) &
      }
      type() { echo $1 >&9; for i in $(seq 400); do grep -q "got $1" out && return; sleep 0.05; done; echo "no $1"; }

      """

  /// Lines that are typed while it stands come too, all of them once.
  @Test(arguments: ["", "cut out finish after", "garble out connections -"])
  func aClientGoesRound(_ fault: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        begin; at here wait guest >waited & type one
        fault='\(fault)'; if [ "$fault" ]; then
          relay=$fault; move here there --connections relay 2>/dev/null; echo "migrate $?"; relay=; type still
        fi
        for i in $(seq 300); do echo "line $i" >&9; sleep 0.01; done & typist=$!
        move here there --connections relay; echo "migrate $?"; type two
        move there here --connections relay; echo "migrate $?"; wait $typist; type three
        move here there --connections relay; echo "migrate $?"; type end
        told ending; grep -c line out; grep -v line out; grep -v line error
        for i in $(seq 100); do [ -s waited ] && break; sleep 0.05; done; cat waited; ended here; ended there; where
        """)
    let moves = (fault.isEmpty ? "" : "migrate 125\n") + "migrate 0\nmigrate 0\nmigrate 0\n"
    let lines = ["one"] + (fault.isEmpty ? [] : ["still"]) + ["two", "three", "end"]
    #expect(
      outcome.text == moves + "attach 7\n300\n" + lines.map { "got \($0)\n" }.joined()
        + lines.map { "error \($0)\n" }.joined() + "7\n", "\(outcome.text) \(outcome.error)")
  }

  /// Keys, output and the size of the window go by way of the relay, and nothing is shown twice.
  @Test(arguments: ["x86_64", "aarch64"]) func aTerminalGoesAlong(_ isa: String) throws {
    let scratch = try MigrationScratch()
    let here = scratch.path("here")
    try FileManager.default.createDirectory(
      atPath: here, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let terminal = try Terminal(rows: 31, columns: 77)
    let modes = terminal.modes
    try terminal.start(
      [
        Checkout.godwit.path, "run", "-it", "--name", "guest", "--root",
        Checkout.rootfs(isa).path, "--", "/usr/bin/python3", "-uc", AttachTests.keys,
      ], environment: ["XDG_RUNTIME_DIR": here, "XDG_STATE_HOME": here, "TERM": "xterm"])
    try terminal.expect("/dev/pts/0 ready\r\n")
    terminal.type("a")
    try terminal.expect("key 97\r\n")
    for (from, to) in [("here", "there"), ("there", "here"), ("here", "there")] {
      let outcome = try scratch.shell("move \(from) \(to) --connections relay; echo $?", isa: isa)
      #expect(outcome.text == "0\n", "\(outcome.error)")
      terminal.type("b")
      try terminal.expect("key 98\r\n")
      #expect(terminal.isRaw)
    }
    terminal.resize(rows: 40, columns: 100)
    try terminal.expect("size 100 x 40\r\n")
    terminal.type("q")
    try terminal.expect("key 113\r\n")
    #expect(try terminal.wait() == 7)
    #expect(terminal.modes == modes)
    #expect(terminal.screen.components(separatedBy: "ready").count == 2, "\(terminal.screen)")
  }

  /// Detached, it leaves nothing behind, and the guest goes on.
  @Test func aClientMayLeave() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        begin; type one; move here there --connections relay; type two
        kill -HUP $(cat client); await ending; ended here; ended there; where
        at there kill guest KILL; gone there
        """)
    #expect(outcome.text == "there: guest\n", "\(outcome.text) \(outcome.error)")
  }

  /// What no guest says ends the client, and nothing else.
  @Test func aHostilePeer() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        begin; type one; hostile=1200000002010000000000000000000000ffffffffffff
        move here there --connections relay; echo "migrate $?"; touch go; told ending; wc -l <error
        at here stop $(at here ps | grep -o '^relay-[^ ]*'); at there stop $(at there ps | grep -o '^relay-[^ ]*')
        ended here; ended there; where; at there kill guest KILL; gone there
        """)
    #expect(
      outcome.text == "migrate 0\nattach 125\n2\nthere: guest\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// One that can't follow is told where the guest went.
  @Test func aClientIsToldWhereItWent() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        begin; type one; move here there --connections reset; told ending; cat error
        at there kill guest KILL; gone there
        """)
    #expect(
      outcome.text == "attach 0\nerror one\ngodwit: guest moved to ssh://there\n",
      "\(outcome.text) \(outcome.error)")
  }
}
