import HostABI
import LinuxABI
import Machine

/// All of the guest's sockets that can be found by a name, and the network that they see: a loopback
/// interface, inside the picoprocess, and whatever the guest has of the network outside.
package final class Network {
  /// The kernel whose network this is; there once it has all of its parts.
  private(set) unowned var kernel: Kernel!
  /// Where sockets and what they hold are charged; they may outlive the kernel.
  private let arena: FrameArena
  let tcp = PortTable()
  let udp = PortTable()
  let udpLite = PortTable()
  let unix = UnixNames()
  let netlink = NetlinkPorts()
  let filesInFlight = FlightRegistry()
  let outside: OutsideNetwork
  /// The kernel is going: nothing needs to be told anything any more.
  private(set) var isDismantled = false

  init(_ host: any Host, _ arena: FrameArena, _ configuration: OutsideConfiguration) {
    self.arena = arena
    outside = OutsideNetwork(host, configuration)
  }

  func attach(to kernel: Kernel) { self.kernel = kernel }

  /// The most connections that may wait to be accepted (`/proc/sys/net/core/somaxconn`).
  package static let backlogLimit = 4096
  /// The largest buffer that a program may ask for (`wmem_max`, `rmem_max`).
  package static let bufferLimit: Int32 = 212_992

  func dismantle() {
    isDismantled = true
    // Before the sockets go: each may hold the next one.
    for socket in unix.all { socket.forgetQueue() }
    filesInFlight.forgetLanded()
  }

  // MARK: Memory

  /// Bytes that the library OS has for a socket, without what is queued there.
  static let socketSize = 1024

  /// To be charged for what a socket holds.
  func charge(_ bytes: Int = 0) -> MemoryCharge {
    MemoryCharge(arena, .sockets, bytes: bytes)
  }

  func hasRoom(for bytes: Int) -> Bool { arena.hasRoom(forKernel: bytes) }

  /// - Throws: ENOBUFS without room for `bytes` more in buffers.
  func requireRoom(for bytes: Int) throws(Errno) {
    guard hasRoom(for: bytes) else { throw .ENOBUFS }
  }

  /// A fresh inode for a socket that `process` makes: ENOBUFS.
  func makeInode(for process: Process) throws(Errno) -> SocketInode {
    try requireRoom(for: Self.socketSize)
    kernel.lastInodeNumber += 1
    return SocketInode(number: kernel.lastInodeNumber, owner: process.credentials.ownership)
  }

  /// The guest's wall time in nanoseconds.
  var now: Int64 { kernel.clock.realtime }
}

/// What stands in a table that does not keep it alive.
struct Referenced<Object: AnyObject> {
  weak var object: Object?
  init(_ object: Object) { self.object = object }
}

/// Which sockets are in flight, for the circles they may make (`unix_gc` in Linux), and how many files
/// each user has in flight.
final class FlightRegistry {
  private var flights: [ObjectIdentifier: Referenced<FilesInFlight>] = [:]
  /// How often sockets are in flight.
  private(set) var socketCount = 0
  /// By real user id.
  private(set) var fileCounts: [UInt32: Int] = [:]
  /// Files that are no longer in flight, and still to be released.
  private var landed = Queue<OpenFile>()
  private var isReleasing = false

  func add(_ flight: FilesInFlight) {
    fileCounts[flight.user, default: 0] += flight.files.count
    let sockets = flight.files.count { $0 is UnixSocket }
    guard sockets > 0 else { return }
    socketCount += sockets
    flights[ObjectIdentifier(flight)] = Referenced(flight)
  }

  /// `flight` is over. Its files are released one after the other: the end of one may end another
  /// flight, in a longer chain than the host's stack is deep.
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

  /// Lets go of files that need no closing any more.
  func forgetLanded() { landed = Queue() }

  /// How many references to each socket are in flight.
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
  /// Whether the address is one of this host's, or stands for all of them.
  func isLocal(_ address: IPAddress) -> Bool {
    address.isLoopback || address.isAny || outside.isOwn(address)
  }

  func isBroadcast(_ address: IPAddress) -> Bool {
    address.isBroadcast || address == IPAddress(v4: 0x7fff_ffff)
  }

  /// The address of this host that packets to `address` come from: ENETUNREACH.
  func source(to address: IPAddress) throws(Errno) -> IPAddress {
    if address.isLoopback || address.isAny { return address.loopback }
    if address.isBroadcast { throw .ENETUNREACH }
    if !outside.isOwn(address) { try outside.requireRoute(to: address) }
    return OutsideNetwork.guest
  }

  /// Another inode for a connection that a listener accepts.
  func makeInode(like inode: SocketInode) -> SocketInode {
    kernel.lastInodeNumber += 1
    return SocketInode(number: kernel.lastInodeNumber, owner: inode.owner)
  }
}
