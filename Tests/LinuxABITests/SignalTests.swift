import LinuxABI
import Machine
import Testing

@Suite struct SignalTests {
  @Test func namesAndNumbersAgreeWithC() throws {
    var claims: [(expression: String, value: UInt64)] = []
    claims += (1...31).map { (Signal(rawValue: $0).name, UInt64($0)) }
    claims += SigactionFlags.names.filter {
      !["SA_UNSUPPORTED", "SA_EXPOSE_TAGBITS", "SA_RESTORER"].contains($0.name)
    }.map { ("(unsigned)\($0.name)", $0.value.rawValue) }
    claims += SignalStack.Flags.names.filter { $0.name != "SS_AUTODISARM" }
      .map { ($0.name, UInt64($0.value.rawValue)) }
    claims += SignalMaskChange.allCases.map { ("\($0)", UInt64($0.rawValue)) }
    let codes: [(expression: String, value: UInt64)] = [
      ("SI_KERNEL", 0x80), ("-SI_QUEUE", 1), ("-SI_TIMER", 2), ("-SI_MESGQ", 3),
      ("-SI_ASYNCIO", 4), ("-SI_SIGIO", 5), ("-SI_TKILL", 6), ("ILL_ILLOPN", 2),
      ("ILL_BADSTK", 8), ("FPE_INTDIV", 1), ("FPE_FLTDIV", 3), ("FPE_FLTINV", 7),
      ("SEGV_MAPERR", 1), ("SEGV_ACCERR", 2), ("BUS_ADRALN", 1), ("BUS_ADRERR", 2),
      ("BUS_MCEERR_AO", 5), ("TRAP_BRKPT", 1), ("TRAP_TRACE", 2), ("CLD_EXITED", 1),
      ("CLD_KILLED", 2), ("CLD_DUMPED", 3), ("CLD_STOPPED", 5), ("CLD_CONTINUED", 6),
      ("POLL_IN", 1), ("POLL_HUP", 6),
    ]
    let members: [(expression: String, value: UInt64)] = [
      ("si_signo", 0), ("si_errno", 4), ("si_code", 8), ("si_pid", 16), ("si_uid", 20),
      ("si_timerid", 16), ("si_overrun", 20), ("si_value", 24), ("si_status", 24),
      ("si_utime", 32), ("si_stime", 40), ("si_addr", 16), ("si_addr_lsb", 24), ("si_lower", 32),
      ("si_upper", 40), ("si_band", 16), ("si_fd", 24), ("si_call_addr", 16), ("si_syscall", 24),
      ("si_arch", 28),
    ].map { ("__builtin_offsetof(siginfo_t, \($0.0))", $0.1) }
    let sizes: [(expression: String, value: UInt64)] = [
      ("sizeof(siginfo_t)", UInt64(Siginfo.byteCount)),
      ("sizeof(stack_t)", UInt64(SignalStack.byteCount)),
      ("__builtin_offsetof(stack_t, ss_size)", 16),
      ("sizeof(struct sigevent)", UInt64(Sigevent.byteCount)),
      ("__builtin_offsetof(struct sigevent, sigev_signo)", 8),
      ("__builtin_offsetof(struct sigevent, sigev_notify)", 12),
      ("__builtin_offsetof(struct sigevent, _sigev_un._tid)", 16),
    ]
    let source =
      "#define _GNU_SOURCE\n#include <signal.h>\n"
      + CCompiler.assertions(claims + codes + members + sizes)
    for isa in GuestISA.allCases {
      let complaint = try CCompiler.complaint(about: source, for: isa)
      #expect(complaint == nil)
    }
  }

  @Test func namesGoBothWays() {
    for number in 1...Signal.count {
      let signal = Signal(rawValue: number)
      #expect(Signal(named: signal.name) == signal)
    }
    #expect(Signal(named: "term") == .SIGTERM)
    #expect(Signal(named: "9") == .SIGKILL)
    #expect(Signal(named: "65") == nil)
    #expect(Signal(named: "nonsense") == nil)
  }

