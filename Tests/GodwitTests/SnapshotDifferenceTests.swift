import Foundation
import Picoprocess
import Snapshot
import TestSupport
import Testing

/// What `diff` says of two snapshots.
@Suite struct SnapshotDifferenceTests {
  private static let program = """
    import ctypes, mmap, os, signal, socket, subprocess, time
    def phase(n):
        open('/mnt/ready%d' % n, 'w').close()
        while not os.path.exists('/mnt/go%d' % n): time.sleep(0.01)
    def write(path, text):
        with open(path, 'w') as file: file.write(text)
    page = 4096
    shared = mmap.mmap(-1, 16 * page)
    private = mmap.mmap(-1, 64 * page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    dropped = mmap.mmap(-1, 333 * page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    private[20 * page] = 1
    write('/mnt/address', str(ctypes.addressof(ctypes.c_char.from_buffer(private))))
    for name in ['kept', 'changed', 'gone', 'same']: write('/tmp/' + name, name)
    kept = os.open('/tmp/kept', os.O_RDONLY)
    closed = os.open('/tmp/same', os.O_RDONLY)
    near, far = os.pipe()
    os.dup2(far, 30)
    one, other = socket.socketpair()
    os.dup2(other.fileno(), 31)
    phase(1)
    os.write(far, b'in the pipe')
    one.send(b'in the socket')
    signal.setitimer(signal.ITIMER_REAL, 900, 7)
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    for place in [5, 6, 9]: private[place * page] = 1
    private[20 * page] = 1
    shared[page] = 7
    dropped.close()
    write('/tmp/changed', 'Changed'); os.unlink('/tmp/gone'); write('/tmp/new', '')
    os.chmod('/tmp/same', 0o600)
    os.unlink('/etc/hostname'); os.chmod('/etc/passwd', 0o600)
    os.read(kept, 2); os.close(closed); os.dup2(kept, 20)
    child = subprocess.Popen(['/bin/sleep', '99'])
    phase(2)
    """

  /// Takes `1` and `2`, an increment, of the program, and `3`, which is whole, at the place of `2`.
  private func take(_ scratch: borrowing Scratch) throws {
    try Self.program.write(toFile: scratch.path("program.py"), atomically: true, encoding: .utf8)
    let outcome = try scratch.shell(
      """
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 /mnt/program.py &
      await ready1; $G checkpoint guest -o 1; touch go1; await ready2
      $G suspend guest -o 2 --parent 1; wait; $G flatten 2 -o 3
      """)
    try #require(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
  }

  @Test func everyKindOfDifferenceIsShown() throws {
    let scratch = try Scratch()
    try take(scratch)
    let outcome = try godwit(["diff", scratch.path("1"), scratch.path("2")])
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
    let paragraphs = outcome.text.split(separator: "\n\n").map { $0.split(separator: "\n") }
    try #require(
      paragraphs.map { $0[0] } == ["Tasks", "Memory", "Descriptors", "Objects", "Files"],
      "\(outcome.text)")
    #expect(paragraphs[0].contains { $0.hasSuffix(" sleep: added") }, "\(outcome.text)")

