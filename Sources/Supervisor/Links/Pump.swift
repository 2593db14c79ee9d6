import NIOCore

/// One of two channels of the same event loop, each of which passes on what the other one has read, and no faster than the
/// other end takes it. When one has ended, what it had read is still passed on, and the other one is closed.
final class Pump: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var context: ChannelHandlerContext?
  private var partner: Pump?
  /// It may read on when the partner has room.
  private var readIsOwed = false

  /// How long what was read may take to get to an end that reads no more.
  private static let patience = TimeAmount.seconds(60)

  /// Joins two channels, whose `autoRead` is off. To be called on their event loop.
  ///
  /// - Parameter received: what has come from `first` already.
  static func join(_ first: any Channel, _ second: any Channel, received: ByteBuffer) throws {
    let (one, other) = (Pump(), Pump())
    (one.partner, other.partner) = (other, one)
    try first.pipeline.syncOperations.addHandler(one)
    try second.pipeline.syncOperations.addHandler(other)
    if received.readableBytes > 0 { other.pass(received) }
    other.context?.flush()
    one.readOn()
    other.readOn()
    // One that ended before has nobody to tell.
    if !first.isActive { other.finish() }
    if !second.isActive { one.finish() }
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    partner = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    partner?.pass(unwrapInboundIn(data))
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    partner?.context?.flush()
    readOn()
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable, let partner, partner.readIsOwed { partner.readOn() }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    partner?.finish()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func pass(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

  private func readOn() {
    readIsOwed = !(partner?.context?.channel.isWritable ?? false)
    if !readIsOwed { context?.read() }
  }

  /// Closes the channel behind what was written to it.
  private func finish() {
    guard let context else { return }
    let channel = context.channel
    let late = channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    channel.closeFuture.whenComplete { _ in late.cancel() }
    context.writeAndFlush(wrapOutboundOut(channel.allocator.buffer(capacity: 0)))
      .whenComplete { _ in channel.close(promise: nil) }
  }
}
