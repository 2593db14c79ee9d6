import Foundation
import Testing

/// Checkpoints that are written while the guest runs on, whole ones and increments.
@Suite struct LiveCheckpointTests {
  /// The guest notices if its memory is not that of one moment, and goes on noticing after a resume.
  @Test(arguments: Checkout.isas, [false, true])
  func eachIsOfOneMoment(isa: String, isIncrement: Bool) throws {
    let scratch = try Scratch()
    let count = LongTests.areOn ? 10 : 5
    let outcome = try scratch.shell(
      """
      $G run --name guest -- '\(Checkout.guest("moment", isa).path)' 1500 $PWD/end >out & pid=$!
      until grep -qs ready out; do sleep 0.02; done
      for number in $(seq \(count)); do
        parent=""
        \(isIncrement ? "[ $number -eq 1 ] || parent=--parent=$((number - 1)).snapshot" : "")
        $G checkpoint guest -o $number.snapshot $parent || echo "checkpoint $number: $?"
      done
      touch end; wait $pid || echo "guest $?"
      for snapshot in *.snapshot; do
        $G verify $snapshot >/dev/null || echo "verify $?"
        $G resume $snapshot >/dev/null || echo "$snapshot $?"
      done
      """, limit: 300)
    #expect(outcome.text == "" && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }

  /// A suspension copies pages while the guest changes them, and stops it for the last ones.
  @Test(arguments: Checkout.isas) func suspensionsAreOfOneMoment(isa: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      $G run --name guest -- '\(Checkout.guest("moment", isa).path)' 1500 $PWD/end >out & pid=$!
      until grep -qs ready out; do sleep 0.02; done
      $G suspend guest -o 1; wait $pid
      for hop in 1 2 3; do
        $G resume $hop --name guest >out & pid=$!
        until there; do kill -0 $pid || exit 1; sleep 0.02; done
        $G suspend guest -o $((hop + 1)) --parent $hop || echo "suspend $?"
        wait $pid || echo "guest $?"
      done
      touch end; $G resume 4 >/dev/null || echo "status $?"
      """, limit: 300)
    #expect(outcome.text == "" && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }

  /// The snapshot is finished first, and the guest's status is what it would have been.
  @Test func aGuestThatEndsMeanwhileIsInTheSnapshot() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      hold 60000000 >out1 & await ready
      $G checkpoint guest -o snapshot & sleep 0.05; touch go
      wait; cat out1; $G verify snapshot >/dev/null && $G resume snapshot
      """)
    #expect(
      outcome.text == "True\nTrue\n" && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }

  /// One waits for the other.
  @Test func requestsAtTheSameTimeWaitForEachOther() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      hold 30000000 >/dev/null & await ready
      for number in 1 2 3; do $G checkpoint guest -o $number & jobs="$jobs $!"; done
      for job in $(echo $jobs | tr ' ' '\\n'); do wait $job || echo "checkpoint $?"; done
      $G checkpoint guest -o 4 & sleep 0.3; $G suspend guest -o 5; wait
      touch go
      for number in 1 2 3 4 5; do $G resume $number; done
      """)
    #expect(
      outcome.text == "True\nTrue\nTrue\nTrue\nTrue\n" && outcome.error == "",
      "\(outcome.text) \(outcome.error)")
  }

  /// An increment has what changed, and refers to the rest; after a resume the chain can go on.
  @Test func incrementsHaveOnlyWhatChanged() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      hold 20000000 >/dev/null & await ready
      $G checkpoint guest -o 1
      $G checkpoint guest -o 2 --parent 1
      $G suspend guest -o 3 --parent 2; wait
      $G resume 3 --name guest >/dev/null & until there; do sleep 0.05; done
      $G checkpoint guest -o 4 --parent 3
      $G suspend guest -o 5; wait
      for number in 2 3 4; do [ $(stat -c %s $number) -lt 1000000 ] || echo "$number is large"; done
      [ $(stat -c %s 5) -gt 20000000 ] || echo "5 is not whole"
      touch go; for number in 2 3 4 5; do $G resume $number; done
      """)
    #expect(
      outcome.text == "True\nTrue\nTrue\nTrue\n" && outcome.error == "",
      "\(outcome.text) \(outcome.error)")
  }

  /// A chain and a file that has it all are the same snapshot.
  @Test func aChainIsTheSameStateAsAWholeFile() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      hold 10000000 >/dev/null & await ready
      $G checkpoint guest -o 1; $G suspend guest -o 2 --parent 1; wait
      id() { $G inspect $1 | grep '^  id '; }
      calls() { $G inspect $1 | sed -n 's/.*system calls made *//p'; }
      $G resume 2 --suspend-at-syscall $(calls 2) -o whole
      [ "$(id 2)" = "$(id whole)" ] || echo "$(id 2) $(id whole)"
      [ "$($G digest 2)" = "$($G digest whole)" ] || echo "digests differ"
      $G inspect 2 | grep -q '^  parent .*(1)$' || echo "no parent"
      $G inspect whole | grep -q '^  parent  *none$' || echo "a parent"
      """)
    #expect(outcome.text == "" && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }

  /// The guest of a deterministic run can't tell that checkpoints were taken.
  @Test func checkpointsDoNotDisturbADeterministicRun() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      guest() {
        $G run --deterministic --tmpfs /tmp --digest-every 20000 --digest-output $1 --name $1 \
          -- '\(Checkout.guest("moment", "x86_64").path)' 1000000 >$1.out
      }
      guest plain
      guest guest & until grep -qs ready guest.out; do sleep 0.02; done
      count=0; while there && $G checkpoint guest -o snapshot 2>/dev/null; do count=$((count + 1)); done
      wait; cmp plain guest && [ $(wc -l <plain) -ge 5 ] && echo same
      [ $count -ge 1 ] || echo "no checkpoint"
      """, limit: 300)
    #expect(outcome.text == "same\n", "\(outcome.text) \(outcome.error)")
  }

  /// Every fault of a chain is named, and costs nothing.
  @Test func brokenChainsAreRefused() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      hold 5000000 >/dev/null & await ready
      $G checkpoint guest -o 1; $G checkpoint guest -o 2 --parent 1
      $G checkpoint guest -o x --parent 1; echo "wrong parent $?"
      $G checkpoint guest -o x --parent nothing; echo "no parent $?"
      ls x 2>/dev/null
      $G suspend guest -o 3 --parent 2; echo "suspend $?"; wait
      touch go
      mv 1 away; $G resume 3; echo "missing $?"; $G verify 2; echo "missing $?"
      cp 3 1; $G resume 3; echo "wrong $?"
      cp away 1; printf x | dd of=1 bs=1 seek=2000000 conv=notrunc 2>/dev/null
      $G verify 3; echo "altered $?"
      mv away 1; $G resume 3; echo "whole $?"
      """)
    #expect(
      outcome.text == """
        wrong parent 125
        no parent 125
        suspend 0
        missing 125
        missing 125
        wrong 125
        altered 125
        True
        whole 0

        """, "\(outcome.text)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 6 && lines.allSatisfy { $0.hasPrefix("godwit: ") }, "\(outcome.error)")
    for (line, part) in zip(
      lines,
      [
        "1 is neither the last snapshot of this run", "nothing: no such file", "which is missing",
        "which is missing", "1", "in its parent 1",
      ])
    {
      #expect(line.contains(part), "\(line)")
    }
  }
}
