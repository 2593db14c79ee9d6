import Testing

/// What a guest has in use of its root and mounts must be the same where it goes. That is known before anything moves.
@Suite struct MigrationFilesTests {
  private static func script(_ body: String) -> String {
    CourierTests.preamble + """
      export XDG_DATA_HOME; small small; small other; mkdir one two; echo noted >one/note; echo other >two/note
      at here run --name guest --root small --mount .:/mnt --mount one:/one -- /bin/sh -c '
        exec 3</etc/data 4</one/note; : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done
        read a <&3; read b <&4; echo "$a $b" >/mnt/result' &
      await ready
      elsewhere() { move here there --remote-root other --remote-mount two:/one "$@"; echo "migrate $?"; }

      """ + body
        + """

        touch go; until [ -s result ]; do sleep 0.02; done; cat result; gone here; gone there
        """
  }

  @Test(arguments: ["x86_64", "aarch64"]) func theSameFilesElsewhere(_ isa: String) throws {
    let outcome = try MigrationScratch().shell(Self.script("elsewhere; where"), isa: isa)
    #expect(outcome.text == "migrate 0\nthere: guest\ncontent other\n", "\(outcome.error)")
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
