import LinuxABI
import Machine
import Testing

import LibOS

@Suite struct SignalSyscallTests {
  private let data = SignalMachine.data
  private func failure(_ errno: Errno) -> Int64 { -Int64(errno.rawValue) }

  @Test(arguments: GuestISA.allCases) func actions(isa: GuestISA) {
    let machine = SignalMachine(isa)
    let action = Sigaction(
      handler: 0x1234, flags: [.SA_RESTART, .SA_UNSUPPORTED], restorer: 0x99,
      mask: [.SIGKILL, .SIGHUP])
    machine.store(action.bytes(for: isa))
    #expect(machine.call("rt_sigaction", 10, data, data + 64, 8) == 0)
    #expect(Sigaction(bytes: machine.bytes(at: data + 64, count: 32), isa: isa) == Sigaction())
    #expect(machine.process.signals[.SIGUSR1].mask == [.SIGHUP])
    #expect(machine.process.signals[.SIGUSR1].flags == .SA_RESTART)
    #expect(machine.call("rt_sigaction", 9, data, 0, 8) == failure(.EINVAL))
    #expect(machine.call("rt_sigaction", 9, 0, data, 8) == 0)
    #expect(machine.call("rt_sigaction", 65, data, 0, 8) == failure(.EINVAL))
    #expect(machine.call("rt_sigaction", 0, data, 0, 8) == failure(.EINVAL))
    #expect(machine.call("rt_sigaction", 10, data, 0, 16) == failure(.EINVAL))
    #expect(machine.call("rt_sigaction", 10, 8, 0, 8) == failure(.EFAULT))
  }

  @Test func ignoringForgetsWhatIsPending() {
    let machine = SignalMachine(.x86_64)
    machine.task.setSignalMask([.SIGTERM])
    machine.process.post(userInfo(.SIGTERM))
    machine.task.post(userInfo(.SIGTERM))
    machine.store(Sigaction(handler: Sigaction.SIG_IGN).bytes(for: .x86_64))
    #expect(machine.call("rt_sigaction", 15, data, 0, 8) == 0)
    #expect(machine.process.signals.pending.isEmpty && machine.task.signals.pending.isEmpty)
  }

  @Test(arguments: GuestISA.allCases) func masksAndPending(isa: GuestISA) throws {
    let machine = SignalMachine(isa)
    machine.store([.SIGUSR1, .SIGKILL])
    #expect(machine.call("rt_sigprocmask", 0, data, 0, 8) == 0)
    #expect(machine.task.signals.mask == [.SIGUSR1])
    #expect(machine.call("kill", 1, 10) == 0)
    #expect(machine.call("rt_sigpending", data, 8) == 0)
    #expect(try machine.process.space.load(UInt64.self, at: GuestAddress(data)) == 1 << 9)
    #expect(machine.call("rt_sigprocmask", 3, data, 0, 8) == failure(.EINVAL))
    #expect(machine.call("rt_sigprocmask", 3, 0, data, 8) == 0)
    #expect(machine.call("rt_sigprocmask", 0, 8, 0, 8) == failure(.EFAULT))
    #expect(machine.call("rt_sigpending", data, 9) == failure(.EINVAL))
    // Unblocking delivers before the call returns.
    machine.catchSignal(.SIGUSR1)
    machine.store([.SIGUSR1])
    _ = machine.call("rt_sigprocmask", 1, data, 0, 8)
    #expect(machine.engine.programCounter == SignalMachine.handler)
    #expect(machine.handlerInfo.si_code == SignalCode.SI_USER)
    #expect(machine.handlerInfo.si_pid == 1)
    machine.returnFromHandler()
    #expect(machine.engine.registers.syscallResult == 0)
  }

  @Test func sending() {
    let machine = SignalMachine(.x86_64)
    let other = machine.addTask()
    #expect(machine.call("kill", 1, 0) == 0)
    #expect(machine.call("kill", 99, 0) == failure(.ESRCH))
    #expect(machine.call("kill", 1, 65) == failure(.EINVAL))
    #expect(machine.call("kill", UInt64(bitPattern: -1), 10) == failure(.ESRCH))
    #expect(machine.call("tkill", 0, 10) == failure(.EINVAL))
    #expect(machine.call("tgkill", 1, 99, 0) == failure(.ESRCH))
    #expect(machine.call("tgkill", 5, UInt64(other.tid), 0) == failure(.ESRCH))
    other.setSignalMask(.full)
    #expect(machine.call("tgkill", 1, UInt64(other.tid), 12) == 0)
    #expect(other.signals.pending.queue.map(\.si_code) == [SignalCode.SI_TKILL])
    machine.task.setSignalMask(.full)
    // 0: the caller's group.
    #expect(machine.call("kill", 0, 10) == 0)
    #expect(machine.process.signals.pending.members == [.SIGUSR1])
  }

