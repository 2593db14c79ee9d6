import Foundation
import Testing

/// Periodic checkpoints, and what a crash leaves.
@Suite struct RecoverTests {
  /// A guest that checks its own memory all the time, and ends once there is `go`.
  private static let busy = """
    import os, time
    data = [os.urandom(20000) for _ in range(50)]
    sums = [sum(part) for part in data]
    open("/mnt/ready", "w").close()
    turns = 0
    while not os.path.exists("/mnt/go"):
        data[turns % 50] = os.urandom(20000)
        sums[turns % 50] = sum(data[turns % 50])
        assert sums[turns * 7 % 50] == sum(data[turns * 7 % 50])
        turns += 1
        time.sleep(0.002)
    print(sums == [sum(part) for part in data])
    """

  /// SIGKILL of Godwit at random moments: the newest checkpoint always goes on.
  @Test(arguments: ["x86_64", "aarch64"]) func aKilledRunIsRecovered(_ isa: String) throws {
    let scratch = try Scratch()
    let moments = LongTests.areOn ? 200 : 4
    let outcome = try scratch.shell(
      """
      RANDOM=$$
      first() { for i in $(seq 2400); do [ -n "$(ls d/snapshots 2>/dev/null)" ] && return; sleep 0.05; done; echo none; exit 1; }
      options=(--checkpoint-every 100ms --checkpoint-dir d --keep 3)
      $G run --name guest "${options[@]}" --root $R --mount .:/mnt -- /usr/bin/python3 -c '\(Self.busy)' >out 2>&1 &
      run=$!; await ready; first
      for moment in $(seq \(moments)); do
        sleep $(printf '%d.%06d' $(( RANDOM % 4 )) $(( RANDOM * 30 )))
        kill -KILL $run; wait $run 2>/dev/null
        $G recover d --name guest "${options[@]}" >out 2>&1 & run=$!
        until there; do kill -0 $run 2>/dev/null || { echo "moment $moment:"; cat out; exit 1; }; sleep 0.02; done
      done
      touch go; wait $run; echo $?; cat out
      $G store gc d >/dev/null; $G store verify d >/dev/null && [ $(ls d/snapshots | wc -l) -le 3 ] && echo kept
      ls -A d/packs d/snapshots | grep tmp; $G ps | wc -l
      """, isa: isa, limit: 900)
    #expect(outcome.text == "0\nTrue\nkept\n1\n", "\(outcome.error)")
  }

