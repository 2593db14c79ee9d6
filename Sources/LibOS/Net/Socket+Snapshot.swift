import HostABI
package import LibOSState
import LinuxABI
package import Snapshot

extension Network {
  func save(to state: inout Godwit_State_Kernel) {
    state.lastTcpPort = UInt32(tcp.lastEphemeral)
    state.lastUdpPort = UInt32(udp.lastEphemeral)
    state.lastUdpLitePort = UInt32(udpLite.lastEphemeral)
    state.lastUnixName = unix.lastAutomatic
    state.published = outside.configuration.published.map { port in
      var published = Godwit_State_PublishedPort()
      published.datagram = port.isDatagram
      published.hostAddress = data(port.host.bytes)
      published.hostPort = UInt32(port.host.port)
      published.port = UInt32(port.port)
      return published
    }
  }

  func restore(_ state: Godwit_State_Kernel) throws(SnapshotError) {
    func port(_ value: UInt32) throws(SnapshotError) -> UInt16 {
      value == 0 ? PortTable.ephemeral.upperBound : try narrowed(value, "the last port")
    }
    tcp.lastEphemeral = try port(state.lastTcpPort)
    udp.lastEphemeral = try port(state.lastUdpPort)
    udpLite.lastEphemeral = try port(state.lastUdpLitePort)
    unix.lastAutomatic = try checked(state.lastUnixName, 0...0xf_ffff, "the last unix name")
  }
}

extension Godwit_State_Kernel {
  /// The published ports in use.
  package func publishedPorts() throws(SnapshotError) -> [PublishedPort] {
    var ports: [PublishedPort] = []
    for state in published {
      guard [4, 16].contains(state.hostAddress.count), (1...65535).contains(state.hostPort),
        (1...65535).contains(state.port)
      else { throw .invalidState("a published port") }
      ports.append(
        PublishedPort(
          isDatagram: state.datagram,
          host: NetworkAddress(Array(state.hostAddress), port: UInt16(state.hostPort)),
          port: UInt16(state.port)))
    }
    return ports
  }
}

extension Socket {
  /// The state that all kinds of sockets share.
  func saveCommon() -> Godwit_State_Socket {
    var state = Godwit_State_Socket()
    state.number = socketInode.number
    state.permissions = socketInode.permissions
    state.uid = socketInode.owner.uid
    state.gid = socketInode.owner.gid
    state.error = pendingError?.rawValue ?? 0
    state.readShut = isReadShut
    state.writeShut = isWriteShut
    state.settings = settings.save()
    return state
  }

  func restoreCommon(_ state: Godwit_State_Socket, _ flags: OpenFlags) throws(SnapshotError) {
    self.flags = flags
    if state.error != 0 { pendingError = Errno(rawValue: state.error) }
    isReadShut = state.readShut
    isWriteShut = state.writeShut
    settings = try SocketSettings(state.settings)
  }
}

extension SocketInode {
  convenience init(_ state: Godwit_State_Socket) {
    self.init(number: state.number, owner: Ownership(uid: state.uid, gid: state.gid))
    restore(permissions: state.permissions)
  }
}

extension SocketSettings {
  func save() -> Godwit_State_SocketSettings {
    var state = Godwit_State_SocketSettings()
    if let sendBuffer { state.sendBuffer = sendBuffer }
    if let receiveBuffer { state.receiveBuffer = receiveBuffer }
    if let receiveTimeout { state.receiveTimeout = receiveTimeout }
    if let sendTimeout { state.sendTimeout = sendTimeout }
    state.lowWater = lowWater
    state.lingers = linger.l_onoff != 0
    state.linger = linger.l_linger
    state.passesCredentials = passesCredentials
    let ordered = numbers.sorted { ($0.key.level, $0.key.name) < ($1.key.level, $1.key.name) }
    state.numbers = ordered.map { key, value in
      var number = Godwit_State_SocketNumber()
      number.level = key.level
      number.name = key.name
      number.value = value
      return number
    }
    if let filter { state.filter = data(filter.bytes) }
    return state
  }

