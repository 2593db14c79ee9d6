package import LibOSState
import LinuxABI
import Machine
package import Snapshot

extension InternetSocket: PersistentFile {
  package func save(_ saver: StateSaver)
    throws(SnapshotError) -> Godwit_State_OpenFile.OneOf_Kind
  {
    var state = Godwit_State_InternetSocket()
    state.socket = saveCommon()
    state.family = UInt32(family.rawValue)
    state.type = type.rawValue
    state.protocol = protocolNumber
    state.local = local.save()
    if let remote { state.remote = remote.save() }
    state.addressBound = isAddressBound
    state.portBound = isPortBound
    state.entered = isEntered
    state.receivingOrder = receivingOrder
    switch self {
    case let tcp as TCPSocket: try tcp.saveConnection(to: &state, saver)
    case let udp as UDPSocket:
      for datagram in udp.datagrams.messages { state.datagrams.append(datagram.save(saver)) }
      let groups = udp.groups.sorted { ($0.high, $0.low) < ($1.high, $1.low) }
      state.groups = groups.map { Endpoint($0, 0).save() }
    default: break
    }
    return .internetSocket(state)
  }

  package var obstacle: String? {
    guard network.outside.configuration.refusesToBreak, !network.outside.isRelayed,
      outside != nil, !isListening,
      let remote, let tcp = self as? TCPSocket, tcp.protocolState != .close
    else { return nil }
    return "it is connected to \(remote)"
  }

  /// References to other files: the peer, pending connections, and files in datagrams.
  func restoreLinks(_ state: Godwit_State_InternetSocket, _ loader: StateLoader)
    throws(SnapshotError)
  {
    switch self {
    case let tcp as TCPSocket: try tcp.restoreConnection(state, loader)
    case let udp as UDPSocket: udp.restore(try loader.messages(state.datagrams))
    default: break
    }
  }
}

extension StateLoader {
  func restoreInternetSocket(_ state: Godwit_State_InternetSocket, _ flags: OpenFlags)
    throws(SnapshotError) -> InternetSocket
  {
    let inode = SocketInode(state.socket)
    guard let family = AddressFamily(rawValue: UInt16(clamping: state.family)),
      family == .AF_INET || family == .AF_INET6,
      let transport = InternetProtocol(rawValue: state.protocol)
    else { throw .invalidState("the family of socket \(inode.number)") }
    let socket: InternetSocket
    switch transport {
    case .IPPROTO_TCP: socket = TCPSocket(kernel.network, family, inode: inode)
    case .IPPROTO_UDP, .IPPROTO_UDPLITE:
      let udp = UDPSocket(kernel.network, family, transport, inode: inode)
      udp.groups = Set(state.groups.map { IPAddress($0) })
      socket = udp
    default: throw .invalidState("the protocol of socket \(inode.number)")
    }
    try socket.restoreCommon(state.socket, flags)
    guard socket.acceptsSettings else {
      throw .invalidState("the options of socket \(inode.number)")
    }
    socket.local = try Endpoint(state.local)
    if state.hasRemote { socket.remote = try Endpoint(state.remote) }
    socket.isAddressBound = state.addressBound
    socket.isPortBound = state.portBound
    if state.entered { socket.ports.enter(socket) }
    if state.receivingOrder != 0, state.receivingOrder < 1 << 62 {
      socket.receivingOrder = state.receivingOrder
      socket.ports.restoreReceiving(socket)
    }
    if socket is UDPSocket, socket.isEntered { try socket.publishAgain() }
    return socket
  }
}

extension TCPSocket {
  fileprivate func saveConnection(
    to state: inout Godwit_State_InternetSocket, _ saver: StateSaver
  ) throws(SnapshotError) {
    state.state = self.state.rawValue
    state.attempt = attempt.rawValue
    state.outside = outside != nil && !isListening
    if let viewer = outside?.viewer { state.viewer = viewer.watch.save() }
    state.backlog = UInt32(backlog)
    if let peer { state.peer = saver.id(of: peer, .socket) }
    state.received = data(received.contents)
    state.withheld = data(withheld.contents)
    state.endWithheld = endIsWithheld
    state.finished = isFinished
    if let urgent {
      state.urgent = UInt64(urgent.position)
      state.urgentRead = !urgent.isUnread
    }
    for child in waiting.elements { state.waiting.append(saver.id(of: child, .socket)) }
    for client in hopeful.elements { state.hopeful.append(saver.id(of: client, .socket)) }
  }

  /// The peer was outside and is lost when the guest is restored, unless the connection is relayed.
  func losePeer() {
    // A connection that both ends have shut down cannot break.
    if protocolState != .close { reset() }
  }

  fileprivate func restoreConnection(
    _ state: Godwit_State_InternetSocket, _ loader: StateLoader
  ) throws(SnapshotError) {
    guard let savedState = State(rawValue: state.state),
      let savedAttempt = Attempt(rawValue: state.attempt),
      savedState != .connected || remote != nil
    else { throw .invalidState("the state of socket \(socketInode.number)") }
    self.state = savedState
    attempt = savedAttempt
    backlog = min(Int(state.backlog), Network.backlogLimit)
    Array(state.received).withRawSpan { received.append($0) }
    Array(state.withheld).withRawSpan { withhold($0) }
    endIsWithheld = state.endWithheld && !withheld.isEmpty
    isFinished = state.finished
    if state.hasUrgent {
      guard state.urgent < UInt64(received.count) else {
        throw .invalidState("urgent data of socket \(socketInode.number)")
      }
      urgent = Urgent(position: Int(state.urgent), isUnread: !state.urgentRead)
    }
    if state.peer != 0 {
      let peer = try loader.socket(state.peer, TCPSocket.self)
      guard peer !== self || remote == local, self.peer == nil || self.peer === peer,
        peer.peer == nil || peer.peer === self
      else { throw .invalidState("the peer of socket \(socketInode.number)") }
      self.peer = peer
      peer.peer = self
    }
    if savedState == .listening { try publishAgain() }
    if state.outside {
      let watch = state.hasViewer ? try ViewerWatch(state.viewer) : nil
      loader.connectionsOutside.append((self, watch))
    }
    for id in state.waiting {
      let child = try loader.waitingSocket(id, TCPSocket.self)
      guard child !== self else { throw .invalidState("connection \(id)") }
      waiting.append(child)
    }
    for id in state.hopeful {
      let client = try loader.socket(id, TCPSocket.self)
      guard client !== self, client.listener == nil else { throw .invalidState("connection \(id)") }
      client.listener = self
      hopeful.append(client)
    }
  }
}
