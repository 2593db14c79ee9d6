import Foundation
import Testing

/// The files of a guest's writable mounts that go with it.
@Suite struct MigrationMountTests {
  /// `begin` makes a guest that has `one` mounted, where it writes to a log and to a mapped file until there is
  /// `control/go`; then it says in `result` whether it finds all that it wrote. `move` takes the directory there.
  private static let functions = """
    export XDG_DATA_HOME=$PWD/data; mkdir control
    tree() { /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/mounts.py' "$@"; }
    begin() {
      [ -e one ] || tree make one; [ -e one/map ] || head -c 8192 /dev/zero >one/map
      at here run --name guest --root $R --mount one:/data --mount control:/control:ro -- /usr/bin/python3 -c '
    import mmap, os, time
    log = open("/data/log", "a")
    gone = open("/data/unlinked", "w+"); gone.write("kept"); gone.flush(); os.remove("/data/unlinked")
    file = open("/data/map", "r+b"); view = mmap.mmap(file.fileno(), 8192)
    open("/data/ready", "w").close()
    n = 0
    while not os.path.exists("/control/go"):
        n += 1
        log.write(f"{n}\\n"); log.flush(); view[0:8] = n.to_bytes(8, "little"); time.sleep(0.005)
    gone.seek(0)
    found = [open("/data/log").read() == "".join(f"{i}\\n" for i in range(1, n + 1)), int.from_bytes(view[0:8], "little") == n, gone.read()]
    open("/data/result", "w").write(f"{found}\\n"); open("/data/done", "w").close()' &
      await one/ready
    }
    carry() { at $1 migrate guest ssh://$2 --ssh $PWD/link --remote-godwit $G --connections reset --with-mounts --remote-mount $3:/data "${@:4}"; echo "migrate $?"; }
    finish() { touch control/go; await $1/done; cat $1/result; gone here; gone there; wait; }
    same() { tree list $1 >$1.list; tree list $2 >$2.list; cmp $1.list $2.list && wc -l <$1.list | sed 's/^[0-9]*$/the same/'; }
    left() { for i in $(seq 200); do ls -A | grep -q '^[.].*godwit' || return; sleep 0.05; done; ls -A; }

    """

  private func shell(_ script: String, isa: String = "x86_64") throws -> Outcome {
    try MigrationScratch().shell(Self.functions + script, isa: isa, limit: 1200)
  }

  private static let found = "[True, True, 'kept']\n"

