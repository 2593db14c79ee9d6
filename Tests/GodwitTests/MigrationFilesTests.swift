import Testing

/// What a guest has in use of its root and mounts must be the same where it goes. That is known before anything moves.
@Suite struct MigrationFilesTests {
  private static func script(_ body: String) -> String {
    CourierTests.preamble + """
      export XDG_DATA_HOME; small small; small other; mkdir one two; echo noted >one/note; echo another >two/note
      at here run --name guest --root small --mount .:/mnt --mount one:/one -- /bin/sh -c '
        exec 3</etc/data 4</one/note; : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done
        read a <&3; read b <&4; echo "$a $b" >/mnt/result' &
      await ready
      elsewhere() { move here there --remote-root other --remote-mount two:/one "$@"; echo "migrate $?"; }

      """ + body
        + """

        touch go; told result; gone here; gone there
        """
  }

  @Test(arguments: ["x86_64", "aarch64"]) func theSameFilesElsewhere(_ isa: String) throws {
    let outcome = try MigrationScratch().shell(Self.script("elsewhere; where"), isa: isa)
    #expect(outcome.text == "migrate 0\nthere: guest\ncontent another\n", "\(outcome.error)")
    let notices = outcome.error.split(separator: "\n").filter { $0.hasPrefix("godwit:") }
    #expect(
      notices.count == 2
        && notices[0].hasSuffix("these files of its mounts are not the same there: two/note"),
      "\(outcome.error)")
  }

  /// A file of a mount that has the same time and size is taken for the same.
  @Test func theSameMountElsewhere() throws {
    let outcome = try MigrationScratch().shell(Self.script("cp -a one/note two; elsewhere; where"))
    #expect(outcome.text == "migrate 0\nthere: guest\ncontent noted\n", "\(outcome.error)")
    #expect(outcome.error == "godwit: guest moved to ssh://there\n", "\(outcome.error)")
  }

  /// Files come and go in a mount: one that the guest has removed by the time that the link is there is not missed.
  @Test func aFileThatIsGoneIsNotCompared() throws {
    let outcome = try MigrationScratch().shell(
      """
      mkdir one two
      at here run --name guest --root $R --mount one:/mnt -- /bin/sh -c '
        exec 3>/mnt/temporary; : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done
        exec 3>&-; rm /mnt/temporary; : >/mnt/removed; while :; do sleep 1; done' & await one/ready
      printf '%s\\n' '#!/bin/bash' ': >one/go; until [ -e one/removed ]; do sleep 0.01; done; exec ./link "$@"' >slow
      chmod +x slow
      move here there --ssh $PWD/slow --remote-mount two:/mnt; echo "migrate $?"; where; at there kill guest KILL; gone there
      """)
    #expect(outcome.text == "migrate 0\nthere: guest\n", "\(outcome.error)")
  }

  /// A file that the guest is just writing is not another one where its directory is the same; another file still is.
  @Test func aFileThatIsBeingWrittenIsTheSame() throws {
    let outcome = try MigrationScratch().shell(
      """
      mkdir one two; echo noted >one/note; echo another >two/note
      at here run --name guest --root $R --mount .:/mnt --mount one:/one -- /usr/bin/python3 -c '
      import os
      note = open("/one/note")
      with open("/mnt/log", "w") as log:
          while not os.path.exists("/mnt/go"):
              log.write("line\\n"); log.flush()
              open("/mnt/ready", "w").close()' & await ready
      move here there --remote-mount two:/one; echo "migrate $?"; where; touch go; gone there
      """)
    #expect(outcome.text == "migrate 0\nthere: guest\n", "\(outcome.error)")
    let notices = outcome.error.split(separator: "\n").filter { $0.contains("not the same") }
    #expect(
      notices.count == 1 && notices[0].hasSuffix("not the same there: two/note"),
      "\(outcome.error)")
  }

  /// Files of mounts that have changed since a snapshot are named, once the guest goes on from it.
  @Test func whatChangedSinceASnapshotIsNamed() throws {
    let outcome = try Scratch().shell(
      """
      waiting='exec 3>>/mnt/log 4</mnt/ready; echo first >&3; : >/mnt/begun
        while ! [ -e /mnt/go ]; do :; done; echo last >&3'
      : >ready; $G run --name guest --root $R --mount .:/mnt -- /bin/sh -c "$waiting" & await begun
      $G checkpoint guest -o now; $G suspend guest -o later; wait; touch go
      $G resume later; cat log; $G resume now; cat log
      rm go begun; $G run --root $R --mount .:/mnt --checkpoint-every 100ms --checkpoint-dir store -- \
        /bin/sh -c "$waiting" & run=$!; await begun; until [ $(ls store/snapshots | wc -l) -gt 2 ]; do sleep 0.1; done
      kill -KILL $run; wait 2>/dev/null; echo >>ready; touch go; $G recover store
      """)
    #expect(outcome.text == "first\nlast\nfirst\nlast\nlast\n", "\(outcome.error)")
    let notices = outcome.error.split(separator: "\n").filter { $0.hasPrefix("godwit:") }
    #expect(notices.count == 2, "\(outcome.error)")
    #expect(notices[0].hasPrefix("godwit: now: these files have changed since"))
    #expect(notices[0].hasSuffix("/log") && notices[notices.count - 1].hasSuffix("/ready"))
  }

  /// The first are named, the others counted, and the guest goes on.
  @Test(arguments: [
    ("echo >>other/usr/lib/$L/libc.so.6", "libc.so.6 differs"),
    ("rm other/etc/data", "other/etc/data is missing"),
    ("rm other/etc/data; mkdir other/etc/data", "other/etc/data is another kind of file"),
    ("echo CONTENT >other/etc/data", "other/etc/data differs"),
    ("rm two/note", "two/note is missing"),
    (
      "rm other/usr/lib/$L/* other/etc/data other/usr/bin/dash two/note",
      "is missing, and 2 more"
    ),
  ])
  func whatDiffersIsNamed(_ change: String, _ reason: String) throws {
    let outcome = try MigrationScratch().shell(Self.script("\(change); elsewhere; where"))
    #expect(
      outcome.text == "migrate 125\nhere: guest\ncontent noted\n",
      "\(outcome.text) \(outcome.error)")
    let lines = outcome.error.split(separator: "\n").filter { $0.hasPrefix("godwit:") }
    #expect(lines.count == 1 && lines[0].contains(reason), "\(outcome.error)")
  }
}
