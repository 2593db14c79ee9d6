import NIOCore
import NIOSSL
import NIOTLS

/// The beginning of a connection of TLS: a handshake, and a line from the other end. What comes behind the line waits for
/// `passOn`.
final class LineHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// What has come of it.
  enum Event {
    /// The handshake is over; the other end's certificate, in DER.
    case greeted([UInt8])
    /// A line, without its end. From now on the channel is only read when it is asked.
    case line([UInt8])
    /// Nothing more will come.
    case failed(any Error)
  }

  /// It did not come in time, or was too long.
  enum Trouble: Error { case late, long, ended, noCertificate }

  private let limit: Int
  private let patience: TimeAmount
  private let take: (Event, any Channel) -> Void
  private var received = ByteBuffer()
  private var timer: Scheduled<Void>?
  private var isDone = false
  private var passesOn = false

  /// - Parameters:
  ///   - limit: bytes of a line.
  ///   - patience: for all of it.
  ///   - take: is called on the event loop, with `line` or `failed` once and last.
  init(limit: Int, patience: TimeAmount, _ take: @escaping (Event, any Channel) -> Void) {
    (self.limit, self.patience, self.take) = (limit, patience, take)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(in: patience) {
      let (handler, context) = bound.value
      handler.end(.failed(Trouble.late), context)
      context.close(promise: nil)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent, !isDone {
      if let certificate = context.channel.shownCertificate {
        take(.greeted(certificate), context.channel)
      } else {
        end(.failed(Trouble.noCertificate), context)
        context.close(promise: nil)
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if passesOn { return context.fireChannelRead(data) }
    var bytes = unwrapInboundIn(data)
    received.writeBuffer(&bytes)
    guard !isDone else { return }
    let view = received.readableBytesView
    guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
      if received.readableBytes > limit {
        self.end(.failed(Trouble.long), context)
        context.close(promise: nil)
      }
      return
    }
    let line = Array(view[..<end])
    received.moveReaderIndex(forwardBy: line.count + 1)
    try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    self.end(.line(line), context)
  }

  /// Has what comes from now on go to the next handler.
  ///
  /// - Returns: what has come behind the line.
  func passOn() -> ByteBuffer {
    passesOn = true
    defer { received = ByteBuffer() }
    return received
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(.failed(error), context)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(.failed(Trouble.ended), context)
    context.fireChannelInactive()
  }

  private func end(_ event: Event, _ context: ChannelHandlerContext) {
    guard !isDone else { return }
    isDone = true
    timer?.cancel()
    take(event, context.channel)
  }
}
