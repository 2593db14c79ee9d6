internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A program that makes a link with another machine, ssh(1) usually: the link is its standard input and output.
package final class LinkProcess: Sendable {
  private let process: Int32

  private init(_ process: Int32) { self.process = process }

  /// Starts the program `arguments[0]`, which is looked for in PATH. It has the standard error and the terminal of
  /// this process.
  ///
  /// - Parameter tellsErrors: its standard error is part of the link, too.
  package static func start(_ arguments: [String], tellsErrors: Bool = false) throws(HostError)
    -> (process: LinkProcess, link: ByteLink)
  {
    let (fromProgram, itsOutput) = try system_pipe()
    let link: ByteLink
    let itsInput: Int32
    do throws(HostError) {
      let (readEnd, toProgram) = try system_pipe()
      itsInput = readEnd
      link = try ByteLink(input: fromProgram, output: toProgram)
    } catch {
      system_close(fromProgram)
      system_close(itsOutput)
      throw error
    }
    defer {
      system_close(itsInput)
      system_close(itsOutput)
    }
    // Programs expect reads to wait.
    let flags = try system_fcntl(itsInput, F_GETFL)
    try system_fcntl(itsInput, F_SETFL, flags & ~O_NONBLOCK)
    let process = try system_start_program(
      arguments, input: itsInput, output: itsOutput, error: tellsErrors ? itsOutput : 2)
    return (LinkProcess(process), link)
  }

  /// Asks it to end, with SIGTERM. Not to be called while, or after, somebody waits for its end.
  package func interrupt() { kill(process, SIGTERM) }

  /// Waits for the end of the program: its status as a shell gives it; nil if it had to be terminated.
  ///
  /// - Parameter time: nanoseconds to wait.
  package func end(within time: Int64) -> Int32? {
    switch outcome(within: time) {
    case .ended(let status): return status
    case .gone: return nil
    case .running: break
    }
    // Waited for to the last: what nobody waits for stays among the processes.
    for signal in [SIGTERM, SIGKILL] {
      kill(process, signal)
      if case .running = outcome(within: 1_000_000_000) { continue }
      break
    }
    return nil
  }

  private func outcome(within time: Int64) -> ChildState {
    let deadline = HostProcess.monotonicTime + time
    while true {
      let state = system_reap(process)
      guard case .running = state, HostProcess.monotonicTime < deadline else { return state }
      HostProcess.sleep(nanoseconds: 2_000_000)
    }
  }
}
