import Foundation
import Testing

/// Deterministic runs depend on their inputs, and on nothing else.
@Suite struct DeterminismTests {
  /// Where and how a run is started.
  struct Start: Sendable {
    /// The command: the path of godwit, possibly behind an emulator.
    var command: [String]
    /// Options in front of the guest's.
    var options: [String] = []

    static let here = Start(command: [Checkout.godwit.path])

    /// Another directory and environment, with frequent suspensions.
    static func elsewhere(suspendingEvery interval: Int) -> Start {
      Start(
        command: [
          "/usr/bin/env", "-i", "-C", "/", "HOME=/nowhere", "LANG=C", "TZ=Asia/Tokyo", "nice",
          Checkout.godwit.path,
        ], options: ["--suspend-every", "\(interval)"])
    }
  }

  /// The end of a run, and the digests of the guest's state on its way there.
  struct Course: Equatable {
    var status: Int32
    var output: Data
    var digests: [String]
  }

  /// Runs `arguments` (options, `--` and the program) deterministically, with a digest every `interval`
  /// system calls.
  static func course(_ arguments: [String], every interval: Int, _ start: Start) throws -> Course {
    let digests = FileManager.default.temporaryDirectory
      .appendingPathComponent("godwit-\(UUID().uuidString).digests")
    defer { try? FileManager.default.removeItem(at: digests) }
    var options = ["run", "--deterministic"] + start.options
    options += ["--digest-every", "\(interval)", "--digest-output", digests.path]
    let outcome = try execute(
      URL(fileURLWithPath: start.command[0]), start.command.dropFirst() + options + arguments,
      limit: 600)
    guard let text = try? String(contentsOf: digests, encoding: .utf8) else {
      throw Failed("no digests: \(outcome.error)")
    }
    return Course(
      status: outcome.status, output: outcome.output,
      digests: text.split(separator: "\n").map(String.init))
  }

  /// Digests of the second run, about: under an emulator they take most of its time.
  private static let digestCount = 100

  /// Expects runs that are started in different ways to take the same course. Also used by tests that compare
  /// hosts.
  static func expectSameCourse(
    _ arguments: [String], every interval: Int, _ first: Start, _ second: Start,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    var one = try course(arguments, every: interval, first)
    #expect(one.digests.count > 1, sourceLocation: location)
    let step = one.digests.count / digestCount + 1
    // The last one is that of the end.
    one.digests = one.digests.enumerated()
      .filter { ($0.offset + 1) % step == 0 || $0.offset == one.digests.count - 1 }.map(\.element)
    let other = try course(arguments, every: interval * step, second)
    if let place = zip(one.digests, other.digests).first(where: { $0 != $1 }) {
      Issue.record("the state differs at \(place.0) and \(place.1)", sourceLocation: location)
    }
    #expect(one.digests.count == other.digests.count, sourceLocation: location)
    #expect(one.status == other.status, sourceLocation: location)
    #expect(one.output == other.output, sourceLocation: location)
  }

  // MARK: Guests

  @Test(arguments: GuestTests.guests)
  func guestsTakeTheSameCourseAnywhere(_ guest: GuestTests.Guest) throws {
    // The guests' own folder is the root: other tests change the host's /tmp meanwhile.
    let root = Checkout.guest(guest.name, guest.isa).deletingLastPathComponent().path
    let isKnown = KnownGaps.inDeterministicRuns.contains("\(guest.name).\(guest.isa)")
    try KnownGaps.expect(isKnown) {
      try Self.expectSameCourse(
        ["--root", root, "--", "/\(guest.name)"], every: 10, .here, .elsewhere(suspendingEvery: 37)
      )
    }
  }

  /// A script that queries as much of its environment as possible.
  private static let curious = """
    import hashlib, os, random, subprocess, sys, tempfile, threading, time, uuid, zlib
    results = {}
    def work(name):
        data = (name * 9999).encode()
        results[name] = hashlib.sha256(zlib.compress(data)).hexdigest(), time.monotonic_ns()
        time.sleep(random.random())
        results[name] += (time.perf_counter_ns(), random.random())
    threads = [threading.Thread(target=work, args=(n,)) for n in 'abcd']
    [t.start() for t in threads]
    spin = time.process_time() + 0.002
    while time.process_time() < spin: pass
    [t.join() for t in threads]
    print(results, list(results), {hash(s) for s in ('x', 'y')}, id(object()))
    print(time.time_ns(), time.localtime(), uuid.uuid4(), os.urandom(9), os.getpid(), os.times())
    print(os.uname(), os.getcwd(), dict(os.environ), os.getuid(), os.cpu_count(), os.getloadavg())
    for path in ('/', '/usr', '/usr/bin/python3', '/etc/passwd', '/tmp', '/dev/null', '/proc'):
        print(path, os.stat(path), os.statvfs(path), sorted(os.listdir('/usr')))
    print(os.fstat(0), os.fstat(2), tempfile.mkdtemp())
    for name in ('self/status', 'self/stat', 'self/smaps', 'meminfo', 'uptime', 'stat', 'loadavg',
                 'cpuinfo', 'sys/kernel/random/boot_id', 'sys/kernel/random/uuid', 'self/mountinfo'):
        print(open('/proc/' + name).read())
    if len(sys.argv) == 1:
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, 'again'], check=True)
        time.sleep(86400)
        print(time.time_ns(), time.monotonic_ns())
    """