  @Test func queueing() {
    let machine = SignalMachine(.x86_64)
    let other = machine.addTask()
    machine.task.setSignalMask(.full)
    other.setSignalMask(.full)
    machine.store(userInfo(.SIGHUP, value: 42).bytes)
    #expect(machine.call("rt_sigqueueinfo", 1, 40, data) == 0)
    #expect(machine.process.signals.pending.queue.last?.si_signo == 40)
    #expect(machine.process.signals.pending.queue.last?.si_value == 42)
    #expect(machine.call("rt_tgsigqueueinfo", 1, UInt64(other.tid), 41, data) == 0)
    #expect(other.signals.pending.queue.last?.si_signo == 41)
    #expect(machine.call("rt_sigqueueinfo", 99, 40, data) == failure(.ESRCH))
    #expect(machine.call("rt_sigqueueinfo", 1, 40, 8) == failure(.EFAULT))
    machine.process.limits[ResourceLimits.signalsPending].soft = 0
    #expect(machine.call("rt_sigqueueinfo", 1, 40, data) == failure(.EAGAIN))
    // Nobody may pretend to be the kernel before another thread.
    machine.store(userInfo(.SIGHUP).bytes)
    #expect(machine.call("rt_tgsigqueueinfo", 1, UInt64(other.tid), 10, data) == failure(.EPERM))
  }

  @Test(arguments: GuestISA.allCases) func timedWait(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.task.setSignalMask([.SIGUSR1, .SIGTERM])
    machine.store([.SIGUSR1, .SIGTERM])
    machine.store(Timespec(tv_sec: 0, tv_nsec: 0).bytes, at: data + 8)
    machine.store(Timespec(tv_sec: 3, tv_nsec: 0).bytes, at: data + 24)
    machine.store(Timespec(tv_sec: 0, tv_nsec: -1).bytes, at: data + 40)
    #expect(machine.call("rt_sigtimedwait", data, 0, data + 8, 8) == failure(.EAGAIN))
    #expect(machine.call("rt_sigtimedwait", data, 0, data + 40, 8) == failure(.EINVAL))
    machine.process.post(userInfo(.SIGUSR1, value: 5))
    machine.task.post(userInfo(.SIGTERM, value: 6))
    // The thread's own first.
    #expect(machine.call("rt_sigtimedwait", data, data + 128, data + 8, 8) == 15)
    #expect(machine.call("rt_sigtimedwait", data, data + 128, data + 8, 8) == 10)
    let info = Siginfo(bytes: machine.bytes(at: data + 128, count: 128))
    #expect(info == userInfo(.SIGUSR1, value: 5))
    // It times out …
    let before = machine.kernel.clock.monotonic
    #expect(machine.call("rt_sigtimedwait", data, 0, data + 24, 8) == failure(.EAGAIN))
    #expect(machine.kernel.clock.monotonic - before >= 3_000_000_000)
    // … or is woken by a blocked signal.
    let call = FakeEngine.syscall(machine.number("rt_sigtimedwait"), [data, 0, 0, 8])
    #expect(machine.run([call]) == .deadlock)
    machine.process.post(userInfo(.SIGTERM))
    machine.run()
    #expect(machine.engine.registers.syscallResult == 15)
    #expect(!machine.task.hasDeliverableSignal)
  }

  @Test func timedWaitIsInterrupted() {
    let machine = SignalMachine(.x86_64)
    machine.catchSignal(.SIGUSR2, flags: [.SA_SIGINFO, .SA_RESTART])
    machine.store([.SIGUSR1])
    let call = FakeEngine.syscall(machine.number("rt_sigtimedwait"), [data, 0, 0, 8])
    #expect(machine.run([call]) == .deadlock)
    machine.process.post(userInfo(.SIGUSR2))
    machine.run()
    #expect(machine.engine.programCounter == SignalMachine.handler)
    machine.returnFromHandler()
    #expect(machine.engine.registers.syscallResult == Errno.EINTR.syscallResult)
  }

