import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import PosixHost

/// Joins sockets of the console's pages with terminals and screens of applications.
struct ConsoleSockets: Sendable {
  let gate: ConsoleGate
  let verbs: Verbs

  /// Bytes of what a page sends at once.
  private static let frameLimit = 1 << 20

  static func has(_ path: String) -> Bool { path.hasPrefix("/socket/") }

  func upgrader() -> NIOWebSocketServerUpgrader {
    NIOWebSocketServerUpgrader(maxFrameSize: Self.frameLimit) { channel, head in
      // Anything else is answered as any other request.
      let isAdmitted = Self.has(ConsoleRequest(head.uri).path) && admits(head.headers)
      return channel.eventLoop.makeSucceededFuture(isAdmitted ? HTTPHeaders() : nil)
    } upgradePipelineHandler: { channel, head in
      join(channel, ConsoleRequest(head.uri))
    }
  }

  private func admits(_ headers: HTTPHeaders) -> Bool {
    do throws(ConsoleGate.Refusal) {
      try gate.checkPlace(headers, changes: true)
      try gate.checkVisitor(headers, isFirst: false)
      return true
    } catch { return false }
  }

  /// The other end of a page's socket.
  private enum End: Sendable {
    case guest(NIOBSDSocket.Handle, received: [UInt8])
    case port(NetworkPlace)
  }

  private func open(_ request: ConsoleRequest) throws(SupervisorError) -> End {
    let query = request.query
    guard let name = query["name"], ControlDirectory.isValid(name: name) else {
      throw SupervisorError("say whose it is")
    }
    switch request.path {
    case "/socket/terminal":
      guard let columns = query["columns"].flatMap({ UInt16($0) }),
        let rows = query["rows"].flatMap({ UInt16($0) })
      else { throw SupervisorError("say how large the terminal is") }
      let (link, received) = try ConsoleGuests.attach(name, columns: columns, rows: rows)
      return .guest(link.release(), received: received)
    case "/socket/screen":
      guard let port = query["port"].flatMap({ Int($0) }) else {
        throw SupervisorError("say the port")
      }
      return .port(try ConsoleGuests.place(of: port, name, verbs))
    default: throw SupervisorError("there is no such thing")
    }
  }

  private func join(_ channel: any Channel, _ request: ConsoleRequest) -> EventLoopFuture<Void> {
    let opened = channel.eventLoop.makePromise(of: End.self)
    HostThread {
      do throws(SupervisorError) { opened.succeed(try open(request)) } catch { opened.fail(error) }
    }.detach()
    return opened.futureResult.flatMap { end in
      let bootstrap = ClientBootstrap(group: channel.eventLoop)
        .channelOption(.autoRead, value: false)
      let local =
        switch end {
        case .guest(let socket, _): bootstrap.withConnectedSocket(socket)
        case .port(let place): bootstrap.connect(host: place.host, port: place.port)
        }
      return local.flatMapThrowing { local in
        guard case .guest(_, let received) = end else { return (local, ByteBuffer()) }
        return (local, ByteBuffer(bytes: received))
      }
    }.flatMapThrowing { local, received in
      do {
        let pipeline = channel.pipeline.syncOperations
        try channel.syncOptions?.setOption(.autoRead, value: false)
        try pipeline.addHandler(WebSocketBytes())
        try Pump.join(local, channel, received: received)
      } catch {
        local.close(promise: nil)
        throw error
      }
    }.flatMapErrorThrowing { error in
      // The page shows the reason.
      channel.writeAndFlush(WebSocketBytes.end(.unexpectedServerError, PeerLink.reason(error)))
        .whenComplete { _ in channel.close(promise: nil) }
    }
  }
}

/// Makes a stream of bytes of what goes over a WebSocket.
private final class WebSocketBytes: ChannelDuplexHandler {
  typealias InboundIn = WebSocketFrame
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = WebSocketFrame

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .binary, .continuation: context.fireChannelRead(wrapInboundOut(frame.unmaskedData))
    case .ping:
      let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
      context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
    case .pong: break
    default:
      let code: WebSocketErrorCode =
        frame.opcode == .connectionClose ? .normalClosure : .unacceptableData
      let channel = context.channel
      context.writeAndFlush(wrapOutboundOut(Self.end(code, ""))).whenComplete { _ in
        channel.close(promise: nil)
      }
    }
  }

  /// No bytes are the end.
  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let bytes = unwrapOutboundIn(data)
    let frame =
      bytes.readableBytes > 0
      ? WebSocketFrame(fin: true, opcode: .binary, data: bytes) : Self.end(.normalClosure, "")
    context.write(wrapOutboundOut(frame), promise: promise)
  }

  /// Bytes of a reason (RFC 6455, 5.5).
  private static let reasonLimit = 123

  static func end(_ code: WebSocketErrorCode, _ reason: String) -> WebSocketFrame {
    var text = reason
    while text.utf8.count > reasonLimit { text.removeLast() }
    var bytes = ByteBuffer()
    bytes.write(webSocketErrorCode: code)
    bytes.writeString(text)
    return WebSocketFrame(fin: true, opcode: .connectionClose, data: bytes)
  }
}
