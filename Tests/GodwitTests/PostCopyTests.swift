import Foundation
import Testing

/// `godwit migrate --post-copy`: the guest runs there before its memory is there.
@Suite struct PostCopyTests {
  /// Begins a guest that has memory of all kinds, and a child that shares some of it: once there is `go`, both look at
  /// all of it. Each writes a line into `result`.
  private static func guest(at machine: String = "here", bytes: Int = 3_000_000) -> String {
    """
    at \(machine) run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
    import hashlib, mmap, os, sys, time
    data = bytearray(os.urandom(\(bytes)))
    shared = mmap.mmap(-1, 300000)
    shared.write(data[:300000])
    open("/tmp/file", "wb").write(data[:200000])
    digest = hashlib.sha256(data).digest()
    child = os.fork()
    if child == 0: data[0] ^= 255
    else: open("/mnt/ready", "w").close()
    while not os.path.exists("/mnt/go"): time.sleep(0.001)
    if child == 0: data[0] ^= 255
    same = hashlib.sha256(data).digest() == digest
    same = same and shared[:] == data[:300000] and open("/tmp/file", "rb").read() == data[:200000]
    if child == 0: os._exit(0 if same else 1)
    same = same and os.waitpid(child, 0)[1] == 0
    open("/mnt/result", "w").write(f"{same}\\n")
    open("/mnt/done", "w").close()
    while not os.path.exists("/mnt/end"): time.sleep(0.001)' &
    source=$!
    await ready

    """
  }

  private static let warning =
    "godwit: guest: needs both machines until the last page of its memory is there\n"