  @Test(arguments: GuestISA.allCases) func alternateStack(isa: GuestISA) {
    let machine = SignalMachine(isa)
    let size: UInt64 = 8192
    machine.store(SignalStack(ss_sp: data, ss_flags: [], ss_size: size).bytes)
    #expect(machine.call("sigaltstack", data, data + 64) == 0)
    var old = SignalStack(bytes: machine.bytes(at: data + 64, count: 24))
    #expect(old.ss_flags == .SS_DISABLE)
    machine.engine.stackPointer = data + 4096
    #expect(machine.call("sigaltstack", 0, data + 64) == 0)
    old = SignalStack(bytes: machine.bytes(at: data + 64, count: 24))
    #expect(old.ss_flags == .SS_ONSTACK)
    #expect(old.ss_size == size)
    #expect(machine.call("sigaltstack", data, 0) == failure(.EPERM))
    machine.engine.stackPointer = SignalMachine.stackTop - 64
    machine.store(SignalStack(ss_sp: data, ss_flags: [], ss_size: 100).bytes)
    #expect(machine.call("sigaltstack", data, 0) == failure(.ENOMEM))
    machine.store(SignalStack(ss_sp: data, ss_flags: .init(rawValue: 64), ss_size: size).bytes)
    #expect(machine.call("sigaltstack", data, 0) == failure(.EINVAL))
    #expect(machine.call("sigaltstack", 8, 0) == failure(.EFAULT))
    machine.store(SignalStack(ss_sp: data, ss_flags: .SS_DISABLE, ss_size: size).bytes)
    #expect(machine.call("sigaltstack", data, 0) == 0)
    #expect(machine.task.signals.stack.ss_size == 0)
  }

  @Test func restartSyscallIsEINTR() {
    #expect(SignalMachine(.aarch64).call("restart_syscall") == failure(.EINTR))
  }

  @Test(arguments: GuestISA.allCases) func signalDescriptor(isa: GuestISA) throws {
    let machine = SignalMachine(isa)
    machine.task.setSignalMask([.SIGUSR1, .SIGUSR2])
    machine.store([.SIGUSR1, .SIGUSR2, .SIGKILL])
    let minusOne = UInt64(UInt32.max)
    let flags = UInt64(SignalfdFlags.SFD_NONBLOCK.rawValue)
    let fd = machine.call("signalfd4", minusOne, data, 8, flags)
    #expect(fd == 0)
    let file = try #require(try machine.process.files.file(0) as? SignalFile)
    #expect(file.isNonBlocking)
    #expect(file.mask == [.SIGUSR1, .SIGUSR2])
    #expect(file.fdinfo == "sigmask:\t0000000000000a00\n")

    let listener = Listener()
    file.waitQueue.add(listener)
    #expect(file.pollEvents() == [])
    machine.process.post(userInfo(.SIGUSR2, value: 9))
    machine.task.post(userInfo(.SIGUSR1))
    #expect(listener.calls == 2)
    #expect(file.pollEvents() == .POLLIN)

    var buffer = [UInt8](repeating: 0, count: 400)
    let count = try read(file, &buffer)
    #expect(count == 256)
    let first = SignalfdSiginfo(bytes: Array(buffer[0..<128]))
    let second = SignalfdSiginfo(bytes: Array(buffer[128..<256]))
    #expect(first.ssi_signo == 10 && first.ssi_pid == 7 && first.ssi_uid == 8)
    #expect(second.ssi_signo == 12 && second.ssi_int == 9)
    #expect(throws: Errno.EAGAIN) { try read(file, &buffer) }
    var short = [UInt8](repeating: 0, count: 127)
    #expect(throws: Errno.EINVAL) { try read(file, &short) }

    // Another mask for the same descriptor.
    machine.store([.SIGHUP])
    #expect(machine.call("signalfd4", 0, data, 8, 0) == 0)
    #expect(file.mask == [.SIGHUP])
    #expect(machine.call("signalfd4", 9, data, 8, 0) == failure(.EBADF))
    #expect(machine.call("signalfd4", minusOne, data, 8, 1) == failure(.EINVAL))
    #expect(machine.call("signalfd4", minusOne, data, 4, 0) == failure(.EINVAL))
    try machine.process.files.close(0)
    #expect(machine.process.signalQueue.isEmpty)
  }

  private final class Listener: WaitListener {
    var calls = 0
    func objectChanged() { calls += 1 }
  }

  private func read(_ file: SignalFile, _ buffer: inout [UInt8]) throws(Errno) -> Int {
    var result: Result<Int, Errno> = .success(0)
    buffer.withMutableRawSpan { span in
      do throws(Errno) { result = .success(try file.read(into: &span)) } catch {
        result = .failure(error)
      }
    }
    return try result.get()
  }
}
