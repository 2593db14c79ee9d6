import Foundation
import Testing

/// Snapshots that can't be written to their end: the one before stays, and the guest does not notice.
@Suite struct FullDiskTests {
  @Test(.enabled(if: Native.isPossible, "needs a small tmpfs, and this host lets nobody mount one"))
  func aFullDiskHarmsNothing() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir full && mount -t tmpfs -o size=4m tmpfs full
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      def stage(n):
          open(f"/mnt/ready{n}", "w").close()
          while not os.path.exists(f"/mnt/go{n}"): time.sleep(0.01)
      stage(1)
      data = os.urandom(8000000)
      stage(2)
      print(len(data), "unharmed")' >out 2>&1 &
      await ready1; $G checkpoint guest --output full/snapshot; echo first $?
      touch go1; await ready2
      $G checkpoint guest --output full/snapshot; echo second $?
      $G suspend guest --output full/other; echo third $?
      ls -A full; $G verify full/snapshot >/dev/null; echo verified $?
      touch go2; wait; cat out
      $G resume full/snapshot --mount .:/mnt
      """, namespaces: true)
    #expect(
      String(decoding: outcome.output, as: UTF8.self)
        == """
        first 0
        second 125
        third 125
        snapshot
        verified 0
        8000000 unharmed
        8000000 unharmed

        """, "\(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 2, "\(outcome.error)")
    for (line, name) in zip(lines, ["snapshot", "other"]) {
      #expect(
        line == "godwit: guest: full/\(name): no space left on device")
    }
  }
}
