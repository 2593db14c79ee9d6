import LinuxABI
import Machine

/// What a thread may call (seccomp(2)). Children and new programs have the same.
enum Seccomp: Equatable {
  /// read, write, exit and rt_sigreturn.
  case strict
  /// Oldest first. All are asked, and the strictest answer counts.
  case filters([SeccompFilter])

  /// As prctl(PR_GET_SECCOMP) and `/proc/PID/status` tell it; 0 is none.
  var mode: UInt32 {
    switch self {
    case .strict: 1
    case .filters: 2
    }
  }

  var filters: [SeccompFilter] {
    if case .filters(let filters) = self { filters } else { [] }
  }

  /// Instructions of all filters of a thread, with four more for each.
  static let instructionLimit = 32768
}

/// A program, and who answers the calls that it leaves to others.
struct SeccompFilter: Equatable {
  var program: FilterProgram
  var listener: SeccompListener?

  static func == (a: Self, b: Self) -> Bool {
    a.listener === b.listener && a.program == b.program
  }
}

extension Task {
  /// Not all calls are simply made.
  var isFiltered: Bool { seccomp != nil || userDispatch != nil }

  /// Asks who has a say about a call whose registers are loaded: the thread's own selector first, then its filters.
  ///
  /// - Returns: whether it may be made; otherwise it has got its answer.
  func admits(_ frame: SyscallFrame) -> Bool {
    guard selects(frame) else { return false }
    switch seccomp {
    case nil: return true
    case .strict?:
      if isAllowedStrictly(frame.number) { return true }
      dieAlone(of: .SIGKILL)
      return false
    case .filters(let filters)?:
      let description = describe(frame)
      let (verdict, filter) = Self.answer(of: filters, description)
      let data = verdict & 0xffff
      switch SeccompAction(rawValue: verdict & 0xffff_0000) {
      case .SECCOMP_RET_ALLOW, .SECCOMP_RET_LOG: return true
      case .SECCOMP_RET_ERRNO: refuse(Errno(rawValue: Int32(min(data, 4095))))
      // There is no tracer.
      case .SECCOMP_RET_TRACE: refuse(.ENOSYS)
      case .SECCOMP_RET_USER_NOTIF:
        if let listener = filter?.listener, listener.isOpen {
          leave(description, to: listener)
        } else {
          refuse(.ENOSYS)
        }
      case .SECCOMP_RET_TRAP:
        trap(frame, code: SignalCode.SYS_SECCOMP, errno: Int32(data))
      case .SECCOMP_RET_KILL_THREAD: dieAlone(of: .SIGSYS)
      case .SECCOMP_RET_KILL_PROCESS, nil: process.die(of: .fromKernel(.SIGSYS), self)
      }
      return false
    }
  }

  private func isAllowedStrictly(_ number: UInt64) -> Bool {
    let allowed: [UInt64] =
      switch process.isa {
      case .x86_64: [0, 1, 60, 15]
      case .aarch64, .riscv64: [63, 64, 93, 139]
      }
    return allowed.contains(number)
  }

  /// The call as filters see it, a `struct seccomp_data`.
  private func describe(_ frame: SyscallFrame) -> [UInt8] {
    var writer = ByteWriter(capacity: FilterProgram.syscallDataSize)
    writer.write(UInt32(truncatingIfNeeded: frame.number))
    writer.write(process.isa.auditArchitecture)
    writer.write(engine.programCounter)
    for index in 0..<6 { writer.write(frame.arguments[index]) }
    return writer.bytes
  }

  /// The strictest answer of all filters, of two that are alike the younger's, and whose it is.
  private static func answer(of filters: [SeccompFilter], _ data: [UInt8])
    -> (verdict: UInt32, of: SeccompFilter?)
  {
    var strictest = SeccompAction.SECCOMP_RET_ALLOW.rawValue
    var author: SeccompFilter?
    func rank(_ answer: UInt32) -> Int32 { Int32(bitPattern: answer & 0xffff_0000) }
    for filter in filters.reversed() {
      let answer = filter.program.run(length: data.count) { offset, _ in
        data.withRawSpan { $0.load(at: offset, as: UInt32.self) }
      }
      if rank(answer) < rank(strictest) { (strictest, author) = (answer, filter) }
    }
    return (strictest, author)
  }

  private func refuse(_ error: Errno) {
    call = nil
    engine.setSyscallResult(error.rawValue == 0 ? 0 : error.syscallResult)
  }

  /// Sends SIGSYS; a handler finds the registers as they were at the call.
  func trap(_ frame: SyscallFrame, code: Int32, errno: Int32 = 0) {
    call = nil
    switch process.isa {
    case .x86_64: engine.setSyscallResult(frame.number)
    case .aarch64, .riscv64: engine.setSyscallResult(frame.arguments[0])
    }
    let info = Siginfo.sys(
      code, callAddress: engine.programCounter, number: Int32(truncatingIfNeeded: frame.number),
      architecture: process.isa.auditArchitecture, errno: errno)
    force(info)
  }

  /// Ends this thread, and with the last one the process, as the signal would.
  private func dieAlone(of signal: Signal) { exit(.killed(signal: signal.rawValue)) }
}
