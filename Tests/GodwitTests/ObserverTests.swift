import Foundation
import HostABI
import Picoprocess
import PosixHost
import Snapshot
import Testing

/// Several who take snapshots of one picoprocess, each at its own pace.
@Suite struct ObserverTests {
  /// Checkpoints of the keeper and of the user are increments, each to the last of its own.
  @Test(arguments: ["x86_64", "aarch64"]) func chainsDoNotDisturbEachOther(_ isa: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      figure() { $G ps --json | sed -n "s/.*\\"$1\\" : \\([0-9]*\\).*/\\1/p" | head -n 1 | grep . || echo 0; }
      $G run --name guest --checkpoint-every 300ms --checkpoint-dir d --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      data = os.urandom(8000000)
      total = sum(data)
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.001)
      print(total == sum(data))' >out & await ready
      # One that has all of the guest, and one more.
      seen=$(figure count); until [ $(figure count) -ge $(( seen + 2 )) ]; do sleep 0.05; done
      $G checkpoint guest -o 0 || echo $?
      for n in 1 2 3 4; do
        seen=$(figure count)
        $G checkpoint guest -o $n --parent $(( n - 1 )) || echo $?
        [ $(stat -c %s $n) -lt 1000000 ] || echo "$n is large"
        until [ $(figure count) -gt $(( seen + 1 )) ]; do sleep 0.05; done
        [ $(figure pagesWritten) -lt 1000 ] || echo "the keeper wrote $(figure pagesWritten) pages"
      done
      touch go; wait; cat out
      $G resume 4; $G store verify d >/dev/null && $G resume store:d/$(ls d/snapshots | tail -n 1)
      """, isa: isa, limit: 300)
    #expect(
      outcome.text == "True\nTrue\nTrue\n" && outcome.error == "",
      "\(outcome.text) \(outcome.error)")
  }

  /// The last snapshot of one is no parent for another.
  @Test func aChainIsItsObservers() throws {
    let scratch = try Scratch()
    let run = try scratch.begin("hold 2000000 >out 2>&1; echo $? >status")
    try scratch.wait(for: "ready")
    let directory = try ControlDirectory(scratch.path("godwit"))
    func take(_ observer: String, after parent: SnapshotReader?) throws -> SnapshotReader? {
      let link = parent.map {
        #","parent":{"digest":"\#($0.contentDigest)","path":"the last one","name":"x"}"#
      }
      let reading = Reading(try directory.connect(to: "guest"))
      try reading.send(#"{"checkpoint":{"observer":"\#(observer)"\#(link ?? "")}}"#)
      guard try reading.answer().hasPrefix(#"{"saved":{"#) else { return nil }
      return try SnapshotReader(SnapshotBytes(reading.bytes), parent: parent)
    }
    let first = try #require(try take("user", after: nil))
    let kept = try #require(try take("keeper", after: nil))
    #expect(try take("keeper", after: first) == nil)
    #expect(try take("user", after: kept) == nil)
    for (observer, parent) in [("user", first), ("keeper", kept)] {
      let next = try #require(try take(observer, after: parent))
      #expect(next.storedPageCount < first.storedPageCount / 2)
    }
    #expect(try scratch.shell("touch go; await status; cat out").text == "True\n")
    run.wait()
  }

  /// A client that does not read its pipe holds up no other, and both get their own moment.
  @Test func aSlowReaderHoldsUpNobody() throws {
    let scratch = try Scratch()
    let run = try scratch.begin("hold 3000000 >out 2>&1; echo $? >status")
    try scratch.wait(for: "ready")
    let slow = Reading(try ControlDirectory(scratch.path("godwit")).connect(to: "guest"))
    try slow.send(#"{"checkpoint":{}}"#)
    // It has begun, since bytes of it are there.
    slow.waitForBytes()
    let others = try scratch.shell(
      "for n in 1 2 3; do $G checkpoint guest -o $n || echo $?; done; $G checkpoint guest -o 4 --parent 3"
    )
    #expect(others.text == "" && others.error == "", "\(others.text) \(others.error)")
    #expect(try slow.answer().hasPrefix(#"{"saved":{"#))
    try Data(slow.bytes).write(to: URL(fileURLWithPath: scratch.path("0")))
    let outcome = try scratch.shell(
      """
      # That of an earlier moment is not the last one, though it was written last.
      $G checkpoint guest -o 5 --parent 0 2>/dev/null; echo $?; $G checkpoint guest -o 5 --parent 4; echo $?
      touch go; await status; cat out
      calls() { $G inspect $1 | sed -n 's/.*system calls made *//p'; }
      [ $(calls 0) -lt $(calls 1) ] && [ $(calls 1) -lt $(calls 2) ] && echo ascending
      for n in 0 1 4 5; do $G resume --trust $n --mount .:/mnt; done
      """)
    #expect(
      outcome.text == "125\n0\nTrue\nascending\nTrue\nTrue\nTrue\nTrue\n" && outcome.error == "",
      "\(outcome.text) \(outcome.error)")
    run.wait()
  }

  /// A suspension takes its turn after the checkpoints under way, and loses none of them.
  @Test func aSuspensionWaitsForCheckpoints() throws {
    let scratch = try Scratch()
    let run = try scratch.begin("hold 3000000 >out 2>&1; echo $? >status")
    try scratch.wait(for: "ready")
    let slow = Reading(try ControlDirectory(scratch.path("godwit")).connect(to: "guest"))
    try slow.send(#"{"checkpoint":{}}"#)
    slow.waitForBytes()
    let suspending = try scratch.begin("$G suspend guest -o last; echo $? >suspended")
    #expect(try scratch.shell("there").status == 0)
    #expect(try slow.answer().hasPrefix(#"{"saved":{"#))
    try Data(slow.bytes).write(to: URL(fileURLWithPath: scratch.path("slow")))
    suspending.wait()
    let outcome = try scratch.shell(
      """
      cat suspended; touch go
      for name in slow last; do $G resume --trust $name --mount .:/mnt; done
      """)
    #expect(outcome.text == "0\nTrue\nTrue\n" && outcome.error == "", "\(outcome.error)")
    run.wait()
  }

  /// The guest goes on without checkpoints, and everybody is told.
  @Test func theEndOfTheKeeperIsTold() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      keeper() { ps -eo pid=,args= | sed -n "s|^ *\\([0-9]*\\) godwit keep-checkpoints .*\\"directory\\":\\"$PWD/d\\".*|\\1|p"; }
      $G run --name guest --checkpoint-every 100ms --checkpoint-dir $PWD/d --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import errno, os, time
      file = os.open("/proc/godwit/checkpoint", os.O_WRONLY)
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/killed"): time.sleep(0.01)
      for turn in range(2):
          try: print(os.write(file, b"now"), flush=True)
          except OSError as error: print(errno.errorcode[error.errno], flush=True)
      open("/mnt/asked", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.01)
      print("unharmed")' >out 2>error &
      await ready; until [ $(ls d/snapshots 2>/dev/null | wc -l) -ge 2 ]; do sleep 0.1; done
      $G ps | grep -c checkpoints; kill -KILL $(keeper)
      until [ -s error ]; do sleep 0.02; done; touch killed; await asked
      $G ps | tail -n 1; $G ps --json | grep -c '"goOn" : false'
      $G checkpoint guest -o mine && $G checkpoint guest -o next --parent mine || echo $?
      touch go; wait; cat out error
      $G resume next; $G store verify d >/dev/null && echo whole
      """, limit: 120)
    let told = "no more checkpoints are taken: the process that takes them has ended"
    #expect(
      outcome.text == """
        0
        guest: \(told)
        1
        EPERM
        EPERM
        unharmed
        godwit: \(told)
        unharmed
        whole

        """, "\(outcome.text) \(outcome.error)")
  }

  /// A run that ends by itself says nothing of its keeper.
  @Test func aDismissedKeeperIsNotMissed() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      for n in 1 2 3; do
        $G run --checkpoint-every 1h --checkpoint-dir d --root $R -- /bin/echo $n
      done
      """)
    #expect(outcome.text == "1\n2\n3\n" && outcome.error == "", "\(outcome.error)")
  }
}

/// A client that takes a snapshot through a pipe, when it likes.
private final class Reading {
  private let connection: ControlConnection
  private let pipe: BytePipe
  private(set) var bytes: [UInt8] = []

  init(_ connection: ControlConnection) {
    self.connection = connection
    pipe = try! BytePipe()
  }

  func send(_ request: String) throws { try connection.send(Array(request.utf8), handing: pipe) }

  /// Waits for the first bytes, and leaves the others in the pipe.
  func waitForBytes() { pipe.wait(or: connection, timeout: 60_000_000_000) }

  /// Reads all, and returns the answer.
  func answer() throws -> String {
    while true {
      pipe.wait(or: connection, timeout: 60_000_000_000)
      var answer: [UInt8]?
      do throws(HostError) { answer = try connection.receive(timeout: 0) } catch .wouldBlock {}
      pipe.drain { piece in
        for index in 0..<piece.byteCount {
          bytes.append(unsafe piece.unsafeLoad(fromByteOffset: index, as: UInt8.self))
        }
      }
      if let answer { return String(decoding: answer, as: UTF8.self) }
    }
  }
}
