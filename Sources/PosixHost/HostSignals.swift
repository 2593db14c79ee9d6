internal import CPosixShims
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Signals sent to the host process, collected for the guest.
///
/// The handler only sets a bit and wakes the waker: a `Host.wait` returns, and `notify` interrupts running
/// guest code. There can be only one in a process.
package enum HostSignals {
  private struct Watcher {
    let waker: Waker
    let thread: HostThread
    let caught: [Int32]
  }

  private static let watcher = Mutex<Watcher?>(nil)
  private static let isEnding = Atomic(false)

  /// Catches `signals` (native numbers, 1 to 63). Each arrival ends the current or next wait of
  /// `host`.
  ///
  /// `notify` is called on another thread when a signal arrives, then every millisecond until `takePending`.
  /// Signals that cannot be caught (SIGKILL, SIGSTOP) are skipped.
  package static func install(
    _ signals: [Int32], waking host: PosixHost, notify: @escaping @Sendable () -> Void = {}
  ) {
    uninstall()
    isEnding.store(false, ordering: .releasing)
    let waker = Waker()
    godwit_signals_set_wakers(host.waker.writeEnd, waker.writeEnd)
    let thread = HostThread { [hostWaker = host.waker] in
      // Never freed, so that the handler never writes to a closed descriptor.
      withExtendedLifetime(hostWaker) { watch(waker, notify) }
    }
    let caught = signals.filter { godwit_signals_catch($0) == 0 }
    watcher.withLock { $0 = Watcher(waker: waker, thread: thread, caught: caught) }
  }

  /// Restores the previous dispositions of the signals.
  package static func uninstall() {
    let old = watcher.withLock { watcher in
      defer { watcher = nil }
      return watcher
    }
    guard let old else { return }
    for signal in old.caught { _ = godwit_signals_release(signal) }
    godwit_signals_set_wakers(-1, -1)
    isEnding.store(true, ordering: .releasing)
    old.waker.wake()
    old.thread.join()
  }

  /// The signals that arrived since the last call, each once, in ascending order.
  package static func takePending() -> [Int32] {
    let set = godwit_signals_take()
    if set == 0 { return [] }
    return (Int32(1)...63).filter { set >> UInt64($0) & 1 != 0 }
  }

  /// Whether this process was started with `signal` ignored. To be called before `install`.
  package static func isIgnored(_ signal: Int32) -> Bool { godwit_signal_is_ignored(signal) == 1 }

  /// Stops this process, as the default action of SIGTSTP does, until SIGCONT.
  package static func stopSelf() { kill(getpid(), SIGSTOP) }

  private static func watch(_ waker: Waker, _ notify: @Sendable () -> Void) {
    var items = [pollfd(fd: waker.readEnd, events: Int16(POLLIN), revents: 0)]
    while true {
      let isPending = godwit_signals_peek() != 0
      _ = system_poll(&items, timeout: isPending ? 1_000_000 : nil)
      if items[0].revents != 0 { waker.drain() }
      if isEnding.load(ordering: .acquiring) { return }
      if godwit_signals_peek() != 0 { notify() }
    }
  }
}
