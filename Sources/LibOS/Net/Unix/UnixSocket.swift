package import LinuxABI
import Machine

/// A unix socket (`unix(7)`): names, credentials, and lookup.
package class UnixSocket: Socket {
  /// The image of its address without the family: a path with its NUL, an abstract name with the NUL
  /// before it, or nothing.
  package internal(set) var boundName: [UInt8] = []
  /// The filesystem name that it is bound to.
  package internal(set) var place: Dentry?
  /// The credentials of the process that made its peer or listened there.
  var peer: Ucred?
  var groupsOfPeer: [UInt32] = []

  init(_ network: Network, _ type: SocketType, inode: SocketInode, flags: OpenFlags = .O_RDWR) {
    super.init(network, .AF_UNIX, type, protocolNumber: 0, inode: inode, flags: flags)
    network.unix.add(self)
  }

  /// A socket of the type: ESOCKTNOSUPPORT.
  static func make(_ network: Network, _ type: SocketType, inode: SocketInode)
    throws(Errno) -> UnixSocket
  {
    switch type {
    case .SOCK_STREAM: UnixStreamSocket(network, type, inode: inode)
    case .SOCK_SEQPACKET: UnixPacketSocket(network, type, inode: inode)
    case .SOCK_DGRAM: UnixDatagramSocket(network, inode: inode)
    // Linux creates a datagram socket when a raw one is requested.
    case .SOCK_RAW: UnixDatagramSocket(network, inode: inode)
    case .SOCK_RDM: throw .ESOCKTNOSUPPORT
    }
  }

  override func shutDownForGood() {
    leave()
    network.unix.remove(self)
    place = nil
    forgetQueue()
    network.unix.collect(network.filesInFlight)
  }

  /// Detaches it from its peers.
  func leave() {}

  override func lostReference() { network.unix.collect(network.filesInFlight) }

  // MARK: What is queued

  /// The files in its queue.
  var queuedFiles: [FilesInFlight] { [] }
  /// The connections that were not accepted.
  var embryos: [UnixSocket] { [] }
  func forgetQueue() {}

  // MARK: Names

  private static let familyBytes = [UInt8(AddressFamily.AF_UNIX.rawValue), 0]
  /// The size of `sun_path`.
  static let nameLimit = 108

  var isAbstract: Bool { boundName.first == 0 }

  package override var name: [UInt8] { Self.familyBytes + boundName }

  /// Joins two ends of a pair, or of a connection.
  func know(peer task: Task) {
    let credentials = task.credentials
    peer = Ucred(
      pid: task.process.pid, uid: credentials.effectiveUID, gid: credentials.effectiveGID)
    groupsOfPeer = credentials.groups
  }

  package override var peerCredentials: Ucred { peer ?? super.peerCredentials }
  package override var peerGroups: [UInt32] {
    get throws(Errno) {
      guard peer != nil else { throw .ENODATA }
      return groupsOfPeer
    }
  }

  /// The `sun_path` of a name: EINVAL.
  private static func path(_ name: [UInt8]) throws(Errno) -> [UInt8] {
    guard name.count > 2, name.count <= 2 + nameLimit, Array(name.prefix(2)) == familyBytes else {
      throw .EINVAL
    }
    return Array(name.dropFirst(2))
  }

  package override func bind(_ name: [UInt8], _ call: SyscallContext) throws(Errno) {
    if name == Self.familyBytes { return try bindAutomatically() }
    let path = try Self.path(name)
    guard boundName.isEmpty else { throw .EINVAL }
    if path[0] == 0 {
      try network.unix.enter(self, abstract: path)
      boundName = path
      return
    }
    let text = Array(path.prefix { $0 != 0 })
    let mode = FileMode(type: .S_IFSOCK, permissions: socketInode.permissions)
    do throws(Errno) {
      place = try call.vfs.makeSocket(text, mode: mode, caller: call.pathCaller)
    } catch {
      throw error == .EEXIST ? .EADDRINUSE : error
    }
    network.unix.enter(self, at: place!.inode)
    boundName = text + [0]
  }

  /// Gives the socket an abstract name of five digits: ENOSPC if none is left.
  func bindAutomatically() throws(Errno) {
    guard boundName.isEmpty else { return }
    let names = network.unix
    for _ in 0..<0x10_0000 {
      names.lastAutomatic = (names.lastAutomatic + 1) & 0xf_ffff
      let candidate = [0] + Array(hex(UInt64(names.lastAutomatic), width: 5).utf8)
      guard names.socket(abstract: candidate, type) == nil else { continue }
      try names.enter(self, abstract: candidate)
      boundName = candidate
      return
    }
    throw .ENOSPC
  }

  /// The socket with the name `name`: errors of path walks, EINVAL, ECONNREFUSED, EPROTOTYPE.
  func find(_ name: [UInt8], _ call: SyscallContext) throws(Errno) -> UnixSocket {
    let path = try Self.path(name)
    if path[0] == 0 {
      guard let found = network.unix.socket(abstract: path, type) else { throw .ECONNREFUSED }
      return found
    }
    let caller = call.pathCaller
    var walker = Walker(caller, from: call.fs.cwd)
    let dentry = try walker.find(Array(path.prefix { $0 != 0 }), follow: true)
    try caller.credentials.require(.W_OK, dentry.inode)
    guard let found = network.unix.socket(at: dentry.inode) else { throw .ECONNREFUSED }
    guard found.type == type else { throw .EPROTOTYPE }
    return found
  }

  // MARK: Messages

  /// The ancillary data for `receiver`: credentials only if one of the two wants them, or the sender passed
  /// them.
  func credentials(of message: OutgoingMessage, for receiver: UnixSocket) -> Ucred? {
    let isWanted =
      settings.passesCredentials || receiver.settings.passesCredentials
      || receiver.keepsCredentials
    return isWanted || message.isSenderExplicit ? message.sender : nil
  }

  /// Whether credentials may still be wanted here.
  var keepsCredentials: Bool { false }

  /// The record or datagram to queue at `receiver`.
  func queued(_ bytes: [UInt8], _ message: OutgoingMessage, for receiver: UnixSocket)
    -> SocketMessage
  {
    var result = SocketMessage()
    result.bytes = bytes
    result.source = boundName.isEmpty ? .none : .name(name)
    result.credentials = credentials(of: message, for: receiver)
    result.files = message.files
    result.time = network.now
    return result
  }

  /// Peeks at a message with `MSG_PEEK`, or removes it.
  static func take(_ queue: inout SocketMessageQueue, _ flags: MessageFlags) -> SocketMessage? {
    guard let first = queue.first else { return nil }
    return flags.contains(.MSG_PEEK) ? first : queue.removeFirst()
  }
}
