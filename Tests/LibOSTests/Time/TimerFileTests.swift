import LinuxABI
import Machine
import TestHost
import Testing

import LibOS

@Suite struct TimerFileTests {
  let host = TestHost()
  let kernel: Kernel

  init() {
    kernel = Kernel(
      host: host, arena: FrameArena(byteLimit: 1 << 20)!, configuration: KernelConfiguration())
  }

  private func makeTimer(_ clock: TimerClock) -> TimerFile {
    let file = TimerFile(TimerFile.State(clock: clock), kernel: kernel, flags: .O_RDWR)
    file.retain()
    return file
  }

  private func setting(_ value: Int64, _ interval: Int64 = 0) -> Itimerspec {
    Itimerspec(
      it_interval: Timespec(nanoseconds: interval), it_value: Timespec(nanoseconds: value))
  }

  private func pass(_ time: Int64) {
    host.advance(by: time)
    while let timer = kernel.timers.popExpired(at: kernel.clock.monotonic) { timer.action() }
  }

  private func count(_ file: TimerFile) throws(Errno) -> UInt64 {
    var reader = ByteReader(try file.take(8))
    return reader.read()
  }

  @Test func countsExpirations() throws {
    let file = makeTimer(.monotonic)
    let listener = Listener()
    file.waitQueue.add(listener)
    #expect(file.set(setting(100, 30), flags: []) == Itimerspec())
    #expect(throws: Errno.EAGAIN) { try file.take(8) }
    pass(99)
    #expect(file.pollEvents() == [] && listener.told.isEmpty)
    pass(1)
    #expect(file.pollEvents() == .POLLIN && listener.told == [.POLLIN])
    #expect(throws: Errno.EINVAL) { try file.take(7) }
    pass(65)
    // The kernel's timer rested meanwhile; nothing was lost.
    #expect(listener.told.count == 1)
    #expect(try count(file) == 3)
    #expect(file.current == setting(25, 30))
    pass(25)
    #expect(listener.told.count == 2)
    #expect(try count(file) == 1)
    #expect(file.set(Itimerspec(), flags: []) == setting(30, 30))
    #expect(kernel.timers.next == nil)
  }

  @Test func absoluteWallTimeFollowsTheClock() throws {
    let file = makeTimer(.realtime)
    let start = kernel.clock.realtime
    _ = file.set(setting(start + 1000), flags: .TFD_TIMER_ABSTIME)
    kernel.clock.wallOffset -= 500
    pass(1000)
    #expect(file.pollEvents() == [])
    pass(500)
    #expect(try count(file) == 1)
    // A relative time is not moved.
    _ = file.set(setting(1000), flags: [])
    kernel.clock.wallOffset -= 500
    pass(1000)
    #expect(try count(file) == 1)
  }

  @Test func survivesBeingSaved() throws {
    let file = makeTimer(.monotonic)
    _ = file.set(setting(100, 40), flags: [])
    pass(110)
    let copy = TimerFile(file.state, kernel: kernel, flags: file.flags)
    file.release()
    pass(40)
    #expect(try count(copy) == 2)
    pass(30)
    #expect(try count(copy) == 1)
  }

  @Test func closingDisarms() {
    let file = makeTimer(.boottime)
    _ = file.set(setting(100), flags: [])
    #expect(kernel.timers.next != nil)
    file.release()
    #expect(kernel.timers.next == nil)
  }
}