  init(_ state: Godwit_State_SocketSettings) throws(SnapshotError) {
    if !state.filter.isEmpty {
      guard let program = FilterProgram(bytes: Array(state.filter)) else {
        throw .invalidState("the filter of a socket")
      }
      filter = program
    }
    let sizes = 1...Int32.max
    if state.hasSendBuffer {
      sendBuffer = try checked(state.sendBuffer, sizes, "the send buffer of a socket")
    }
    if state.hasReceiveBuffer {
      receiveBuffer = try checked(state.receiveBuffer, sizes, "the receive buffer of a socket")
    }
    let times = 0...Int64.max
    if state.hasReceiveTimeout {
      receiveTimeout = try checked(state.receiveTimeout, times, "the timeout of a socket")
    }
    if state.hasSendTimeout {
      sendTimeout = try checked(state.sendTimeout, times, "the timeout of a socket")
    }
    lowWater = try checked(state.lowWater, sizes, "the low-water mark of a socket")
    linger = Linger(l_onoff: state.lingers ? 1 : 0, l_linger: state.linger)
    passesCredentials = state.passesCredentials
    for number in state.numbers { numbers[OptionKey(number.level, number.name)] = number.value }
  }
}

extension Ucred {
  func save() -> Godwit_State_Sender {
    var state = Godwit_State_Sender()
    state.pid = pid
    state.uid = uid
    state.gid = gid
    return state
  }

  init(_ state: Godwit_State_Sender) { self.init(pid: state.pid, uid: state.uid, gid: state.gid) }
}

extension IPAddress {
  init(_ state: Godwit_State_Endpoint) { self.init(high: state.high, low: state.low) }
}

extension Endpoint {
  func save() -> Godwit_State_Endpoint {
    var state = Godwit_State_Endpoint()
    state.high = address.high
    state.low = address.low
    state.port = UInt32(port)
    state.scope = scope
    return state
  }

  init(_ state: Godwit_State_Endpoint) throws(SnapshotError) {
    self.init(IPAddress(state), try narrowed(state.port, "a port"), scope: state.scope)
  }
}

extension FilesInFlight {
  func save(_ saver: StateSaver) -> [UInt64] {
    files.map { saver.id(of: $0, .message) }
  }
}

extension SocketMessage {
  func save(_ saver: StateSaver) -> Godwit_State_SocketMessage {
    var state = Godwit_State_SocketMessage()
    state.bytes = data(bytes)
    switch source {
    case .none: break
    case .name(let name): state.name = data(name)
    case .endpoint(let endpoint): state.endpoint = endpoint.save()
    }
    if let credentials { state.sender = credentials.save() }
    if let files {
      state.files = files.save(saver)
      state.filesUser = files.user
    }
    if let packet {
      state.packet.high = packet.destination.high
      state.packet.low = packet.destination.low
      state.packet.hopLimit = UInt32(packet.hopLimit)
      state.packet.trafficClass = UInt32(packet.trafficClass)
    }
    state.time = time
    return state
  }

  init(_ state: Godwit_State_SocketMessage, _ loader: StateLoader) throws(SnapshotError) {
    bytes = Array(state.bytes)
    if state.hasEndpoint {
      source = .endpoint(try Endpoint(state.endpoint))
    } else if !state.name.isEmpty {
      source = .name(
        try bounded(state.name, 128, "where a message came from"))
    }
    if state.hasSender { credentials = Ucred(state.sender) }
    files = try loader.filesInFlight(state.files, from: state.filesUser)
    if state.hasPacket {
      packet = PacketInfo(
        destination: IPAddress(high: state.packet.high, low: state.packet.low),
        hopLimit: try narrowed(state.packet.hopLimit, "a hop limit"),
        trafficClass: try narrowed(state.packet.trafficClass, "a traffic class"))
    }
    time = state.time
  }
}

extension StateLoader {
  func filesInFlight(_ ids: [UInt64], from user: UInt32) throws(SnapshotError) -> FilesInFlight? {
    guard !ids.isEmpty else { return nil }
    guard ids.count <= FilesInFlight.limit else {
      throw .invalidState("\(ids.count) files in flight together")
    }
    var files: [OpenFile] = []
    for id in ids { files.append(try file(id)) }
    return FilesInFlight(files, from: user, kernel.network)
  }

  func messages(_ states: [Godwit_State_SocketMessage]) throws(SnapshotError) -> [SocketMessage] {
    var messages: [SocketMessage] = []
    for state in states { messages.append(try SocketMessage(state, self)) }
    return messages
  }

  /// The same for a connection that waits to be accepted; it can wait in one place only.
  func waitingSocket<S: Socket>(_ id: UInt64, _ type: S.Type) throws(SnapshotError) -> S {
    guard heldFiles.insert(id).inserted else { throw .invalidState("connection \(id)") }
    return try socket(id)
  }

  /// The socket `id`, which must be of the expected kind.
  func socket<S: Socket>(_ id: UInt64, _ type: S.Type = S.self) throws(SnapshotError) -> S {
    guard let socket = try file(id) as? S else { throw .invalidState("socket \(id)") }
    return socket
  }
}
