internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A process that goes on when this one and its session have ended.
///
/// It is forked, and runs no program anew: all that this process has read and opened is the child's, too, and it works
/// under qemu-user, which can't execute the program again.
package enum DetachedChild {
  /// Forks. To be called before this process has a second thread or has locked a mutex: Swift's `Mutex` remembers the
  /// thread's ID for good, and in the child it is another one. (Nothing checks that: under qemu-user the emulator's own
  /// threads are seen, too.)
  ///
  /// - Parameter body: what the child does, with its end of a connection to this process. Its standard streams are
  ///   /dev/null.
  /// - Returns: this process's end.
  package static func start(_ body: (ControlConnection) -> Never) throws(HostError)
    -> ControlConnection
  {
    let (ours, theirs) = try system_socket_pair()
    let child: Int32
    do throws(HostError) { child = try system_fork_session() } catch {
      system_close(ours)
      system_close(theirs)
      throw error
    }
    guard child == 0 else {
      system_close(theirs)
      return ControlConnection(ours)
    }
    system_close(ours)
    try? HostProcess.discardStreams([0, 1, 2])
    body(ControlConnection(theirs))
  }
}

extension HostProcess {
  /// Has standard streams be /dev/null from now on.
  static func discardStreams(_ streams: [Int32]) throws(HostError) {
    for stream in streams {
      system_close(stream)
      // open(2) takes the lowest free number, which is this one.
      let opened = try system_open(Array("/dev/null".utf8), O_RDWR)
      precondition(opened == stream, "a standard stream was closed")
    }
  }

  /// Holds back SIGINT, SIGTERM and SIGHUP from now on.
  package static func holdSignals() { system_hold_signals(heldSignals) }

  /// Takes them again, and those that came meanwhile.
  package static func releaseSignals() { system_release_signals(heldSignals) }

  /// Whether one of them has come meanwhile.
  package static var hasHeldSignal: Bool { system_has_pending_signal(heldSignals) }

  private static let heldSignals = [SIGINT, SIGTERM, SIGHUP]
}
