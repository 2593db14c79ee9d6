package import LinuxABI
package import Machine

/// Open files in flight through a unix socket (`SCM_RIGHTS`). They stay open as long as any message or
/// receiver has this object.
package final class FilesInFlight {
  package let files: [OpenFile]
  /// The real user ID of the sending process.
  package let user: UInt32
  private let network: Network

  /// The limit of files in one message.
  package static let limit = 253

  package init(_ files: [OpenFile], from user: UInt32, _ network: Network) {
    self.files = files
    self.user = user
    self.network = network
    for file in files { file.retain() }
    network.filesInFlight.add(self)
  }

  deinit {
    // Files of a destroyed kernel need not be closed.
    network.filesInFlight.land(self, isReleasing: !network.isDismantled)
  }
}

/// The source of a message.
package enum MessageSource: Hashable, Sendable {
  case none
  /// The image of a socket address.
  case name([UInt8])
  case endpoint(Endpoint)
}

/// Facts from the IP header of a datagram.
package struct PacketInfo: Hashable, Sendable {
  package var destination: IPAddress
  package var hopLimit: UInt8
  package var trafficClass: UInt8
}

/// A datagram or record in a socket's queue, or the ancillary data of a stream's bytes.
package struct SocketMessage {
  package var bytes: [UInt8] = []
  package var source = MessageSource.none
  package var credentials: Ucred?
  package var files: FilesInFlight?
  package var packet: PacketInfo?
  /// Guest wall time of its arrival, in nanoseconds.
  package var time: Int64 = 0
  /// For a stream: something was read, and the bytes that follow must not be part of the same read.
  package var isBegun = false
  package var endsRead = false
  /// Marks the end: there will be no more messages.
  package var isEnd = false
  /// It was truncated for the receiver's buffer.
  package var isTruncated = false

  package init() {}

  /// Its charge to the buffer, similar to Linux's `truesize`.
  package var charge: Int { Self.charge(bytes.count) }

  package static func charge(_ count: Int) -> Int { max(768, count + 576) }
}

/// A message to be sent.
package struct OutgoingMessage {
  package var flags: MessageFlags
  /// The destination's socket address; nil for the peer.
  package var destination: [UInt8]?
  package var files: FilesInFlight?
  /// The credentials of the sender.
  package var sender: Ucred?
  /// The sender passed credentials explicitly (`SCM_CREDENTIALS`).
  package var isSenderExplicit = false
  /// For this datagram only, from control messages.
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  package var localAddress: IPAddress?

  /// Of a stream: bytes that are still to be sent, and those of them for which there is room for certain.
  var remaining = 0
  var admitted = 0

  package init(flags: MessageFlags = []) { self.flags = flags }

  /// Whether the next `count` bytes of a stream are its last ones, and the last of them is urgent.
  func endsUrgently(with count: Int) -> Bool { flags.contains(.MSG_OOB) && count == remaining }
}

/// The result of an attempt to send.
package enum SendOutcome {
  case sent(Int)
  /// There is no room: try again when this queue is woken.
  case wait(on: WaitQueue)
}

/// The result of an attempt to connect.
package enum ConnectOutcome {
  case connected
  case wait(on: WaitQueue)
  /// It continues in the background; `isNew` tells EINPROGRESS from EALREADY.
  case underWay(on: WaitQueue, isNew: Bool)
}

/// A queue of messages that were not received yet.
package struct SocketMessageQueue {
  private var queue = Queue<SocketMessage>()
  /// The charge of all messages; see `SocketMessage.charge`.
  package private(set) var charge = 0
  /// Bytes of all messages.
  package private(set) var byteCount = 0
  private let memory: MemoryCharge?

  /// - Parameter memory: the account that the messages are charged to.
  package init(memory: MemoryCharge? = nil) { self.memory = memory }

  package var isEmpty: Bool { queue.isEmpty }
  package var count: Int { queue.count }
  package var first: SocketMessage? { queue.first }
  package var messages: [SocketMessage] { queue.elements }

  package mutating func append(_ message: SocketMessage) {
    charge += message.charge
    byteCount += message.bytes.count
    queue.append(message)
    memory?.set(charge)
  }

  package mutating func removeFirst() -> SocketMessage {
    let message = queue.removeFirst()
    charge -= message.charge
    byteCount -= message.bytes.count
    memory?.set(charge)
    return message
  }

  package mutating func removeAll() {
    self = SocketMessageQueue(memory: memory)
    memory?.set(0)
  }
}
