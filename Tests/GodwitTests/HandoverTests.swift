import Foundation
import HostABI
import JSONText
import Picoprocess
import PosixHost
import Snapshot
import Synchronization
import Testing

/// The outcome for guest and snapshot if a client of the control socket fails at any step of
/// `Docs/Handover.md`.
@Suite struct HandoverTests {
  /// The last step of the client before it disappears.
  enum Step: String, CaseIterable, CustomTestStringConvertible {
    case request, saved, abort, silence, rename, commit
    var testDescription: String { rawValue }
    var letsGo: Bool { self == .commit }
    var hasFile: Bool { self == .rename || self == .commit }
  }

  /// A correct client, up to `step`.
  private func converse(_ connection: ControlConnection, _ file: AtomicFile, until step: Step)
    throws
  {
    func send(_ line: String, _ file: AtomicFile? = nil) throws {
      try connection.send(Array(line.utf8), handing: file)
    }
    func answer() throws -> String {
      String(decoding: try connection.receive(timeout: 60_000_000_000) ?? [], as: UTF8.self)
    }
    try send(
      step == .silence ? #"{"suspend":{"patience":200000000}}"# : #"{"suspend":{}}"#, file)
    if step == .request { return }
    #expect(try answer().hasPrefix(#"{"saved":{"#))
    switch step {
    case .abort:
      try send(#"{"abort":{}}"#)
      #expect(try answer().hasPrefix(#"{"failed":{"#))
    case .silence:
      #expect(try answer().contains("not confirmed in time"))
    case .rename: try file.commit()
    case .commit:
      try file.commit()
      try send(#"{"commit":{}}"#)
    case .request, .saved: break
    }
  }

  @Test(arguments: Step.allCases) func nothingIsLost(_ step: Step) throws {
    let scratch = try Scratch()
    let run = try scratch.begin(
      """
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.001)
      print("unharmed")' >out 2>&1
      echo $? >status
      """)
    try scratch.wait(for: "ready")
    let directory = try ControlDirectory(scratch.path("godwit"))
    do {
      let connection = try directory.connect(to: "guest")
      let file = try AtomicFile(replacing: scratch.path("snapshot"))
      try converse(connection, file, until: step)
    }
    if step.letsGo {
      try scratch.wait(for: "status")
      #expect(throws: HostError.notFound) { try directory.connect(to: "guest") }
    } else {
      // It still answers and can be saved.
      let taken = try scratch.shell("$G checkpoint guest -o other && $G verify other >/dev/null")
      #expect(taken.status == 0, "\(taken.error)")
    }
    #expect(scratch.names().contains("snapshot") == step.hasFile)
    #expect(!scratch.names().contains { $0.hasSuffix(".tmp") })
    let ended = try scratch.shell(
      step.letsGo
        ? "touch go; $G resume --trust snapshot --mount .:/mnt"
        : "touch go; await status; cat out" + (step.hasFile ? "; $G resume --trust snapshot" : ""))
    #expect(
      ended.text == (step == .rename ? "unharmed\nunharmed\n" : "unharmed\n"), "\(ended.error)")
    run.wait()
  }

  /// How a client takes a snapshot from a pipe.
  enum Reading: String, CaseIterable, CustomTestStringConvertible {
    case all, none, some, gone
    var testDescription: String { rawValue }
  }

  /// A snapshot through a pipe is the same one; a client that stops reading gets none, and the guest goes on.
  @Test(arguments: Reading.allCases, ["checkpoint", "suspend"])
  func aSnapshotGoesThroughAPipe(_ reading: Reading, _ request: String) throws {
    let scratch = try Scratch()
    let run = try scratch.begin("hold 3000000 >out 2>&1; echo $? >status")
    try scratch.wait(for: "ready")
    let directory = try ControlDirectory(scratch.path("godwit"))
    var bytes: [UInt8] = []
    do {
      let connection = try directory.connect(to: "guest")
      let pipe = try BytePipe()
      try connection.send(Array("{\"\(request)\":{}}".utf8), handing: pipe)
      if reading == .none { pipe.stopReading() }
      var answer: [UInt8]?
      while answer == nil, reading != .gone || bytes.isEmpty {
        pipe.wait(or: connection, timeout: 60_000_000_000)
        do throws(HostError) { answer = try connection.receive(timeout: 0) } catch .wouldBlock {}
        pipe.drain { piece in
          for index in 0..<piece.byteCount {
            bytes.append(unsafe piece.unsafeLoad(fromByteOffset: index, as: UInt8.self))
          }
        }
        if reading == .some, !bytes.isEmpty { pipe.stopReading() }
      }
      let text = String(decoding: answer ?? [], as: UTF8.self)
      switch reading {
      case .all: #expect(text.hasPrefix(#"{"saved":{"#), "\(text)")
      case .none, .some: #expect(text == #"{"unwritable":{"reason":"broken pipe"}}"#)
      case .gone: break
      }
    }
    if reading == .all {
      let reader = try SnapshotReader(SnapshotBytes(bytes))
      try reader.verify()
      #expect(reader.storedPageCount > 700)
    }
    let taken = try scratch.shell(
      "$G checkpoint guest -o other && $G verify other >/dev/null; touch go; await status; cat out")
    #expect(taken.text == "True\n", "\(taken.error)")
    #expect(taken.status == 0, "\(taken.error)")
    run.wait()
  }

  /// Invalid requests are answered, and do no harm.
  @Test func requestsWithoutAFileAreRefused() throws {
    let scratch = try Scratch()
    let run = try scratch.begin(
      "$G run --name guest --root $R --mount .:/mnt -- /bin/sh -c 'touch /mnt/ready; exec sleep 99'"
    )
    defer { run.wait() }
    try scratch.wait(for: "ready")
    defer { _ = try? scratch.shell("$G kill guest KILL") }
    let directory = try ControlDirectory(scratch.path("godwit"))
    let file = try AtomicFile(replacing: scratch.path("snapshot"))
    for (line, file) in [
      (#"{"suspend":{}}"#, nil), (#"{"checkpoint":{}}"#, nil), (#"{"info":{}}"#, file),
      (#"{"suspend":{"output":7,"patience":"x"}}"#, file), ("", file),
      (#"{"suspend":{"compression":"zstd:20"}}"#, file),
      (#"{"checkpoint":{"compression":{"zstd":{"level":1}}}}"#, file),
    ] {
      let connection = try directory.connect(to: "guest")
      try connection.send(Array(line.utf8), handing: file)
      let answer = String(
        decoding: try connection.receive(timeout: 60_000_000_000) ?? [], as: UTF8.self)
      #expect(answer.hasPrefix(#"{"failed":{"#), "\(line): \(answer)")
    }
  }

  /// `godwit suspend` itself, killed at random moments.
  @Test func aKilledClientLosesNothing() throws {
    let scratch = try Scratch()
    let moments = LongTests.areOn ? 60 : 12
    let outcome = try scratch.shell(
      """
      RANDOM=$$
      hold 20000000 >out &
      await ready
      start=$(date +%s%N); $G checkpoint guest -o snapshot || echo "checkpoint $?"
      taken=$(( ($(date +%s%N) - start) / 1000 ))
      for moment in $(seq \(moments)); do
        rm -f snapshot
        $G suspend guest -o snapshot 2>/dev/null & client=$!
        sleep $(printf '0.%06d' $(( RANDOM * taken / 25000 % 1000000 )))
        kill -KILL $client 2>/dev/null; wait $client
        # Either it goes on, or its snapshot is whole.
        if ! there && sleep 0.5 && ! there; then
          $G verify snapshot >/dev/null || { echo "lost at moment $moment"; exit 1; }
          $G resume snapshot --name guest >out & until there; do sleep 0.02; done
        fi
      done
      touch go; wait; cat out
      ls -A | grep tmp
      """, limit: 600)
    #expect(outcome.text == "True\n", "\(outcome.error)")
  }

  /// A guest can be resumed as soon as `suspend` returns: its name, ports and files are free.
  @Test func nameAndPortsAreFree() throws {
    let scratch = try Scratch()
    let turns = LongTests.areOn ? 100 : 15
    let port = 20_000 + Int(getpid()) % 20_000
    let outcome = try scratch.shell(
      """
      $G run --name guest --root $R --mount .:/mnt --publish \(port):80 --publish \(port):53/udp -- \
        /usr/bin/python3 -c '
      import os, socket, time
      tcp = socket.create_server(("0.0.0.0", 80)); udp = socket.socket(type=socket.SOCK_DGRAM)
      udp.bind(("0.0.0.0", 53))
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"):
          connection, _ = tcp.accept()
          connection.sendall(b"here")
          connection.close()
      print("done")' &
      await ready
      for turn in $(seq \(turns)); do
        exec 3<>/dev/tcp/127.0.0.1/\(port); read -rN4 -u3 word; [ "$word" = here ] || echo "turn $turn: $word"
        $G suspend guest -o snapshot || { echo "suspend $?"; exit 1; }
        $G resume snapshot --name guest & resumed=$!
        exec 3>&-
        until $G ps | grep -q "^guest "; do kill -0 $resumed || exit 1; sleep 0.02; done
      done
      touch go; exec 3<>/dev/tcp/127.0.0.1/\(port); wait
      """, limit: 300)
    #expect(outcome.text == "done\n", "\(outcome.error)")
    #expect(outcome.error.isEmpty, "\(outcome.error)")
  }

  /// A guest that can write to the output's directory cannot redirect the snapshot.
  @Test(arguments: ["suspend", "checkpoint", "--suspend-at-syscall"])
  func aLinkOfTheGuestsIsNotFollowed(_ how: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir mounted; echo precious >outside
      if [ \(how) = --suspend-at-syscall ]; then
        $G run --root $R --mount mounted:/mnt --suspend-at-syscall 300 --output mounted/out -- \
          /usr/bin/python3 -c 'import os; os.symlink("../outside", "/mnt/out"); [os.getppid() for _ in range(9999)]'
      else
        $G run --name guest --root $R --mount mounted:/mnt -- /bin/sh -c '
          ln -s ../outside /mnt/out; touch /mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done' &
        await mounted/ready
        $G \(how) guest --output mounted/out || echo "\(how) $?"
        touch mounted/go; wait
      fi
      cat outside; [ -L mounted/out ] && echo link; $G verify mounted/out >/dev/null && echo whole
      """)
    #expect(outcome.text == "precious\nwhole\n", "\(outcome.error)")
  }

  /// The fault in the snapshot that a picoprocess has written.
  enum Fault: String, CaseIterable, CustomTestStringConvertible {
    case none, empty, truncated, damaged
    /// It is intact, but a file that it needs is missing.
    case unresumable
    var testDescription: String { rawValue }
  }

  /// The client commits a snapshot only after it has read it back as a resume would.
  @Test(arguments: Fault.allCases) func onlyWhatCanBeResumedIsCommitted(_ fault: Fault) throws {
    let scratch = try Scratch()
    let taken = try scratch.shell(
      """
      $G run --root $R --mount .:/mnt --suspend-at-syscall 5000 --output good -- /usr/bin/python3 -c '
      import os
      held = open("/mnt/held", "w")
      while True: os.getppid()'
      """)
    #expect(taken.status == 0, "\(taken.error)")
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch.path("good"))))
    var bytes = good
    // The client signs, not the picoprocess.
    bytes.removeLast(try SnapshotReader(SnapshotBytes(bytes)).signatureBytes!.count + 12)
    switch fault {
    case .none: break
    case .empty: bytes = []
    case .truncated: bytes.removeLast(1000)
    case .damaged: bytes[bytes.count / 2] ^= 1
    case .unresumable: try FileManager.default.removeItem(atPath: scratch.path("held"))
    }
    let written = bytes
    let verdict = Mutex<String?>(nil)
    let listener = try ControlDirectory(scratch.path("godwit")).listen(as: "liar")
    // What it was given, else its snapshot would not be signed.
    let grants = [Checkout.rootfs("x86_64"), scratch.folder].map {
      $0.resolvingSymlinksInPath().path + "\0"
    }
    try listener.leave(record: Array(grants.joined().utf8))
    let server = ControlServer(listener) { connection in
      guard (try? connection.receive()) != nil, let file = try? connection.takeFile() else {
        return
      }
      // SAFETY: bytes have no padding.
      unsafe written.span.withUnsafeBytes { try? file.write(unsafe $0.bytes, at: 0) }
      let snapshot = SavedSnapshot(
        bytes: UInt64(written.count), syscallCount: 1, freezingTime: 0, frozenTime: 1, dumpTime: 1,
        writeTime: 1, pages: 1, pagesWritten: 1)
      let answer = JSON.line(ControlAnswer.saved(snapshot: snapshot))
      try? connection.send(Array(answer.utf8))
      let line = (try? connection.receive()) ?? []
      verdict.withLock { $0 = String(decoding: line, as: UTF8.self) }
      try? connection.send(Array(#"{"done":{}}"#.utf8))
    }
    let outcome = try scratch.shell("echo old >output; $G suspend liar -o output")
    server.stop()
    // The client may be gone before its last word has been read.
    for _ in 0..<1000 where verdict.withLock({ $0 == nil }) { usleep(10_000) }
    let output = try Data(contentsOf: URL(fileURLWithPath: scratch.path("output")))
    if fault == .none {
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(verdict.withLock { $0 } == #"{"commit":{}}"#)
      // Ed25519 signatures are deterministic (RFC 8032).
      #expect(output == Data(good))
    } else {
      #expect(outcome.status == 125)
      #expect(outcome.error.hasPrefix("godwit: liar: output: "), "\(outcome.error)")
      #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
      if fault == .unresumable { #expect(outcome.error.contains("/mnt/held"), "\(outcome.error)") }
      #expect(verdict.withLock { $0 } == #"{"abort":{}}"#)
      #expect(output == Data("old\n".utf8))
    }
  }

  /// More data than one section of the container can hold.
  @Test func muchInPipesAndSocketsTravels() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import fcntl, os, socket, time
      data = os.urandom(1 << 20)
      pipes = []
      sockets = []
      for i in range(300):
          a, b = socket.socketpair(type=socket.SOCK_STREAM if i % 2 else socket.SOCK_SEQPACKET)
          a.sendall(data[i:i + 160_000])
          sockets.append(b)
      for i in range(100):
          r, w = os.pipe()
          fcntl.fcntl(w, 1031, 1 << 20)
          os.write(w, data[i:] + data[:i])
          os.close(w)
          pipes.append(r)
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.01)
      print(all(open(r, "rb").read() == data[i:] + data[:i] for i, r in enumerate(pipes)))
      print(all(b.recv(1 << 20) == data[i:i + 160_000] for i, b in enumerate(sockets)))' &
      await ready; $G suspend guest -o snapshot || echo "suspend $?"
      wait; touch go; $G resume snapshot
      """, limit: 600)
    #expect(outcome.text == "True\nTrue\n", "\(outcome.error)")
  }
}
