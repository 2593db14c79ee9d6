/// The `si_code` of `siginfo_t`: why a signal was sent (`sigaction(2)`, `asm-generic/siginfo.h`).
///
/// Negative codes come from programs, `SI_KERNEL` and the positive ones from the kernel; the latter
/// repeat from signal to signal.
package enum SignalCode {
  package static let SI_USER: Int32 = 0
  package static let SI_KERNEL: Int32 = 0x80
  package static let SI_QUEUE: Int32 = -1
  package static let SI_TIMER: Int32 = -2
  package static let SI_MESGQ: Int32 = -3
  package static let SI_ASYNCIO: Int32 = -4
  package static let SI_SIGIO: Int32 = -5
  package static let SI_TKILL: Int32 = -6

  package static let ILL_ILLOPC: Int32 = 1
  package static let ILL_ILLOPN: Int32 = 2
  package static let ILL_ILLADR: Int32 = 3
  package static let ILL_ILLTRP: Int32 = 4
  package static let ILL_PRVOPC: Int32 = 5
  package static let ILL_PRVREG: Int32 = 6
  package static let ILL_COPROC: Int32 = 7
  package static let ILL_BADSTK: Int32 = 8

  package static let FPE_INTDIV: Int32 = 1
  package static let FPE_INTOVF: Int32 = 2
  package static let FPE_FLTDIV: Int32 = 3
  package static let FPE_FLTOVF: Int32 = 4
  package static let FPE_FLTUND: Int32 = 5
  package static let FPE_FLTRES: Int32 = 6
  package static let FPE_FLTINV: Int32 = 7
  package static let FPE_FLTSUB: Int32 = 8

  package static let SEGV_MAPERR: Int32 = 1
  package static let SEGV_ACCERR: Int32 = 2
  package static let SEGV_BNDERR: Int32 = 3
  package static let SEGV_PKUERR: Int32 = 4

  package static let BUS_ADRALN: Int32 = 1
  package static let BUS_ADRERR: Int32 = 2
  package static let BUS_OBJERR: Int32 = 3
  package static let BUS_MCEERR_AR: Int32 = 4
  package static let BUS_MCEERR_AO: Int32 = 5

  package static let TRAP_BRKPT: Int32 = 1
  package static let TRAP_TRACE: Int32 = 2

  package static let CLD_EXITED: Int32 = 1
  package static let CLD_KILLED: Int32 = 2
  package static let CLD_DUMPED: Int32 = 3
  package static let CLD_TRAPPED: Int32 = 4
  package static let CLD_STOPPED: Int32 = 5
  package static let CLD_CONTINUED: Int32 = 6

  package static let POLL_IN: Int32 = 1
  package static let POLL_OUT: Int32 = 2
  package static let POLL_MSG: Int32 = 3
  package static let POLL_ERR: Int32 = 4
  package static let POLL_PRI: Int32 = 5
  package static let POLL_HUP: Int32 = 6

  package static let SYS_SECCOMP: Int32 = 1
  package static let SYS_USER_DISPATCH: Int32 = 2
}