  /// With all that files have, and with what the guest writes meanwhile.
  @Test(arguments: ["x86_64", "aarch64"], ["", "--post-copy"])
  func filesOfAllKindsGoAlong(_ isa: String, _ option: String) throws {
    let outcome = try shell(
      "begin; carry here there two \(option); where; same one two; left; mv one gone; finish two",
      isa: isa)
    #expect(
      outcome.text == "migrate 0\nthere: guest\nthe same\n" + Self.found,
      "\(outcome.text) \(outcome.error)")
  }

  @Test func mountsAreFetched() throws {
    let outcome = try shell(
      """
      begin; mkdir two
      at there fetch ssh://here/guest --ssh $PWD/link --remote-godwit $G --connections reset --root $R --take-mounts --mount two:/data \
        --mount control:/control:ro; echo "fetch $?"
      where; same one two; left; finish two
      """)
    #expect(
      outcome.text == "fetch 0\nthere: guest\nthe same\n" + Self.found,
      "\(outcome.text) \(outcome.error)")
  }

  /// What changes while the guest's memory is sent is sent before the guest stops, and not once more.
  @Test func aLateChangeDoesNotWait() throws {
    let outcome = try shell(
      """
      begin; head -c 3000000 /dev/urandom >one/random
      relay='ask in accept before' carry here there two & carrier=$!
      await asked; head -c 3000000 /dev/urandom >one/random; rm one/a/large; : >answered; wait $carrier
      awk '$1 == "tree_changes" { rest = 0 } $1 == "bytes" { sum += $2; rest += $2 }
        END { print (sum > 3000000), (rest < 1000000) }' frames
      where; same one two; left; finish two
      """)
    #expect(
      outcome.text == "migrate 0\n1 1\nthere: guest\nthe same\n" + Self.found,
      "\(outcome.text) \(outcome.error)")
  }

  /// What a guest has left behind is replaced when it comes back, and only what it lacks is sent.
  @Test func aGuestComesBack() throws {
    let outcome = try shell(
      """
      printf '%s\\n' '#!/bin/bash' 'tee -a sent | ./link "$@"' >counting; chmod +x counting
      count() { : >sent; carry "$@" --ssh $PWD/counting --compress zstd; [ $(stat -c %s sent) -gt 3000000 ] && echo much || echo little; }
      tree many one 10000; head -c 3000000 /dev/urandom >one/random
      begin; count here there two; count there here one; count here there two; same one two; left; finish two
      """)
    #expect(
      outcome.text
        == "migrate 0\nmuch\nmigrate 0\nlittle\nmigrate 0\nlittle\nthe same\n" + Self.found,
      "\(outcome.text) \(outcome.error)")
  }

  /// One line, before anything moves; all stays as it is, here and there.
  @Test(arguments: [
    ("mkdir two; echo mine >two/mine", "these files would be lost: "),
    ("mkdir two; echo mine >two/mine", "/two/mine: name a directory"),
    ("cp -a one two; echo other >two/a/plain", "/two/a/b/link, "),
    ("echo mine >two", "/two: name a directory"),
    ("mkfifo two", "/two: it is neither a directory nor a regular file"),
    ("mkdir .two.godwit .two.godwit/previous two", "left in doubt"),
    ("mkdir -m 777 .two.godwit", ".two.godwit: file exists"),
    ("limit='ulimit -f 1000'", "two/a/large: file too large"),
    ("there=/no/such/two", "/no/such/two: no such file or directory"),
    ("there=/", "can't be put there"),
    ("there=control/..", "would be lost"),
  ])
  func refusalsNameTheReason(_ change: String, _ reason: String) throws {
    let outcome = try shell(
      """
      limit=:; there=two; begin; \(change); look() { ls -AlR --time-style=full-iso two .two.godwit 2>/dev/null; }
      look >before; (eval "$limit"; carry here there $there); where
      rm -f .two.godwit/lock; look | cmp - before; finish one
      """)
    #expect(
      outcome.text == "migrate 125\nhere: guest\n" + Self.found, "\(outcome.text) \(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    #expect(outcome.error.contains(reason), "\(outcome.error)")
  }

  /// What somebody has changed in the copy that a guest left is not replaced.
  @Test func aCopyThatHasChangedStays() throws {
    let outcome = try shell(
      """
      begin; carry here there two; echo mine >>one/a/large; carry there here one; where; tail -c5 one/a/large
      rm -r one; carry there here one; where; finish one
      """)
    #expect(
      outcome.text
        == "migrate 0\nmigrate 125\nthere: guest\nmine\nmigrate 0\nhere: guest\n" + Self.found,
      "\(outcome.text) \(outcome.error)")
    #expect(outcome.error.contains("these files would be lost"), "\(outcome.error)")
  }

  /// Directories that already have some of it, or all.
  @Test func whatIsThereIsUsed() throws {
    let outcome = try shell(
      """
      begin; mkdir two; cp -a one/a two/a; rm two/a/b/link; mv two/a/fifo two/a/soft two/a/sparse .
      carry here there two; same one two; left; finish two
      """)
    #expect(
      outcome.text == "migrate 0\nthe same\n" + Self.found, "\(outcome.text) \(outcome.error)")
  }

  /// A single file that is mounted.
  @Test func aFileIsAMount() throws {
    let outcome = try shell(
      """
      mkdir -p one; echo before >note
      at here run --name guest --root $R --mount note:/note --mount one:/data --mount control:/control:ro -- /bin/sh -c '
        : >/data/ready; while ! [ -e /control/go ]; do sleep 0.01; done; cat /note >/data/result; echo after >>/note; : >/data/done' &
      await one/ready
      carry here there two --remote-mount other:/note; left; rm note; finish two; cat other
      """)
    #expect(
      outcome.text == "migrate 0\nbefore\nbefore\nafter\n", "\(outcome.text) \(outcome.error)")
  }

  /// While files are sent, others are made, grow, shrink, vanish, and become something else.
  @Test func aTreeThatChangesWhileItIsSent() throws {
    let outcome = try shell(
      """
      mkdir one
      at here run --name guest --root $R --mount one:/data --mount control:/control:ro -- /usr/bin/python3 -c '
      import os, random, shutil
      os.chdir("/data"); open("ready", "w").close()
      state = {}
      while not os.path.exists("/control/go"):
          name = f"n{random.randrange(40)}"
          if os.path.isdir(name) and not os.path.islink(name): shutil.rmtree(name)
          elif os.path.lexists(name): os.remove(name)
          state.pop(name, None)
          match random.randrange(4):
              case 0:
                  os.mkdir(name); open(f"{name}/x", "w").write(name); state[name] = ["x"]
              case 1:
                  os.symlink("/nowhere", name); state[name] = "/nowhere"
              case 2:
                  data = os.urandom(random.randrange(200000)); open(name, "wb").write(data); state[name] = data
      def look(name):
          if os.path.islink(name): return os.readlink(name)
          return os.listdir(name) if os.path.isdir(name) else open(name, "rb").read()
      now = {name: look(name) for name in os.listdir(".") if name != "ready"}
      open("result", "w").write(f"{now == state}\\n"); open("done", "w").close()' &
      await one/ready
      from=here; to=there
      for turn in 1 2 3 4; do
        carry $from $to $([ $to = there ] && echo two || echo one) --bandwidth-limit 8M
        other=$from; from=$to; to=$other
      done
      where; left; touch control/go; await one/done; cat one/result; gone here; wait
      """)
    #expect(
      outcome.text == "migrate 0\nmigrate 0\nmigrate 0\nmigrate 0\nhere: guest\nTrue\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// Wherever the link breaks, the guest runs once, and finds what it wrote. The other directory is as it was.
  @Test(arguments: [
    ("cut out files after", "here"), ("cut in tree_wanted within", "here"),
    ("cut out tree_changes before", "here"), ("cut out tree_changes within", "here"),
    ("cut out bytes within", "here"), ("cut out finish within", "here"),
    ("cut in prepared before", "here"), ("cut in prepared after", "there"),
    ("cut out commit before", "there"), ("cut out commit after", "there"),
    ("cut in committed before", "there"), ("repeat out tree_changes -", "here"),
    ("garble out tree_changes -", "here"), ("flip out bytes -", "here"),
  ])
  func aLinkBreaks(_ relay: String, _ place: String) throws {
    let outcome = try shell(
      """
      begin; relay='\(relay)'; carry here there two 2>error; unset relay
      gone \(place == "here" ? "there" : "here"); where
      left
      [ \(place) = here ] && ls -d two 2>/dev/null; finish \(place == "here" ? "one" : "two")
      """)
    let status = place == "here" ? 125 : 0
    #expect(
      outcome.text == "migrate \(status)\n\(place): guest\n" + Self.found,
      "\(outcome.text) \(outcome.error)")
  }

  /// In doubt, what was there before is kept until it is resolved.
  @Test(arguments: ["keep", "drop"]) func aDoubtIsResolved(_ resolution: String) throws {
    let stays = resolution == "drop"
    let outcome = try shell(
      """
      begin; mkdir two; touch -d 2020-02-02 two
      relay='kill out commit before'; carry here there two 2>/dev/null; unset relay
      until at there ps | grep -q "in doubt"; do sleep 0.05; done
      ls -A .two.godwit | grep previous
      arrived there \(resolution); at here resolve guest \(stays ? "keep" : "drop")
      left
      ls two | wc -l | sed 's/^[1-9].*/files/'; finish \(stays ? "one" : "two")
      """)
    #expect(
      outcome.text == "migrate 137\nprevious\n\(stays ? "0" : "files")\n" + Self.found,
      "\(outcome.text) \(outcome.error)")
  }

  /// What a receiver's user has not asked for does not come.
  @Test func aReceiverTakesOnlyWhatItsUserNames() throws {
    let outcome = try shell(
      """
      begin; printf '%s\\n' '#!/bin/sh' "exec ./link \\$1 '$G receive --root $R --mount $PWD/two:/data --mount $PWD/control:/control:ro'" >forced
      chmod +x forced; mkdir two; carry here there two --ssh $PWD/forced; where; finish one
      """)
    #expect(outcome.text == "migrate 125\nhere: guest\n" + Self.found, "\(outcome.error)")
    #expect(outcome.error.contains("lacks --take-mounts"), "\(outcome.error)")
  }
}
