package import HostABI
package import LinuxABI
import Machine

/// A host that hides the machine and the time of day from the guest. It wraps the real host, through which
/// it reaches files and standard streams.
///
/// Its time is the guest's progress. An executed instruction takes one nanosecond. When every thread
/// sleeps, time jumps to the first deadline. Nothing else takes time: no system call, no wait for the
/// outside, no snapshot. Random numbers come from a seed.
package final class DeterministicHost: Host {
  package static let version = HostABIVersion(1, 0)

  /// Nanoseconds since the guest began, of all clocks.
  package private(set) var time: Int64 = 0
  /// When the guest is to stop next.
  private var alarm: Int64?
  private var entropy: SeededEntropy
  let base: any Host

  package init(_ base: any Host, seed: UInt64) {
    self.base = base
    entropy = SeededEntropy(seed: seed)
  }

  /// What the wall clock shows at first: 2024-01-01 00:00:00 UTC, in seconds since 1970.
  package static var epoch: Int64 { 1_704_067_200 }

  /// The time of all files that a guest finds and has not changed: a year earlier.
  package static var fileTime: Timespec { Timespec(tv_sec: epoch - 365 * 86400, tv_nsec: 0) }

  /// Time does not jump beyond this, 36 years: a deadline that lies later never comes. Sums with it fit, and a
  /// snapshot may tell it.
  package static var lastInstant: Int64 { 1 << 60 }

  /// Bytes of guest memory unless said otherwise.
  package static var memory: Int { 4 << 30 }

  package var seed: UInt64 { entropy.seed }
  package var entropyPosition: UInt64 { entropy.position }

  /// Goes on with what a snapshot had.
  func restore(time: Int64, seed: UInt64, entropyPosition: UInt64) {
    self.time = time
    entropy = SeededEntropy(seed: seed, position: entropyPosition)
  }

  // MARK: Progress

  /// Has `engine` run until it needs the library OS, but not beyond the alarm.
  ///
  /// - Parameter counter: what counters that programs can read show now.
  func run(_ engine: any Engine, in space: AddressSpace, counter: Int64) -> Exit {
    let given = UInt64(max(0, saturatingSum(alarm ?? .max, -time)))
    var budget = given
    let exit = engine.run(in: space, budget: &budget, time: counter)
    time += Int64(given - budget)
    return exit
  }

  package func setAlarm(at deadline: Int64?, _ action: (@Sendable () -> Void)?) { alarm = deadline }

  package func now(_ clock: HostClock) -> HostTime {
    switch clock {
    case .monotonic, .processorTime: HostTime(nanoseconds: time)
    case .realtime: HostTime(nanoseconds: Self.epoch * 1_000_000_000 + time)
    }
  }

  /// Returns what is ready; if nothing is, advances the time to the deadline. Output is always ready: see
  /// `write`.
  package func wait(_ items: [WaitItem], until deadline: Int64?) -> [Readiness] {
    let deadline = deadline.flatMap { $0 <= Self.lastInstant ? $0 : nil }
    let outputs = items.map { $0.interest.intersection(.writable) }
    let inputs = items.map {
      WaitItem(handle: $0.handle, interest: $0.interest.subtracting(.writable))
    }
    let isLook = deadline != nil || !outputs.allSatisfy(\.isEmpty)
    let ready = zip(base.wait(inputs, until: isLook ? 0 : nil), outputs).map { $0.union($1) }
    if let deadline, ready.allSatisfy(\.isEmpty) { time = max(time, deadline) }
    return ready
  }

  package func interrupt() { base.interrupt() }

  /// Writes all of `bytes`, so that the speed of the reader does not show. An interrupted wait gives up.
  package func write(_ handle: HostHandle, at offset: UInt64?, from bytes: RawSpan)
    throws(HostError) -> Int
  {
    var done = 0
    while done < bytes.byteCount {
      let rest = bytes.extracting(done..<bytes.byteCount)
      let position = offset.map { $0 + UInt64(done) }
      do {
        done += try base.write(handle, at: position, from: rest)
      } catch {
        if done > 0, error != .wouldBlock { return done }
        guard error == .wouldBlock else { throw error }
        let ready = base.wait([WaitItem(handle: handle, interest: .writable)], until: nil)
        guard ready != [[]] else {
          if done > 0 { return done }
          throw error
        }
      }
    }
    return done
  }

  package func entropy(into buffer: inout MutableRawSpan) { entropy.fill(&buffer) }

  package let facts = MachineFacts(
    processors: 1, memory: UInt64(DeterministicHost.memory), hostName: "godwit")
}
