import Foundation
import Testing

/// Guests of the host ABI itself, beside Linux programs and of all ISAs.
@Suite struct NativeGuestTests {
  struct Guest: CustomTestStringConvertible, Sendable {
    var name: String
    var isa: String
    var testDescription: String { "\(name) (\(isa))" }
    var path: String { Checkout.guest("native/" + name, isa).path }
  }

  static let guests: [Guest] = Checkout.isas.flatMap { isa in
    let folder = Checkout.root.appendingPathComponent(".deps/guests/\(isa)/native").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    // One is refused, and one is asked by others: see NativeConformanceTests.
    return names.sorted().filter { $0 != "later" && $0 != "plug" }.map { Guest(name: $0, isa: isa) }
  }

  @Test func guestsWereBuilt() {
    for name in [
      "hello", "files", "clocks", "threads", "waitany", "echo", "counters", "badinput", "grants",
      "helloswift", "sieve",
    ] {
      #expect(Self.guests.filter { $0.name == name }.count == 3, "\(name)")
    }
  }

  private static func isPassed(_ guest: Guest, _ outcome: Outcome) -> Bool {
    let last = guest.name.hasPrefix("hello") ? "hello" : "\(guest.name) ok"
    return outcome.status == 0 && outcome.text.hasSuffix(last + "\n")
  }

  @Test(arguments: guests) func passes(_ guest: Guest) throws {
    let outcome = try godwit(["run", "--", guest.path])
    #expect(Self.isPassed(guest, outcome), "\(outcome.text) \(outcome.error)")
  }

  @Test(arguments: guests) func passesWithSuspensions(_ guest: Guest) throws {
    for (interval, mode) in [(7, "whole"), (50, "lazy"), (40, "chain")] {
      let outcome = try godwit([
        "run", "--suspend-every", "\(interval)", "--suspend-mode", mode, "--", guest.path,
      ])
      #expect(
        Self.isPassed(guest, outcome),
        "every \(interval) calls, \(mode): \(outcome.text) \(outcome.error)")
    }
  }

  /// Those that make enough calls for a digest or two.
  @Test(
    arguments: guests.filter {
      ["badinput", "counters", "echo", "files", "threads", "waitany"].contains($0.name)
    })
  func deterministicRunsAreTheSame(_ guest: Guest) throws {
    try DeterminismTests.expectSameCourse(
      ["--", guest.path], every: 20, .here, .elsewhere(suspendingEvery: 9))
  }

  /// Memory, a file without a name, a clock and a thread that waits move a hundred times, each time to another process.
  @Test(arguments: Checkout.isas) func aBankOfCountersIsMovedAHundredTimes(isa: String) throws {
    let guest = Guest(name: "counters", isa: isa)
    let turns = ["--", guest.path, "100"]
    let whole = try godwit(["run"] + turns)
    let joined = try hopping(turns, every: 6)
    #expect(joined.status == 0, "\(joined.error)")
    #expect(joined.hops > 100)
    #expect(joined.output == whole.output)
    #expect(Self.isPassed(guest, joined))
  }

  /// One snapshot has guests of both kinds and of three ISAs.
  @Test func guestsOfBothKindsMix() throws {
    let script = """
      for isa in x86_64 aarch64 riscv64; do
        /guests/$isa/native/hello from $isa | cat
        /guests/$isa/native/counters 10
        /guests/$isa/argv one >/dev/null && echo linux $isa
      done
      for isa in x86_64 aarch64 riscv64; do /guests/$isa/native/counters 10 & done
      wait
      /guests/x86_64/native/later 2>/dev/null; echo $?
      """
    let arguments = [
      "--root", Checkout.rootfs("x86_64").path, "--mount",
      Checkout.root.appendingPathComponent(".deps/guests").path + ":/guests:ro", "--", "/bin/sh",
      "-c", script,
    ]
    let expected =
      Checkout.isas.map { "hello from \($0)\nturn 10\ncounters ok\nlinux \($0)\n" }.joined()
    for options in [[], ["--suspend-every", "60"]] {
      let outcome = try godwit(["run"] + options + arguments, limit: 300)
      #expect(outcome.text.hasPrefix(expected), "\(outcome.text) \(outcome.error)")
      let rest = outcome.text.dropFirst(expected.count).split(separator: "\n")
      #expect(
        rest.sorted() == ["126"] + Array(repeating: "counters ok", count: 3)
          + Array(repeating: "turn 10", count: 3), "\(outcome.error)")
    }
  }

  /// What a guest reaches is what the options give, whatever it names: permission denied, read only, invalid for what is
  /// no directory, no way to the network.
  @Test(arguments: Checkout.isas) func theSandboxIsThatOfALinuxGuest(isa: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      guest='\(Checkout.guest("native/grants", isa).path)'
      mkdir in out; touch secret
      $G run --mount $PWD/in:/in --mount $PWD/out:/out:ro -- $guest file:/ dir:/in file:/out \
        file:$PWD file:$PWD/secret file:/in/../.. tcp:10.0.2.2:9 tcp:192.0.2.1:9
      ls in out
      """)
    #expect(
      outcome.text.replacing(scratch.folder.path, with: "HOST") == """
        file:/ 0 0 0
        dir:/in 0 0 0
        file:/out 0 8 8
        file:HOST 6 6 20
        file:HOST/secret 6 6 20
        file:/in/../.. 6 6 20
        tcp:10.0.2.2:9 20 30 20
        tcp:192.0.2.1:9 20 30 20
        grants ok
        in:
        made

        out:

        """, "\(outcome.error)")
  }

  @Test(arguments: Checkout.isas) func aNoteOfAnotherVersionIsRefused(isa: String) throws {
    let outcome = try godwit(["run", "--", Checkout.guest("native/later", isa).path])
    #expect(outcome.status == 126)
    #expect(
      outcome.error.hasSuffix("it is made for version 2.0 of the host ABI; this is 1.0\n"),
      "\(outcome.error)")
  }

  /// A published port is served before a suspension and after it.
  @Test(arguments: Checkout.isas) func theEchoIsHeardOutside(isa: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      guest='\(Checkout.guest("native/echo", isa).path)'
      P=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
      ask() {
        /usr/bin/python3 - $P "$1" <<'END'
      import socket, sys, time
      for attempt in range(600):
          try:
              s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
              s.sendall(sys.argv[2].encode()); s.shutdown(socket.SHUT_WR)
              heard = s.makefile().read()
              if heard: break
          except OSError: pass
          time.sleep(0.05)
      print(heard)
      END
      }
      $G run --name guest --publish $P:7 -- $guest 7 3 </dev/null >first &
      ask one; ask two
      $G suspend guest --output snapshot; wait
      $G resume snapshot </dev/null >second &
      ask three; wait
      cat first second
      """)
    #expect(outcome.text == "one\ntwo\nthree\nready\necho ok\n", "\(outcome.text) \(outcome.error)")
  }
}
