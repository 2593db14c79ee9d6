import Foundation
import Testing

/// The confinement of a guest's process, seen from outside.
@Suite final class SandboxTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Landlock applies to its caller and to later threads; an earlier thread would show here.
  @Test func everyThreadIsConfined() throws {
    let outcome = try scratch.shell(
      """
      $G run --sandbox=require --name confined --root $R -- \\
        /bin/sh -c 'while :; do :; done & echo here > /tmp/x; while :; do :; done' &
      pid=$!
      trap 'kill -KILL $pid' EXIT
      for i in $(seq 600); do
        [ "$(ls /proc/$pid/task | wc -l)" -ge 4 ] && break
        sleep 0.05
      done
      $G ps | awk '$1 == "confined" { print $7 }'
      $G ps --json | grep -c '"landlock"'
      for status in /proc/$pid/task/*/status; do
        awk '/^(NoNewPrivs|Seccomp):/ { printf "%s%s ", $1, $2 } END { print "" }' $status
      done
      awk '/^CapEff:/ { print $2 }' /proc/$pid/status
      awk '/^Max core/ { print $5, $6 }' /proc/$pid/limits
      """)
    var lines = outcome.text.split(separator: "\n").map(String.init)
    #expect(outcome.error.isEmpty)
    #expect(lines.count >= 8, "\(outcome.text)")
    guard lines.count >= 8 else { return }
    #expect(lines.removeFirst() == "full")
    #expect(lines.removeFirst() == "1")
    #expect(lines.removeLast() == "0 0")
    // CAP_DAC_READ_SEARCH, if that much.
    #expect((Int(lines.removeLast(), radix: 16) ?? -1) & ~4 == 0)
    #expect(lines.count >= 4)
    for line in lines { #expect(line == "NoNewPrivs:1 Seccomp:2 ", "\(line)") }
  }

  @Test func checkTellsWhatHolds() throws {
    let outcome = try godwit(["check"])
    #expect(outcome.status == 0, "\(outcome.text)\(outcome.error)")
    let names = outcome.text.split(separator: "\n").map { $0.prefix { $0 != " " } }
    #expect(
      names == [
        "landlock", "seccomp", "no_new_privs", "core", "capabilities", "openat2", "kvm", "sandbox",
      ])
    #expect(outcome.text.contains("mode 2") && outcome.text.contains("holds: 1"))
  }

  @Test func withoutASandboxNothingIsConfined() throws {
    let outcome = try scratch.shell(
      """
      $G run --sandbox=off --name open --root $R -- /bin/sleep 60 &
      pid=$!
      trap 'kill -KILL $pid' EXIT
      for i in $(seq 600); do $G ps | grep -q '^open ' && break; sleep 0.05; done
      $G ps | awk '$1 == "open" { print $7 }'
      awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' /proc/$pid/status
      """)
    #expect(outcome.text == "off\n0\n0\n", "\(outcome.text)\(outcome.error)")
  }

  /// Engines are created in the confined process, for both ISAs and for each restored machine.
  @Test func bothISAsRunConfined() throws {
    for (first, second) in [("x86_64", "aarch64"), ("aarch64", "x86_64")] {
      let outcome = try godwit([
        "run", "--sandbox=require", "--suspend-every", "40", "--root",
        Checkout.rootfs(first).path, "--mount", "\(Checkout.guest("pi", second).path):/mnt/pi:ro",
        "--", "/bin/sh", "-c", "/mnt/pi && /mnt/pi",
      ])
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(!outcome.output.isEmpty)
    }
  }

  @Test func reportsAndSnapshotsAreWritten() throws {
    let outcome = try scratch.shell(
      """
      $G run --sandbox=require --root $R --trace=trace --stats=stats --digest-every 20 \\
        --digest-output digests --suspend-at-syscall 60 --output snapshot -- /bin/ls /usr
      $G resume --sandbox=require --stats=stats2 snapshot
      ls
      """)
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(
      outcome.text.hasSuffix("digests\ngodwit\nsnapshot\nstats\nstats2\ntrace\n"),
      "\(outcome.text)")
  }

  /// `Docs/Profiling.md` has what perf makes of it.
  @Test func translationsAreWrittenDown() throws {
    let outcome = try scratch.shell(
      """
      $G run --sandbox=require --root $R --jitdump . -- /bin/true
      head -c 4 jit-*.dump
      grep -a -q 'libc.so.6+0x' jit-*.dump && echo ' with names'
      """)
    #expect(outcome.text == "DTiJ with names\n", "\(outcome.text)\(outcome.error)")
  }

  @Test func anUnknownModeIsRefused() throws {
    let outcome = try godwit(["run", "--sandbox=maybe", "--", "/bin/true"])
    #expect(outcome.status == 125 && outcome.error.contains("maybe"), "\(outcome.error)")
  }
}
