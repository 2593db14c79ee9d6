import Foundation
import Testing

/// Snapshots that cannot be written completely: the previous one stays, and the guest is not affected.
@Suite struct FullDiskTests {
  @Test(.enabled(if: Native.isPossible, "needs a small tmpfs, and this host lets nobody mount one"))
  func aFullDiskHarmsNothing() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir full && mount -t tmpfs -o size=4m tmpfs full
      grow >out 2>&1 &
      await ready1; $G checkpoint guest --output full/snapshot; echo first $?
      touch go1; await ready2
      $G checkpoint guest --output full/snapshot; echo second $?
      $G suspend guest --output full/other; echo third $?
      ls -A full; $G verify full/snapshot >/dev/null; echo verified $?
      touch go2 go3; wait; cat out
      $G resume full/snapshot --mount .:/mnt
      """, namespaces: true)
    #expect(
      String(decoding: outcome.output, as: UTF8.self)
        == """
        first 0
        second 125
        third 125
        snapshot
        verified 0
        8000000 unharmed
        8000000 unharmed

        """, "\(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 2, "\(outcome.error)")
    for (line, name) in zip(lines, ["snapshot", "other"]) {
      #expect(
        line == "godwit: guest: full/\(name): no space left on device")
    }
  }

  /// Storage that ends at any byte of the snapshot, its signature and its name included.
  @Test(.enabled(if: Native.isPossible, "needs a small tmpfs, and this host lets nobody mount one"))
  func aDiskThatFillsUpAnywhereHarmsNothing() throws {
    let scratch = try Scratch()
    let steps = LongTests.areOn ? 40 : 8
    let outcome = try scratch.shell(
      """
      mkdir full && mount -t tmpfs -o size=32m tmpfs full
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.01)
      print("unharmed")' >out 2>&1 &
      await ready; $G checkpoint guest --output full/snapshot || echo "checkpoint $?"
      size=$(stat -c %s full/snapshot)
      for step in $(seq 0 \(steps)); do
        rm -f full/filler; cp full/snapshot before
        room=$(df --output=avail -B1 full | tail -1)
        head -c $((room - size * step / \(steps) - step % 3 * 4096)) /dev/zero >full/filler
        if $G suspend guest --output full/snapshot 2>error; then
          $G verify full/snapshot >/dev/null || echo "step $step: not whole"
          rm -f full/filler
          $G resume full/snapshot --name guest >out & until there; do sleep 0.02; done
        else
          [ "$(cat error)" = "godwit: guest: full/snapshot: no space left on device" ] || cat error
          there || echo "step $step: gone"
          cmp before full/snapshot; ls -A full | grep tmp
        fi
      done
      touch go; wait; cat out
      """, namespaces: true, limit: 600)
    #expect(outcome.text == "unharmed\n", "\(outcome.error)")
  }

  /// A directory that may not be written to.
  @Test(.enabled(if: Native.isPossible, "needs a small tmpfs, and this host lets nobody mount one"))
  func aReadOnlyDirectoryHarmsNothing() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir place && mount -t tmpfs tmpfs place
      $G run --name guest --root $R --mount .:/mnt -- /bin/sh -c '
        touch /mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done; echo unharmed' >out 2>&1 &
      await ready; $G checkpoint guest --output place/snapshot; mount -o remount,ro place
      for command in checkpoint suspend; do $G $command guest --output place/snapshot; echo $?; done
      $G verify place/snapshot >/dev/null && ls -A place
      touch go; wait; cat out; $G resume place/snapshot --mount .:/mnt
      """, namespaces: true)
    #expect(outcome.text == "125\n125\nsnapshot\nunharmed\nunharmed\n", "\(outcome.error)")
    #expect(
      outcome.error
        == String(repeating: "godwit: place/snapshot: read-only file system\n", count: 2))
  }

  /// The directory is removed while the snapshot is written.
  @Test func aDirectoryThatIsRemovedHarmsNothing() throws {
    let scratch = try Scratch()
    let moments = LongTests.areOn ? 60 : 12
    let outcome = try scratch.shell(
      """
      RANDOM=$$
      hold 5000000 >out &
      await ready; mkdir place
      start=$(date +%s%N); $G checkpoint guest -o place/old || echo "checkpoint $?"
      taken=$(( ($(date +%s%N) - start) / 1000 ))
      for moment in $(seq \(moments)); do
        rm -rf place; mkdir place
        $G suspend guest -o place/snapshot 2>error & client=$!
        sleep $(printf '0.%06d' $(( RANDOM * taken / 25000 % 1000000 )))
        rmdir place 2>/dev/null
        if wait $client; then
          $G verify place/snapshot >/dev/null || { echo "lost at moment $moment"; exit 1; }
          $G resume place/snapshot --name guest >out & until there; do sleep 0.02; done
        else
          grep -q '^godwit:.* place/snapshot: no such file or directory$' error || cat error
          there || { echo "gone at moment $moment"; exit 1; }
        fi
      done
      touch go; wait; cat out
      """, limit: 600)
    #expect(outcome.text == "True\n", "\(outcome.error)")
  }
}
