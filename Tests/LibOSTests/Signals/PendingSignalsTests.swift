import LinuxABI
import Testing

import LibOS

@Suite struct PendingSignalsTests {
  @Test func standardSignalsCoalesceAndKeepTheFirst() {
    var pending = PendingSignals()
    pending.add(userInfo(.SIGUSR1, value: 1))
    pending.add(userInfo(.SIGUSR1, value: 2))
    #expect(pending.count == 1)
    let first = pending.take(.full)
    let second = pending.take(.full)
    #expect(first?.si_value == 1 && second == nil)
    #expect(pending.isEmpty)
  }

  @Test func realTimeSignalsQueueInOrder() {
    var pending = PendingSignals()
    let low = Signal(rawValue: 34)
    let high = Signal(rawValue: 60)
    for value in 0..<3 {
      pending.add(userInfo(high, value: UInt64(100 + value)))
      pending.add(userInfo(low, value: UInt64(value)))
    }
    pending.add(userInfo(.SIGTERM))
    let first = pending.take(.full)
    #expect(first?.signal == .SIGTERM)
    let values = (0..<6).map { _ in pending.take(.full)!.si_value }
    #expect(values == [0, 1, 2, 100, 101, 102])
    #expect(pending.members.isEmpty)
  }

  @Test func synchronousSignalsComeFirst() {
    var pending = PendingSignals()
    pending.add(userInfo(.SIGHUP))
    pending.add(userInfo(.SIGSEGV))
    pending.add(userInfo(.SIGBUS))
    let order = (0..<3).map { _ in pending.take(.full)!.signal }
    #expect(order == [.SIGBUS, .SIGSEGV, .SIGHUP])
  }

  @Test func takesOnlyWhatIsWanted() {
    var pending = PendingSignals()
    pending.add(userInfo(.SIGHUP))
    pending.add(userInfo(.SIGTERM))
    let first = pending.take([.SIGTERM])
    let second = pending.take([.SIGTERM])
    #expect(first?.signal == .SIGTERM && second == nil)
    #expect(pending.members == [.SIGHUP])
  }

  @Test func removingForgetsEveryEntry() {
    var pending = PendingSignals()
    let signal = Signal(rawValue: 40)
    for value in 0..<3 { pending.add(userInfo(signal, value: UInt64(value))) }
    pending.add(userInfo(.SIGUSR2))
    pending.remove([signal])
    #expect(pending.queue.map(\.signal) == [.SIGUSR2])
    #expect(pending.members == [.SIGUSR2])
  }

  @Test func signalsOfTimersAreKnown() {
    var pending = PendingSignals()
    for id: Int32 in [3, 3, 5] {
      pending.add(.timer(Signal(rawValue: 40), id: id, overrun: 0, value: 9))
    }
    pending.add(userInfo(Signal(rawValue: 40)))
    _ = pending.take(.full)
    #expect(pending.holdsSignal(ofTimer: 3) && pending.holdsSignal(ofTimer: 5))
    pending.removeSignals(ofTimer: 3)
    #expect(!pending.holdsSignal(ofTimer: 3) && pending.count == 2)
    pending.removeTimerSignals()
    #expect(pending.count == 1 && !pending.holdsSignal(ofTimer: 5))
    #expect(pending.members == [Signal(rawValue: 40)])
  }

  @Test func restoresFromItsQueue() {
    var pending = PendingSignals()
    pending.add(userInfo(.SIGUSR2))
    pending.add(userInfo(Signal(rawValue: 50), value: 5))
    #expect(PendingSignals(restoring: pending.queue) == pending)
  }
}
