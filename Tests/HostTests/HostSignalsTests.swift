import Glibc
import HostABI
import HostConformance
import PosixHost
import Synchronization
import Testing

/// Signals are the whole process's: one test at a time.
@Suite(.serialized) struct HostSignalsTests {
  @Test func aSignalEndsTheWaitAndIsTold() {
    let host = PosixHost()
    HostSignals.install([SIGUSR1, SIGUSR2, SIGWINCH], waking: host)
    defer { HostSignals.uninstall() }
    #expect(HostSignals.takePending().isEmpty)
    for _ in 0..<100 {
      kill(getpid(), SIGUSR2)
      kill(getpid(), SIGUSR1)
      var seen: Set<Int32> = []
      let deadline = Native.now() + 20_000_000_000
      while seen.count < 2 && Native.now() < deadline {
        _ = host.wait([], until: deadline)
        let pending = HostSignals.takePending()
        #expect(pending == pending.sorted())
        seen.formUnion(pending)
      }
      #expect(seen == [SIGUSR1, SIGUSR2])
    }
  }

  @Test func whoDoesNotWaitIsToldUntilHeAsks() {
    final class Calls: Sendable {
      let count = Atomic(0)
    }
    let calls = Calls()
    let host = PosixHost()
    HostSignals.install([SIGUSR1], waking: host) { calls.count.add(1, ordering: .relaxed) }
    defer { HostSignals.uninstall() }
    kill(getpid(), SIGUSR1)
    let deadline = Native.now() + 20_000_000_000
    while calls.count.load(ordering: .relaxed) < 5 && Native.now() < deadline { usleep(200) }
    #expect(calls.count.load(ordering: .relaxed) >= 5)
    #expect(HostSignals.takePending() == [SIGUSR1])
    usleep(5000)
    let after = calls.count.load(ordering: .relaxed)
    usleep(20000)
    #expect(calls.count.load(ordering: .relaxed) == after)
  }

  @Test(.startsItself) func theFormerDispositionComesBack() async {
    await #expect(processExitsWith: .signal(SIGUSR1)) {
      let host = PosixHost()
      HostSignals.install([SIGUSR1, SIGKILL, 0, 64], waking: host)
      // To the process: this thread may have signals blocked.
      kill(getpid(), SIGUSR1)
      var pending: [Int32] = []
      while pending.isEmpty {
        _ = host.wait([], until: Native.now() + 10_000_000_000)
        pending = HostSignals.takePending()
      }
      guard pending == [SIGUSR1] else { exit(1) }
      HostSignals.uninstall()
      kill(getpid(), SIGUSR1)
      sleep(10)
      exit(2)
    }
  }

  @Test(.startsItself) func aBrokenPipeIsNoSignal() async {
    await #expect(processExitsWith: .success) {
      let host = PosixHost()
      let ends = Native.pipe()
      close(ends[0])
      host.inheritable.insert(ends[1])
      let handle = try host.open(StreamURI(.stdio, "\(ends[1])"), .write)
      do throws(HostError) {
        try host.writeText(handle, "x")
      } catch {
        exit(error == .brokenPipe ? 0 : 1)
      }
      exit(2)
    }
  }
}
