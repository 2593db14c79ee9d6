import HostABI
import LinuxABI
import Machine

// Connections to the outside, over sockets of the host.
extension TCPSocket {
  /// Checks the progress of connecting to the outside.
  func settle() {
    guard state == .connecting, let outside else { return }
    do throws(Errno) {
      try outside.finishConnecting(.writable)
      state = .connected
    } catch {
      guard error != .EAGAIN else { return }
      pendingError = error
      leaveOutside()
      die()
    }
  }

  /// The error of a connection that broke.
  func errorOutside() -> Errno? {
    guard state == .connected, let outside else { return nil }
    // Its readiness is not reported, so that tasks keep waiting.
    do throws(Errno) { try outside.finishConnecting([]) } catch {
      return error == .EAGAIN ? nil : error
    }
    return nil
  }

  // MARK: Listening

  /// The next connection from outside: EAGAIN.
  func acceptOutside() throws(Errno) -> TCPSocket {
    guard let outside else { throw .EAGAIN }
    let accepted = try outside.call(.readable) { () throws(HostError) in
      try outside.host.accept(outside.handle)
    }
    let peer = shown(network.outside.endpoint(of: accepted.peer, for: self))
    let child = makeChild(
      local: Endpoint(OutsideNetwork.guest(like: peer.address), local.port), remote: peer)
    child.use(
      OutsideStream(
        outside.host, accepted.handle,
        viewer: Viewer(isRelayed: false, network.outside.displays)))
    return child
  }

  /// How the socket sees a peer: as the gateway, which passes on its bytes, if the socket could not have it as a peer.
  private func shown(_ peer: Endpoint) -> Endpoint {
    if family == .AF_INET, !peer.address.isV4 {
      return Endpoint(OutsideNetwork.gateway, peer.port)
    }
    if isV6Only, peer.address.isV4 { return Endpoint(OutsideNetwork.gateway6, peer.port) }
    return peer
  }

  // MARK: Bytes

  func sendOutside(_ bytes: RawSpan, _ outside: OutsideStream) throws(Errno) -> SendOutcome {
    do throws(Errno) { return .sent(try outside.write(from: bytes)) } catch {
      if error == .EAGAIN { return .wait(on: waitQueue) }
      breakOutside()
      throw error
    }
  }

  /// Reads more bytes into `buffer`: EAGAIN, 0 at the end. With `MSG_PEEK` they are kept.
  func receiveOutside(
    into buffer: inout MutableRawSpan, _ flags: MessageFlags, from offset: Int,
    _ outside: OutsideStream
  ) throws(Errno) -> Int {
    do throws(Errno) {
      guard flags.contains(.MSG_PEEK) else {
        let count = try outside.read(into: &buffer)
        if count == 0, buffer.byteCount > 0 { finishOutside() }
        return count
      }
      var kept = [UInt8](repeating: 0, count: 65536)
      let count = try kept.withMutableRawSpan { (span) throws(Errno) in
        try outside.read(into: &span)
      }
      if count == 0 { finishOutside() }
      kept.withRawSpan { received.append($0.extracting(0..<count)) }
      return received.peek(into: &buffer, from: offset)
    } catch {
      if error != .EAGAIN { breakOutside() }
      throw error
    }
  }

  private func finishOutside() {
    isFinished = true
    isReadShut = true
  }

  private func breakOutside() {
    leaveOutside()
    die()
  }

  func endWritingOutside(_ outside: OutsideStream) {
    // A connection that has already ended needs no shutdown.
    try? outside.host.endWriting(outside.handle)
  }

  func bytesOutside(_ outside: OutsideStream) -> Int {
    (try? outside.host.bytesAvailable(outside.handle)) ?? 0
  }

  /// The poll events of the host's side.
  func eventsOutside(_ outside: OutsideStream) -> PollEvents {
    var wanted: Readiness = [.readable]
    if state == .connected, !isWriteShut { wanted.insert(.writable) }
    let ready = outside.readiness(wanted)
    var events: PollEvents = []
    if ready.contains(.readable) { events.formUnion(.readable) }
    if state == .listening { return events }
    // A readable stream without bytes is at its end.
    if ready.contains(.readable), bytesOutside(outside) == 0 { events.insert(.POLLRDHUP) }
    if ready.contains(.writable) || isWriteShut { events.formUnion(.writable) }
    if ready.contains(.hangup) { events.formUnion([.POLLHUP, .POLLRDHUP, .readable]) }
    if ready.contains(.error) { events.insert(.POLLERR) }
    return events
  }
}
