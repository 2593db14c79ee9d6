import Foundation
import Testing

/// Guests that want more memory than there is do not affect the host.
@Suite struct MemoryLimitTests {
  private func run(_ isa: String, limit: String = "64M", _ command: [String]) throws -> Outcome {
    try godwit(
      ["run", "--root", Checkout.rootfs(isa).path, "--memory-limit", limit, "--"] + command)
  }

  @Test(arguments: DebianTests.isas) func whoAsksGetsENOMEM(isa: String) throws {
    let outcome = try run(
      isa,
      [
        "/usr/bin/python3", "-c",
        """
        import errno, mmap
        maps = []
        try:
            while True: maps.append(mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE))
        except OSError as error:
            print(error.errno == errno.ENOMEM, 20 < len(maps) < 64)
        maps = None
        try: bytearray(1 << 30)
        except MemoryError: print('goes on')
        """,
      ])
    #expect(outcome.output == Data("True True\ngoes on\n".utf8), "\(outcome.error)")
    #expect(outcome.status == 0)
  }

  private let greedy = """
    import mmap
    memory = mmap.mmap(-1, 1 << 30, flags=0x4022)  # PRIVATE, ANONYMOUS, NORESERVE
    print('reserved', flush=True)
    for page in range(0, 1 << 30, 4096): memory[page] = 1
    """

  @Test(arguments: DebianTests.isas) func whoTouchesWhatIsNotThereIsKilledWithAWord(isa: String)
    throws
  {
    let outcome = try run(isa, ["/usr/bin/python3", "-c", greedy])
    #expect(outcome.status == 128 + 9)
    #expect(outcome.output == Data("reserved\n".utf8))
    #expect(
      outcome.error.hasPrefix("godwit: Out of memory: Killed process 2 (python3), which had "),
      "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
  }

  @Test(arguments: DebianTests.isas) func othersGoOn(isa: String) throws {
    let outcome = try run(
      isa,
      [
        "/bin/sh", "-c",
        """
        python3 -c "\(greedy)"; echo $?
        dd if=/dev/zero of=/tmp/big bs=64k count=2000; echo $?
        rm /tmp/big && dd if=/dev/zero of=/tmp/big bs=64k count=500 && sha1sum /tmp/big
        """,
      ])
    #expect(outcome.status == 0)
    #expect(
      outcome.output
        == Data(
          "reserved\n137\n1\n1c2917ed1c7a73d07785c8a70f7ee45ff5aad6a2  /tmp/big\n".utf8),
      "\(String(decoding: outcome.output, as: UTF8.self))")
    #expect(outcome.error.contains("godwit: Out of memory: Killed process 3 (python3)"))
    #expect(outcome.error.contains("No space left on device"))
  }

  /// The process with the most memory is killed, whichever asks for more, unless its `oom_score_adj` forbids
  /// it.
  @Test(arguments: DebianTests.isas) func whoHasMostIsKilled(isa: String) throws {
    let outcome = try run(
      // The Python of Debian 13 needs 5 MB more than that of Debian 12.
      isa, limit: isa == "riscv64" ? "70M" : "64M",
      [
        "/usr/bin/python3", "-c",
        """
        import mmap, os, signal
        def take(count):
            memory = mmap.mmap(-1, count << 20, flags=0x4022)
            for page in range(0, count << 20, 4096): memory[page] = 7
            return memory
        def child(count, adjustment='0'):
            ready, done = os.pipe()
            pid = os.fork()
            if pid == 0:
                open('/proc/self/oom_score_adj', 'w').write(adjustment)
                memory = take(count)
                os.write(done, b'x')
                signal.pause()
            os.read(ready, 1)
            return pid
        spared = child(26, '-1000')
        most = child(15)
        less = child(4)
        # Pages that a system call is the first to write to.
        memory = mmap.mmap(-1, 14 << 20, flags=0x4022)
        print(open('/dev/urandom', 'rb', buffering=0).readinto(memory) >> 20)
        print(os.WTERMSIG(os.waitpid(most, 0)[1]), os.waitpid(less, os.WNOHANG))
        for pid in spared, less: os.kill(pid, 15)
        print(os.wait()[1], os.wait()[1])
        """,
      ])
    #expect(
      outcome.output == Data("14\n9 (0, 0)\n15 15\n".utf8),
      "\(String(decoding: outcome.output, as: UTF8.self)) \(outcome.error)")
    #expect(
      outcome.error.hasPrefix("godwit: Out of memory: Killed process 4 (python3), which had "),
      "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
  }
}
