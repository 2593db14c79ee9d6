import LinuxABI
import Machine

/// Control messages on their way to a guest: one after the other, as far as its buffer goes
/// (`put_cmsg` in `net/core/scm.c`).
struct ControlWriter {
  private(set) var bytes: [UInt8] = []
  private var room: Int
  /// Not everything found room (`MSG_CTRUNC`).
  var isTruncated = false

  init(room: Int) { self.room = room }

  private static let header = Cmsghdr.byteCount

  /// Bytes that a message with `count` bytes takes, with the padding behind it.
  private static func space(_ count: Int) -> Int { header + (count + 7) & ~7 }

  mutating func put(_ level: UInt32, _ type: UInt32, _ data: [UInt8]) {
    guard room >= Self.header else {
      isTruncated = true
      return
    }
    var length = Self.header + data.count
    if length > room {
      isTruncated = true
      length = room
    }
    let head = Cmsghdr(
      cmsg_len: UInt64(length), cmsg_level: Int32(bitPattern: level),
      cmsg_type: Int32(bitPattern: type))
    append(head.bytes + data.prefix(length - Self.header), taking: Self.space(data.count))
  }

  private mutating func append(_ image: [UInt8], taking space: Int) {
    let taken = min(space, room)
    bytes += image
    bytes += [UInt8](repeating: 0, count: max(0, taken - image.count))
    room -= taken
  }

  /// How many descriptors still fit.
  var descriptorRoom: Int { max(0, (room - Self.header) / 4) }
}

extension SyscallContext {
  // MARK: To be sent

  /// What the control messages in `control` ask for: EINVAL for malformed or unknown ones, EBADF, EPERM,
  /// ESRCH, ETOOMANYREFS.
  func parse(control: [UInt8], _ socket: Socket, into message: inout OutgoingMessage) throws(Errno)
  {
    var offset = 0
    var files: [OpenFile] = []
    while control.count - offset >= Cmsghdr.byteCount {
      let head = Cmsghdr(bytes: Array(control[offset..<(offset + Cmsghdr.byteCount)]))
      guard head.cmsg_len >= UInt64(Cmsghdr.byteCount),
        head.cmsg_len <= UInt64(control.count - offset)
      else { throw .EINVAL }
      let end = offset + Int(head.cmsg_len)
      let data = Array(control[(offset + Cmsghdr.byteCount)..<end])
      let level = UInt32(bitPattern: head.cmsg_level)
      let type = UInt32(bitPattern: head.cmsg_type)
      if level == SocketLevel.SOL_SOCKET.rawValue {
        try parseGeneral(type, data, socket, &files, &message)
      } else if socket is UDPSocket {
        try parseInternet(level, type, data, &message)
      }
      offset += (Int(head.cmsg_len) + 7) & ~7
    }
    guard !files.isEmpty else { return }
    try requireRoomInFlight(socket.network)
    let user = credentials.realUID
    message.files = FilesInFlight(files, from: user, socket.network)
  }

  /// ETOOMANYREFS when the user has as many files in flight as a process may have open (unix(7)).
  private func requireRoomInFlight(_ network: Network) throws(Errno) {
    let count = network.filesInFlight.fileCounts[credentials.realUID, default: 0]
    guard
      UInt64(count) <= process.limits[ResourceLimits.openFiles].soft
        || credentials.has(.CAP_SYS_RESOURCE) || credentials.has(.CAP_SYS_ADMIN)
    else { throw .ETOOMANYREFS }
  }

  private func parseGeneral(
    _ type: UInt32, _ data: [UInt8], _ socket: Socket, _ files: inout [OpenFile],
    _ message: inout OutgoingMessage
  ) throws(Errno) {
    switch ControlMessageType(rawValue: type) {
    case .SCM_RIGHTS:
      // Elsewhere they mean nothing.
      guard socket is UnixSocket else {
        if socket is NetlinkSocket { throw .EINVAL }
        return
      }
      let count = data.count / 4
      guard files.count + count <= FilesInFlight.limit else { throw .EINVAL }
      var reader = ByteReader(data)
      for _ in 0..<count {
        files.append(try self.files.file(reader.read()))
      }
    case .SCM_CREDENTIALS:
      guard socket is UnixSocket || socket is NetlinkSocket else { return }
      guard data.count == Ucred.byteCount else { throw .EINVAL }
      let claimed = Ucred(bytes: data)
      try checkClaim(claimed)
      message.sender = claimed
      message.isSenderExplicit = true
    case nil: throw .EINVAL
    }
  }

  /// Who one says one is, one must be, unless privileged (unix(7)).
  private func checkClaim(_ claimed: Ucred) throws(Errno) {
    let own = credentials
    guard claimed.pid == process.pid || own.has(.CAP_SYS_ADMIN),
      [own.realUID, own.effectiveUID, own.savedUID].contains(claimed.uid) || own.has(.CAP_SETUID),
      [own.realGID, own.effectiveGID, own.savedGID].contains(claimed.gid) || own.has(.CAP_SETGID)
    else { throw .EPERM }
    guard claimed.uid != .max, claimed.gid != .max else { throw .EINVAL }
    guard kernel.processes[claimed.pid] != nil else { throw .ESRCH }
  }