  @Test func defaultActions() {
    #expect(Signal.SIGCHLD.defaultAction == .ignore)
    #expect(Signal.SIGSEGV.defaultAction == .core)
    #expect(Signal.SIGTSTP.defaultAction == .stop)
    #expect(Signal.SIGCONT.defaultAction == .continue)
    #expect(Signal.SIGKILL.defaultAction == .terminate)
    #expect(Signal.SIGRTMAX.defaultAction == .terminate)
  }

  @Test func sets() {
    var set: SignalSet = [.SIGHUP, .SIGSEGV, .SIGRTMAX]
    #expect(set.rawValue == 0x8000_0000_0000_0401)
    #expect(set.next == .SIGSEGV)
    set.remove(.SIGSEGV)
    #expect(set.next == .SIGHUP)
    #expect(set.description == "[HUP RT_32]")
    set.insert(Signal(rawValue: 0))
    set.insert(Signal(rawValue: 65))
    #expect(set.signals == [.SIGHUP, .SIGRTMAX])
    #expect(SignalSet().next == nil)
  }

  @Test func siginfoKeepsEveryBitOfItsUnion() {
    var image = (0..<48).map { UInt8($0) }
    image.replaceSubrange(12..<16, with: [0, 0, 0, 0])
    image += [UInt8](repeating: 0, count: 80)
    #expect(Siginfo(bytes: image).bytes == image)
  }

  @Test func siginfoLayouts() {
    let kill = Siginfo.kill(.SIGTERM, code: SignalCode.SI_USER, pid: 7, uid: 1000)
    #expect(kill.layout == .kill)
    #expect(kill.si_pid == 7 && kill.si_uid == 1000)
    let timer = Siginfo.timer(.SIGALRM, id: 3, overrun: 4, value: 5)
    #expect(timer.layout == .timer)
    #expect(timer.si_timerid == 3 && timer.si_overrun == 4 && timer.si_value == 5)
    let queue = Siginfo.queue(.SIGUSR1, pid: 1, uid: 2, value: .max)
    #expect(queue.layout == .queue)
    #expect(queue.si_value == .max)
    let child = Siginfo.child(
      code: SignalCode.CLD_KILLED, pid: 9, uid: 1, status: -2, utime: 3, stime: 4)
    #expect(child.layout == .child)
    #expect(child.si_status == -2 && child.si_utime == 3 && child.si_stime == 4)
    let fault = Siginfo.fault(.SIGSEGV, code: SignalCode.SEGV_MAPERR, address: 0xdead)
    #expect(fault.layout == .fault)
    #expect(fault.si_addr == 0xdead)
    let check = Siginfo.fault(
      .SIGBUS, code: SignalCode.BUS_MCEERR_AR, address: 1, leastSignificantBit: 12)
    #expect(check.layout == .faultWithBit)
    #expect(check.si_addr_lsb == 12)
    let poll = Siginfo.poll(code: SignalCode.POLL_IN, band: 1, fd: 5)
    #expect(poll.layout == .poll)
    #expect(poll.si_fd == 5)
    let sys = Siginfo.sys(
      SignalCode.SYS_SECCOMP, callAddress: 1, number: 2, architecture: 0xc000_003e, errno: 3)
    #expect(sys.layout == .sys)
    #expect(sys.si_syscall == 2 && sys.si_arch == 0xc000_003e)
    for info in [kill, timer, queue, child, fault, check, poll, sys] {
      #expect(Siginfo(bytes: info.bytes) == info)
    }
    let read = SignalfdSiginfo(child)
    #expect(read.ssi_pid == 9 && read.ssi_status == -2 && read.ssi_stime == 4)
  }

