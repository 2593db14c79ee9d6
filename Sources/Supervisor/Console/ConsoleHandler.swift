import NIOCore
import NIOHTTP1
import NIOWebSocket
import PosixHost

/// One connection of a browser: answers its requests, one after the other.
final class ConsoleHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let routes: ConsoleRoutes
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var timer: Scheduled<Void>?

  /// Bytes of a request's body.
  private static let bodyLimit = 64 << 10
  /// For the first request.
  private static let patience = TimeAmount.seconds(10)
  /// For an answer to be taken and the next request to come.
  private static let laterPatience = TimeAmount.seconds(60)

  init(_ routes: ConsoleRoutes) { self.routes = routes }

  func handlerAdded(context: ChannelHandlerContext) { expectRequest(context, Self.patience) }

  func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): (self.head, body) = (head, [])
    case .body(let bytes):
      guard let head else { return }
      guard body.count + bytes.readableBytes <= Self.bodyLimit else {
        self.head = nil
        return answer(.refusal(.payloadTooLarge, "This is too long."), to: head, context)
      }
      body += bytes.readableBytesView
    case .end:
      guard let head else { return }
      self.head = nil
      timer?.cancel()
      respond(to: head, context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // What is no socket is answered as a request.
    if !(error is NIOWebSocketUpgradeError) { context.close(promise: nil) }
  }

  private func respond(to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    switch routes.respond(to: head, body) {
    case .now(let answer): self.answer(answer, to: head, context)
    case .later(let work):
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      let loop = context.eventLoop
      HostThread {
        var answer: ConsoleAnswer
        do throws(SupervisorError) { answer = try work() } catch {
          answer = .failure(.internalServerError, error.message)
        }
        loop.execute { [answer] in
          let (handler, context) = bound.value
          handler.answer(answer, to: head, context)
        }
      }.detach()
    }
  }

  private func answer(
    _ answer: ConsoleAnswer, to head: HTTPRequestHead, _ context: ChannelHandlerContext
  ) {
    guard context.channel.isActive else { return }
    var headers = answer.headers
    let isLast = answer.isLast || !head.isKeepAlive
    headers.add(name: "Content-Length", value: "\(answer.body.count)")
    headers.add(name: "Connection", value: isLast ? "close" : "keep-alive")
    let first = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
    context.write(wrapOutboundOut(.head(first)), promise: nil)
    let bytes = context.channel.allocator.buffer(bytes: answer.body)
    context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      if isLast { channel.close(promise: nil) }
    }
    expectRequest(context, Self.laterPatience)
  }

  private func expectRequest(_ context: ChannelHandlerContext, _ patience: TimeAmount) {
    timer?.cancel()
    let channel = context.channel
    timer = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
  }
}