  private func parseInternet(
    _ level: UInt32, _ type: UInt32, _ data: [UInt8], _ message: inout OutgoingMessage
  ) throws(Errno) {
    var reader = ByteReader(data)
    switch InternetProtocol(rawValue: level) {
    case .IPPROTO_IP:
      switch IPOption(rawValue: type) {
      case .IP_TTL: message.hopLimit = try octet(reader.read(), data, least: 1)
      case .IP_TOS:
        message.trafficClass =
          data.count == 1 ? data[0] : try octet(reader.read(), data, least: 0)
      case .IP_PKTINFO:
        guard data.count == InPktinfo.byteCount else { throw .EINVAL }
        let info = InPktinfo(bytes: data)
        let source = IPAddress(v4: UInt32(bigEndian: info.ipi_spec_dst))
        if source.isLoopback { message.localAddress = source }
      default: throw .EINVAL
      }
    case .IPPROTO_IPV6:
      switch IPv6Option(rawValue: type) {
      case .IPV6_HOPLIMIT: message.hopLimit = try octet(reader.read(), data, least: -1)
      case .IPV6_TCLASS: message.trafficClass = try octet(reader.read(), data, least: -1)
      case .IPV6_PKTINFO:
        guard data.count >= In6Pktinfo.byteCount else { throw .EINVAL }
        let source = IPAddress(v6: In6Pktinfo(bytes: data).ipi6_addr)
        guard source.isAny || source.isLoopback else { throw .EINVAL }
        if source.isLoopback { message.localAddress = source }
      case .IPV6_DONTFRAG: break
      default: throw .EINVAL
      }
    default: break
    }
  }

  /// A number that must fit in a byte of a header; −1 leaves the header as it would be.
  private func octet(_ value: Int32, _ data: [UInt8], least: Int32) throws(Errno) -> UInt8? {
    guard data.count == 4, value >= least, value <= 255 else { throw .EINVAL }
    return value < 0 ? nil : UInt8(value)
  }

  // MARK: Received

  /// The control messages that `message`, received by `socket`, brings along.
  func control(of message: SocketMessage, _ socket: Socket, room: Int, _ flags: MessageFlags)
    -> ControlWriter
  {
    var writer = ControlWriter(room: room)
    if message.isEnd { return writer }
    putTime(message, socket, &writer)
    if let packet = message.packet { putPacket(packet, socket, &writer) }
    if socket.settings.passesCredentials {
      // Of who sent before anybody wanted to know, nothing is known.
      let credentials = message.credentials ?? Ucred(pid: 0, uid: 65534, gid: 65534)
      writer.put(
        SocketLevel.SOL_SOCKET.rawValue, ControlMessageType.SCM_CREDENTIALS.rawValue,
        credentials.bytes)
    }
    if let files = message.files { putFiles(files.files, flags, &writer) }
    return writer
  }

  private func putTime(_ message: SocketMessage, _ socket: Socket, _ writer: inout ControlWriter) {
    guard !socket.isStream, !(socket is NetlinkSocket) else { return }
    let level = SocketLevel.SOL_SOCKET.rawValue
    if socket.settings.isOn(.SO_TIMESTAMPNS) {
      writer.put(
        level, SocketOption.SO_TIMESTAMPNS.rawValue, Timespec(nanoseconds: message.time).bytes)
    } else if socket.settings.isOn(.SO_TIMESTAMP) {
      writer.put(
        level, SocketOption.SO_TIMESTAMP.rawValue, Timeval(nanoseconds: message.time).bytes)
    }
  }

  private func putPacket(_ packet: PacketInfo, _ socket: Socket, _ writer: inout ControlWriter) {
    let settings = socket.settings
    let ip = InternetProtocol.IPPROTO_IP.rawValue
    let ipv6 = InternetProtocol.IPPROTO_IPV6.rawValue
    let index = Interface.loopback.index
    let isV4 = packet.destination.isV4
    if settings.isOn(OptionKey(.IPV6_RECVPKTINFO)), socket.family == .AF_INET6 {
      let info = In6Pktinfo(
        ipi6_addr: packet.destination.v6Bytes, ipi6_ifindex: UInt32(bitPattern: index))
      writer.put(ipv6, IPv6Option.IPV6_PKTINFO.rawValue, info.bytes)
    }
    if isV4 {
      if settings.isOn(OptionKey(.IP_PKTINFO)) {
        let address = packet.destination.v4.bigEndian
        let info = InPktinfo(ipi_ifindex: index, ipi_spec_dst: address, ipi_addr: address)
        writer.put(ip, IPOption.IP_PKTINFO.rawValue, info.bytes)
      }
      if settings.isOn(OptionKey(.IP_RECVTTL)) {
        writer.put(ip, IPOption.IP_TTL.rawValue, Socket.bytes(Int32(packet.hopLimit)))
      }
      if settings.isOn(OptionKey(.IP_RECVTOS)) {
        writer.put(ip, IPOption.IP_TOS.rawValue, [packet.trafficClass])
      }
      return
    }
    if settings.isOn(OptionKey(.IPV6_RECVHOPLIMIT)) {
      writer.put(ipv6, IPv6Option.IPV6_HOPLIMIT.rawValue, Socket.bytes(Int32(packet.hopLimit)))
    }
    if settings.isOn(OptionKey(.IPV6_RECVTCLASS)) {
      writer.put(ipv6, IPv6Option.IPV6_TCLASS.rawValue, Socket.bytes(Int32(packet.trafficClass)))
    }
  }

  /// Opens descriptors for as many files as there is room for, in the buffer and in the process.
  private func putFiles(
    _ files: [OpenFile], _ flags: MessageFlags, _ writer: inout ControlWriter
  ) {
    var data: [UInt8] = []
    for file in files.prefix(writer.descriptorRoom) {
      let descriptor = try? self.files.install(
        file, closeOnExec: flags.contains(.MSG_CMSG_CLOEXEC),
        limit: process.limits.openFileLimit)
      guard let descriptor else { break }
      data += Socket.bytes(descriptor)
    }
    let count = data.count / 4
    if count > 0 {
      writer.put(
        SocketLevel.SOL_SOCKET.rawValue, ControlMessageType.SCM_RIGHTS.rawValue, data)
    }
    if count < files.count { writer.isTruncated = true }
  }
}
