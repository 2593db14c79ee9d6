import Foundation
import Testing

/// A chain of snapshots as one file.
@Suite struct FlattenTests {
  /// Takes `1` of a guest, then its increments `2` and `3`, with which the guest ends.
  private static let chain = """
    hold 3000000 >out &
    await ready
    $G checkpoint guest -o 1; $G checkpoint guest -o 2 --parent 1; $G suspend guest -o 3 --parent 2
    wait

    """

  @Test func theStateIsTheSame() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.chain + """
        id() { $G inspect $1 | grep '^  id '; }
        $G flatten 3 -o whole && $G flatten whole -o again && $G flatten 3 -o plain --compress none
        # What a resume writes, before the guest runs on.
        calls=$($G inspect 3 | sed -n 's,^  system calls made *,,p')
        $G resume 3 --suspend-at-syscall $calls --output resumed
        digest=$($G digest --verbose 3)
        rm 1 2 3; touch go
        for file in whole again plain resumed; do
          $G verify $file >/dev/null || echo "$file is damaged"
          [ "$($G digest --verbose $file)" = "$digest" ] || echo "$file has another state"
          [ "$(id $file)" = "$(id whole)" ] || echo "$file has another id"
          $G inspect $file | grep -q '^  parent  *none$' || echo "$file has a parent"
          $G inspect $file | grep -q 'signed by your own key' || echo "$file is not signed"
          $G resume $file
        done
        cmp whole again; cmp whole resumed; [ $(stat -c %s plain) -gt $(stat -c %s whole) ] || echo "plain is small"
        """)
    #expect(outcome.text == String(repeating: "True\n", count: 4), "\(outcome.error)")
    #expect(outcome.error.isEmpty, "\(outcome.error)")
  }

  /// Nobody's word becomes one's own by copying.
  @Test func onlyWhatIsTrustedIsSigned() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.chain + """
        $G key >keys
        export XDG_CONFIG_HOME=$PWD/stranger
        $G flatten 3 -o unsigned; echo $?
        $G inspect unsigned | grep '^  signature'
        $G flatten 3 -o signed --known-keys keys; echo $?
        $G inspect signed | grep -c '^  signature .*your own key'
        """)
    #expect(
      outcome.text == "0\n  signature                     not signed\n0\n1\n", "\(outcome.text)")
    #expect(
      outcome.error.hasPrefix("godwit: unsigned is not signed: 3 is signed by the unknown key "))
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
  }

  /// What can't be made whole leaves nothing behind, and an earlier file as it was.
  @Test func whatIsMissingIsNamed() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.chain + """
        mkdir other damaged; cp 3 other; cp 1 2 3 damaged; echo old >other/whole
        $G flatten other/3 -o other/whole; echo $?; cat other/whole
        # A byte of a page of the first link.
        printf '\\377' | dd of=damaged/1 bs=1 seek=2000000 conv=notrunc status=none
        $G flatten damaged/3 -o damaged/whole; echo $?
        $G flatten 3 -o other; echo $?
        ulimit -f 8; $G flatten 3 -o full; echo $?
        ls -A other damaged
        """)
    #expect(
      outcome.text == """
        125
        old
        125
        125
        125
        damaged:
        1
        2
        3

        other:
        3
        whole

        """, "\(outcome.text)")
    let lines = outcome.error.split(separator: "\n")
    try #require(lines.count == 4, "\(outcome.error)")
    #expect(lines[0].hasPrefix("godwit: other/3: the snapshot is an increment to 2 ("))
    #expect(lines[1].hasPrefix("godwit: damaged/3: ") && lines[1].contains("checksum"))
    #expect(lines[2] == "godwit: other: is a directory")
    #expect(lines[3] == "godwit: full: file too large")
  }
}
