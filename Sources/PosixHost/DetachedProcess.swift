internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A process of this program that outlives this one: it leads a session of its own, which has no terminal.
package struct DetachedProcess {
  package let id: Int32
  /// Joined with what the process has as its `Starter`.
  package let connection: ControlConnection

  /// Starts this program with other arguments, and with the environment, the working directory and the standard
  /// streams of this one.
  package init(_ arguments: [String]) throws(HostError) {
    let (ours, theirs) = try system_socket_pair()
    connection = ControlConnection(ours)
    defer { system_close(theirs) }
    id = try system_start_detached(arguments, theirs)
  }

  /// How a process ended.
  package enum Ending: Sendable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  /// Waits for its end.
  package func waitForEnd() throws(HostError) -> Ending {
    let status = try system_wait_for(id)
    let signal = status & 0x7f
    return signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal)
  }
}

/// What a detached process has of the process that started it.
package final class Starter {
  package let connection: ControlConnection
  private let null: Int32

  /// That of this process, which was started as a detached one. To be called before it is confined.
  package init() throws(HostError) {
    guard FileKind(mode: try system_fstat(3).st_mode) == .socket else { throw .invalid }
    connection = ControlConnection(try system_fcntl(3, F_DUPFD_CLOEXEC, 4))
    system_close(3)
    null = try system_open(Array("/dev/null".utf8), O_RDWR | O_CLOEXEC)
  }

  deinit { system_close(null) }

  /// Gives up the standard streams that this process has from its starter.
  ///
  /// - Parameter keepsError: standard error stays as it is.
  /// - Parameter messages: what standard error becomes; nil: /dev/null.
  package func leaveStreams(keepsError: Bool, messages: LogFile?) {
    for place in [0, 1] as [Int32] { try? system_replace(place, with: null) }
    if !keepsError { try? system_replace(2, with: messages?.descriptor ?? null) }
  }
}
