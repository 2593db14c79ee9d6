import LinuxABI
import Machine

/// What a thread may call (seccomp(2)). Children and new programs have the same.
enum Seccomp: Equatable {
  /// read, write, exit and rt_sigreturn.
  case strict
  /// Oldest first. All are asked, and the strictest answer counts.
  case filters([FilterProgram])

  /// As prctl(PR_GET_SECCOMP) and `/proc/PID/status` tell it; 0 is none.
  var mode: UInt32 {
    switch self {
    case .strict: 1
    case .filters: 2
    }
  }

  var filters: [FilterProgram] {
    if case .filters(let filters) = self { filters } else { [] }
  }

  /// Instructions of all filters of a thread, with four more for each.
  static let instructionLimit = 32768
}

extension Task {
  /// Asks the filters about a call whose registers are loaded.
  ///
  /// - Returns: whether it may be made; otherwise it has got its answer.
  func admits(_ frame: SyscallFrame) -> Bool {
    switch seccomp {
    case nil: return true
    case .strict?:
      if isAllowedStrictly(frame.number) { return true }
      dieAlone(of: .SIGKILL)
      return false
    case .filters(let filters)?:
      let verdict = answer(of: filters, frame)
      let data = verdict & 0xffff
      switch SeccompAction(rawValue: verdict & 0xffff_0000) {
      case .SECCOMP_RET_ALLOW, .SECCOMP_RET_LOG: return true
      case .SECCOMP_RET_ERRNO: refuse(Errno(rawValue: Int32(min(data, 4095))))
      // There is neither a tracer nor a listener.
      case .SECCOMP_RET_TRACE, .SECCOMP_RET_USER_NOTIF: refuse(.ENOSYS)
      case .SECCOMP_RET_TRAP: trap(frame, data: Int32(data))
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

  /// The strictest answer of all filters, of two that are alike the younger's.
  private func answer(of filters: [FilterProgram], _ frame: SyscallFrame) -> UInt32 {
    var writer = ByteWriter(capacity: FilterProgram.syscallDataSize)
    writer.write(UInt32(truncatingIfNeeded: frame.number))
    writer.write(process.isa.auditArchitecture)
    writer.write(engine.programCounter)
    for index in 0..<6 { writer.write(frame.arguments[index]) }
    let data = writer.bytes
    var strictest = SeccompAction.SECCOMP_RET_ALLOW.rawValue
    func rank(_ answer: UInt32) -> Int32 { Int32(bitPattern: answer & 0xffff_0000) }
    for filter in filters.reversed() {
      let answer = filter.run(length: data.count) { offset, _ in
        data.withRawSpan { $0.load(at: offset, as: UInt32.self) }
      }
      if rank(answer) < rank(strictest) { strictest = answer }
    }
    return strictest
  }

  private func refuse(_ error: Errno) {
    call = nil
    engine.setSyscallResult(error.rawValue == 0 ? 0 : error.syscallResult)
  }

  /// Sends SIGSYS; a handler finds the registers as they were at the call.
  private func trap(_ frame: SyscallFrame, data: Int32) {
    call = nil
    switch process.isa {
    case .x86_64: engine.setSyscallResult(frame.number)
    case .aarch64, .riscv64: engine.setSyscallResult(frame.arguments[0])
    }
    let info = Siginfo.sys(
      callAddress: engine.programCounter, number: Int32(truncatingIfNeeded: frame.number),
      architecture: process.isa.auditArchitecture, errno: data)
    force(info)
  }

  /// Ends this thread, and with the last one the process, as the signal would.
  private func dieAlone(of signal: Signal) { exit(.killed(signal: signal.rawValue)) }
}