  /// Over two copies of the tree that were made at different times.
  @Test(arguments: Checkout.isas)
  func nothingOfTheHostShows(isa: String) throws {
    try Self.withScript { scripts in
      let copy = scripts.deletingLastPathComponent().appendingPathComponent("root")
      let copied = try execute(
        URL(fileURLWithPath: "/bin/cp"),
        ["-r", "--preserve=mode,ownership,links", Checkout.rootfs(isa).path, copy.path])
      #expect(copied.status == 0, "\(copied.error)")
      var first = Start.here
      first.options += ["--root", Checkout.rootfs(isa).path]
      var second = Start.elsewhere(suspendingEvery: 701)
      second.options += ["--root", copy.path]
      let program = Self.program(in: scripts)
      let course = try Self.course(program, every: 100, first)
      #expect(course.status == 0, "\(String(decoding: course.output, as: UTF8.self))")
      try Self.expectSameCourse(program, every: 100, first, second)
    }
  }

  /// Calls `body` with a folder that contains the script, within a folder that is removed afterwards.
  static func withScript(_ body: (URL) throws -> Void) throws {
    let scratch = try Scratch()
    let scripts = scratch.folder.appendingPathComponent("scripts")
    try FileManager.default.createDirectory(at: scripts, withIntermediateDirectories: true)
    try Data(Self.curious.utf8).write(to: scripts.appendingPathComponent("curious.py"))
    try body(scripts)
  }

  static func program(in scripts: URL) -> [String] {
    ["--mount", "\(scripts.path):/scripts:ro", "--", "/usr/bin/python3", "/scripts/curious.py"]
  }

  @Test func theSeedIsAllThatChanceComesFrom() throws {
    let arguments = [
      "--root", Checkout.rootfs("x86_64").path, "--", "/usr/bin/python3", "-c",
      "import os, random; print(os.urandom(8), random.random(), hash('a'))",
    ]
    let zero = try godwit(["run", "--deterministic"] + arguments)
    let same = try godwit(["run", "--deterministic", "--seed", "0"] + arguments)
    let other = try godwit(["run", "--deterministic", "--seed", "1"] + arguments)
    #expect(zero.status == 0, "\(zero.error)")
    #expect(zero.output == same.output)
    #expect(zero.output != other.output)
    #expect(try godwit(["run", "--seed", "1"] + arguments).status == 125)
  }

  // MARK: Snapshots

  private func withSnapshots(_ body: (_ first: String, _ second: String) throws -> Void) throws {
    let scratch = try Scratch()
    try body(scratch.path("first"), scratch.path("second"))
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  private func suspend(_ command: [String], at count: Int, _ path: String) throws {
    let outcome = try godwit(
      [command[0], "--suspend-at-syscall", "\(count)", "--output", path] + command.dropFirst())
    #expect(outcome.status == 0, "\(outcome.error)")
  }

  /// A snapshot that is read and written again before the guest runs is the same, byte for byte.
  @Test(arguments: GuestTests.travellers)
  func aSnapshotThatDidNotRunIsItself(_ guest: GuestTests.Guest) throws {
    let program = ["run", "--", Checkout.guest(guest.name, guest.isa).path]
    try withSnapshots { first, second in
      for count in [15, 60] {
        try suspend(program, at: count, first)
        guard FileManager.default.fileExists(atPath: first) else { return }
        try suspend(["resume", first], at: count, second)
        #expect(try bytes(first) == bytes(second), "after \(count) calls")
      }
    }
  }

  @Test(arguments: Checkout.isas)
  func deterministicSnapshotsAreEqualFiles(isa: String) throws {
    let guest = ["--", Checkout.guest("sync", isa).path]
    try withSnapshots { first, second in
      try suspend(["run", "--deterministic"] + guest, at: 400, first)
      try suspend(["run", "--deterministic"] + guest, at: 130, second)
      try suspend(["resume", second], at: 400, second)
      #expect(try bytes(first) == bytes(second))
      // A run's digest is that of the snapshot at the same place.
      let course = try Self.course(guest, every: 400, .here)
      let digest = try godwit(["digest", first])
      #expect("400 " + String(decoding: digest.output, as: UTF8.self) == course.digests[0] + "\n")
    }
  }

  @Test func theDigestTellsWhereSnapshotsDiffer() throws {
    let program = ["run", "--deterministic", "--", Checkout.guest("threads", "x86_64").path]
    try withSnapshots { first, second in
      try suspend(program, at: 60, first)
      try suspend(program, at: 61, second)
      func parts(_ path: String) throws -> [String: String] {
        let outcome = try godwit(["digest", "--json", path])
        let report = try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any]
        let parts = report?["parts"] as? [[String: String]] ?? []
        return Dictionary(uniqueKeysWithValues: parts.map { ($0["name"]!, $0["digest"]!) })
      }
      let (one, other) = (try parts(first), try parts(second))
      #expect(one["clock"] != other["clock"])
      #expect(one["mount /"] == other["mount /"])
      #expect(one["task 2 registers"] != nil && one["process 2 memory"] != nil)
      #expect(try godwit(["digest", first]).output != godwit(["digest", second]).output)
      let verbose = try godwit(["digest", "--verbose", first])
      #expect(verbose.output.split(separator: 10).count == one.count + 1)
    }
  }

  @Test func damagedSnapshotsHaveNoDigest() throws {
    try withSnapshots { first, second in
      try suspend(["run", "--", Checkout.guest("pi", "x86_64").path], at: 10, first)
      var damaged = try bytes(first)
      damaged[damaged.count / 2] ^= 1
      try damaged.write(to: URL(fileURLWithPath: second))
      let outcome = try godwit(["digest", second])
      #expect(outcome.status == 125)
      #expect(outcome.output.isEmpty)
      #expect(outcome.error.hasPrefix("godwit: \(second): "))
      #expect(try godwit(["digest", first + ".not"]).status == 125)
    }
  }
}
