import Testing

import LibOS

@Suite struct IntervalScheduleTests {
  @Test func oneShot() {
    var schedule = IntervalSchedule(value: 50, interval: 0, isAbsolute: false, now: 100)
    #expect(schedule.remaining(at: 120) == 30)
    #expect(schedule.takeExpirations(at: 149) == 0)
    #expect(schedule.remaining(at: 200) == 1)
    #expect(schedule.takeExpirations(at: 200) == 1)
    #expect(!schedule.isArmed && schedule.remaining(at: 300) == 0)
  }

  @Test func intervalsDoNotDrift() {
    var schedule = IntervalSchedule(value: 10, interval: 10, isAbsolute: false, now: 0)
    #expect(schedule.takeExpirations(at: 13) == 1)
    #expect(schedule.next == 20)
    #expect(schedule.takeExpirations(at: 47) == 3)
    #expect(schedule.next == 50)
    #expect(schedule.takeExpirations(at: 50) == 1)
    #expect(schedule.next == 60)
  }

  @Test func zeroDisarms() {
    #expect(!IntervalSchedule(value: 0, interval: 5, isAbsolute: false, now: 9).isArmed)
    #expect(!IntervalSchedule(value: 0, interval: 5, isAbsolute: true, now: 9).isArmed)
  }

  @Test func theEndsOfTheRangeHold() {
    var schedule = IntervalSchedule(value: .max, interval: .max, isAbsolute: false, now: 1000)
    #expect(schedule.next == .max)
    #expect(schedule.takeExpirations(at: .max) == 1)
    #expect(schedule.next == .max)
    schedule = IntervalSchedule(value: 1, interval: 1, isAbsolute: true, now: 0)
    #expect(schedule.takeExpirations(at: .max) == UInt64(Int64.max))
    #expect(schedule.next == .max)
  }
}

@Suite struct TimerQueueTests {
  @Test func firesInOrder() {
    var queue = TimerQueue()
    var fired: [Int] = []
    let timers = (0..<5).map { index in KernelTimer { fired.append(index) } }
    for (timer, time) in zip(timers, [30, 10, 20, 10, 40] as [Int64]) { queue.arm(timer, at: time) }
    queue.cancel(timers[2])
    queue.arm(timers[4], at: 5)
    #expect(queue.next == 5)
    while let timer = queue.popExpired(at: 29) { timer.action() }
    #expect(fired == [4, 1, 3])
    #expect(queue.next == 30 && timers[1].deadline == nil)
  }
}