  @Test(arguments: Checkout.isas) func allMemoryComes(_ isa: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(Self.guest())
      move here there --post-copy; echo "migrate $?"; wait $source; echo "source $?"
      where; touch go; await done; cat result; touch end; gone there; where
      """, isa: isa)
    #expect(
      outcome.text == "migrate 0\nsource 0\nthere: guest\nTrue\n", "\(outcome.error)")
    #expect(outcome.error == Self.warning + "godwit: guest moved to ssh://there\n")
  }

  /// It moves on as soon as it is there, also if the library OS itself has needed the last page of it.
  @Test(arguments: Checkout.isas) func itMovesOnAtOnce(_ isa: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      await ready
      for turn in 1 2 3 4; do
        move here there; move there here --post-copy; move here there --post-copy; move there here
      done 2>errors
      grep -v "needs both machines" errors; where; touch go; told result
      """, isa: isa)
    #expect(outcome.text == "here: guest\nended\n", "\(outcome.error)")
  }

  /// It runs there, and needs pages, while most of them are still here. Both machines say so.
  @Test func theGuestRunsBeforeItsMemoryIsThere() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(Self.guest())
      move here there --post-copy --bandwidth-limit 400K 2>/dev/null & mover=$!
      until at here ps | grep -q "are only here"; do sleep 0.02; done
      at here ps | sed -n 's/[0-9]*K of/SOME of/; s/^guest: //p'
      at there ps | sed -n 's/[0-9]*K of/SOME of/; s/^guest: //p'
      at here kill guest 2>&1; at here suspend guest -o no 2>&1; ls no 2>/dev/null
      touch go; await done; cat result
      wait $mover; echo "migrate $?"; touch end; gone there; where
      """)
    let refusal =
      "godwit: guest: it runs at ssh://there, which still takes memory from here: see godwit ps\n"
    #expect(
      outcome.text
        == "it runs at ssh://there, and SOME of its memory are only here\n"
        + "SOME of its memory are still on the machine that it came from\n" + refusal + refusal
        + "True\nmigrate 0\n", "\(outcome.error)")
  }

  /// A link that breaks is made anew, and nothing is lost.
  @Test(arguments: [
    "cut in pages_held before", "cut in pages_held after", "cut out pages_lent within",
    "cut out page_chunk before", "cut out page_chunk within", "cut out page_chunk after",
    "cut in pages_taken before", "cut in pages_taken within", "cut in pages_taken after",
    "cut out pages_done before", "cut out pages_done after", "cut in committed before",
    "cut out commit after",
  ]) func aBrokenLink(_ relay: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(Self.guest(bytes: 1_000_000))
      relay='\(relay)'; move here there --post-copy 2>error; echo "migrate $?"; unset relay; cat error >&2
      wait $source; where; touch go; await done; cat result; touch end; gone there
      """)
    #expect(outcome.text == "migrate 0\nthere: guest\nTrue\n", "\(outcome.error)")
  }

  /// If the sender dies, the same command goes on. Until then the guest waits for what it needs.
  @Test(arguments: ["kill out page_chunk after", "kill in pages_taken before"])
  func theSameCommandGoesOn(_ relay: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(Self.guest())
      relay='\(relay)'; move here there --post-copy 2>/dev/null; echo "migrate $?"; unset relay
      until at there ps | grep -q "came from (.*link"; do sleep 0.05; done
      at here resolve guest keep 2>&1; at there checkpoint guest -o no 2>&1; touch go; sleep 0.5; ls done no 2>/dev/null
      move here elsewhere 2>&1; at here migrate guest ssh://there --ssh /bin/false 2>/dev/null; echo "no link $?"
      move here there; echo "again $?"
      await done; cat result; touch end; gone there; where; wait
      """)
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count == 7, "\(outcome.text) \(outcome.error)")
    #expect(lines.first == "migrate 137")
    #expect(outcome.text.contains("guest: it runs at ssh://there, which still takes memory"))
    #expect(outcome.text.contains("a page that is not here yet can't be read"))
    #expect(
      outcome.text.hasSuffix("no link 125\nagain 0\nTrue\n"), "\(outcome.text) \(outcome.error)")
  }

  /// Who fetches makes the links.
  @Test(arguments: ["none in hello -", "cut in page_chunk within", "cut out pages_taken after"])
  func aFetchedGuest(_ relay: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(Self.guest(at: "there"))
      relay='\(relay)'
      at here fetch ssh://there/guest --post-copy --connections reset --ssh $PWD/link --remote-godwit $G --root $R --mount .:/mnt 2>error
      echo "fetch $?"; unset relay; cat error >&2; wait $source; where; touch go; await done; cat result; touch end; gone here
      """)
    #expect(outcome.text == "fetch 0\nhere: guest\nTrue\n", "\(outcome.error)")
  }

  /// Then it waits for ever, says why, and can be killed.
  @Test func theSourceDies() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(Self.guest())
      move here there --post-copy --bandwidth-limit 200K 2>error & mover=$!
      until at here ps | grep -q "are only here"; do sleep 0.02; done
      at here resolve guest drop; echo "resolve $?"; wait $mover; echo "migrate $?"; wait $source 2>/dev/null
      touch go; until at there ps | grep -q "its process has ended"; do sleep 0.02; done
      at there kill guest KILL; gone there; where; ls done 2>/dev/null; tail -1 error; cat error >&2
      """)
    #expect(
      outcome.text
        == "resolve 0\nmigrate 125\ngodwit: guest: its process has ended, and parts of its memory with it\n",
      "\(outcome.error)")
  }

  /// Then it needs no more memory, and its source ends.
  @Test func theGuestEndsBeforeItsMemoryIsThere() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(Self.guest())
      move here there --post-copy --bandwidth-limit 100K 2>error & mover=$!
      until at there ps | grep -q "came from"; do sleep 0.02; done
      at there kill guest KILL; wait $mover; echo "migrate $?"; wait $source; echo "source $?"; where
      """)
    #expect(outcome.text == "migrate 0\nsource 0\n", "\(outcome.error)")
  }

  /// A snapshot waits until all memory is there, and has it.
  @Test func aSnapshotWaits() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(Self.guest(bytes: 1_000_000))
      move here there --post-copy --bandwidth-limit 1M 2>error & mover=$!
      until at there ps | grep -q "came from"; do sleep 0.02; done
      at there suspend guest -o snapshot; echo "suspend $?"; wait $mover; echo "migrate $?"; wait $source
      cat error >&2
      where; $G verify snapshot >/dev/null; echo "verify $?"
      touch go end; at there resume snapshot --root $R --mount .:/mnt --trust; cat result
      """)
    #expect(
      outcome.text == "suspend 0\nmigrate 0\nverify 0\nTrue\n", "\(outcome.text) \(outcome.error)")
  }

  /// What comes twice, or is no message, is named in one line; the rest stays where it is, and another link brings it.
  @Test(arguments: [
    ("repeat out page_chunk -", "the source sends pages twice"),
    ("garble out page_chunk -", "sent a message that is none"),
    ("repeat out pages_lent -", "out of order"), ("repeat in pages_held -", "out of order"),
    ("garble in pages_taken -", "sent a message that is none"),
    ("flip out page_chunk -", "the source sends damaged pages"),
  ]) func aHostilePeer(_ relay: String, _ reason: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(Self.guest())
      relay='\(relay)'; move here there --post-copy 2>error; echo "migrate $?"; unset relay
      sed 1d error >&2; where; move here there; echo "again $?"
      touch go; await done; cat result; touch end; gone there; wait
      """)
    #expect(
      outcome.text == "migrate 125\nhere: guest\nthere: guest\nagain 0\nTrue\n", "\(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 2, "\(outcome.error)")
    #expect(lines.first?.contains(reason) == true, "\(outcome.error)")
  }

  static let receivers: [(String, String)] = [
    ("held-beyond", "the holder has pages that there are not"), ("held-huge", "out of order"),
    ("held-twice", "out of order"), ("wanted-first", "out of order"),
    ("wanted-beyond", "the holder wants pages that there are not"),
    ("wanted-none", "out of order"), ("wanted-many", "out of order"),
    ("wanted-flood", "the holder acknowledges what was not sent"),
    ("taken-beyond", "the holder acknowledges what was not sent"),
    ("lender-chunk", "out of order"), ("lender-done", "out of order"),
    ("snapshot-bytes", "out of order"), ("another-hello", "out of order"),
    ("page-refusal", #"no\nway"#),
  ]

  /// Each is named in one line, and the source keeps the memory.
  @Test(arguments: receivers) func aHostileReceiver(_ scenario: String, _ reason: String) throws {
    let scratch = try MigrationScratch()
    let peers = Checkout.root.path + "/Tests/GodwitTests/peers.py"
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      await ready
      printf '%s\n' '#!/bin/sh' "exec /usr/bin/python3 '\(peers)' receive \(scenario) '$G'" >link
      move here there --post-copy 2>error; echo "migrate $?"; sed 1d error >&2
      at here ps | grep -c "are only here"; at here resolve guest drop; wait
      """)
    #expect(outcome.text == "migrate 125\n1\n", "\(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(
      lines.count == 2 && lines.last == "godwit: guest moved to ssh://there", "\(outcome.error)")
    #expect(lines.first?.contains(reason) == true, "\(outcome.error)")
  }

  /// A source that does not know whether the guest has gone keeps its memory all the same.
  @Test func aDoubtKeepsTheMemory() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(Self.guest())
      relay='kill out commit after'; move here there --post-copy 2>/dev/null; echo "migrate $?"; unset relay
      until at here ps | grep -q "in doubt" && runs there; do sleep 0.05; done
      at here resolve guest drop; echo "resolve $?"; at here ps | grep -c "are only here"
      move here there; echo "again $?"; touch go; await done; cat result; touch end; gone there; wait
      """)
    #expect(
      outcome.text == "migrate 137\nresolve 0\n1\nagain 0\nTrue\n",
      "\(outcome.text) \(outcome.error)")
  }
}