  @Test func otherStructuresRoundTrip() {
    let action = Sigaction(
      handler: 0x1234, flags: [.SA_RESTORER, .SA_SIGINFO], restorer: 0x5678, mask: [.SIGINT])
    for isa in [.x86_64, .aarch64] as [GuestISA] {
      #expect(Sigaction(bytes: action.bytes(for: isa), isa: isa) == action)
    }
    let bytes = action.bytes(for: .riscv64)
    #expect(bytes.count == 24)
    #expect(Sigaction(bytes: bytes, isa: .riscv64).mask == action.mask)
    let stack = SignalStack(ss_sp: 0x1000, ss_flags: [], ss_size: 0x2000)
    #expect(SignalStack(bytes: stack.bytes) == stack)
    let event = Sigevent(sigev_value: 1, sigev_signo: 2, sigev_notify: 4, threadID: 5)
    #expect(Sigevent(bytes: event.bytes) == event)
    #expect(event.bytes.count == 64)
  }

  @Test func signalStackBounds() {
    let stack = SignalStack(ss_sp: 0x1000, ss_flags: [], ss_size: 0x1000)
    #expect(!stack.contains(0x1000))
    #expect(stack.contains(0x1001))
    #expect(stack.contains(0x2000))
    #expect(!stack.contains(0x2001))
    #expect(stack.status(stackPointer: 0x1800) == .SS_ONSTACK)
    let disarming = SignalStack(ss_sp: 0x1000, ss_flags: .SS_AUTODISARM, ss_size: 0x1000)
    #expect(disarming.status(stackPointer: 0x1800) == [])
    #expect(SignalStack().status(stackPointer: 0) == .SS_DISABLE)
  }

  @Test func faultsBecomeSignals() {
    let fault = MemoryFault(address: GuestAddress(0x123), access: .write, reason: .protection)
    for isa in GuestISA.allCases {
      let info = Siginfo(fault, isa: isa)
      #expect(info.signal == .SIGSEGV)
      #expect(info.si_code == SignalCode.SEGV_ACCERR)
      #expect(info.si_addr == 0x123)
    }
    for isa in [.x86_64, .aarch64] as [GuestISA] {
      #expect(FaultInfo(fault, isa: isa).address == 0x123)
    }
    #expect(FaultInfo(fault, isa: .riscv64) == FaultInfo())
    #expect(FaultInfo(fault, isa: .x86_64).errorCode == 7)
    #expect(FaultInfo(fault, isa: .aarch64).syndrome == 0x9200_004f)
    let odd = MemoryFault(address: GuestAddress(0x123), access: .read, reason: .misaligned)
    #expect(Siginfo(odd, isa: .aarch64).signal == .SIGBUS)
    #expect(Siginfo(odd, isa: .aarch64).si_code == SignalCode.BUS_ADRALN)
    #expect(FaultInfo(odd, isa: .aarch64).syndrome == 0x9200_0021)
    let wild = MemoryFault(address: .null, access: .read, reason: .nonCanonical)
    #expect(Siginfo(wild, isa: .x86_64).si_code == SignalCode.SI_KERNEL)
    #expect(FaultInfo(wild, isa: .x86_64).trapNumber == 13)

    var registers = RegisterFile(isa: .x86_64)
    registers.programCounter = 0x4000
    let divide = Siginfo(GuestException.divide, registers: registers)
    #expect(divide.signal == .SIGFPE && divide.si_addr == 0x4000)
    // Division by zero unmasked and pending.
    registers.floatControl = 0x1f80 & ~(1 << 9) | 1 << 2
    let vector = Siginfo(GuestException.vectorFloatingPoint, registers: registers)
    #expect(vector.si_code == SignalCode.FPE_FLTDIV)
    // Each of the two units has its own.
    registers.x87.control = 0x37f & ~(1 << 3)
    registers.x87.status = 1 << 3 | 1 << 5
    let x87 = Siginfo(GuestException.floatingPoint, registers: registers)
    #expect(x87.si_code == SignalCode.FPE_FLTOVF)
    #expect(FaultInfo(.floatingPoint, isa: .x86_64).trapNumber == 16)
    #expect(FaultInfo(.vectorFloatingPoint, isa: .x86_64).trapNumber == 19)
  }
}
