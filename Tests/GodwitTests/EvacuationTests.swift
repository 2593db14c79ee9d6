import Testing

/// `godwit evacuate`: all that runs goes to another machine.
@Suite struct EvacuationTests {
  /// Begins guests of these names, which wait for a file `go`, and waits until all of them run.
  private func guests(_ names: String) -> String {
    """
    for name in \(names); do
      at here run --detach --name $name --root $R --mount .:/mnt -- /bin/sh -c "
        : >/mnt/ready.$name; while ! [ -e /mnt/go ]; do sleep 0.02; done; : >/mnt/done.$name" >/dev/null
    done
    for name in \(names); do until [ -e ready.$name ]; do sleep 0.02; done; done
    leave() { at here evacuate ssh://there "$@"; echo "evacuate $?"; }
    L=(--ssh $PWD/link --remote-godwit $G --connections reset)

    """
  }

  @Test(arguments: ["x86_64", "aarch64"]) func allOfThemGo(_ isa: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(guests("one two three"))
      leave --jobs 3 -- "${L[@]}" | sort; where
      touch go; for name in one two three; do until [ -e done.$name ]; do sleep 0.02; done; echo $name; done
      """, isa: isa)
    #expect(
      outcome.text == """
        evacuate 0
        one: moved to ssh://there
        three: moved to ssh://there
        two: moved to ssh://there
        there: one
        there: three
        there: two
        one
        two
        three

        """, "\(outcome.text) \(outcome.error)")
  }

  /// What it would take is said without the other machine, and nothing goes.
  @Test func itIsForetold() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(guests("one two three"))
      leave --dry-run --except three | sed 's/ [0-9][0-9.]* [A-Za-z]* / N /g; s/  */ /g' | LC_ALL=C sort
      leave --dry-run --print-stats | grep -o '"name":"[a-z]*"' | sort; leave --print-stats 2>/dev/null
      where; ls; touch go; for name in one two three; do until [ -e done.$name ]; do sleep 0.02; done; done
      """)
    #expect(
      outcome.text == """
        NAME STANDS TAKES SENDS WAY
        evacuate 0
        one N N N pre-copy, zstd:1
        two N N N pre-copy, zstd:1
        "name":"one"
        "name":"three"
        "name":"two"
        evacuate 125
        here: one
        here: three
        here: two
        here
        link
        ready.one
        ready.three
        ready.two
        there

        """, "\(outcome.text) \(outcome.error)")
  }

  /// What can't go stays, and the others go.
  @Test func whatCannotGoStays() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(guests("one two three"))
      at there run --detach --name two --root $R -- /bin/sleep 1000 >/dev/null
      leave --except three -- "${L[@]}"; where
      at there kill two; touch go; until [ -e done.one ] && [ -e done.two ] && [ -e done.three ]; do sleep 0.02; done
      """)
    #expect(
      outcome.text == """
        one: moved to ssh://there
        evacuate 125
        here: three
        here: two
        there: one
        there: two

        """, "\(outcome.text) \(outcome.error)")
    #expect(
      outcome.error == """
        godwit: two: ssh://there: a picoprocess named two is running there
        godwit: 1 of 2 programs stay here

        """)
  }

  @Test func aRehearsalMovesNone() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(guests("one two"))
      leave -- "${L[@]}" --dry-run | sed 's/ can move.*/ can move/' | sort; where; touch go
      until [ -e done.one ] && [ -e done.two ]; do sleep 0.02; done
      """)
    #expect(
      outcome.text == "evacuate 0\none can move\ntwo can move\nhere: one\nhere: two\n",
      "\(outcome.text) \(outcome.error)")
  }

  @Test func badArgumentsAreNamed() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(guests("one"))
      leave --except nobody; leave --jobs 0; at here evacuate there; echo "$?"; leave -- --no-such-option
      where; touch go; until [ -e done.one ]; do sleep 0.02; done
      """)
    #expect(
      outcome.text == "evacuate 125\nevacuate 125\n125\nevacuate 125\nhere: one\n",
      "\(outcome.text) \(outcome.error)")
    let errors = outcome.error.split(separator: "\n")
    #expect(errors.first == "godwit: --except nobody: no picoprocess named nobody is running")
    #expect(
      errors.last == "godwit: godwit migrate: Unknown option '--no-such-option'", "\(outcome.error)"
    )
  }

  /// Who is about to switch the machine off need not wait for connections that come by way of it.
  @Test(arguments: ["--follow ssh://third", ""]) func connectionsNeedItNoMore(_ follow: String)
    throws
  {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      RelayTests.tools + """
        serve; ask ${P[0]} echo client; mkdir -m 700 third; late=1
        move here there --connections relay --forward-for 0 --remote-publish ${P[1]}:80 \(follow)
        at there evacuate ssh://third -- --ssh $PWD/link --remote-godwit $G --connections relay --forward-for 0 --remote-publish ${P[2]}:80
        echo "evacuate $?"; at there ps | grep -o '1 connection of guest, by way of'; touch go; answers client; end third
        """)
    let isShort = !follow.isEmpty
    #expect(
      outcome.text == "guest: moved to ssh://third\nevacuate 0\n"
        + (isShort ? "" : "1 connection of guest, by way of\n") + "client ok\n",
      "\(outcome.text) \(outcome.error)")
    #expect(
      outcome.error
        == (isShort
          ? "" : "godwit: connections that still go by way of this machine: 1; see godwit ps\n"))
  }
}
