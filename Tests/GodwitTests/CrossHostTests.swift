import Foundation
import Testing

#if arch(x86_64)
  /// Guests that move from this machine to an ARM64 one and back, or the other way round, while they run:
  /// their joined output is that of an uninterrupted run.
  ///
  /// The ARM64 machine is the ARM64 build under qemu-user. A missing build is a failure.
  struct CrossHostTests {
    /// The machines that a guest visits, in turn.
    struct Route: CustomTestStringConvertible, Sendable {
      var hosts: [HostBuild]
      var testDescription: String { hosts.map(\.rawValue).joined(separator: " → ") }
    }

    static let routes = [
      Route(hosts: [.here, .arm64, .here]), Route(hosts: [.arm64, .here, .arm64]),
    ]

    @Test func theBuildIsForARM64() throws {
      let program = try Data(contentsOf: Checkout.godwitForARM64, options: .alwaysMapped)
      // e_machine of the ELF header: EM_AARCH64.
      #expect(program[18] == 183 && program[19] == 0)
      #expect(try godwit(["version"], on: .arm64).output == godwit(["version"]).output)
    }

    /// Programs with much state, suspended several times. All of them in `make test-long`.
    static let travellers =
      (GuestTests.travellers + GuestTests.guests.filter { more.contains($0.name) })
      .filter { LongTests.areOn || usual.contains($0.name) }
    private static let more: Set<String> = [
      "exec", "fork", "futex", "itimer", "jobs", "memfd", "pipeline", "sigframe", "simd", "sysvipc",
      "tcp", "unixsock", "x87",
    ]
    private static let usual: Set<String> = [
      "epoll", "filestate", "fork", "futex", "itimer", "jobs", "memfd", "pipe", "posixtimer", "pty",
      "sigframe", "simd", "sockstate", "tcp", "threads", "x87",
    ]

    @Test(arguments: travellers, routes)
    func guestsTravel(_ guest: GuestTests.Guest, _ route: Route) throws {
      let command = ["--", Checkout.guest(guest.name, guest.isa).path]
      let whole = try godwit(["run"] + command, limit: 60)
      let joined = try hopping(command, every: try stride(command, stops: 5), on: route.hosts)
      #expect(joined.status == 0, "\(joined.error)")
      #expect(joined.text == whole.text)
      #expect(joined.hops >= 3)
    }

    /// Guests of the host ABI know as little of the host as Linux programs do.
    @Test(
      arguments: NativeGuestTests.guests.filter {
        ["counters", "echo", "files", "threads", "waitany"].contains($0.name)
      }, routes)
    func nativeGuestsTravel(_ guest: NativeGuestTests.Guest, _ route: Route) throws {
      let command = ["--", guest.path]
      let whole = try godwit(["run"] + command, limit: 60)
      let joined = try hopping(command, every: try stride(command, stops: 5), on: route.hosts)
      #expect(joined.status == 0, "\(joined.error)")
      #expect(joined.text == whole.text)
      #expect(joined.hops >= 3)
    }

    /// The interval in system calls for a number of suspensions.
    private func stride(_ arguments: [String], stops: Int) throws -> Int {
      let report = FileManager.default.temporaryDirectory
        .appendingPathComponent("godwit-\(UUID().uuidString).json")
      defer { try? FileManager.default.removeItem(at: report) }
      let outcome = try godwit(["run", "--stats=\(report.path)"] + arguments)
      #expect(outcome.status == 0, "\(outcome.error)")
      let statistics = try JSONSerialization.jsonObject(with: Data(contentsOf: report))
      guard let count = (statistics as? [String: Any])?["syscallCount"] as? Int else {
        throw Failed("no count of system calls in \(report.path)")
      }
      return max(1, count / (stops + 1))
    }

    // MARK: Debian's programs

    @Test(arguments: Checkout.isas, routes)
    func python(isa: String, _ route: Route) throws {
      let root = ["--root", Checkout.rootfs(isa).path]
      let command = ["--", "/usr/bin/python3", "-c", PythonTests.program]
      let whole = try godwit(["run"] + root + command)
      #expect(whole.output.starts(with: Data("31415926535897932384626433832795".utf8)))
      let joined = try hopping(
        root + command, resume: root, every: try stride(root + command, stops: 3), on: route.hosts)
      #expect(joined.status == 0, "\(joined.error)")
      #expect(joined.text == whole.text)
      #expect(joined.hops >= 4)
    }

    /// Suspended within an open transaction, with a rollback journal and uncommitted rows.
    @Test(arguments: Checkout.isas, routes)
    func sqliteInTheMiddleOfATransaction(isa: String, _ route: Route) throws {
      try withFolder { folder in
        let script = """
          PRAGMA cache_size = 4; PRAGMA cache_spill = 4;
          CREATE TABLE t(n INTEGER PRIMARY KEY, text TEXT);
          BEGIN;
          WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300)
            INSERT INTO t SELECT n, hex(zeroblob(n)) || n FROM c;
          DELETE FROM t WHERE n % 7 = 0;
          COMMIT;
          BEGIN; UPDATE t SET text = 'gone'; ROLLBACK;
          PRAGMA integrity_check;
          SELECT count(*), sum(length(text)), max(n) FROM t;
          """
        try Data(script.utf8).write(to: folder.appendingPathComponent("script.sql"))
        let options = ["--root", Checkout.rootfs(isa).path, "--mount", "\(folder.path):/mnt:ro"]
        let command = ["--", "/usr/bin/sqlite3", "/tmp/test.db", ".read /mnt/script.sql"]
        let whole = try godwit(["run"] + options + command)
        #expect(whole.output == Data("ok\n258|78339|300\n".utf8), "\(whole)")
        // In the second third the transaction is open.
        let every = try stride(options + command, stops: 2)
        let first = folder.appendingPathComponent("first").path
        let second = folder.appendingPathComponent("second").path
        var output = try godwit(
          ["run", "--suspend-at-syscall", "\(every)", "--output", first] + options + command,
          on: route.hosts[0]
        ).output
        let contents = try godwit(["inspect", first])
        #expect(
          String(decoding: contents.output, as: UTF8.self).contains("/tmp/test.db-journal"),
          "no transaction is open: \(contents)")
        output += try godwit(
          ["resume", "--suspend-at-syscall", "\(2 * every)", "--output", second] + options + [
            first
          ],
          on: route.hosts[1]
        ).output
        let last = try godwit(["resume"] + options + [second], on: route.hosts[2])
        #expect(last.status == 0, "\(last.error)")
        #expect(String(decoding: output + last.output, as: UTF8.self) == whole.text)
      }
    }

    /// Suspended several times in one compressed stream.
    @Test(arguments: Checkout.isas, routes)
    func compressionInProgress(isa: String, _ route: Route) throws {
      try withFolder { folder in
        let original = Checkout.root.appendingPathComponent("LICENSE")
        let text = try Data(contentsOf: original)
        try (text + text + text).write(to: folder.appendingPathComponent("text"))
        let options = ["--root", Checkout.rootfs(isa).path, "--mount", "\(folder.path):/mnt:ro"]
        let command = ["--", "/usr/bin/xz", "-1", "--stdout", "/mnt/text"]
        let whole = try godwit(["run"] + options + command)
        let joined = try hopping(
          options + command, resume: options, every: try stride(options + command, stops: 4),
          on: route.hosts)
        #expect(joined.status == 0, "\(joined.error)")
        let isEqual = joined.output == whole.output
        #expect(isEqual)
        #expect(joined.hops >= 3)
        let packed = folder.appendingPathComponent("packed.xz")
        try joined.output.write(to: packed)
        let unpack = "import lzma, sys; sys.stdout.buffer.write(lzma.open(sys.argv[1]).read())"
        let unpacked = try execute(
          URL(fileURLWithPath: "/usr/bin/python3"), ["-c", unpack, packed.path])
        let isOriginal = unpacked.output == text + text + text
        #expect(isOriginal)
      }
    }

    // MARK: Facts of the host

    /// The ARM64 build on hosts with larger pages, which limit what it can return to the system. (`make
    /// arm64-machine` boots kernels that really have them.)
    @Test(arguments: ["16384", "65536"], Checkout.isas)
    func largerPagesOfTheHost(size: String, isa: String) throws {
      for name in ["memstate", "madvise", "mmap", "fork"] {
        let program = Checkout.guest(name, isa).path
        let whole = try godwit(["run", "--", program])
        let outcome = try godwit(
          ["run", "--host-page-size", size, "--suspend-every", "40", "--", program], on: .arm64)
        #expect(outcome.status == 0, "\(name): \(outcome.error)")
        #expect(outcome.output == whole.output, "\(name)")
      }
    }

    private func withFolder(_ body: (URL) throws -> Void) throws {
      let scratch = try Scratch()
      try body(scratch.folder)
    }
  }
#endif
