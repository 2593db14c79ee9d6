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
  /// Read-only.
  case fixed(Int32)
  /// −1 stands for the default.
  case rangeOrDefault(ClosedRange<Int32>, Int32)

  package var initial: Int32 {
    switch self {
    case .toggle(let value), .fixed(let value), .range(_, let value), .rangeOrDefault(_, let value):
      value
    }
  }

  /// The stored result of setting `value`: EINVAL, ENOPROTOOPT.
  package func accept(_ value: Int32) throws(Errno) -> Int32 {
    switch self {
    case .toggle: return value == 0 ? 0 : 1
    case .fixed: throw .ENOPROTOOPT
    case .rangeOrDefault(_, let initial) where value == -1: return initial
    case .range(let range, _), .rangeOrDefault(let range, _):
      guard range.contains(value) else { throw .EINVAL }
      return value
    }
  }
}
