import LinuxABI

// Options at level SOL_SOCKET (socket(7), `net/core/sock.c`).
extension Socket {
  /// Numeric options that are only stored.
  private static let numbers: [SocketOption: NumberRule] = [
    .SO_REUSEADDR: .toggle(), .SO_DONTROUTE: .toggle(), .SO_BROADCAST: .toggle(),
    .SO_KEEPALIVE: .toggle(), .SO_OOBINLINE: .toggle(), .SO_NO_CHECK: .toggle(),
    .SO_TIMESTAMP: .toggle(), .SO_TIMESTAMPNS: .toggle(), .SO_PASSSEC: .toggle(),
    .SO_RXQ_OVFL: .toggle(), .SO_WIFI_STATUS: .toggle(), .SO_NOFCS: .toggle(),
    .SO_LOCK_FILTER: .toggle(), .SO_SELECT_ERR_QUEUE: .toggle(),
    .SO_BSDCOMPAT: .ignored(Int32.min...Int32.max),
    .SO_SNDLOWAT: .fixed(1), .SO_BPF_EXTENSIONS: .fixed(64), .SO_INCOMING_NAPI_ID: .fixed(0),
    .SO_PRIORITY: .range(0...6, 0), .SO_TIMESTAMPING: .range(0...0x1_ffff, 0),
    .SO_BUSY_POLL: .range(0...Int32.max, 0), .SO_INCOMING_CPU: .range(-1...Int32.max, -1),
    .SO_MAX_PACING_RATE: .range(Int32.min...Int32.max, -1), .SO_BUF_LOCK: .range(0...3, 0),
  ]

  // MARK: Getting

  /// The value of an option in up to `length` bytes.
  func generalOption(_ name: UInt32, length: Int, _ call: SyscallContext) throws(Errno) -> [UInt8] {
    guard let option = SocketOption(rawValue: name) else { throw .ENOPROTOOPT }
    if let rule = Self.numbers[option] {
      return Self.bytes(settings.numbers[OptionKey(option)] ?? rule.initial)
    }
    switch option {
    case .SO_DEBUG, .SO_MARK, .SO_PREFER_BUSY_POLL:
      return Self.bytes(settings.numbers[OptionKey(option)] ?? 0)
    case .SO_REUSEPORT where self is InternetSocket:
      return Self.bytes(settings.numbers[OptionKey(option)] ?? 0)
    case .SO_REUSEPORT: return Self.bytes(Int32(0))
    case .SO_TYPE: return Self.bytes(Int32(type.rawValue))
    case .SO_DOMAIN: return Self.bytes(Int32(family.rawValue))
    case .SO_PROTOCOL: return Self.bytes(Int32(protocolNumber))
    case .SO_ERROR: return Self.bytes(askedError()?.rawValue ?? 0)
    case .SO_ACCEPTCONN: return Self.bytes(Int32(isListening ? 1 : 0))
    case .SO_SNDBUF: return Self.bytes(Int32(sendBuffer))
    case .SO_RCVBUF: return Self.bytes(Int32(receiveBuffer))
    case .SO_RCVLOWAT: return Self.bytes(settings.lowWater)
    case .SO_LINGER: return settings.linger.bytes
    case .SO_RCVTIMEO, .SO_RCVTIMEO_NEW:
      return Timeval(nanoseconds: settings.receiveTimeout ?? 0).bytes
    case .SO_SNDTIMEO, .SO_SNDTIMEO_NEW:
      return Timeval(nanoseconds: settings.sendTimeout ?? 0).bytes
    case .SO_PASSCRED: return Self.bytes(Int32(settings.passesCredentials ? 1 : 0))
    case .SO_PEERCRED: return peerCredentials.bytes
    case .SO_PEERGROUPS:
      let groups = try peerGroups
      guard length >= groups.count * 4 else { throw .ERANGE }
      return groups.flatMap { Self.bytes(Int32(bitPattern: $0)) }
    case .SO_PEERNAME: return try lastPeerName()
    case .SO_COOKIE:
      guard length >= 8 else { throw .EINVAL }
      return Self.bytes(UInt64(socketInode.number))
    case .SO_NETNS_COOKIE:
      guard length == 8 else { throw .EINVAL }
      return Self.bytes(UInt64(1))
    case .SO_PEEK_OFF: return Self.bytes(settings.numbers[OptionKey(option)] ?? -1)
    case .SO_BINDTODEVICE: return settings.isOn(OptionKey(option)) ? Array("lo\0".utf8) : []
    case .SO_BINDTOIFINDEX: return Self.bytes(settings.numbers[OptionKey(.SO_BINDTODEVICE)] ?? 0)
    case .SO_ZEROCOPY: return Self.bytes(Int32(0))
    case .SO_MEMINFO: return [UInt8](repeating: 0, count: min(length, 36))
    default: throw .ENOPROTOOPT
    }
  }

