internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A process of this program that accompanies this one and ends with it, whatever ends it.
package final class Companion {
  private var lifeline: Int32
  package let end: CompanionEnd

  /// Starts this program with other arguments; it calls `Lifeline.inherited`. It has what `lock` locks, too.
  ///
  /// To be called before this process is confined.
  ///
  /// - Parameter messages: what its standard error is; nil: that of this process.
  package init(_ arguments: [String], sharing lock: FileLock, messages: LogFile? = nil)
    throws(HostError)
  {
    let (theirLifeline, lifeline) = try system_pipe()
    let end: Int32
    let theirEnd: Int32
    do throws(HostError) { (end, theirEnd) = try system_pipe() } catch {
      system_close(theirLifeline)
      system_close(lifeline)
      throw error
    }
    self.lifeline = lifeline
    self.end = CompanionEnd(end)
    defer {
      system_close(theirLifeline)
      system_close(theirEnd)
    }
    try system_start_again(
      arguments, inheriting: [theirLifeline, theirEnd, lock.descriptor],
      error: messages?.descriptor ?? 2)
  }

  deinit {
    if lifeline >= 0 { system_close(lifeline) }
  }

  /// Passes a few bytes to the companion, which calls `Lifeline.receive`. To be called before `call`.
  package func hand(_ bytes: [UInt8]) throws(HostError) {
    let count = try bytes.lend { (bytes) throws(HostError) in try system_write(lifeline, bytes) }
    // So few fit into an empty pipe.
    guard count == bytes.count else { throw .brokenPipe }
  }

  /// Tells the companion that it is wanted; see `Lifeline.isCalled`. `false` if it has ended.
  package func call() -> Bool {
    guard lifeline >= 0,
      let count = try? [1 as UInt8].lend({ (byte) throws(HostError) in
        try system_write(lifeline, byte)
      })
    else { return false }
    return count == 1
  }

  /// Ends the companion, and waits until it has ended, for some seconds at most.
  package func dismiss() {
    guard lifeline >= 0 else { return }
    system_close(lifeline)
    lifeline = -1
    _ = end.comes(within: 10_000_000_000)
  }
}

/// Tells when a companion has ended, by whatever.
package final class CompanionEnd: Sendable {
  /// A pipe that the companion has open, and to which nobody writes.
  private let descriptor: Int32

  fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { system_close(descriptor) }

  /// Waits until the companion has ended.
  package func wait() { while !comes(within: 60_000_000_000) {} }

  /// Whether the companion ends within so many nanoseconds.
  fileprivate func comes(within timeout: Int64) -> Bool {
    var items = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
    let deadline = HostProcess.monotonicTime + timeout
    while items[0].revents == 0 {
      let rest = deadline - HostProcess.monotonicTime
      guard rest > 0 else { return false }
      _ = system_poll(&items, timeout: rest)
    }
    return true
  }
}

/// What a companion has of the process that it accompanies.
package struct Lifeline: Sendable {
  private let descriptor: Int32
  /// The lock that both hold.
  private let lock: FileLock

  /// That of this process, which was started as a companion.
  package static func inherited() throws(HostError) -> Lifeline {
    for descriptor in [3, 4, 5] as [Int32] {
      try system_fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
    guard FileKind(mode: try system_fstat(3).st_mode) == .fifo else { throw .invalid }
    return Lifeline(descriptor: 3, lock: FileLock(inherited: 5))
  }

  /// Waits for the bytes that `Companion.hand` passes, so many; nil if the accompanied process has ended.
  package func receive(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      // The pipe's reading end never waits, and this process may be ready before it was written to.
      guard events(Int16(POLLIN), within: nil) != 0 else { return nil }
      let piece = try? bytes.lendMutable { (span) throws(HostError) in
        try system_read(descriptor, &span, skipping: done)
      }
      guard let piece, piece > 0 else { return nil }
      done += piece
    }
    return bytes
  }

  /// What there is of `wanted`, of a cut or of an error within so many nanoseconds; nil: any number.
  private func events(_ wanted: Int16, within timeout: Int64?) -> Int16 {
    var items = [pollfd(fd: descriptor, events: wanted, revents: 0)]
    return system_poll(&items, timeout: timeout) ? items[0].revents : 0
  }

  /// Waits for the end of the accompanied process.
  package func waitForEnd() { while !isCut(within: nil) {} }

  /// Whether the accompanied process ends within so many nanoseconds; nil: any number.
  package func isCut(within timeout: Int64?) -> Bool {
    // Only that it is cut, not that something was written to it.
    events(0, within: timeout) != 0
  }

  /// Whether the accompanied process calls within so many nanoseconds.
  package func isCalled(within timeout: Int64) -> Bool {
    guard events(Int16(POLLIN), within: max(0, timeout)) & Int16(POLLIN) != 0 else { return false }
    // Several calls are one.
    var calls = [UInt8](repeating: 0, count: 64)
    _ = try? calls.lendMutable { (span) throws(HostError) in try system_read(descriptor, &span) }
    return true
  }
}
