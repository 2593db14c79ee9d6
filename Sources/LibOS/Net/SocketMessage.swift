package import LinuxABI
package import Machine

/// Open files on their way through a unix socket (`SCM_RIGHTS`). They stay open as long as any message
/// or receiver has this, and close with the last.
package final class FilesInFlight {
  package let files: [OpenFile]
  /// The real user id of the process that sent them.
  package let user: UInt32
  private let network: Network

  /// Files that one message may carry.
  package static let limit = 253

  package init(_ files: [OpenFile], from user: UInt32, _ network: Network) {
    self.files = files
    self.user = user
    self.network = network
    for file in files { file.retain() }
    network.filesInFlight.add(self)
  }

  deinit {
    // What is left of a kernel that is gone needs no closing.
    network.filesInFlight.land(self, isReleasing: !network.isDismantled)
  }
}

/// Where a message came from.
package enum MessageSource: Hashable, Sendable {
  case none
  /// The image of a socket address.
  case name([UInt8])
  case endpoint(Endpoint)
}

/// What an IP header told of a datagram.
package struct PacketInfo: Hashable, Sendable {
  package var destination: IPAddress
  package var hopLimit: UInt8
  package var trafficClass: UInt8
}

/// A datagram or record in a socket's queue; of a stream, what came with bytes of it.
package struct SocketMessage {
  package var bytes: [UInt8] = []
  package var source = MessageSource.none
  package var credentials: Ucred?
  package var files: FilesInFlight?
  package var packet: PacketInfo?
  /// Guest wall time of its arrival, in nanoseconds.
  package var time: Int64 = 0
  /// Of a stream: something was read; what follows must not be read together with it.
  package var isBegun = false
  package var endsRead = false
  /// It is none: no message will come any more.
  package var isEnd = false
  /// Its receiver had no room for all of it.
  package var isTruncated = false

  package init() {}

  /// What it costs its buffer: about what Linux's does (`truesize`).
  package var charge: Int { Self.charge(bytes.count) }

  package static func charge(_ count: Int) -> Int { max(768, count + 576) }
}

/// What a program wants sent.
package struct OutgoingMessage {
  package var flags: MessageFlags
  /// The socket address it is for; nil for the peer.
  package var destination: [UInt8]?
  package var files: FilesInFlight?
  /// Who sends it.
  package var sender: Ucred?
  /// The sender said so himself (`SCM_CREDENTIALS`).
  package var isSenderExplicit = false
  /// For this datagram only, by control messages.
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  package var localAddress: IPAddress?

  package init(flags: MessageFlags = []) { self.flags = flags }
}

/// How an attempt to send went.
package enum SendOutcome {
  case sent(Int)
  /// There is no room: try again when this was woken.
  case wait(on: WaitQueue)
}

/// How an attempt to connect went.
package enum ConnectOutcome {
  case connected
  case wait(on: WaitQueue)
  /// It goes on by itself; `isNew` when it was begun now (EINPROGRESS), not before (EALREADY).
  case underWay(on: WaitQueue, isNew: Bool)
}

/// Messages that were not received yet.
package struct SocketMessageQueue {
  private var queue = Queue<SocketMessage>()
  /// What the messages cost; see `SocketMessage.charge`.
  package private(set) var charge = 0
  /// Bytes of all messages.
  package private(set) var byteCount = 0
  private let memory: MemoryCharge?

  /// - Parameter memory: what the messages are charged to.
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