  /// A write to /proc/godwit/checkpoint has one taken, though the period is long.
  @Test func theGuestAsksForCheckpoints() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      cat >ask.py <<'END'
      import errno, os, time
      file = os.open("/proc/godwit/checkpoint", os.O_WRONLY)
      for turn in range(2):
          try: print(os.write(file, b"now"), flush=True)
          except OSError as error: print(errno.errorcode[error.errno], flush=True)
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.01)
      END
      touch go; $G run --root $R --mount .:/mnt -- /usr/bin/python3 /mnt/ask.py; rm go ready
      $G run --name guest --checkpoint-every 1h --checkpoint-dir d --root $R --mount .:/mnt -- \\
        /usr/bin/python3 /mnt/ask.py & await ready
      for i in $(seq 600); do [ -n "$(ls d/snapshots)" ] && break; sleep 0.05; done
      touch go; wait; $G verify store:d/$(ls d/snapshots) >/dev/null && echo whole
      """, limit: 120)
    #expect(
      outcome.text == "EPERM\nEPERM\n3\nEBUSY\nwhole\n" && outcome.error == "",
      "\(outcome.text) \(outcome.error)")
  }

  /// The directory is one run's, and what is asked of it at the wrong time is refused by name.
  @Test func aDirectoryIsOneRuns() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      $G run --name guest --checkpoint-every 100ms --checkpoint-dir d --root $R --mount .:/mnt -- /bin/sh -c '
        touch /mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.05; done; exit 7' &
      await ready; until [ $(ls d/snapshots 2>/dev/null | wc -l) -ge 5 ]; do sleep 0.1; done
      $G run --checkpoint-every 1h --checkpoint-dir d --root $R -- /bin/true; echo $?
      $G recover d; echo $?
      touch go; wait %1; echo $?
      $G recover d 2>error; echo $?; sed 's/[0-9T]*[.][0-9]*Z/TIME/' error
      newest=$(ls d/snapshots | tail -n 1); $G resume store:d/$newest; echo $?
      mkdir e; touch e/x; $G run --checkpoint-every 1h --checkpoint-dir e --root $R -- /bin/true; echo $?
      $G recover s; $G recover e
      # The directory is free again, and the next run's.
      $G run --checkpoint-every 1h --checkpoint-dir d --root $R -- /bin/true; echo $?
      """, limit: 300)
    #expect(
      outcome.text == """
        125
        125
        7
        125
        godwit: d: the guest did not crash: it ended with status 7; godwit resume store:d/TIME goes back
        7
        125
        0

        """, "\(outcome.error)")
    #expect(
      outcome.error == """
        godwit: d: it has the checkpoints of guest, which is running
        godwit: d: it has the checkpoints of guest, which is running
        godwit: e: neither a store of snapshots nor empty: there is x
        godwit: s: no such file or directory
        godwit: e: not a store of snapshots

        """)
  }

  /// A checkpoint that is damaged is passed over, with a line.
  @Test func theNewestWholeOneIsTaken() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      $G run --name guest --checkpoint-every 100ms --checkpoint-dir d --root $R --mount .:/mnt -- /bin/sh -c '
        touch /mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.05; done; echo unharmed' >out & run=$!
      await ready; until [ $(ls d/snapshots 2>/dev/null | wc -l) -ge 5 ]; do sleep 0.1; done
      kill -KILL $run; wait $run 2>/dev/null; sleep 1
      set -- $(ls -r d/snapshots); printf x >d/snapshots/$1; printf x | dd of=d/snapshots/$2 bs=1 seek=99 conv=notrunc status=none
      touch go; $G recover d 2>error; grep -c "store:d/$1: \\|store:d/$2: " error; wc -l <error
      """, limit: 300)
    #expect(outcome.text == "unharmed\n2\n2\n", "\(outcome.error)")
  }

  /// What an earlier run left is no checkpoint of the one that crashed.
  @Test func theCheckpointsOfAnEarlierRunDoNotCount() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      guest='touch /mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.05; done; echo unharmed'
      $G run --checkpoint-every 100ms --checkpoint-dir d --root $R --mount .:/mnt -- /bin/sh -c "$guest" & run=$!
      await ready; until [ $(ls d/snapshots 2>/dev/null | wc -l) -ge 1 ]; do sleep 0.1; done
      kill -KILL $run; wait $run 2>/dev/null
      # The same run, twice.
      for n in 1 2; do
        $G recover d --name guest --checkpoint-every 1h & run=$!
        until there; do sleep 0.05; done; kill -KILL $run; wait $run 2>/dev/null
      done
      rm ready; $G run --checkpoint-every 1h --checkpoint-dir d --root $R --mount .:/mnt -- /bin/sh -c "$guest" & run=$!
      await ready; kill -KILL $run; wait $run 2>/dev/null
      touch go; $G recover d 2>error; echo $?; cat error; $G resume store:d/$(ls d/snapshots | tail -n 1)
      """, limit: 300)
    #expect(
      outcome.text
        == "125\ngodwit: d: there is no whole checkpoint of the last run\nunharmed\n",
      "\(outcome.error)")
  }

  /// The keeper ends at once with the run, and a snapshot that a user takes meanwhile does no harm.
  @Test func theKeeperIsNoTrouble() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      keepers() { ps -eo args | grep -c "^godwit keep-checkpoints .*\\"directory\\":\\"$PWD/d\\""; }
      $G run --name guest --checkpoint-every 100ms --checkpoint-dir $PWD/d --root $R --mount .:/mnt -- /bin/sh -c '
        touch /mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.05; done' 2>error & run=$!
      await ready; until [ $(ls d/snapshots 2>/dev/null | wc -l) -ge 2 ]; do sleep 0.1; done
      keepers
      for n in 1 2 3; do $G checkpoint guest -o file && $G checkpoint guest -o store:d/mine$n || echo $?; sleep 0.3; done
      kill -KILL $run; wait $run 2>/dev/null
      for i in $(seq 50); do [ $(keepers) = 0 ] && break; sleep 0.02; done; keepers
      $G store verify d >/dev/null && ls d/snapshots | grep -c mine; cat error
      """, limit: 300)
    #expect(outcome.text == "1\n0\n3\n", "\(outcome.error)")
  }

  @Test(.enabled(if: Native.isPossible, "needs a small tmpfs, and this host lets nobody mount one"))
  func aFullDiskCostsCheckpointsOnly() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir full && mount -t tmpfs -o size=5m tmpfs full
      grow --checkpoint-every 200ms --checkpoint-dir full/d >out 2>error & run=$!
      await ready1; until [ $(ls full/d/snapshots 2>/dev/null | wc -l) -ge 2 ]; do sleep 0.1; done
      touch go1; await ready2; until grep -qs 'no space' error; do sleep 0.1; done
      sort -u error; touch go2; await ready3; cat out; kill -KILL $run; wait $run 2>/dev/null
      umount -l full 2>/dev/null; true
      """, namespaces: true, limit: 300)
    #expect(
      outcome.text
        == "godwit: checkpoint: guest: full/d: no space left on device\n8000000 unharmed\n",
      "\(outcome.error)")
  }

  @Test func periodsAreChecked() throws {
    for period in ["0s", "5", "-1s", "1d", "s", "99999999999999999h", "1.5s", ""] {
      let outcome = try godwit(
        ["run", "--checkpoint-every", period, "--checkpoint-dir", "/nowhere", "--", "/bin/true"])
      #expect(outcome.status == 125)
      #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    }
    for options in [["--checkpoint-every", "1s"], ["--checkpoint-dir", "d"], ["--keep", "2"]] {
      let outcome = try godwit(["run"] + options + ["--", "/bin/true"])
      #expect(outcome.status == 125)
      #expect(outcome.error.contains(" needs "), "\(outcome.error)")
    }
  }
}
