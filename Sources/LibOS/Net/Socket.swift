package import LinuxABI
import Machine

/// An open socket: the part that all address families share.
///
/// The families' classes override what they support; the base class throws Linux's errors for the rest. As
/// with other files, nothing here blocks.
package class Socket: OpenFile {
  package let network: Network
  /// `IPV6_ADDRFORM` changes it.
  package internal(set) var family: AddressFamily
  package let type: SocketType
  package let protocolNumber: UInt32
  package let socketInode: SocketInode
  package var settings = SocketSettings()
  /// The pending error, which `SO_ERROR` shows or the next call throws.
  package internal(set) var pendingError: Errno?
  /// Receiving, or sending, is shut down (`RCV_SHUTDOWN`, `SEND_SHUTDOWN`).
  package internal(set) var isReadShut = false
  package internal(set) var isWriteShut = false
  package internal(set) var isClosed = false
  private let memory: MemoryCharge

  init(
    _ network: Network, _ family: AddressFamily, _ type: SocketType, protocolNumber: UInt32,
    inode: SocketInode, flags: OpenFlags = .O_RDWR
  ) {
    self.network = network
    self.family = family
    self.type = type
    self.protocolNumber = protocolNumber
    socketInode = inode
    memory = network.charge(Network.socketSize)
    super.init(flags: flags)
  }

  package override var socket: Socket? { self }
  package override var signalsReadiness: Bool { true }
  package override var inode: Inode { get throws(Errno) { socketInode } }
  package override var linkName: String { "socket:[\(socketInode.number)]" }

  /// It transfers a byte stream without message boundaries; otherwise whole messages.
  package var isStream: Bool { type == .SOCK_STREAM }
  /// Whether a receive with `MSG_TRUNC` discards bytes of the stream.
  package var truncationDiscards: Bool { false }

  /// Takes the pending error, which is reported once.
  package func takeError() -> Errno? {
    defer { pendingError = nil }
    return pendingError
  }

  /// The same, for a program that asks for it.
  func askedError() -> Errno? { takeError() }

  final override package func close() {
    isClosed = true
    shutDownForGood()
  }

  /// Called when the socket is closed: notifies its peer and frees its name.
  func shutDownForGood() {}

  // MARK: Names

  /// The image of its own address.
  package var name: [UInt8] { [] }

  /// The image of its peer's address: ENOTCONN.
  package func peerName() throws(Errno) -> [UInt8] { throw .EOPNOTSUPP }

  /// The same of a connection that may have ended (`SO_PEERNAME`).
  func lastPeerName() throws(Errno) -> [UInt8] { try peerName() }

  package func bind(_ name: [UInt8], _ call: SyscallContext) throws(Errno) { throw .EOPNOTSUPP }

  package func connect(_ name: [UInt8], _ call: SyscallContext) throws(Errno) -> ConnectOutcome {
    throw .EOPNOTSUPP
  }

  // MARK: Listening

  package var isListening: Bool { false }

  package func listen(_ backlog: Int, _ call: SyscallContext) throws(Errno) { throw .EOPNOTSUPP }

  /// The next connection: EAGAIN while there is none.
  package func accept() throws(Errno) -> Socket { throw .EOPNOTSUPP }

  // MARK: Data

  /// Sends as much of `bytes` as there is room for, of a stream.
  package func send(_ bytes: RawSpan, _ message: inout OutgoingMessage) throws(Errno) -> SendOutcome
  {
    throw .EOPNOTSUPP
  }

  /// Sends one message.
  package func send(_ bytes: [UInt8], _ message: OutgoingMessage, _ call: SyscallContext?)
    throws(Errno) -> SendOutcome
  {
    throw .EOPNOTSUPP
  }

  /// Receives bytes of a stream; with `MSG_PEEK` they are kept, starting at `offset`. EAGAIN if there are
  /// none, 0 at the end.
  package func receive(
    into buffer: inout MutableRawSpan, _ flags: MessageFlags, from offset: Int,
    _ message: inout SocketMessage
  ) throws(Errno) -> Int {
    throw .EOPNOTSUPP
  }

  /// Receives a message, or peeks at it with `MSG_PEEK`. EAGAIN if there is none, nil if there will be none.
  package func receive(_ flags: MessageFlags) throws(Errno) -> SocketMessage? { throw .EOPNOTSUPP }

  /// The source address of a stream's bytes, if the family reports it: the peer's.
  package var streamSource: [UInt8] { [] }

  package func shutdown(_ how: ShutdownHow) throws(Errno) { throw .EOPNOTSUPP }

  /// For `splice` and `sendfile`.
  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    var message = SocketMessage()
    if isStream { return try receive(into: &buffer, [], from: 0, &message) }
    guard let message = try receive([]) else { return 0 }
    let count = min(buffer.byteCount, message.bytes.count)
    message.bytes.withRawSpan { buffer.copy(from: $0.extracting(0..<count)) }
    return count
  }

  package override func write(from bytes: RawSpan) throws(Errno) -> Int {
    var message = OutgoingMessage(flags: .MSG_DONTWAIT)
    let outcome = isStream ? try send(bytes, &message) : try send(bytes.array, message, nil)
    guard case .sent(let count) = outcome else { throw .EAGAIN }
    return count
  }

  // MARK: Buffers

  /// Whether there is enough room to wake a blocked sender.
  package var hasRoomToSend: Bool { true }

  /// What `SO_SNDBUF` and `SO_RCVBUF` show.
  package var sendBuffer: Int { Int(settings.sendBuffer ?? 212_992) }
  package var receiveBuffer: Int { Int(settings.receiveBuffer ?? 212_992) }

  /// Number of bytes to receive (`FIONREAD`): all of a stream, or those of the next message.
  package func bytesToReceive() throws(Errno) -> Int { throw .EINVAL }

  /// Number of sent bytes that were not received yet (`SIOCOUTQ`).
  package func bytesInFlight() throws(Errno) -> Int { throw .EINVAL }

  /// Whether what is received next is at the mark of urgent data (`SIOCATMARK`).
  package var isAtMark: Bool { get throws(Errno) { throw .ENOTTY } }

  package override func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    try socketControl(context, request, GuestAddress(argument))
  }

  // MARK: Options

  /// Options of the family's own levels: `ENOPROTOOPT`, or `EOPNOTSUPP` if it has none.
  package func option(_ level: UInt32, _ name: UInt32, length: Int, _ call: SyscallContext)
    throws(Errno) -> [UInt8]
  {
    throw .EOPNOTSUPP
  }

  package func setOption(_ level: UInt32, _ name: UInt32, _ value: [UInt8], _ call: SyscallContext)
    throws(Errno)
  {
    throw .EOPNOTSUPP
  }

  /// The credentials of the peer at the time of connecting or listening (`SO_PEERCRED`).
  package var peerCredentials: Ucred { Ucred(pid: 0, uid: .max, gid: .max) }
  package var peerGroups: [UInt32] { get throws(Errno) { throw .ENODATA } }
}
