import LinuxABI

/// The ports of one protocol: bound and receiving sockets.
final class PortTable {
  private var bound: [UInt16: [ObjectIdentifier: Referenced<InternetSocket>]] = [:]
  /// Listening TCP sockets or bound UDP sockets, oldest first.
  private var receivers: [UInt16: [Referenced<InternetSocket>]] = [:]
  /// The port that was last assigned automatically.
  var lastEphemeral = ephemeral.upperBound

  /// `/proc/sys/net/ipv4/ip_local_port_range`.
  static let ephemeral: ClosedRange<UInt16> = 32768...60999

  /// Every socket with a port, in the order of inode numbers.
  var all: [InternetSocket] {
    bound.values.flatMap { $0.values.compactMap(\.object) }
      .sorted { $0.socketInode.number < $1.socketInode.number }
  }

  // MARK: Binding

  /// Binds `socket` to a port and an address: EADDRINUSE. Port 0 means any free port.
  func bind(_ socket: InternetSocket, to address: IPAddress, port: UInt16) throws(Errno) {
    let chosen: UInt16
    if port == 0 {
      guard let free = freePort(for: socket, at: address) else { throw .EADDRINUSE }
      chosen = free
    } else {
      guard !isTaken(port, at: address, for: socket) else { throw .EADDRINUSE }
      chosen = port
    }
    socket.local = Endpoint(address, chosen, scope: socket.local.scope)
    enter(socket)
  }

  func enter(_ socket: InternetSocket) {
    bound[socket.local.port, default: [:]][ObjectIdentifier(socket)] = Referenced(socket)
    socket.isEntered = true
  }

  private func freePort(for socket: InternetSocket, at address: IPAddress) -> UInt16? {
    var candidate = lastEphemeral
    for _ in Self.ephemeral {
      candidate = candidate >= Self.ephemeral.upperBound ? Self.ephemeral.lowerBound : candidate + 1
      // Reuse applies only to explicit ports: an automatic port is not shared.
      if !isTaken(candidate, at: address, for: socket, mayShare: false) {
        lastEphemeral = candidate
        return candidate
      }
    }
    return nil
  }

  /// Whether another socket prevents `socket` from having the port (`inet_csk_bind_conflict`).
  func isTaken(
    _ port: UInt16, at address: IPAddress, for socket: InternetSocket, mayShare: Bool = true
  ) -> Bool {
    guard let others = bound[port] else { return false }
    return others.values.contains { entry in
      guard let other = entry.object, other !== socket, overlap(address, socket, other) else {
        return false
      }
      guard mayShare else { return true }
      if socket.settings.isOn(.SO_REUSEADDR), other.settings.isOn(.SO_REUSEADDR),
        !other.isListening
      {
        return false
      }
      return
        !(socket.settings.isOn(.SO_REUSEPORT) && other.settings.isOn(.SO_REUSEPORT)
        && socket.socketInode.owner.uid == other.socketInode.owner.uid)
    }
  }

  /// Whether one of the two addresses includes the other. An IPv6 wildcard includes IPv4 unless the socket is
  /// IPv6-only.
  private func overlap(_ address: IPAddress, _ socket: InternetSocket, _ other: InternetSocket)
    -> Bool
  {
    let theirs = other.local.address
    if address == theirs { return true }
    func includes(_ a: IPAddress, _ owner: InternetSocket, _ b: IPAddress) -> Bool {
      guard a.isAny else { return false }
      return a.isV4 == b.isV4 || !a.isV4 && !owner.isV6Only
    }
    return includes(address, socket, theirs) || includes(theirs, other, address)
  }

  /// Removes the socket from the table.
  func leave(_ socket: InternetSocket) {
    stopReceiving(socket)
    guard socket.isEntered else { return }
    socket.isEntered = false
    bound[socket.local.port]?[ObjectIdentifier(socket)] = nil
    if bound[socket.local.port]?.isEmpty == true { bound[socket.local.port] = nil }
  }

  // MARK: Receiving

  /// Makes the socket receive at its port.
  func startReceiving(_ socket: InternetSocket) {
    let others = receivers[socket.local.port] ?? []
    socket.receivingOrder = (others.last?.object?.receivingOrder ?? 0) + 1
    receivers[socket.local.port] = others + [Referenced(socket)]
  }

  /// Restores the position of a socket among the receivers.
  func restoreReceiving(_ socket: InternetSocket) {
    var others = receivers[socket.local.port] ?? []
    let place =
      others.firstIndex { $0.object?.receivingOrder ?? 0 > socket.receivingOrder } ?? others.count
    others.insert(Referenced(socket), at: place)
    receivers[socket.local.port] = others
  }

  func stopReceiving(_ socket: InternetSocket) {
    guard socket.receivingOrder != 0 else { return }
    socket.receivingOrder = 0
    receivers[socket.local.port]?.removeAll { $0.object === socket }
    if receivers[socket.local.port]?.isEmpty == true { receivers[socket.local.port] = nil }
  }

  /// The receiver of packets from `source` to `destination`: the best match; among equals the latest, or in a
  /// group with SO_REUSEPORT one selected by the source port.
  func receiver(of destination: Endpoint, from source: Endpoint) -> InternetSocket? {
    guard let candidates = receivers[destination.port] else { return nil }
    var best: InternetSocket?
    var bestScore = 0
    var group: [InternetSocket] = []
    for candidate in candidates.reversed().compactMap(\.object) {
      let score = score(candidate, destination.address, source)
      guard score > 0, score >= bestScore else { continue }
      if score > bestScore {
        (best, bestScore) = (candidate, score)
        group = candidate.settings.isOn(.SO_REUSEPORT) ? [candidate] : []
      } else if !group.isEmpty, candidate.settings.isOn(.SO_REUSEPORT) {
        group.append(candidate)
      }
    }
    guard group.count > 1 else { return best }
    return group[group.count - 1 - Int(source.port) % group.count]
  }

  /// All receivers of a multicast or broadcast packet.
  func receivers(ofAll destination: Endpoint, from source: Endpoint) -> [InternetSocket] {
    (receivers[destination.port] ?? []).compactMap(\.object).filter {
      ($0.local.address == destination.address || $0.accepts(destination.address))
        && ($0.remote == nil || $0.remote == source)
    }
  }

  private func score(_ socket: InternetSocket, _ address: IPAddress, _ source: Endpoint) -> Int {
    var score = socket.family == .AF_INET ? 2 : 1
    if socket.local.address.isAny {
      guard socket.accepts(address) else { return 0 }
    } else {
      guard socket.local.address == address else { return 0 }
      score += 16
    }
    if let remote = socket.remote {
      guard remote.address == source.address, remote.port == source.port else { return 0 }
      score += 8
    }
    return score
  }
}
