extension Siginfo {
  /// Which member of the union holds.
  package enum Layout: Hashable, Sendable {
    case kill, timer, poll, fault, faultWithBit, child, queue, sys
  }

  /// The highest code that a signal has of its own (`NSIGILL` and so on).
  private static func ownCodes(_ signal: Signal) -> (limit: Int32, layout: Layout)? {
    switch signal {
    case .SIGILL: (11, .fault)
    case .SIGFPE: (15, .fault)
    case .SIGSEGV: (10, .fault)
    case .SIGBUS: (5, .fault)
    case .SIGTRAP: (6, .fault)
    case .SIGCHLD: (6, .child)
    case .SIGPOLL: (6, .poll)
    case .SIGSYS: (2, .sys)
    default: nil
    }
  }

  /// Follows `siginfo_layout` in the kernel's `kernel/signal.c`.
  package var layout: Layout {
    if si_code > SignalCode.SI_USER, si_code < SignalCode.SI_KERNEL {
      if let own = Self.ownCodes(signal), si_code <= own.limit {
        let machineCheck = [SignalCode.BUS_MCEERR_AR, SignalCode.BUS_MCEERR_AO]
        return signal == .SIGBUS && machineCheck.contains(si_code) ? .faultWithBit : own.layout
      }
      return si_code <= 6 ? .poll : .kill
    }
    return switch si_code {
    case SignalCode.SI_TIMER: .timer
    case SignalCode.SI_SIGIO: .poll
    case ..<0: .queue
    default: .kill
    }
  }
}

extension SignalfdSiginfo {
  /// What a `signalfd(2)` tells of `info`: the members of its layout, the rest zero
  /// (`signalfd_copyinfo` in the kernel's `fs/signalfd.c`).
  package init(_ info: Siginfo) {
    self.init(
      ssi_signo: UInt32(bitPattern: info.si_signo), ssi_errno: info.si_errno,
      ssi_code: info.si_code)
    switch info.layout {
    case .kill:
      ssi_pid = UInt32(bitPattern: info.si_pid)
      ssi_uid = info.si_uid
    case .timer:
      ssi_tid = UInt32(bitPattern: info.si_timerid)
      ssi_overrun = UInt32(bitPattern: info.si_overrun)
      ssi_ptr = info.si_value
      ssi_int = Int32(truncatingIfNeeded: info.si_value)
    case .poll:
      ssi_band = UInt32(truncatingIfNeeded: info.si_band)
      ssi_fd = info.si_fd
    case .fault:
      ssi_addr = info.si_addr
    case .faultWithBit:
      ssi_addr = info.si_addr
      ssi_addr_lsb = info.si_addr_lsb
    case .child:
      ssi_pid = UInt32(bitPattern: info.si_pid)
      ssi_uid = info.si_uid
      ssi_status = info.si_status
      ssi_utime = UInt64(bitPattern: info.si_utime)
      ssi_stime = UInt64(bitPattern: info.si_stime)
    case .queue:
      ssi_pid = UInt32(bitPattern: info.si_pid)
      ssi_uid = info.si_uid
      ssi_ptr = info.si_value
      ssi_int = Int32(truncatingIfNeeded: info.si_value)
    case .sys:
      ssi_call_addr = info.si_call_addr
      ssi_syscall = info.si_syscall
      ssi_arch = info.si_arch
    }
  }
}
