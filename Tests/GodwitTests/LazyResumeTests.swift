import Foundation
import Testing

/// Guests that run before their pages are read.
@Suite struct LazyResumeTests {
  /// What all of them do: a snapshot of a guest that holds bytes, and what it says at the end.
  private static let setup = """
    hold 20000000 >/dev/null & await ready
    $G suspend guest -o snapshot --compress none; wait
    lazily() { $G resume --lazy --name guest "$@"; }

    """

  @Test(arguments: ["", "--no-prefetch"]) func theGuestSeesNoDifference(option: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.setup + """
        lazily \(option) snapshot >out & until there; do sleep 0.01; done
        touch go; wait $!; cat out
        """)
    #expect(outcome.text == "True\n" && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }

  /// The state is the same whether the pages are here or not; so is the file, if it is whole.
  @Test(arguments: Checkout.isas) func savingGivesTheSameFile(isa: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      $G run --suspend-at-syscall 60 -o first -- '\(Checkout.guest("memstate", isa).path)' >/dev/null
      $G resume --lazy --no-prefetch first --suspend-at-syscall 60 -o second
      cmp first second
      $G digest first >1; $G digest second >2; cmp 1 2
      $G resume --lazy second >out || echo "ended with $?"
      """)
    #expect(outcome.text == "" && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }

  /// Checkpoints of all kinds while most pages are still in the snapshot, and resumes of those.
  @Test func checkpointsBeforeThePagesAreHere() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.setup + """
        lazily --no-prefetch snapshot >/dev/null & until there; do sleep 0.01; done
        $G ps | grep -q '^guest: .* of its memory are still in its snapshot$' || $G ps
        $G checkpoint guest -o whole --compress none
        $G checkpoint guest -o link --parent whole
        $G suspend guest -o last --parent link; wait
        size() { stat -c %s $1; }
        [ $(size whole) -gt 20000000 ] || echo "whole has $(size whole) bytes"
        [ $(size link) -lt 1000000 ] || echo "link has $(size link) bytes"
        touch go
        for file in whole link last; do lazily $file; $G verify $file >/dev/null || echo $file; done
        """)
    #expect(
      outcome.text == "True\nTrue\nTrue\n" && outcome.error == "",
      "\(outcome.text) \(outcome.error)")
  }

  /// The first increment after a lazy resume refers to pages that were never read.
  @Test func incrementsToTheSnapshotItself() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.setup + """
        lazily --no-prefetch snapshot >/dev/null & until there; do sleep 0.01; done
        $G suspend guest -o link --parent snapshot; wait
        [ $(stat -c %s link) -lt 3000000 ] || echo "link has $(stat -c %s link) bytes"
        touch go; lazily link; lazily --no-prefetch link; $G resume link
        """)
    #expect(
      outcome.text == "True\nTrue\nTrue\n" && outcome.error == "",
      "\(outcome.text) \(outcome.error)")
  }

  /// What needs a page waits until the file is whole again, and says why; the rest goes on.
  @Test func theFileFailsForAWhile() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.setup + """
        cp snapshot copy
        lazily --no-prefetch snapshot >out 2>errors & guest=$!
        until there; do sleep 0.01; done
        truncate -s 300000 snapshot; touch go
        until grep -qs 'snapshot: .*; what needs this waits' errors; do sleep 0.01; done
        $G ps | grep -q 'in its snapshot (.*truncated.*)' || $G ps
        $G checkpoint guest -o other 2>refusal && echo "a checkpoint without its pages"
        grep -q 'guest: a page that is not here yet can.t be read: ' refusal || cat refusal
        [ ! -e other ] && cp copy snapshot && wait $guest; cat out
        grep -q 'snapshot: what was missing can be read again' errors || cat errors
        """)
    #expect(outcome.text == "True\n" && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }

  /// Bytes that somebody changed are not the guest's: they count as not there.
  @Test func theFileIsChanged() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.setup + """
        cp snapshot copy
        lazily --no-prefetch snapshot >out 2>errors & guest=$!
        until there; do sleep 0.01; done
        dd if=/dev/zero of=snapshot bs=1M seek=2 count=12 conv=notrunc 2>/dev/null; touch go
        until grep -qs 'snapshot: .*; what needs this waits' errors; do sleep 0.01; done
        cp copy snapshot && wait $guest; cat out
        """)
    #expect(outcome.text == "True\n" && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }

  /// Once all pages are here, nobody needs the file.
  @Test func theFileMayGoWhenAllIsRead() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.setup + """
        lazily snapshot >out & until there; do sleep 0.01; done
        while $G ps | grep -q 'in its snapshot'; do sleep 0.01; done
        : >snapshot; touch go; wait $!; cat out
        $G resume --no-prefetch snapshot 2>refusal || grep -o 'no-prefetch needs --lazy' refusal
        """)
    #expect(
      outcome.text == "True\nno-prefetch needs --lazy\n" && outcome.error == "",
      "\(outcome.text) \(outcome.error)")
  }

  /// What a guest needed is read first the next time, and changes nothing else.
  @Test func whatIsNeededFirstIsRecorded() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.setup + """
        touch go; lazily --record-working-set snapshot
        echo "$(( $(stat -c %s snapshot.working-set) > 20000000 / 4096 * 4 )) $(stat -c %a snapshot.working-set)"
        $G resume --lazy snapshot; $G verify snapshot >/dev/null || echo "it is not whole"
        """)
    #expect(
      outcome.text == "True\n1 600\nTrue\n" && outcome.error == "",
      "\(outcome.text) \(outcome.error)")
  }

  /// One that is damaged, or another snapshot's, is told of and does no harm; so is a place for none.
  @Test func aWorkingSetThatDoesNotFit() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.setup + """
        touch go; lazily --record-working-set snapshot
        cp snapshot.working-set kept; : >snapshot.working-set; lazily snapshot
        head -c 100 kept >snapshot.working-set; lazily snapshot
        $G flatten snapshot -o other --compress zstd; $G run --suspend-at-syscall 9 -o third -- /bin/true
        cp kept third.working-set; $G resume --lazy third
        rm snapshot.working-set; mkdir snapshot.working-set
        lazily --record-working-set snapshot || echo "status $?"
        $G resume --record-working-set snapshot 2>refusal || grep -o 'set needs --lazy' refusal
        """)
    #expect(outcome.text == "True\nTrue\nTrue\nstatus 125\nset needs --lazy\n", "\(outcome.text)")
    #expect(
      outcome.error.split(separator: "\n") == [
        "godwit: snapshot.working-set: not used: the snapshot is malformed: its digest is wrong",
        "godwit: third.working-set: not used: the snapshot is malformed: it is another snapshot's",
        "godwit: snapshot.working-set: is a directory",
      ], "\(outcome.error)")
  }

  /// A file of the root is checked before the guest sees a byte of it, not at the start.
  @Test func aFileOfTheRootIsChangedForAWhile() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir -p root/bin root/tmp; cp '\(Checkout.guest("pi", "x86_64").path)' root/bin/pi
      $G run --root root --suspend-at-syscall 10 -o snapshot -- /bin/pi; $G resume snapshot >expected
      cp root/bin/pi kept; printf x | dd of=root/bin/pi bs=1 seek=5000 conv=notrunc 2>/dev/null
      $G resume snapshot 2>&1 | grep -o '/bin/pi differs from the one the snapshot was made with'
      $G resume --lazy --name guest snapshot >out 2>errors & guest=$!
      until grep -qs '/bin/pi differs .* what needs this waits' errors; do sleep 0.01; done
      until $G ps | grep -q '^guest: .*/bin/pi differs'; do sleep 0.01; done
      $G checkpoint guest -o other 2>/dev/null && echo "a checkpoint without its file"
      cp kept root/bin/pi; wait $guest; cmp out expected && [ ! -e other ]
      mv root/bin/pi root/bin/moved; $G resume --lazy snapshot 2>&1 | grep -o '/bin/pi: the snapshot needs this file'
      """)
    #expect(
      outcome.text
        == "/bin/pi differs from the one the snapshot was made with\n/bin/pi: the snapshot needs this file\n"
        && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }

  /// A checkpoint before the file is needed still names the one that the guest knew.
  @Test func aFileThatWasNeverNeededStaysKnown() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir -p root/bin root/tmp; cp '\(Checkout.guest("pi", "x86_64").path)' root/bin/pi
      $G run --root root --suspend-at-syscall 10 -o first -- /bin/pi
      $G resume --lazy first --suspend-at-syscall 10 -o second; cmp first second
      """)
    #expect(outcome.text == "" && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }
}
