import Foundation
import Testing

/// Snapshots in stores.
@Suite struct StoreTests {
  /// A snapshot in a store has the state and id of one in a file, is used like one, and the second one takes hardly
  /// any room.
  @Test(arguments: ["x86_64", "aarch64"]) func aSnapshotInAStoreIsOneLikeAnyOther(_ isa: String)
    throws
  {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      hold 2000000 >out & await ready
      $G checkpoint guest -o store:s/a --compress none; before=$(du -sb s | cut -f1)
      $G checkpoint guest -o store:s/b --print-stats >stats; after=$(du -sb s | cut -f1)
      [ $(( after - before )) -lt 100000 ] || echo "$before, and $after with the second"
      $G suspend guest -o store:s/c; wait
      for name in a b c; do
        $G verify store:s/$name | grep -q 'signed by your own key' || echo "$name is not whole"
        $G flatten store:s/$name -o $name
        [ $($G digest $name) = $($G digest store:s/$name) ] || echo "$name has another digest"
        $G inspect store:s/$name >in-store; $G inspect $name >in-file
        [ "$(grep '^  id' in-store)" = "$(grep '^  id' in-file)" ] || echo "$name has another id"
      done
      $G diff store:s/a a | grep -c changed
      $G export --core store:s/a core >/dev/null && [ -s core ] && echo core
      $G flatten a -o store:s/d && [ $($G digest a) = $($G digest store:s/d) ] && echo again
      $G ls store:s | tail -n 1 | grep -c 'stored in'; $G ls s --json | grep -c ownSize
      $G store verify s >/dev/null && echo whole
      touch go; for name in a b c d; do $G resume store:s/$name; done
      """, isa: isa, limit: 600)
    #expect(
      outcome.text == "0\ncore\nagain\n1\n4\nwhole\nTrue\nTrue\nTrue\nTrue\n", "\(outcome.error)")
    #expect(outcome.error.isEmpty, "\(outcome.error)")
  }

  /// The process that runs the guest puts the snapshot there itself, confined to the store.
  @Test func aRunSuspendsToAStore() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      for n in 300 400; do
        $G run --root $R --suspend-at-syscall $n --output store:s/$n -- /usr/bin/python3 -c '
      import os
      print(len([os.getppid() for _ in range(9999)]), flush=True)' || echo $?
      done
      $G store verify s >/dev/null && $G resume store:s/300 && $G resume store:s/400
      """)
    #expect(outcome.text == "9999\n9999\n", "\(outcome.error)")
  }

  @Test func garbageIsFreed() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      shared = os.urandom(1000000)
      for stage in range(4):
          own = os.urandom(4000000)
          open(f"/mnt/ready{stage}", "w").close()
          while not os.path.exists(f"/mnt/go{stage}"): time.sleep(0.01)
      print(len(shared) + len(own))' >out &
      for stage in 0 1 2 3; do await ready$stage; $G checkpoint guest -o store:s/$stage; touch go$stage; done
      wait
      used() { du -sb s/packs | cut -f1; }
      all=$(used); rm s/snapshots/0 s/snapshots/1 s/snapshots/2; $G store gc s >/dev/null; left=$(used)
      [ $left -lt $(( all - 6000000 )) ] || echo "$all, and $left without three of four"
      touch s/packs/.x.1.tmp; $G store gc s >/dev/null; ls -A s/packs | grep tmp
      $G store verify s >/dev/null && $G resume store:s/3
      rm s/snapshots/3; $G store gc s >/dev/null; ls s/packs | wc -l
      """, limit: 300)
    #expect(outcome.text == "5000000\n0\n", "\(outcome.error)")
  }

  /// What can't be used is refused in one line that names it.
  @Test func mistakesAreNamed() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir full; touch full/file
      $G run --root $R --suspend-at-syscall 5 --output file -- /bin/true
      $G flatten file -o store:full/x
      $G flatten file -o store:none/of/these
      $G flatten file -o store:s
      $G flatten file -o store:s/.x
      $G flatten file -o store:s/x && $G resume store:s/y
      $G store ls full; $G checkpoint x -o store:s/y --parent file; $G checkpoint x -o y --parent store:s/x
      printf 'godwit store 7\\n' >s/godwit-store; $G resume store:s/x
      """)
    #expect(
      outcome.error == """
        godwit: full: neither a store of snapshots nor empty: there is file
        godwit: none/of: no such file or directory
        godwit: store:s: a snapshot in a store is named store:DIR/NAME
        godwit: store:s/.x: '.x' can't be the name of a snapshot in a store
        godwit: store:s/y: no such file or directory
        godwit: full: not a store of snapshots
        godwit: store:s/y: a store needs no --parent: equal pages are there once anyway
        godwit: y: a file can't be an increment to a snapshot in a store
        godwit: s: the store has version 7; this version of godwit knows version 1

        """)
    #expect(outcome.status == 125)
  }

  /// Damage is found, named, and does not get into new snapshots.
  @Test func damageIsNotHandedOn() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      flip() { printf "\\\\x$(printf %02x $(( $(od -An -tu1 -j $2 -N 1 $1) ^ 16 )))" | dd of=$1 bs=1 seek=$2 conv=notrunc status=none; }
      hold 1000000 >out & await ready; $G checkpoint guest -o store:s/a; $G checkpoint guest -o file
      pack=$(ls s/packs/*); size=$(stat -c %s $pack)
      # A page chunk, the index, the trailer, the header.
      for place in $(( size / 2 )) $(( size - 1000 )) $(( size - 20 )) 3; do
        rm -rf t; cp -r s t; damaged=t/packs/$(basename $pack); flip $damaged $place
        $G store verify t >/dev/null 2>&1 && echo "not found at $place"
        $G verify store:t/a >/dev/null 2>error && echo "not found in a at $place"
        [ $(wc -l <error) = 1 ] || cat error
        $G flatten file -o store:t/b 2>/dev/null && $G verify store:t/b >/dev/null || echo "b is damaged, $place"
      done
      rm -rf t; cp -r s t; rm t/packs/*; $G verify store:t/a; $G flatten file -o store:t/b && $G verify store:t/b >/dev/null
      rm -rf t; cp -r s t; flip t/snapshots/a 300; $G resume store:t/a; $G store gc t
      touch go; wait; cat out
      """, limit: 300)
    #expect(outcome.text == "True\n", "\(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 3, "\(outcome.error)")
    #expect(lines.first?.contains("the store lacks the contents") == true, "\(outcome.error)")
    #expect(lines.last?.contains("nothing can be collected") == true, "\(outcome.error)")
  }

  /// Writers, collectors and readers at once.
  @Test func manyUseAStoreAtOnce() throws {
    let scratch = try Scratch()
    let turns = LongTests.areOn ? 40 : 6
    let outcome = try scratch.shell(
      """
      hold 1500000 >out & await ready; $G checkpoint guest -o file
      writer() { for i in $(seq \(turns)); do
        $G flatten file -o store:s/$1-$i || echo "writer $1 $i"; [ $i -lt 3 ] || rm s/snapshots/$1-$(( i - 2 )); done; }
      writer a & a=$!; writer b & b=$!
      until [ -e s/godwit-store ]; do sleep 0.01; done
      while kill -0 $a 2>/dev/null || kill -0 $b 2>/dev/null; do $G store gc s >/dev/null || echo collector; done
      $G store gc s >/dev/null; $G store verify s >/dev/null && ls s/snapshots | wc -l
      touch go; wait; for name in $(ls s/snapshots); do $G resume store:s/$name; done; cat out
      """, limit: 600)
    #expect(outcome.text == "4\n" + String(repeating: "True\n", count: 5), "\(outcome.error)")
    #expect(outcome.error.isEmpty, "\(outcome.error)")
  }

  /// A writer that is killed leaves nothing that counts.
  @Test func aKilledWriterLosesNothing() throws {
    let scratch = try Scratch()
    let moments = LongTests.areOn ? 60 : 10
    let outcome = try scratch.shell(
      """
      RANDOM=$$
      hold 3000000 >out & await ready; $G checkpoint guest -o store:s/first
      start=$(date +%s%N); $G checkpoint guest -o store:t/x; taken=$(( ($(date +%s%N) - start) / 1000 ))
      for moment in $(seq \(moments)); do
        $G checkpoint guest -o store:s/x$moment 2>/dev/null & client=$!
        sleep $(printf '0.%06d' $(( RANDOM * taken / 25000 % 1000000 )))
        kill -KILL $client 2>/dev/null; wait $client
        $G store verify s >/dev/null || echo "damaged at moment $moment"
      done
      $G store gc s >/dev/null; $G store verify s >/dev/null || echo damaged
      touch go; wait; cat out; $G resume store:s/first; ls -A s/packs s/snapshots | grep tmp
      """, limit: 600)
    #expect(outcome.text == "True\nTrue\n", "\(outcome.error)")
  }

  @Test(.enabled(if: Native.isPossible, "needs a small tmpfs, and this host lets nobody mount one"))
  func aFullDiskCostsTheNewSnapshotOnly() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir full && mount -t tmpfs -o size=5m tmpfs full
      grow >out 2>&1 &
      await ready1; $G checkpoint guest -o store:full/s/a; touch go1; await ready2
      for command in checkpoint suspend; do $G $command guest -o store:full/s/b; echo $?; done
      $G store verify full/s >/dev/null && ls -A full/s/snapshots full/s/packs | wc -l
      touch go2 go3; wait; cat out; $G resume store:full/s/a
      """, namespaces: true, limit: 300)
    #expect(
      outcome.text == "125\n125\n5\n8000000 unharmed\n8000000 unharmed\n", "\(outcome.error)")
    #expect(
      outcome.error
        == String(repeating: "godwit: guest: full/s: no space left on device\n", count: 2))
  }
}
