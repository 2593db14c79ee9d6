/// What became of a child, in the word that `wait4(2)` stores.
package enum WaitStatus: Hashable, Sendable {
  /// Ended by `exit_group` with the low eight bits of `code`.
  case exited(code: Int32)
  case signaled(signal: Int32, coreDumped: Bool)
  case stopped(signal: Int32)
  case continued

  package var rawValue: Int32 {
    switch self {
    case .exited(let code): (code & 0xff) << 8
    case .signaled(let signal, let core): signal & 0x7f | (core ? 0x80 : 0)
    case .stopped(let signal): (signal & 0xff) << 8 | 0x7f
    case .continued: 0xffff
    }
  }

  package init(rawValue: Int32) {
    if rawValue == 0xffff {
      self = .continued
    } else if rawValue & 0xff == 0x7f {
      self = .stopped(signal: rawValue >> 8 & 0xff)
    } else if rawValue & 0x7f != 0 {
      self = .signaled(signal: rawValue & 0x7f, coreDumped: rawValue & 0x80 != 0)
    } else {
      self = .exited(code: rawValue >> 8 & 0xff)
    }
  }
}
