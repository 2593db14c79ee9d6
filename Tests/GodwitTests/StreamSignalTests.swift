import Foundation
import Testing

/// Signals that tell of the guest's standard input, which is the host's (`O_ASYNC`).
@Suite struct StreamSignalTests {
  /// Each line is read by the handler of the signal that tells of it.
  @Test(arguments: ["x86_64", "aarch64"])
  func linesAreToldBySignals(_ isa: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkfifo lines
      $G run --root \(Checkout.rootfs(isa).path) --mount .:/mnt -- /usr/bin/python3 -c '
      import fcntl, os, signal
      count = 0
      def told(number, frame):
          global count
          try: print("told of", os.read(0, 100).decode().strip(), flush=True)
          except BlockingIOError: return
          count += 1; open("/mnt/read%d" % count, "w").close()
      signal.signal(signal.SIGIO, told)
      signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO})
      fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
      fcntl.fcntl(0, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
      open("/mnt/read0", "w").close()
      while count < 3: signal.sigwait({signal.SIGIO}); told(0, 0)
      ' <lines &
      exec 3>lines
      for n in 0 1 2; do
        until [ -e read$n ]; do kill -0 $! || exit 1; sleep 0.02; done
        echo line $n >&3
      done
      wait $!; echo $?
      """)
    #expect(
      outcome.text == "told of line 0\ntold of line 1\ntold of line 2\n0\n", "\(outcome.error)")
  }
}
