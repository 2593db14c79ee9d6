import HostABI
import JSONText
import NIOCore
import NIOPosix
import NIOSSL
import PosixHost
import SupervisorMessages
import Synchronization

/// Makes connections to peers.
struct PeerDialer: Sendable {
  let credentials: Credentials
  let group: any EventLoopGroup

  /// For a connection, the handshake and the answer.
  private static let patience = TimeAmount.seconds(15)
  private static let connectPatience = TimeAmount.seconds(5)

  /// Asks a peer, which answers with a line.
  ///
  /// - Returns: and the channel, which is read no further, if the answer is `running`.
  func ask(_ peer: PeerBook.Peer, _ wish: PeerRequest.Wish) -> EventLoopFuture<
    (answer: PeerAnswer, channel: any Channel)
  > {
    let name = peer.name
    guard let address = peer.card.address, let place = NetworkPlace(address) else {
      return group.next().makeFailedFuture(
        SupervisorError("\(name): no address is known of it: see godwit peer add --address"))
    }
    let stranger = Kept<String>()
    return dial(place) { certificate in
      if certificate == peer.certificate { return true }
      stranger.keep(Fingerprint.text(certificate))
      return false
    } greeting: {
      ByteBuffer(string: JSON.line(PeerRequest(wish)) + "\n")
    }.flatMapErrorThrowing { error in
      if let other = stranger.kept {
        throw SupervisorError(
          "\(name): who answers at \(address) has another certificate: \(other)")
      }
      throw SupervisorError("\(name): \(address): \(PeerLink.reason(error))")
    }.flatMapThrowing { line, channel in
      guard let answer = JSON.decode(PeerAnswer.self, from: line) else {
        channel.close(promise: nil)
        throw SupervisorError("\(name): it does not speak this version of supervisors' requests")
      }
      if case .failed(let error) = answer {
        channel.close(promise: nil)
        throw SupervisorError("\(name): \(error)")
      }
      return (answer, channel)
    }
  }

  /// The certificate of whoever listens there, in DER.
  func probe(_ address: String) throws(SupervisorError) -> [UInt8] {
    guard let place = NetworkPlace(address) else {
      throw SupervisorError("'\(address)' is not HOST:PORT")
    }
    let shown = Kept<[UInt8]>()
    do {
      // Nobody is trusted, so it ends there.
      _ = try dial(place) { certificate in
        shown.keep(certificate)
        return false
      } greeting: {
        ByteBuffer()
      }.wait()
    } catch {
      if shown.kept == nil {
        throw SupervisorError("\(address): \(PeerLink.reason(error))")
      }
    }
    guard let certificate = shown.kept else {
      throw SupervisorError("\(address): it shows no certificate")
    }
    return certificate
  }

  /// - Parameters:
  ///   - accepts: whether the other end's certificate is the one to talk to.
  ///   - greeting: what is sent to it then.
  /// - Returns: the line that it answers.
  private func dial(
    _ place: NetworkPlace, accepts: @escaping @Sendable ([UInt8]) -> Bool,
    greeting: @escaping @Sendable () -> ByteBuffer
  ) -> EventLoopFuture<(line: [UInt8], channel: any Channel)> {
    let loop = group.next()
    let promise = loop.makePromise(of: (line: [UInt8], channel: any Channel).self)
    ClientBootstrap(group: loop)
      .connectTimeout(Self.connectPatience)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let sync = channel.pipeline.syncOperations
          try sync.addHandler(try self.credentials.clientHandler(accepts))
          try sync.addHandler(
            LineHandler(limit: PeerAnswer.limit, patience: Self.patience) { event, channel in
              switch event {
              case .greeted: channel.writeAndFlush(greeting(), promise: nil)
              case .line(let line): promise.succeed((line, channel))
              case .failed(let error): promise.fail(error)
              }
            })
        }
      }
      .connect(host: place.host, port: place.port)
      .whenFailure { promise.fail($0) }
    return promise.futureResult
  }
}

/// What a callback of another thread leaves.
private final class Kept<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)

  func keep(_ new: Value) { value.withLock { $0 = new } }
  var kept: Value? { value.withLock { $0 } }
}
