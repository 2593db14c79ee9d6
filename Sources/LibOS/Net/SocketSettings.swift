package import LinuxABI

/// An option's level and name.
package struct OptionKey: Hashable, Sendable {
  package var level: UInt32
  package var name: UInt32
  package init(_ level: UInt32, _ name: UInt32) {
    self.level = level
    self.name = name
  }
  package init(_ option: SocketOption) {
    self.init(SocketLevel.SOL_SOCKET.rawValue, option.rawValue)
  }
  package init(_ option: IPOption) {
    self.init(InternetProtocol.IPPROTO_IP.rawValue, option.rawValue)
  }
  package init(_ option: IPv6Option) {
    self.init(InternetProtocol.IPPROTO_IPV6.rawValue, option.rawValue)
  }
  package init(_ option: TCPOption) {
    self.init(InternetProtocol.IPPROTO_TCP.rawValue, option.rawValue)
  }
}

/// The options that were set on a socket: part of the snapshot.
package struct SocketSettings: Equatable, Sendable {
  /// The values of `SO_SNDBUF` and `SO_RCVBUF` in bytes; nil if they were not set.
  package var sendBuffer: Int32?
  package var receiveBuffer: Int32?
  /// Nanoseconds; nil waits for ever.
  package var receiveTimeout: Int64?
  package var sendTimeout: Int64?
  package var lowWater: Int32 = 1
  package var linger = Linger()
  /// Whether receives report the sender's credentials (`SO_PASSCRED`).
  package var passesCredentials = false
  /// What may be received (`SO_ATTACH_FILTER`).
  var filter: FilterProgram?
  /// Numeric options that were set.
  package var numbers: [OptionKey: Int32] = [:]

  package init() {}

  package func isOn(_ option: SocketOption) -> Bool { isOn(OptionKey(option)) }
  package func isOn(_ key: OptionKey) -> Bool { numbers[key, default: 0] != 0 }

  /// Decodes a `struct timeval` of the guest, as passed to setsockopt(2), to nanoseconds.
  static func timeout(_ time: Timeval) throws(Errno) -> Int64? {
    guard (0..<1_000_000).contains(time.tv_usec) else { throw .EDOM }
    // A negative timeout does not wait at all (`sock_set_timeout`).
    if time.tv_sec < 0 { return 0 }
    return time.tv_sec == 0 && time.tv_usec == 0 ? nil : time.nanoseconds
  }
}

/// The behaviour of a numeric option.
package enum NumberRule: Sendable {
  /// Nonzero values become 1.
  case toggle(Int32 = 0)
  /// EINVAL outside.
  case range(ClosedRange<Int32>, Int32)
  /// What is outside counts as the nearest that is not, and 0 as the default.
  case clamped(ClosedRange<Int32>, Int32)
  /// The low eight bits count.
  case byte(Int32)
  /// One of these, the first of which is the default.
  case among([Int32], orElse: Errno)
  /// Read-only.
  case fixed(Int32, orElse: Errno = .ENOPROTOOPT)
  /// May be set, and stays 0.
  case ignored(ClosedRange<Int32>)
  /// −1, or what else is said, stands for the default.
  case rangeOrDefault(ClosedRange<Int32>, Int32, unset: Int32 = -1)

  package var initial: Int32 {
    switch self {
    case .toggle(let value), .byte(let value), .fixed(let value, _), .range(_, let value),
      .clamped(_, let value), .rangeOrDefault(_, let value, _):
      value
    case .among(let values, _): values[0]
    case .ignored: 0
    }
  }

  /// The stored result of setting `value`.
  package func accept(_ value: Int32) throws(Errno) -> Int32 {
    switch self {
    case .toggle: return value == 0 ? 0 : 1
    case .byte: return value & 0xff
    case .fixed(_, let error): throw error
    case .clamped(let range, let initial):
      return value == 0 ? initial : min(max(value, range.lowerBound), range.upperBound)
    case .among(let values, let error):
      guard values.contains(value) else { throw error }
      return value
    case .ignored(let range):
      guard range.contains(value) else { throw .EINVAL }
      return 0
    case .rangeOrDefault(_, let initial, let unset) where value == unset: return initial
    case .range(let range, _), .rangeOrDefault(let range, _, _):
      guard range.contains(value) else { throw .EINVAL }
      return value
    }
  }
}
