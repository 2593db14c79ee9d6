/// The `option` of `prctl(2)` (`linux/prctl.h`).
package enum PrctlOption: UInt32, Hashable, Sendable, CaseIterable {
  case PR_SET_PDEATHSIG = 1
  case PR_GET_PDEATHSIG = 2
  case PR_GET_DUMPABLE = 3
  case PR_SET_DUMPABLE = 4
  case PR_GET_UNALIGN = 5
  case PR_SET_UNALIGN = 6
  case PR_GET_KEEPCAPS = 7
  case PR_SET_KEEPCAPS = 8
  case PR_GET_FPEMU = 9
  case PR_SET_FPEMU = 10
  case PR_GET_FPEXC = 11
  case PR_SET_FPEXC = 12
  case PR_GET_TIMING = 13
  case PR_SET_TIMING = 14
  case PR_SET_NAME = 15
  case PR_GET_NAME = 16
  case PR_GET_ENDIAN = 19
  case PR_SET_ENDIAN = 20
  case PR_GET_SECCOMP = 21
  case PR_SET_SECCOMP = 22
  case PR_CAPBSET_READ = 23
  case PR_CAPBSET_DROP = 24
  case PR_GET_TSC = 25
  case PR_SET_TSC = 26
  case PR_GET_SECUREBITS = 27
  case PR_SET_SECUREBITS = 28
  case PR_SET_TIMERSLACK = 29
  case PR_GET_TIMERSLACK = 30
  case PR_TASK_PERF_EVENTS_DISABLE = 31
  case PR_TASK_PERF_EVENTS_ENABLE = 32
  case PR_MCE_KILL = 33
  case PR_MCE_KILL_GET = 34
  case PR_SET_MM = 35
  case PR_SET_CHILD_SUBREAPER = 36
  case PR_GET_CHILD_SUBREAPER = 37
  case PR_SET_NO_NEW_PRIVS = 38
  case PR_GET_NO_NEW_PRIVS = 39
  case PR_GET_TID_ADDRESS = 40
  case PR_SET_THP_DISABLE = 41
  case PR_GET_THP_DISABLE = 42
  case PR_SET_FP_MODE = 45
  case PR_GET_FP_MODE = 46
  case PR_CAP_AMBIENT = 47
  case PR_SVE_SET_VL = 50
  case PR_SVE_GET_VL = 51
  case PR_GET_SPECULATION_CTRL = 52
  case PR_SET_SPECULATION_CTRL = 53
  case PR_PAC_RESET_KEYS = 54
  case PR_SET_TAGGED_ADDR_CTRL = 55
  case PR_GET_TAGGED_ADDR_CTRL = 56
  case PR_SET_IO_FLUSHER = 57
  case PR_GET_IO_FLUSHER = 58
  case PR_SET_SYSCALL_USER_DISPATCH = 59
  case PR_PAC_SET_ENABLED_KEYS = 60
  case PR_PAC_GET_ENABLED_KEYS = 61
  case PR_SCHED_CORE = 62
  case PR_SME_SET_VL = 63
  case PR_SME_GET_VL = 64
  case PR_SET_VMA = 0x5356_4d41
  case PR_SET_PTRACER = 0x5961_6d61

  /// The sub-command of `PR_SET_VMA` that names an anonymous mapping.
  package static let PR_SET_VMA_ANON_NAME: UInt64 = 0
}

/// The `code` of x86-64's `arch_prctl(2)` (`asm/prctl.h`).
package enum ArchPrctlCode: UInt32, Hashable, Sendable, CaseIterable {
  case ARCH_SET_GS = 0x1001
  case ARCH_SET_FS = 0x1002
  case ARCH_GET_FS = 0x1003
  case ARCH_GET_GS = 0x1004
  case ARCH_GET_CPUID = 0x1011
  case ARCH_SET_CPUID = 0x1012
  case ARCH_GET_XCOMP_SUPP = 0x1021
  case ARCH_GET_XCOMP_PERM = 0x1022
  case ARCH_REQ_XCOMP_PERM = 0x1023
}