    let flags = "flags 0100000, close-on-exec"
    #expect(
      paragraphs[2].filter { $0.contains("process 2 ") || $0.hasPrefix("    ") }.prefix(6) == [
        "  process 2 descriptor 3: changed",
        "    /tmp/kept at 0, \(flags) -> /tmp/kept at 2, \(flags)",
        "  process 2 descriptor 4: removed", "    /tmp/same at 0, \(flags)",
        "  process 2 descriptor 20: added", "    /tmp/kept at 2, flags 0100000",
      ], "\(outcome.text)")
    let objects = paragraphs[3].joined(separator: "\n")
    for value in [
      "bytes  none -> \"in the pipe\"", "unix_socket.bytes  none -> \"in the socket\"",
      "interval_timers.schedule.interval  none -> 7000000000", "descriptor 31: changed",
    ] {
      #expect(objects.contains(value), "\(outcome.text)")
    }
    let files = paragraphs[4].filter { $0.contains("/tmp/") || $0.contains("/etc/") }
    #expect(
      files == [
        "  /etc/hostname: removed", "  /etc/passwd: changed",
        "  /tmp/changed: changed (content, attributes)", "  /tmp/gone: removed",
        "  /tmp/new: added", "  /tmp/same: changed (attributes)",
      ], "\(outcome.text)")
  }

  @Test func pagesAreCounted() throws {
    let scratch = try Scratch()
    try take(scratch)
    let json = try godwit(["diff", "--json", scratch.path("1"), scratch.path("2")])
    let difference = try #require(
      JSONSerialization.jsonObject(with: json.output) as? [String: Any], "\(json.error)")
    let mappings = try #require(difference["memory"] as? [[String: Any]])
    func number(_ value: Any?) -> UInt64 {
      UInt64((value as? String ?? "").dropFirst(2), radix: 16) ?? 0
    }
    /// The numbers of the pages in its ranges.
    func pages(_ mapping: [String: Any]) -> [UInt64] {
      (mapping["ranges"] as? [[String: Any]] ?? []).flatMap { range in
        Array(number(range["start"]) >> 12..<number(range["end"]) >> 12)
      }
    }
    func size(_ mapping: [String: Any]) -> UInt64 {
      (number(mapping["end"]) - number(mapping["start"])) >> 12
    }
    let text = try String(contentsOfFile: scratch.path("address"), encoding: .utf8)
    let first = try #require(UInt64(text)) >> 12
    // Page 20 was written with what it held.
    #expect(
      mappings.flatMap(pages).filter { (first..<first + 64).contains($0) }.map { $0 - first }
        == [5, 6, 9])
    let shared = mappings.filter { ($0["name"] as? String)?.hasPrefix("/dev/zero") == true }
    #expect(
      shared.map { pages($0).map { $0 << 12 } } == [[number(shared.first?["start"]) + 4096]],
      "\(shared)")
    #expect(shared.map(size) == [16])
    for mapping in mappings {
      #expect(mapping["pages"] as? Int == pages(mapping).count, "\(mapping)")
    }
  }

  /// The same state differs in nothing, however it is stored; and what is added one way is removed the other.
  @Test func equalStatesHaveNoDifferences() throws {
    let scratch = try Scratch()
    try take(scratch)
    for (first, second) in [("1", "1"), ("2", "3"), ("3", "2")] {
      let outcome = try godwit(["diff", scratch.path(first), scratch.path(second)])
      #expect(outcome.text == "no differences\n", "\(first) \(second) \(outcome.error)")
    }
    let forth = try godwit(["diff", scratch.path("1"), scratch.path("2")]).text
    #expect(try godwit(["diff", scratch.path("1"), scratch.path("3")]).text == forth)
    let back = try godwit(["diff", scratch.path("3"), scratch.path("1")]).text
    func count(_ text: String, _ word: String) -> Int { text.matches(of: try! Regex(word)).count }
    #expect(count(forth, ": added") == count(back, ": removed"), "\(forth)\(back)")
    #expect(count(forth, ": removed") == count(back, ": added"), "\(forth)\(back)")

    try FileManager.default.moveItem(atPath: scratch.path("1"), toPath: scratch.path("away"))
    let missing = try godwit(["diff", scratch.path("3"), scratch.path("2")])
    #expect(missing.status == 125 && missing.output.isEmpty)
    #expect(
      missing.error.hasPrefix("godwit: \(scratch.path("2")): the snapshot is an increment to 1 ("))
  }

  /// Whatever the numbers in a snapshot are, there is a report or one line.
  @Test(arguments: UInt64(1)...4) func nothingInASnapshotTraps(seed: UInt64) throws {
    let scratch = try Scratch()
    let path = scratch.path("snapshot")
    let taken = try godwit([
      "run", "--suspend-at-syscall", "100", "--output", path, "--",
      Checkout.guest("landmark", "x86_64").path,
    ])
    try #require(taken.status == 0, "\(taken.error)")
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let parts = try SnapshotParts(SnapshotReader(SnapshotBytes(bytes)))
    var numbers = SeededNumbers(seed)
    var reported = 0
    for _ in 0..<60 {
      var changed = parts
      let section = UInt32.random(in: 1...7, using: &numbers)
      for _ in 0..<Int.random(in: 1...3, using: &numbers) where !parts.sections[section]!.isEmpty {
        let place = parts.sections[section]!.indices.randomElement(using: &numbers)!
        changed.sections[section]![place] = UInt8.random(in: 0...255, using: &numbers)
      }
      try Data(changed.encoded()).write(to: URL(fileURLWithPath: scratch.path("changed")))
      for (first, second) in [(path, scratch.path("changed")), (scratch.path("changed"), path)] {
        do {
          #expect(!(try SnapshotDifference(first, second, .none)).text.isEmpty)
          reported += 1
        } catch {
          #expect(!error.message.contains("\n") && error.status == 125)
        }
      }
    }
    #expect(reported > 0)
  }
}
