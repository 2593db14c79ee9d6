import LinuxABI

// Listening and connecting.
extension TCPSocket {
  private var hasRoomForConnections: Bool { waiting.count <= backlog }

  /// Starts to listen, or changes the backlog.
  func startListening(_ backlog: Int) throws(Errno) {
    guard state == .listening || state == .closed && attempt == .none else { throw .EINVAL }
    self.backlog = backlog
    guard state != .listening else { return admitHopefuls() }
    if isEntered {
      // Another socket may listen at the port by now.
      guard !ports.isTaken(local.port, at: local.address, for: self) else { throw .EADDRINUSE }
    } else {
      do throws(Errno) { try bindAutomatically() } catch { throw .EADDRINUSE }
    }
    state = .listening
    isReadShut = false
    isWriteShut = false
    ports.startReceiving(self)
    publishOrLog()
  }

  /// Drops all connections that were not accepted.
  func endListening() {
    guard state == .listening else { return }
    state = .closed
    ports.stopReceiving(self)
    while !waiting.isEmpty {
      let child = waiting.removeFirst()
      let peer = child.peer
      child.peer = nil
      peer?.reset()
      child.retain()
      child.release()
    }
    while !hopeful.isEmpty { hopeful.removeFirst().refuse() }
  }

  func nextConnection() throws(Errno) -> TCPSocket {
    guard state == .listening else { throw .EINVAL }
    guard !waiting.isEmpty else { return try acceptOutside() }
    let child = waiting.removeFirst()
    admitHopefuls()
    return child
  }

  private func admitHopefuls() {
    while hasRoomForConnections, !hopeful.isEmpty {
      let client = hopeful.removeFirst()
      client.listener = nil
      admit(client)
    }
  }

  /// Makes the listener's end of a connection with `client`.
  private func admit(_ client: TCPSocket) {
    let child = makeChild(local: client.remote!, remote: client.local)
    child.peer = client
    client.peer = child
    client.state = .connected
    client.waitQueue.wake()
    waiting.append(child)
    waitQueue.wake(.readable)
  }

  /// The listener's end of a connection.
  func makeChild(local: Endpoint, remote: Endpoint) -> TCPSocket {
    let child = TCPSocket(network, family, inode: network.makeInode(like: socketInode))
    child.settings = settings
    child.local = local
    child.remote = remote
    child.isAddressBound = isAddressBound
    child.isPortBound = true
    child.state = .connected
    child.attempt = .done
    ports.enter(child)
    return child
  }

  // MARK: Connecting

  /// `connect`, the first time or again.
  func startConnecting(_ name: [UInt8]) throws(Errno) -> ConnectOutcome {
    guard name.count >= 2 else { throw .EINVAL }
    if Self.isUnspecified(name) {
      disconnect()
      return .connected
    }
    switch attempt {
    case .done: throw .EISCONN
    case .underWay: return try progress(isNew: false)
    case .none:
      guard state == .closed else { throw .EISCONN }
      try begin(resolved(try endpoint(name)))
      return try progress(isNew: true)
    }
  }

  /// Reports the state of the attempt.
  private func progress(isNew: Bool) throws(Errno) -> ConnectOutcome {
    settle()
    switch state {
    case .connecting: return .underWay(on: waitQueue, isNew: isNew)
    case .connected:
      // In Linux the answer never comes at once: a non-blocking caller has to ask again.
      if isNew, isNonBlocking { return .underWay(on: waitQueue, isNew: true) }
      attempt = .done
      return .connected
    default:
      if isNew, isNonBlocking { return .underWay(on: waitQueue, isNew: true) }
      let error = takeError() ?? .ECONNABORTED
      disconnect()
      throw error
    }
  }

  private func begin(_ destination: Endpoint) throws(Errno) {
    if destination.address.isMulticast || network.isBroadcast(destination.address) {
      throw .ENETUNREACH
    }
    let source = try sourceAddress(to: destination)
    let isInside = network.isLocal(destination.address)
    let stream = isInside ? nil : try network.outside.connect(to: destination)
    if !isEntered {
      do throws(Errno) { try ports.bind(self, to: source, port: 0) } catch { throw .EADDRNOTAVAIL }
    }
    local.address = source
    remote = destination
    attempt = .underWay
    isReadShut = false
    if let stream {
      use(stream)
      state = .connecting
      return
    }
    let found = ports.receiver(of: destination, from: local) as? TCPSocket
    if found == nil, destination == local {
      // What it sends comes back to it: both sides begin at once.
      peer = self
      state = .connected
      return
    }
    guard let found, found !== self else {
      refuse()
      return
    }
    if found.hasRoomForConnections {
      found.admit(self)
    } else {
      state = .connecting
      listener = found
      found.hopeful.append(self)
    }
  }

  /// There is no listener at the destination.
  func refuse() {
    listener = nil
    pendingError = .ECONNREFUSED
    die()
  }

  /// Resets it to a new socket, except for its settings and a bound port (`tcp_disconnect`).
  func disconnect() {
    // One whose both sides had ended has nothing to break off (`tcp_need_reset`).
    let wasConnected = state == .connected && !(isFinished && isWriteShut)
    // The other end gets a reset, whatever was unsent.
    if let peer {
      self.peer = nil
      peer.reset()
    }
    hangUp()
    state = .closed
    attempt = .none
    remote = nil
    received.removeAll()
    withheld.removeAll()
    endIsWithheld = false
    urgent = nil
    isFinished = false
    isReadShut = false
    isWriteShut = false
    pendingError = wasConnected ? .ECONNRESET : nil
    unbindUnlessChosen()
    waitQueue.wake()
  }
}
