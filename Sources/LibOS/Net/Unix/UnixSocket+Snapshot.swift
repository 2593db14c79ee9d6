package import LibOSState
import LinuxABI
package import Snapshot

extension UnixSocket: PersistentFile {
  package func save(_ saver: StateSaver)
    throws(SnapshotError) -> Godwit_State_OpenFile.OneOf_Kind
  {
    var state = Godwit_State_UnixSocket()
    state.socket = saveCommon()
    state.type = type.rawValue
    state.name = data(boundName)
    if let place { state.dentry = saver.id(of: place) }
    if let peer { state.peer = peer.save() }
    state.groups = groupsOfPeer
    switch self {
    case let socket as UnixConnectionSocket: try socket.saveConnection(to: &state, saver)
    case let socket as UnixDatagramSocket: try socket.saveDatagrams(to: &state, saver)
    default: break
    }
    return .unixSocket(state)
  }

  /// References to other files: the peer, connections, and files in flight.
  func restoreLinks(_ state: Godwit_State_UnixSocket, _ loader: StateLoader) throws(SnapshotError) {
    switch self {
    case let socket as UnixConnectionSocket: try socket.restoreConnection(state, loader)
    case let socket as UnixDatagramSocket: try socket.restoreDatagrams(state, loader)
    default: break
    }
  }

  fileprivate func restoreName(_ state: Godwit_State_UnixSocket, _ loader: StateLoader)
    throws(SnapshotError)
  {
    boundName = try bounded(
      state.name, Self.nameLimit + 1, "the name of unix socket \(socketInode.number)")
    if state.dentry != 0 {
      let dentry = try loader.dentry(state.dentry)
      place = dentry
      network.unix.enter(self, at: dentry.inode)
    } else if isAbstract {
      do throws(Errno) { try network.unix.enter(self, abstract: boundName) } catch {
        throw .invalidState("the name of unix socket \(socketInode.number)")
      }
    }
  }
}

extension StateLoader {
  func restoreUnixSocket(_ state: Godwit_State_UnixSocket, _ flags: OpenFlags)
    throws(SnapshotError) -> UnixSocket
  {
    let inode = SocketInode(state.socket)
    guard let type = SocketType(rawValue: state.type),
      let socket = try? UnixSocket.make(kernel.network, type, inode: inode)
    else { throw .invalidState("the type of unix socket \(state.socket.number)") }
    try socket.restoreCommon(state.socket, flags)
    if state.hasPeer { socket.peer = Ucred(state.peer) }
    guard state.groups.count <= Limits.NGROUPS_MAX else {
      throw .invalidState("the groups of unix socket \(inode.number)")
    }
    socket.groupsOfPeer = state.groups
    if let connection = socket as? UnixConnectionSocket {
      connection.inheritsName = state.inheritsName
      connection.isEmbryo = state.embryo
    }
    try socket.restoreName(state, self)
    return socket
  }
}

extension UnixConnectionSocket {
  fileprivate func saveConnection(to state: inout Godwit_State_UnixSocket, _ saver: StateSaver)
    throws(SnapshotError)
  {
    state.inheritsName = inheritsName
    state.embryo = isEmbryo
    state.state = self.state.rawValue
    state.backlog = UInt32(backlog)
    if let other { state.other = saver.id(of: other, .socket) }
    for child in waiting.elements { state.waiting.append(saver.id(of: child, .socket)) }
    switch self {
    case let stream as UnixStreamSocket:
      state.bytes = data(stream.bytes.contents)
      var pieces: [Godwit_State_StreamPiece] = []
      for piece in stream.pieces.elements {
        var entry = Godwit_State_StreamPiece()
        entry.count = UInt64(piece.count)
        if let credentials = piece.credentials { entry.sender = credentials.save() }
        if let files = piece.files {
          entry.files = files.save(saver)
          entry.filesUser = files.user
        }
        entry.urgency = piece.urgency.rawValue
        pieces.append(entry)
      }
      state.pieces = pieces
    case let packets as UnixPacketSocket:
      for record in packets.records.messages { state.messages.append(record.save(saver)) }
    default: break
    }
  }

  fileprivate func restoreConnection(
    _ state: Godwit_State_UnixSocket, _ loader: StateLoader
  ) throws(SnapshotError) {
    guard let saved = State(rawValue: state.state) else {
      throw .invalidState("the state of unix socket \(socketInode.number)")
    }
    self.state = saved
    backlog = min(Int(state.backlog), Network.backlogLimit)
    if state.other != 0 {
      let other = try loader.socket(state.other, UnixConnectionSocket.self)
      guard other.type == type, other !== self, self.other == nil || self.other === other,
        other.other == nil || other.other === self
      else { throw .invalidState("the other end of unix socket \(socketInode.number)") }
      self.other = other
      other.other = self
    }
    for id in state.waiting {
      let child = try loader.waitingSocket(id, UnixConnectionSocket.self)
      guard child.type == type, child !== self else { throw .invalidState("connection \(id)") }
      waiting.append(child)
    }
    switch self {
    case let stream as UnixStreamSocket:
      var pieces: [UnixStreamSocket.Piece] = []
      for entry in state.pieces {
        guard let urgency = UnixStreamSocket.Urgency(rawValue: entry.urgency),
          urgency == .none || entry.count == 1,
          urgency != .urgent || !pieces.contains(where: { $0.urgency == .urgent })
        else { throw .invalidState("urgent data of unix socket \(socketInode.number)") }
        pieces.append(
          UnixStreamSocket.Piece(
            count: Int(clamping: entry.count),
            credentials: entry.hasSender ? Ucred(entry.sender) : nil,
            files: try loader.filesInFlight(entry.files, from: entry.filesUser), urgency: urgency))
      }
      let bytes = Array(state.bytes)
      var sum = 0
      for piece in pieces where piece.count <= bytes.count { sum += piece.count }
      guard sum == bytes.count, pieces.allSatisfy({ $0.count > 0 && $0.count <= bytes.count })
      else { throw .invalidState("contents of unix socket \(socketInode.number)") }
      stream.restore(bytes, pieces)
    case let packets as UnixPacketSocket: packets.restore(try loader.messages(state.messages))
    default: break
    }
  }
}

extension UnixDatagramSocket {
  fileprivate func saveDatagrams(to state: inout Godwit_State_UnixSocket, _ saver: StateSaver)
    throws(SnapshotError)
  {
    if let target {
      if target.isClosed {
        state.targetClosed = true
        state.targetName = data(target.boundName)
      } else {
        state.target = saver.id(of: target, .socket)
      }
    }
    for datagram in datagrams.messages { state.messages.append(datagram.save(saver)) }
  }

  fileprivate func restoreDatagrams(
    _ state: Godwit_State_UnixSocket, _ loader: StateLoader
  ) throws(SnapshotError) {
    if state.targetClosed {
      // Nothing else matters of a closed socket.
      let gone = UnixDatagramSocket(network, inode: SocketInode(number: 0, owner: Ownership()))
      gone.isClosed = true
      network.unix.remove(gone)
      gone.boundName = Array(state.targetName)
      aim(at: gone)
    } else if state.target != 0 {
      aim(at: try loader.socket(state.target))
    }
    restore(try loader.messages(state.messages))
  }
}