  static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    var writer = ByteWriter(capacity: 8)
    writer.write(value)
    return writer.bytes
  }

  // MARK: Setting

  func setGeneralOption(_ name: UInt32, _ value: [UInt8], _ call: SyscallContext) throws(Errno) {
    let option = SocketOption(rawValue: name)
    if option == .SO_BINDTODEVICE { return try bindToDevice(value, call) }
    if option == .SO_ATTACH_FILTER { return try attachFilter(value, call) }
    guard value.count >= 4 else { throw .EINVAL }
    guard let option else { throw .ENOPROTOOPT }
    var reader = ByteReader(value)
    let number: Int32 = reader.read()
    let isPrivileged = call.credentials.has(.CAP_NET_ADMIN)
    if option == .SO_PRIORITY, isPrivileged {
      settings.numbers[OptionKey(option)] = number
      return
    }
    // The lock is for good.
    if option == .SO_LOCK_FILTER, number == 0, settings.isOn(.SO_LOCK_FILTER) { throw .EPERM }
    if let rule = Self.numbers[option] {
      do throws(Errno) { settings.numbers[OptionKey(option)] = try rule.accept(number) } catch {
        throw option == .SO_PRIORITY ? .EPERM : error
      }
      return
    }
    switch option {
    case .SO_DEBUG, .SO_MARK:
      guard isPrivileged || option == .SO_DEBUG && number == 0 else {
        throw option == .SO_DEBUG ? .EACCES : .EPERM
      }
      settings.numbers[OptionKey(option)] = option == .SO_DEBUG ? (number == 0 ? 0 : 1) : number
    case .SO_PREFER_BUSY_POLL:
      guard isPrivileged || number == 0 else { throw .EPERM }
      settings.numbers[OptionKey(option)] = number == 0 ? 0 : 1
    case .SO_REUSEPORT:
      guard self is InternetSocket else {
        if number != 0 { throw .EOPNOTSUPP }
        return
      }
      settings.numbers[OptionKey(option)] = number == 0 ? 0 : 1
    case .SO_SNDBUF, .SO_SNDBUFFORCE:
      settings.sendBuffer = try Self.bufferSize(
        number, smallest: 4608, isForced: option == .SO_SNDBUFFORCE, isPrivileged)
      lockBuffer(1)
      waitQueue.wake(.writable)
    case .SO_RCVBUF, .SO_RCVBUFFORCE:
      settings.receiveBuffer = try Self.bufferSize(
        number, smallest: 2304, isForced: option == .SO_RCVBUFFORCE, isPrivileged)
      lockBuffer(2)
    case .SO_RCVLOWAT: settings.lowWater = number < 0 ? .max : max(1, number)
    case .SO_LINGER:
      guard value.count >= Linger.byteCount else { throw .EINVAL }
      settings.linger = Linger(bytes: value)
      settings.linger.l_onoff = settings.linger.l_onoff == 0 ? 0 : 1
    case .SO_RCVTIMEO, .SO_RCVTIMEO_NEW: settings.receiveTimeout = try Self.timeout(value)
    case .SO_SNDTIMEO, .SO_SNDTIMEO_NEW: settings.sendTimeout = try Self.timeout(value)
    case .SO_PASSCRED:
      guard self is UnixSocket || self is NetlinkSocket else { throw .EOPNOTSUPP }
      settings.passesCredentials = number != 0
    case .SO_PEEK_OFF:
      // SO_PEEK_OFF is not supported.
      guard number == -1 else { throw .EOPNOTSUPP }
    case .SO_BINDTOIFINDEX:
      try requireBindable(call)
      guard number == 0 || number == 1 else { throw .ENODEV }
      settings.numbers[OptionKey(.SO_BINDTODEVICE)] = number
    case .SO_DETACH_FILTER: try detachFilter()
    case .SO_ATTACH_BPF: throw .EPERM
    case .SO_ZEROCOPY:
      guard number == 0, self is InternetSocket else { throw .EOPNOTSUPP }
    default: throw .ENOPROTOOPT
    }
  }

  /// Notes that the program has chosen a size: `SOCK_SNDBUF_LOCK`, `SOCK_RCVBUF_LOCK`.
  private func lockBuffer(_ bit: Int32) {
    settings.numbers[OptionKey(.SO_BUF_LOCK), default: 0] |= bit
  }

  /// Linux doubles the requested value, and shows the doubled one.
  private static func bufferSize(
    _ wanted: Int32, smallest: Int32, isForced: Bool, _ isPrivileged: Bool
  ) throws(Errno) -> Int32 {
    if isForced {
      guard isPrivileged else { throw .EPERM }
      return max(smallest, min(max(0, wanted), Int32.max / 2) * 2)
    }
    // A negative value counts as a large unsigned one.
    let bounded = wanted < 0 ? Network.bufferLimit : min(wanted, Network.bufferLimit)
    return max(smallest, bounded * 2)
  }

  private static func timeout(_ value: [UInt8]) throws(Errno) -> Int64? {
    guard value.count >= Timeval.byteCount else { throw .EINVAL }
    return try SocketSettings.timeout(Timeval(bytes: value))
  }

  /// Only root takes a socket away from the device that it is bound to.
  private func requireBindable(_ call: SyscallContext) throws(Errno) {
    guard !settings.isOn(.SO_BINDTODEVICE) || call.credentials.has(.CAP_NET_RAW) else {
      throw .EPERM
    }
  }

  private func bindToDevice(_ value: [UInt8], _ call: SyscallContext) throws(Errno) {
    try requireBindable(call)
    let name = Array(value.prefix(15).prefix { $0 != 0 })
    guard name.isEmpty || name == Array("lo".utf8) else { throw .ENODEV }
    settings.numbers[OptionKey(.SO_BINDTODEVICE)] = name.isEmpty ? 0 : 1
  }
}
