import LinuxABI

/// All unix sockets, and their names: filesystem names by inode, and abstract names.
final class UnixNames {
  private struct AbstractName: Hashable {
    var type: SocketType
    var name: [UInt8]
  }

  private var paths: [ObjectIdentifier: Referenced<UnixSocket>] = [:]
  private var abstracts: [AbstractName: Referenced<UnixSocket>] = [:]
  private var sockets: [ObjectIdentifier: Referenced<UnixSocket>] = [:]
  /// The last name that was assigned by autobind.
  var lastAutomatic: UInt32 = 0

  func add(_ socket: UnixSocket) { sockets[ObjectIdentifier(socket)] = Referenced(socket) }

  func remove(_ socket: UnixSocket) {
    sockets[ObjectIdentifier(socket)] = nil
    if let inode = socket.place?.inode, paths[ObjectIdentifier(inode)]?.object === socket {
      paths[ObjectIdentifier(inode)] = nil
    }
    if socket.isAbstract {
      abstracts[AbstractName(type: socket.type, name: socket.boundName)] = nil
    }
  }

  /// All open sockets and all pending connections, oldest first.
  var all: [UnixSocket] {
    sockets.values.compactMap(\.object).sorted { $0.socketInode.number < $1.socketInode.number }
  }

  // MARK: Names

  func enter(_ socket: UnixSocket, at inode: Inode) {
    paths[ObjectIdentifier(inode)] = Referenced(socket)
  }

  func socket(at inode: Inode) -> UnixSocket? { paths[ObjectIdentifier(inode)]?.object }

  /// - Throws: EADDRINUSE.
  func enter(_ socket: UnixSocket, abstract name: [UInt8]) throws(Errno) {
    let key = AbstractName(type: socket.type, name: name)
    guard abstracts[key]?.object == nil else { throw .EADDRINUSE }
    abstracts[key] = Referenced(socket)
  }

  func socket(abstract name: [UInt8], _ type: SocketType) -> UnixSocket? {
    abstracts[AbstractName(type: type, name: name)]?.object
  }

  // MARK: Circles

  private var isCollecting = false
  /// The number of references lost since the last search for cycles.
  private var losses = 0

  /// Empties the queues of unreachable sockets: those whose only references are in these queues.
  ///
  /// A search takes long with many sockets in flight; then as many references must be lost before the next
  /// one.
  func collect(_ flights: FlightRegistry) {
    guard flights.socketCount > 0, !isCollecting else { return }
    losses += 1
    guard flights.socketCount < 16 || losses > flights.socketCount else { return }
    losses = 0
    isCollecting = true
    defer { isCollecting = false }
    let inFlight = flights.references
    var reached: Set<ObjectIdentifier> = []
    var pending = sockets.values.compactMap(\.object).filter {
      $0.referenceCount > inFlight[ObjectIdentifier($0), default: 0]
    }
    while let socket = pending.popLast() {
      guard reached.insert(ObjectIdentifier(socket)).inserted else { continue }
      pending += socket.embryos
      for flight in socket.queuedFiles {
        pending += flight.files.compactMap { $0 as? UnixSocket }
      }
    }
    // In the order of their numbers, since the order of closing may be visible.
    let lost = all.filter {
      !reached.contains(ObjectIdentifier($0)) && inFlight[ObjectIdentifier($0)] != nil
    }
    for socket in lost { socket.retain() }
    for socket in lost { socket.forgetQueue() }
    for socket in lost { socket.release() }
  }
}
