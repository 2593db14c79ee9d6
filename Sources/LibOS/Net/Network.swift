import HostABI
import LinuxABI
import Machine

/// All sockets of the guest that have names, and the network that they see: a loopback interface inside the
/// picoprocess, and the guest's access to the network outside.
package final class Network {
  /// The kernel of this network; set once the kernel is complete.
  private(set) unowned var kernel: Kernel!
  /// What sockets and their content are charged to; sockets may outlive the kernel.
  private let arena: FrameArena
  let tcp = PortTable()
  let udp = PortTable()
  let udpLite = PortTable()
  let unix = UnixNames()
  let netlink = NetlinkPorts()
  let filesInFlight = FlightRegistry()
  let outside: OutsideNetwork
  /// The kernel is being destroyed: nobody needs to be notified any more.
  private(set) var isDismantled = false

  init(_ host: any Host, _ arena: FrameArena, _ configuration: OutsideConfiguration) {
    self.arena = arena
    outside = OutsideNetwork(host, configuration)
  }

  func attach(to kernel: Kernel) { self.kernel = kernel }

  /// The limit of connections waiting to be accepted (`/proc/sys/net/core/somaxconn`).
  package static let backlogLimit = 4096
  /// The largest buffer that a program may ask for (`wmem_max`, `rmem_max`).
  package static let bufferLimit: Int32 = 212_992

  func dismantle() {
    isDismantled = true
    // Done before the sockets are released, since each may hold the next one.
    for socket in unix.all { socket.forgetQueue() }
    filesInFlight.forgetLanded()
  }

  // MARK: Memory

  /// Bytes that the library OS uses for a socket, without its queues.
  static let socketSize = 1024

  /// The account for the content of a socket.
  func charge(_ bytes: Int = 0) -> MemoryCharge {
    MemoryCharge(arena, .sockets, bytes: bytes)
  }

  func hasRoom(for bytes: Int) -> Bool { arena.hasRoom(forKernel: bytes) }

  /// - Throws: ENOBUFS without room for `bytes` more in buffers.
  func requireRoom(for bytes: Int) throws(Errno) {
    guard hasRoom(for: bytes) else { throw .ENOBUFS }
  }

  /// A new inode for a socket that `task` creates: ENOBUFS.
  func makeInode(for task: Task) throws(Errno) -> SocketInode {
    try requireRoom(for: Self.socketSize)
    kernel.lastInodeNumber += 1
    return SocketInode(number: kernel.lastInodeNumber, owner: task.credentials.ownership)
  }

  /// The guest's wall time in nanoseconds.
  var now: Int64 { kernel.clock.realtime }
}

/// A weak reference in a table.
struct Referenced<Object: AnyObject> {
  weak var object: Object?
  init(_ object: Object) { self.object = object }
}

/// The sockets in flight, to find reference cycles among them (`unix_gc` in Linux), and the number of files
/// that each user has in flight.
final class FlightRegistry {
  private var flights: [ObjectIdentifier: Referenced<FilesInFlight>] = [:]
  /// How many times each socket is in flight.
  private(set) var socketCount = 0
  /// By real user id.
  private(set) var fileCounts: [UInt32: Int] = [:]
  /// Files that are no longer in flight and must still be released.
  private var landed = Queue<OpenFile>()
  private var isReleasing = false

  func add(_ flight: FilesInFlight) {
    fileCounts[flight.user, default: 0] += flight.files.count
    let sockets = flight.files.count { $0 is UnixSocket }
    guard sockets > 0 else { return }
    socketCount += sockets
    flights[ObjectIdentifier(flight)] = Referenced(flight)
  }

  /// Ends `flight` and releases its files, iteratively: releasing one may end another flight, and the chain
  /// may be longer than the host's stack allows.
  func land(_ flight: FilesInFlight, isReleasing: Bool) {
    if flights.removeValue(forKey: ObjectIdentifier(flight)) != nil {
      socketCount -= flight.files.count { $0 is UnixSocket }
    }
    let remaining = fileCounts[flight.user, default: 0] - flight.files.count
    fileCounts[flight.user] = remaining > 0 ? remaining : nil
    for file in flight.files { landed.append(file) }
    guard isReleasing, !self.isReleasing else { return }
    self.isReleasing = true
    while !landed.isEmpty { landed.removeFirst().release() }
    self.isReleasing = false
  }

  /// Drops files that no longer need to be closed.
  func forgetLanded() { landed = Queue() }

  /// The number of references to each socket that are in flight.
  var references: [ObjectIdentifier: Int] {
    var counts: [ObjectIdentifier: Int] = [:]
    for entry in flights.values {
      for file in entry.object?.files ?? [] where file is UnixSocket {
        counts[ObjectIdentifier(file), default: 0] += 1
      }
    }
    return counts
  }
}

// MARK: Addresses

extension Network {
  /// Whether the address belongs to this host, or is the wildcard.
  func isLocal(_ address: IPAddress) -> Bool {
    address.isLoopback || address.isAny || outside.isOwn(address)
  }

  func isBroadcast(_ address: IPAddress) -> Bool {
    address.isBroadcast || address == IPAddress(v4: 0x7fff_ffff)
  }

  /// This host's source address for packets to `address`: ENETUNREACH.
  func source(to address: IPAddress) throws(Errno) -> IPAddress {
    if address.isLoopback || address.isAny { return address.loopback }
    if address.isBroadcast { throw .ENETUNREACH }
    if !outside.isOwn(address) { try outside.requireRoute(to: address) }
    return OutsideNetwork.guest(like: address)
  }

  /// A new inode for an accepted connection.
  func makeInode(like inode: SocketInode) -> SocketInode {
    kernel.lastInodeNumber += 1
    return SocketInode(number: kernel.lastInodeNumber, owner: inode.owner)
  }
}
