import Foundation
import Picoprocess
import Testing

/// A guest's root that goes with it, and a godwit that is brought to a machine that has none.
@Suite struct MigrationRootTests {
  private static func script(_ body: String, guest: String = "read a <&3; echo \"$a\" >/mnt/result")
    -> String
  {
    CourierTests.preamble + """
      export XDG_DATA_HOME; small small; size() { du -sb data/godwit/roots | cut -f1; }
      at here run --name guest --root small --mount .:/mnt -- /bin/sh -c '
        exec 3</etc/data; : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done
        \(guest); : >/mnt/done' &
      await ready

      """ + body
  }

  /// All of it is there, in the directory of the receiver's.
  @Test(arguments: ["x86_64", "aarch64"], ["", "--remote-root-store $PWD/there/roots"])
  func aRootGoesAlong(_ isa: String, _ option: String) throws {
    let outcome = try MigrationScratch().shell(
      Self.script(
        """
        move here there --with-root \(option); echo "migrate $?"; mv small gone; where
        touch go; await done; cat result; gone there; ls data/godwit/roots there/roots 2>/dev/null | grep -c '^[0-9a-f]*$'
        """, guest: "/bin/cat /etc/data >/mnt/result"), isa: isa)
    #expect(
      outcome.text == "migrate 0\nthere: guest\ncontent\n1\n", "\(outcome.text) \(outcome.error)")
  }

  /// With all that its files have.
  @Test func aRootGoesWhole() throws {
    let outcome = try MigrationScratch().shell(
      Self.script(
        """
        tree() { /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/mounts.py' "$@"; }
        tree make small/kinds; tree list small/kinds >before
        move here there --with-root; echo "migrate $?"; tree list data/godwit/roots/*/root/kinds >after
        cmp before after && wc -l <after | sed 's/^[0-9]*$/the same/'; touch go; await done; cat result; gone there
        """))
    #expect(
      outcome.text == "migrate 0\nthe same\ncontent\n", "\(outcome.text) \(outcome.error)")
  }

  /// Contents that are in the receiver's roots do not go over the link: of the same root, or of one that differs in a file.
  @Test func whatIsThereDoesNotTravel() throws {
    let outcome = try MigrationScratch().shell(
      Self.script(
        """
        printf '%s\\n' '#!/bin/bash' 'tee -a sent | ./link "$@"' >counting; chmod +x counting
        count() {
          : >sent; at $1 migrate guest ssh://$2 --ssh $PWD/counting --remote-godwit $G --connections reset --with-root; echo "migrate $?"
          [ $(stat -c %s sent) -gt 2000000 ] && echo much || echo little
        }
        cp small/usr/lib/$L/libc.so.6 small/again; count here there; count there here
        for root in data/godwit/roots/*/root; do echo new >$root/new; done; count here there; ls data/godwit/roots/*/root/again | wc -l
        touch go; await done; cat result; gone there
        """))
    #expect(
      outcome.text
        == "migrate 0\nmuch\nmigrate 0\nlittle\nmigrate 0\nlittle\n2\ncontent\n",
      "\(outcome.text) \(outcome.error)")
  }

  @Test func aRootIsFetched() throws {
    let outcome = try MigrationScratch().shell(
      Self.script(
        """
        at there fetch ssh://here/guest --ssh $PWD/link --remote-godwit $G --connections reset --take-root --mount .:/mnt; echo "fetch $?"
        mv small gone; where; touch go; await done; cat result; gone there
        """))
    #expect(
      outcome.text == "fetch 0\nthere: guest\ncontent\n", "\(outcome.text) \(outcome.error)")
  }

  /// Nothing has moved, and nothing is left of what came.
  @Test(arguments: [
    ("receiver='--root /' move here there --with-root", "exclude each other"),
    ("mkdir data; echo >data/godwit; move here there --with-root", "data/godwit"),
    ("move here there --with-root --remote-root small", "exclude each other"),
    (
      "at here fetch ssh://here/guest --ssh $PWD/link --remote-godwit $G --root small --mount .:/mnt --take-root",
      "exclude each other"
    ),
    ("(ulimit -f 100; move here there --with-root)", "file too large"),
  ])
  func refusalsNameTheReason(_ command: String, _ reason: String) throws {
    let outcome = try MigrationScratch().shell(
      Self.script(
        """
        \(command); echo "migrate $?"; where; ls data/godwit/roots 2>/dev/null | grep -v lock
        touch go; await done; cat result; wait
        """))
    #expect(
      outcome.text == "migrate 125\nhere: guest\ncontent\n", "\(outcome.text) \(outcome.error)")
    #expect(outcome.error.contains(reason), "\(outcome.error)")
  }

  @Test func theHostsOwnRootStays() throws {
    let outcome = try MigrationScratch().shell(
      """
      at here run --name guest --mount .:/mnt -- /bin/sh -c '
        : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done' &
      await ready; move here there --with-root; echo "migrate $?"; where; touch go; wait
      """)
    #expect(outcome.text == "migrate 125\nhere: guest\n", "\(outcome.error)")
    #expect(outcome.error.contains("this machine's /, which does not travel"))
  }

  // MARK: Godwit

  private static var isa: String {
    #if arch(x86_64)
      "x86_64"
    #else
      "aarch64"
    #endif
  }

  /// It is sent once, and used where there is another version or none.
  @Test func godwitGoesAlong() throws {
    let outcome = try MigrationScratch().shell(
      Self.script(
        """
        export XDG_CACHE_HOME=$PWD/cache
        printf '%s\\n' '#!/bin/sh' 'echo godwit 0.0.1' >old; chmod +x old
        carry() { at $1 migrate guest ssh://$2 --ssh $PWD/link --connections reset --remote-root small --carry-godwit "${@:3}"; echo "migrate $?"; }
        carry here there --remote-godwit /no/godwit; ls cache/godwit | sed 's/-[0-9a-f]*$//'
        touch -d '2020-02-02' cache/godwit/*; carry there here --remote-godwit $PWD/old
        find cache/godwit -newermt 2021-01-01 -type f
        rm -r cache; carry here there --remote-godwit $G; ls cache 2>/dev/null
        touch go; await done; cat result; gone there
        """))
    #expect(
      outcome.text == """
        migrate 0
        godwit-\(GodwitVersion.number)-\(Self.isa)
        migrate 0
        migrate 0
        content

        """, "\(outcome.text) \(outcome.error)")
  }

  @Test(arguments: [
    ("--carry-godwit=/no/such", "/no/such: no such file or directory"),
    ("--carry-godwit=/bin/sh --remote-godwit /no", "ended with status"),
    ("--carry-godwit=ready", "it is no program for x86_64 or aarch64"),
  ])
  func aGodwitThatDoesNotGo(_ option: String, _ reason: String) throws {
    let outcome = try MigrationScratch().shell(
      Self.script(
        """
        export XDG_CACHE_HOME=$PWD/cache
        at here migrate guest ssh://there --ssh $PWD/link --remote-godwit /no/godwit --connections reset \(option); echo "migrate $?"
        where; touch go; await done; cat result; wait
        """))
    #expect(
      outcome.text == "migrate 125\nhere: guest\ncontent\n", "\(outcome.text) \(outcome.error)")
    #expect(outcome.error.contains(reason), "\(outcome.error)")
  }
}
