/// A set of signals: the kernel's 64-bit `sigset_t`, signal n in bit n-1.
package struct SignalSet: Hashable, Sendable, RawRepresentable, ExpressibleByArrayLiteral {
  package var rawValue: UInt64

  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  package init(arrayLiteral signals: Signal...) {
    rawValue = 0
    for signal in signals { insert(signal) }
  }

  /// What C's `sizeof` says; the calls that take a mask insist on it (`sigsetsize`).
  package static let byteCount = 8

  /// Those that can be neither caught, blocked nor ignored.
  package static let unblockable: SignalSet = [.SIGKILL, .SIGSTOP]

  /// Those that an instruction raises: delivered before all others (`SYNCHRONOUS_MASK`).
  package static let synchronous: SignalSet = [
    .SIGSEGV, .SIGBUS, .SIGILL, .SIGTRAP, .SIGFPE, .SIGSYS,
  ]

  /// Those that stop by default; each cancels a pending `SIGCONT` and the reverse.
  package static let stops: SignalSet = [.SIGSTOP, .SIGTSTP, .SIGTTIN, .SIGTTOU]

  package static let full = SignalSet(rawValue: .max)

  private static func bit(_ signal: Signal) -> UInt64 {
    signal.isValid ? 1 << UInt64(signal.rawValue - 1) : 0
  }

  package var isEmpty: Bool { rawValue == 0 }

  package func contains(_ signal: Signal) -> Bool { rawValue & Self.bit(signal) != 0 }

  package mutating func insert(_ signal: Signal) { rawValue |= Self.bit(signal) }

  package mutating func remove(_ signal: Signal) { rawValue &= ~Self.bit(signal) }

  package func union(_ other: SignalSet) -> SignalSet {
    SignalSet(rawValue: rawValue | other.rawValue)
  }

  package func intersection(_ other: SignalSet) -> SignalSet {
    SignalSet(rawValue: rawValue & other.rawValue)
  }

  package func subtracting(_ other: SignalSet) -> SignalSet {
    SignalSet(rawValue: rawValue & ~other.rawValue)
  }

  /// The member that Linux delivers first: a synchronous one, else the lowest number.
  package var next: Signal? {
    let urgent = intersection(.synchronous)
    let choice = urgent.isEmpty ? rawValue : urgent.rawValue
    return choice == 0 ? nil : Signal(rawValue: Int32(choice.trailingZeroBitCount) + 1)
  }

  /// The members in ascending order.
  package var signals: [Signal] {
    (1...Signal.count).map(Signal.init(rawValue:)).filter(contains)
  }
}

extension SignalSet: CustomStringConvertible {
  /// As `strace(1)` shows it: `[INT TERM RT_2]`.
  package var description: String {
    "[" + signals.map { String($0.name.dropFirst(3)) }.joined(separator: " ") + "]"
  }
}

/// The `how` of `rt_sigprocmask(2)`.
package enum SignalMaskChange: UInt32, Hashable, Sendable, CaseIterable {
  case SIG_BLOCK = 0
  case SIG_UNBLOCK = 1
  case SIG_SETMASK = 2
}
