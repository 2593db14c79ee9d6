internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A program that this process starts, in a session of its own, and whose output and errors it reads. It has no input.
package final class WatchedProgram {
  private let process: Int32
  private let child: ChildProgram
  private let output: BytePipe
  private var isKilled = false

  /// What of it is read; the rest is lost.
  package enum Streams {
    case outputAndErrors, errors
  }

  /// - Parameter arguments: the program, which is looked for in PATH, and its arguments.
  package init(_ arguments: [String], output streams: Streams = .outputAndErrors) throws(HostError)
  {
    let output = try BytePipe()
    var process: Int32 = -1
    try output.handOver { (end) throws(HostError) in
      process = try system_start_watched(
        arguments, output: end, hasOutput: streams == .outputAndErrors)
    }
    self.process = process
    child = ChildProgram(process)
    self.output = output
  }

  deinit {
    kill()
    // It has been killed, if it has not ended before.
    _ = child.waitForEnd()
  }

  /// Its status as a shell gives it; nil while it runs.
  package var status: Int32? { child.status }

  /// Passes what it has written to `body`, piece by piece, without waiting for more.
  package func drain(_ body: ([UInt8]) -> Void) {
    // SAFETY: the bytes are copied.
    output.drain { bytes in body(unsafe bytes.withUnsafeBytes { unsafe Array($0) }) }
  }

  /// Ends it, and what it has started.
  package func kill() {
    guard !isKilled else { return }
    isKilled = true
    system_kill_group(process)
  }

  /// Waits until one of them has written something or has ended, or for so many nanoseconds.
  package static func wait(_ programs: [WatchedProgram], timeout: Int64) {
    var items = programs.filter { !$0.output.isAtEnd }.map {
      pollfd(fd: $0.output.readEnd, events: Int16(POLLIN), revents: 0)
    }
    // One that has closed its output may run on: that is found out by looking again.
    let isBlind = items.count < programs.count
    _ = system_poll(&items, timeout: isBlind ? min(timeout, 1_000_000) : timeout)
  }
}
