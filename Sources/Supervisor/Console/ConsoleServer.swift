import HostABI
import NIOCore
import NIOHTTP1
import NIOPosix
import PosixHost
import Synchronization

/// Hears browsers.
final class ConsoleServer: Sendable {
  private let routes: ConsoleRoutes
  private let count = Atomic(0)

  /// Connections at once.
  private static let limit = 64

  init(_ routes: ConsoleRoutes) { self.routes = routes }

  /// Listens from now on.
  ///
  /// - Parameter isOpen: other machines may reach it.
  /// - Returns: what a browser is to open.
  func listen(_ place: NetworkPlace, isOpen: Bool, on group: any EventLoopGroup)
    throws(SupervisorError) -> String
  {
    guard isOpen || place.isLoopback else {
      throw SupervisorError(
        "--console \(place.text): others reach that, and nothing is encrypted: --console-for-others allows it"
      )
    }
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.greet(channel) }
      }
    do {
      let channel = try bootstrap.bind(host: place.host, port: place.port).wait()
      let bound = NetworkPlace(host: place.host, port: channel.localAddress?.port ?? place.port)
      return "http://\(bound.text)/?token=\(routes.gate.token)"
    } catch { throw SupervisorError("--console \(place.text): \(PeerLink.reason(error))") }
  }

  private func greet(_ channel: any Channel) throws {
    guard count.add(1, ordering: .relaxed).newValue <= Self.limit else {
      count.subtract(1, ordering: .relaxed)
      throw ChannelError.inputClosed
    }
    channel.closeFuture.whenComplete { _ in
      // Nobody looks: the code for all that is of no use now.
      if self.count.subtract(1, ordering: .relaxed).newValue == 0 { HostProcess.giveBackCode() }
    }
    let handler = ConsoleHandler(routes)
    let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    let sockets = ConsoleSockets(gate: routes.gate, verbs: routes.verbs)
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 8 << 10
    limits.maxHeaderListSize = 32 << 10
    limits.maxHeaderFieldCount = 100
    let pipeline = channel.pipeline.syncOperations
    // Who takes no answers is heard no further.
    try pipeline.addHandler(BackPressureHandler())
    try pipeline.configureHTTPServerPipeline(
      withServerUpgrade: (
        upgraders: [sockets.upgrader()],
        completionHandler: { $0.pipeline.syncOperations.removeHandler(bound.value, promise: nil) }
      ), withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
    try pipeline.addHandler(handler)
  }
}

extension NetworkPlace {
  /// As it was given.
  var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Only programs of this machine reach it.
  var isLoopback: Bool {
    if let address = NetworkAddress.ipv4(host) { return address[0] == 127 }
    return ["localhost", "::1"].contains(host)
  }
}
