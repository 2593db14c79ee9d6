/// A signal number, the same on x86-64, AArch64 and RISC-V (`signal(7)`, `asm-generic/signal.h`).
package struct Signal: Hashable, Sendable, RawRepresentable {
  package let rawValue: Int32

  /// Any number, valid or not: system calls check with `isValid`.
  @inlinable package init(rawValue: Int32) { self.rawValue = rawValue }

  /// The highest number (`_NSIG`).
  package static let count: Int32 = 64

  /// Whether the number is 1 to 64.
  package var isValid: Bool { rawValue >= 1 && rawValue <= Self.count }

  package static let SIGHUP = Signal(rawValue: 1)
  package static let SIGINT = Signal(rawValue: 2)
  package static let SIGQUIT = Signal(rawValue: 3)
  package static let SIGILL = Signal(rawValue: 4)
  package static let SIGTRAP = Signal(rawValue: 5)
  package static let SIGABRT = Signal(rawValue: 6)
  package static let SIGBUS = Signal(rawValue: 7)
  package static let SIGFPE = Signal(rawValue: 8)
  package static let SIGKILL = Signal(rawValue: 9)
  package static let SIGUSR1 = Signal(rawValue: 10)
  package static let SIGSEGV = Signal(rawValue: 11)
  package static let SIGUSR2 = Signal(rawValue: 12)
  package static let SIGPIPE = Signal(rawValue: 13)
  package static let SIGALRM = Signal(rawValue: 14)
  package static let SIGTERM = Signal(rawValue: 15)
  package static let SIGSTKFLT = Signal(rawValue: 16)
  package static let SIGCHLD = Signal(rawValue: 17)
  package static let SIGCONT = Signal(rawValue: 18)
  package static let SIGSTOP = Signal(rawValue: 19)
  package static let SIGTSTP = Signal(rawValue: 20)
  package static let SIGTTIN = Signal(rawValue: 21)
  package static let SIGTTOU = Signal(rawValue: 22)
  package static let SIGURG = Signal(rawValue: 23)
  package static let SIGXCPU = Signal(rawValue: 24)
  package static let SIGXFSZ = Signal(rawValue: 25)
  package static let SIGVTALRM = Signal(rawValue: 26)
  package static let SIGPROF = Signal(rawValue: 27)
  package static let SIGWINCH = Signal(rawValue: 28)
  package static let SIGIO = Signal(rawValue: 29)
  /// Another name for `SIGIO`.
  package static let SIGPOLL = SIGIO
  package static let SIGPWR = Signal(rawValue: 30)
  package static let SIGSYS = Signal(rawValue: 31)
  /// The kernel's first real-time signal; the C library keeps 32 and 33 to itself.
  package static let SIGRTMIN = Signal(rawValue: 32)
  package static let SIGRTMAX = Signal(rawValue: 64)

  /// Queued, once for each time it is sent.
  package var isRealTime: Bool { rawValue >= 32 }

  private static let standardNames = [
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL",
    "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD",
    "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ",
    "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
  ]

  /// The symbol, as `strace(1)` shows it: `SIGTERM`, `SIGRT_2` for 34, the number when not valid.
  package var name: String {
    switch rawValue {
    case 1...31: Self.standardNames[Int(rawValue) - 1]
    case 32...64: "SIGRT_\(rawValue - 32)"
    default: String(rawValue)
    }
  }

  /// The signal of that name, with or without `SIG` (`TERM`, `SIGTERM`, `RT_2`), or number.
  package init?(named text: String) {
    if let number = Int32(text) {
      self.init(rawValue: number)
    } else {
      let upper = text.uppercased()
      let full = upper.hasPrefix("SIG") ? upper : "SIG" + upper
      guard let number = (1...Self.count).first(where: { Signal(rawValue: $0).name == full })
      else { return nil }
      self.init(rawValue: number)
    }
    guard isValid else { return nil }
  }
}

extension Signal: CustomStringConvertible {
  package var description: String { name }
}

extension Signal {
  /// What happens when the action is `SIG_DFL`.
  package enum DefaultAction: Hashable, Sendable {
    case terminate
    case ignore
    /// Terminates and dumps core.
    case core
    case stop
    /// Continues a stopped process, otherwise nothing.
    case `continue`
  }

  /// The table in `signal(7)`.
  package var defaultAction: DefaultAction {
    switch self {
    case .SIGQUIT, .SIGILL, .SIGTRAP, .SIGABRT, .SIGBUS, .SIGFPE, .SIGSEGV, .SIGXCPU, .SIGXFSZ,
      .SIGSYS:
      .core
    case .SIGCHLD, .SIGURG, .SIGWINCH: .ignore
    case .SIGSTOP, .SIGTSTP, .SIGTTIN, .SIGTTOU: .stop
    case .SIGCONT: .continue
    default: .terminate
    }
  }
}
