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

/// What a program has set of a socket: part of the snapshot.
package struct SocketSettings: Equatable, Sendable {
  /// Bytes, as `SO_SNDBUF` and `SO_RCVBUF` show them; nil while nobody has set them.
  package var sendBuffer: Int32?
  package var receiveBuffer: Int32?
  /// Nanoseconds; nil waits for ever.
  package var receiveTimeout: Int64?
  package var sendTimeout: Int64?
  package var lowWater: Int32 = 1
  package var linger = Linger()
  /// Whether who sent is told (`SO_PASSCRED`).
  package var passesCredentials = false
  /// Options that are one number, as far as they were set.
  package var numbers: [OptionKey: Int32] = [:]

  package init() {}

  package func isOn(_ option: SocketOption) -> Bool { isOn(OptionKey(option)) }
  package func isOn(_ key: OptionKey) -> Bool { numbers[key, default: 0] != 0 }

  /// Nanoseconds in the guest's `struct timeval`, as setting them gives them.
  static func timeout(_ time: Timeval) throws(Errno) -> Int64? {
    guard (0..<1_000_000).contains(time.tv_usec) else { throw .EDOM }
    // Negative times do not wait at all (`sock_set_timeout`).
    if time.tv_sec < 0 { return 0 }
    return time.tv_sec == 0 && time.tv_usec == 0 ? nil : time.nanoseconds
  }
}

/// How an option that is one number behaves.
package enum NumberRule: Sendable {
  /// Anything but zero is one.
  case toggle(Int32 = 0)
  /// EINVAL outside.
  case range(ClosedRange<Int32>, Int32)
  /// Can be looked at only.
  case fixed(Int32)
  /// −1 stands for the default.
  case rangeOrDefault(ClosedRange<Int32>, Int32)

  package var initial: Int32 {
    switch self {
    case .toggle(let value), .fixed(let value), .range(_, let value), .rangeOrDefault(_, let value):
      value
    }
  }

  /// What is kept when `value` is set: EINVAL, ENOPROTOOPT.
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
