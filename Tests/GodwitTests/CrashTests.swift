import Foundation
import Testing

/// Crashes: of Godwit, and of guests whose processor lacks an instruction.
@Suite struct CrashTests {
  /// A crash of Godwit itself gives one line and status 125, or the signal if more is wanted.
  @Test(arguments: [
    ("ILL", "a check failed"), ("TRAP", "a check failed"), ("ABRT", "aborted"),
    ("BUS", "bus error"),
    ("FPE", "arithmetic error"), ("SEGV", "segmentation fault"),
  ])
  func godwitsOwn(signal: String, name: String) throws {
    let outcome = try Scratch().shell(
      """
      crash() {
        rm -f ready
        "$@" $G run --root $R --mount .:/mnt -- /bin/sh -c 'touch /mnt/ready; while :; do sleep 1; done' \
          </dev/null 2>error &
        await ready; kill -\(signal) $!; wait $!
      }
      crash env -u GODWIT_BACKTRACE; echo $?; cat error
      crash env GODWIT_BACKTRACE=1 2>/dev/null; [ $? == $((128 + $(kill -l \(signal)))) ]; echo $?; cat error
      """)
    #expect(
      outcome.text == """
        125
        godwit: internal error: \(name) (GODWIT_BACKTRACE=1 tells more)
        0

        """, "\(outcome.error)")
  }

  struct Instruction: CustomTestStringConvertible, Sendable {
    var isa: String
    var code: String
    var says: String?
    var testDescription: String { "\(isa) \(code)" }
  }

  static let instructions = [
    Instruction(
      isa: "x86_64", code: "c5fc58c0c3909090",
      says: "c5 fc 58 c0 c3 90 90 90 at X: the guest's processor lacks AVX"),
    Instruction(
      isa: "x86_64", code: "62f17c4858c0c390",
      says: "62 f1 7c 48 58 c0 c3 90 at X: the guest's processor lacks AVX-512"),
    Instruction(
      isa: "x86_64", code: "0f04c39090909090",
      says: "0f 04 c3 90 90 90 90 90 at X: the guest's processor has no such instruction"),
    Instruction(
      isa: "aarch64", code: "e0e31825", says: "2518e3e0 at X: the guest's processor lacks SVE"),
    Instruction(
      isa: "aarch64", code: "ff0008c0", says: "c00800ff at X: the guest's processor lacks SME"),
    // Undefined on purpose.
    Instruction(isa: "x86_64", code: "0f0b"),
    Instruction(isa: "aarch64", code: "00000000"),
  ]

  @Test(arguments: instructions) func whatTheProcessorLacksIsNamed(_ instruction: Instruction)
    throws
  {
    let program = """
      import ctypes, mmap, signal, sys
      memory = mmap.mmap(-1, 4096, prot=7)
      memory.write(bytes.fromhex("\(instruction.code)"))
      if len(sys.argv) > 1: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGILL])
      ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))()
      """
    for arguments in [[], ["blocked"]] {
      let outcome = try godwit(
        [
          "run", "--root", Checkout.rootfs(instruction.isa).path, "--", "/usr/bin/python3", "-c",
          program,
        ]
          + arguments)
      #expect(outcome.status == 132)
      let line = outcome.error.replacing(#/ at 0x[0-9a-f]+/#, with: " at X")
      let name = "godwit: python3 (process 2): illegal instruction "
      #expect(line == (instruction.says.map { name + $0 + "\n" } ?? ""))
    }
  }

  /// There is no message for a program that probes an instruction and catches the signal.
  @Test func whoCatchesTheSignalIsNotTold() throws {
    let program = """
      import ctypes, mmap, faulthandler
      memory = mmap.mmap(-1, 4096, prot=7)
      memory.write(bytes.fromhex("c5fc58c0c3"))
      libc = ctypes.CDLL(None)
      end = ctypes.CFUNCTYPE(None, ctypes.c_int)(lambda _: libc._exit(3))
      libc.signal(4, end)
      ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))()
      """
    let outcome = try godwit(
      ["run", "--root", Checkout.rootfs("x86_64").path, "--", "/usr/bin/python3", "-c", program])
    #expect(outcome.status == 3)
    #expect(outcome.error.isEmpty, "\(outcome.error)")
  }
}
