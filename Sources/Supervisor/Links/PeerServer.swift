import HostABI
import JSONText
import NIOCore
import NIOPosix
import NIOSSL
import PosixHost
import SupervisorMessages
import Synchronization

/// Hears peers, and does for them what they may ask for.
final class PeerServer: Sendable {
  private let credentials: Credentials
  private let peers: PeerBook
  private let grants: Grants
  private let verbs: Verbs
  private let policies: PolicyKeeper
  /// The state of this machine.
  private let status: @Sendable () throws(SupervisorError) -> MachineStatus
  private let connections = Mutex<[ObjectIdentifier: Connection]>([:])

  private struct Connection {
    let channel: any Channel
    /// Nil: it has not been greeted.
    var peer: String?
  }

  /// Connections that have not said what they want.
  private static let strangerLimit = 32
  private static let limit = 512
  /// In which one who attaches is there, in nanoseconds.
  private static let attaching: Int64 = 1_000_000_000
  /// For a handshake and a request.
  private static let patience = TimeAmount.seconds(10)

  init(
    _ credentials: Credentials, _ peers: PeerBook, _ grants: Grants, _ verbs: Verbs,
    _ policies: PolicyKeeper,
    status: @escaping @Sendable () throws(SupervisorError) -> MachineStatus
  ) {
    (self.credentials, self.peers, self.grants, self.verbs) = (credentials, peers, grants, verbs)
    self.policies = policies
    self.status = status
  }

  /// Listens from now on.
  ///
  /// - Returns: the port.
  func listen(_ place: NetworkPlace, on group: any EventLoopGroup) throws(SupervisorError) -> Int {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 64)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.greet(channel) }
      }
    do {
      let channel = try bootstrap.bind(host: place.host, port: place.port).wait()
      return channel.localAddress?.port ?? place.port
    } catch { throw SupervisorError("\(place.host):\(place.port): \(PeerLink.reason(error))") }
  }

  /// Ends what goes on with a peer.
  func drop(_ peer: String) {
    let all = connections.withLock { $0.values.filter { $0.peer == peer } }
    for connection in all { connection.channel.close(promise: nil) }
  }

  // MARK: A connection

  private func greet(_ channel: any Channel) throws {
    let address = channel.remoteAddress?.ipAddress ?? "a stranger"
    guard add(channel) else {
      Log.say("\(address): refused: there are too many connections")
      throw ChannelError.inputClosed
    }
    let peers = self.peers
    let sync = channel.pipeline.syncOperations
    try sync.addHandler(
      credentials.serverHandler { certificate in
        if peers.peer(with: certificate) != nil { return true }
        Log.say(
          "\(address): refused: its certificate \(Fingerprint.text(certificate)) is no peer's")
        return false
      })
    try sync.addHandler(
      LineHandler(limit: PeerRequest.limit, patience: Self.patience) { event, channel in
        self.take(event, channel, address)
      })
  }

  private func take(_ event: LineHandler.Event, _ channel: any Channel, _ address: String) {
    switch event {
    case .greeted(let certificate):
      guard let peer = peers.peer(with: certificate) else {
        channel.close(promise: nil)
        return
      }
      connections.withLock { $0[ObjectIdentifier(channel)]?.peer = peer.name }
    case .line(let line):
      guard let name = connections.withLock({ $0[ObjectIdentifier(channel)]?.peer }) else {
        channel.close(promise: nil)
        return
      }
      // It may take its time.
      HostThread { self.carryOut(line, of: name, channel) }.detach()
    case .failed(let error):
      // Who was refused for its certificate has been named.
      let reason = PeerLink.reason(error)
      if reason != PeerLink.strangersReason { Log.say("\(address): \(reason)") }
    }
  }

  /// - Returns: false if there are too many.
  private func add(_ channel: any Channel) -> Bool {
    let id = ObjectIdentifier(channel)
    let isAdded = connections.withLock { connections in
      guard connections.count < Self.limit,
        connections.values.count(where: { $0.peer == nil }) < Self.strangerLimit
      else { return false }
      connections[id] = Connection(channel: channel)
      return true
    }
    if isAdded {
      channel.closeFuture.whenComplete { _ in
        self.connections.withLock { _ = $0.removeValue(forKey: id) }
      }
    }
    return isAdded
  }

  // MARK: A request

  private func carryOut(_ line: [UInt8], of peer: String, _ channel: any Channel) {
    do throws(SupervisorError) {
      guard let request = JSON.decode(PeerRequest.self, from: line) else {
        throw SupervisorError("it does not understand this request")
      }
      guard request.version == PeerRequest.version else {
        throw SupervisorError("it speaks another version of supervisors' requests")
      }
      switch request.what {
      case .status: answer(.status(try status()), channel)
      case .list: answer(.list(applications: try verbs.list()), channel)
      case .run(let arguments): try run(arguments, for: peer, channel)
      case .recall(let application, let milliseconds):
        policies.recall(application, by: peer, milliseconds: milliseconds)
        answer(.done, channel)
      case .forecasts: answer(.forecasts(verbs.forecasts(to: peer)), channel)
      }
    } catch {
      Log.say("\(peer): refused: \(error.message)")
      answer(.failed(error: error.message), channel)
    }
  }

  private func run(_ arguments: [String], for peer: String, _ channel: any Channel)
    throws(SupervisorError)
  {
    let allowed = try grants.allow(arguments, for: peer)
    let (ours, theirs): (ByteLink, ByteLink)
    do throws(HostError) { (ours, theirs) = try ByteLink.pair() } catch {
      throw SupervisorError("a socket", error)
    }
    let program = try verbs.start(allowed, over: theirs)
    // The line is before all that the program says.
    channel.writeAndFlush(Self.line(.running), promise: nil)
    PeerLink.join(channel, with: ours).whenFailure { error in
      Log.say("\(peer): \(PeerLink.reason(error))")
    }
    if allowed.first == "join" {
      HostProcess.sleep(nanoseconds: Self.attaching)
      policies.look()
    }
    _ = program.waitForEnd()
    policies.look()
  }

  private func answer(_ answer: PeerAnswer, _ channel: any Channel) {
    channel.writeAndFlush(Self.line(answer)).whenComplete { _ in channel.close(promise: nil) }
  }

  private static func line(_ answer: PeerAnswer) -> ByteBuffer {
    ByteBuffer(string: JSON.line(answer) + "\n")
  }
}
