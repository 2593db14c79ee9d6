import Foundation
import Testing

/// Guests of the suite that are moved again and again while they run: what they print, and how they end, is as if they
/// had stayed.
@Suite struct MigrationTravelTests {
  static let travellers: [GuestTests.Guest] = Checkout.isas.flatMap { isa in
    (LongTests.areOn
      ? [
        "epoll", "eventfd", "filestate", "fork", "futex", "inflight", "inotify", "itimer", "memfd",
        "memstate", "pi", "pipe", "posixtimer", "procs", "pty", "signalfd", "simd", "sockstate",
        "tcp", "threads", "unixsock",
      ] : ["futex", "pi", "posixtimer", "tcp"]).map { GuestTests.Guest(name: $0, isa: isa) }
  }

  @Test(arguments: travellers) func aGuestOfTheSuite(_ guest: GuestTests.Guest) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      program() {
        at here run "$@" --root $R --mount .:/mnt --mount '\(Checkout.root.path)/.deps/guests/\(guest.isa):/guests:ro' -- \
          /bin/sh -c "while ! [ -e /mnt/go ]; do sleep 0.01; done
            /guests/\(guest.name) >/mnt/out.new 2>&1; echo \\$? >>/mnt/out.new; mv /mnt/out.new /mnt/out" </dev/null
      }
      : >go; program; mv out plain; rm go
      program --name guest & until runs here; do sleep 0.05; done
      move here there || exit 1
      : >go; from=there; to=here
      until [ -e out ]; do
        if move $from $to 2>>errors; then other=$from; from=$to; to=$other; else gone $from; [ -e out ] || exit 1; fi
      done
      cmp out plain && tail -1 out; wait
      """, isa: guest.isa, limit: 600)
    #expect(outcome.text == "0\n", "\(outcome.error)")
  }
}

#if arch(x86_64)
  /// Between this machine and an ARM64 one, played by qemu-user: `make arm64`.
  @Suite struct MigrationCrossHostTests {
    @Test(arguments: Checkout.isas) func thereAndBack(_ isa: String) throws {
      let scratch = try MigrationScratch()
      let sysroot = Checkout.root.appendingPathComponent(".deps/arm64/sysroot").path
      let outcome = try scratch.shell(
        """
        printf '%s\\n' '#!/bin/sh' "exec /usr/bin/qemu-aarch64-static -L '\(sysroot)' '\(Checkout.godwitForARM64.path)' \\"\\$@\\"" >far
        chmod +x far
        at here run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
        import os, time
        data = os.urandom(500000)
        total = sum(data)
        open("/mnt/ready", "w").close()
        while not os.path.exists("/mnt/go"): time.sleep(0.001)
        open("/mnt/result", "w").write(f"{total == sum(data)}\\n")
        open("/mnt/done", "w").close()' &
        await ready
        at here migrate guest ssh://there --ssh $PWD/link --remote-godwit $PWD/far --connections reset; echo "there $?"
        # A guest that stays would be waited for.
        at here ps | grep -q guest && touch go; wait
        XDG_RUNTIME_DIR=$PWD/there ./far migrate guest ssh://here --ssh $PWD/link --remote-godwit $G --connections reset; echo "back $?"
        where; touch go; await done; cat result; gone here
        """, isa: isa, limit: 600)
      #expect(outcome.text == "there 0\nback 0\nhere: guest\nTrue\n", "\(outcome.error)")
    }

    /// Brings godwit to an ARM64 machine that has none: uname(1) says that it is one, and qemu-user runs what is carried.
    @Test func godwitIsCarriedThere() throws {
      let scratch = try MigrationScratch()
      let sysroot = Checkout.root.appendingPathComponent(".deps/arm64/sysroot").path
      let outcome = try scratch.shell(
        """
        export XDG_CACHE_HOME=$PWD/cache
        cat >far <<'END'
        #!/bin/bash
        while [ "$1" = -o ]; do shift 2; done
        export XDG_RUNTIME_DIR="$PWD/$1"
        uname() { echo aarch64; }
        exec() {
          case $1 in
          */cache/godwit/*) builtin exec /usr/bin/qemu-aarch64-static -L '\(sysroot)' "$@" ;;
          *) builtin exec "$@" ;;
          esac
        }
        export -f uname exec
        eval "${2/#sh /bash }"
        END
        chmod +x far; \(MigrationScratch.waiting()) await ready
        carry() { at here migrate guest ssh://there --ssh $PWD/far --remote-godwit /no/godwit --connections reset "$@"; echo "migrate $?"; }
        carry --carry-godwit; carry --carry-godwit='\(Checkout.godwitForARM64.path)'
        ls cache/godwit | sed 's/.*-\\([a-z0-9_]*\\)-[0-9a-f]*$/\\1/'; where; touch go; told result; gone there; wait
        """)
      #expect(
        outcome.text == "migrate 125\nmigrate 0\naarch64\nthere: guest\nended\n",
        "\(outcome.text) \(outcome.error)")
      #expect(outcome.error.contains("say --carry-godwit=PATH"), "\(outcome.error)")
    }
  }
#endif
