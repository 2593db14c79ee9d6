import HostABI
package import MigrationMessages
package import PosixHost

/// The protocol's frames over a duplex stream of bytes: `Docs/MigrationProtocol.md`, "Frames".
package final class MigrationLink {
  /// What comes over a link. Values of a message are the peer's, and not checked.
  package enum Frame {
    case message(MigrationMessage.OneOf_Kind)
    /// Bytes of the snapshot.
    case bytes([UInt8])
    /// The peer has closed the link.
    case end
  }

  private enum Kind: UInt8 {
    case idle = 0
    case message, bytes
  }

  /// The versions of the protocol that this build speaks.
  package static let versions: ClosedRange<UInt32> = 1...1
  /// `\x89GODMIG\n`
  private static let preamble = Preamble(
    magic: [0x89, 0x47, 0x4F, 0x44, 0x4D, 0x49, 0x47, 0x0A], versions: versions)
  private static let headSize = 5
  /// Bytes in a frame.
  package static let frameLimit = 1 << 20
  private static let second: Int64 = 1_000_000_000
  /// A peer that has nothing to say says so this often.
  static let idlePeriod = 5 * second
  /// A peer from which nothing came for so long is taken for dead.
  static let patience = 60 * second

  let link: ByteLink
  /// The peer has said that it takes no part: nothing of the guest is there.
  var isRefused = false
  /// Nothing has come from the peer for too long.
  private(set) var isSilent = false
  /// The peer has sent what it must not: another link would not help.
  private(set) var isViolated = false
  /// The peer in messages: `ssh://host`, or "the sender".
  let peer: String
  private var pending: [UInt8] = []
  /// Frames follow: the preamble has come.
  private var isFramed = false
  /// Frames that came before the peer took nothing more.
  private var unread: [Frame] = []
  /// Why nothing follows them.
  private var parting: Failure?
  private var lastWrite = HostProcess.monotonicTime
  private var lastRead = HostProcess.monotonicTime

  /// - Parameter received: what has come over it already.
  package init(_ link: ByteLink, peer: String, _ received: [UInt8] = []) {
    self.link = link
    self.peer = peer
    pending = received
  }

  // MARK: The beginning

  /// Says which protocol this side speaks.
  package func sendPreamble() throws(Failure) {
    try write(Self.preamble.bytes)
  }

  /// Reads what the peer speaks, and agrees on the version: the highest that both do.
  ///
  /// - Parameter timeout: nanoseconds: who logs in may have to type a password.
  @discardableResult
  package func receivePreamble(timeout: Int64) throws(Failure) -> UInt32 {
    let deadline = HostProcess.monotonicTime + timeout
    var bytes: [UInt8] = []
    while true {
      switch Self.preamble.read(bytes) {
      case .incomplete:
        let rest = max(0, deadline - HostProcess.monotonicTime)
        let piece = try read(Preamble.size - bytes.count, timeout: rest)
        guard !piece.isEmpty else {
          throw Failure(
            bytes.isEmpty
              ? "\(peer): the link ended before the far end answered"
              : "\(peer): \(Self.banner(bytes))")
        }
        bytes += piece
      case .other:
        // A little more of it, for people.
        bytes += (try? link.read(200, timeout: Self.second / 5)) ?? []
        throw Failure("\(peer): \(Self.banner(bytes))")
      case .versions(let first, let last, let shared):
        guard let shared else {
          throw Failure(
            "\(peer): it speaks versions \(first) to \(last) of the protocol, this godwit \(Self.versions.lowerBound) to \(Self.versions.upperBound)"
          )
        }
        isFramed = true
        return shared
      }
    }
  }

  private static func banner(_ bytes: [UInt8]) -> String {
    "the far end prints something before the protocol begins: '\(Preamble.line(of: bytes))'"
  }

  // MARK: Frames

  package func send(_ message: MigrationMessage.OneOf_Kind) throws(Failure) {
    try frame(.message, MigrationMessage(message).wire)
  }

  /// Sends bytes of the snapshot: at most `frameLimit`.
  package func send(bytes: RawSpan) throws(Failure) {
    try write(Self.head(.bytes, bytes.byteCount))
    do throws(HostError) { try link.write(bytes, timeout: Self.patience) } catch {
      throw lastWords() ?? failure(error)
    }
  }

  /// Shows the peer that this side lives, if it has been silent for a while.
  package func sayIdle() throws(Failure) {
    if HostProcess.monotonicTime - lastWrite >= Self.idlePeriod { try frame(.idle, []) }
  }

  /// The next frame, if it comes within so many nanoseconds; nil if it does not.
  package func receive(within timeout: Int64) throws(Failure) -> Frame? {
    if !unread.isEmpty { return unread.removeFirst() }
    if let parting { throw parting }
    return try nextFrame(within: timeout)
  }

  private func nextFrame(within timeout: Int64) throws(Failure) -> Frame? {
    let deadline = HostProcess.monotonicTime + timeout
    while true {
      if let frame = try takeFrame() { return frame }
      let rest = deadline - HostProcess.monotonicTime
      guard rest > 0 || link.isReadable else { return nil }
      let piece: [UInt8]
      do throws(HostError) {
        piece = try link.read(64 << 10, timeout: max(rest, 0))
      } catch .timedOut { return nil } catch { throw failure(error) }
      guard !piece.isEmpty else {
        guard pending.isEmpty else { throw Failure("\(peer): the link broke within a message") }
        return .end
      }
      lastRead = HostProcess.monotonicTime
      pending += piece
    }
  }

  /// The next frame. This side says now and then that it lives, and the peer must.
  package func receive() throws(Failure) -> Frame {
    lastRead = HostProcess.monotonicTime
    while true {
      if let frame = try receive(within: Self.second) { return frame }
      try checkLife()
    }
  }

  /// Says that this side lives, if it is time to; throws if the peer has been silent for too long.
  func checkLife() throws(Failure) {
    try sayIdle()
    guard HostProcess.monotonicTime - lastRead < Self.patience else {
      isSilent = true
      throw Failure("\(peer): it does not answer")
    }
  }

  private func takeFrame() throws(Failure) -> Frame? {
    while pending.count >= Self.headSize {
      let length = Int(LittleEndian.number(pending[0..<4], as: UInt32.self))
      guard length <= Self.frameLimit, let kind = Kind(rawValue: pending[4]),
        kind != .idle || length == 0
      else { throw violation("what it sends is not the protocol") }
      guard pending.count >= Self.headSize + length else { return nil }
      let content = Array(pending[Self.headSize..<(Self.headSize + length)])
      pending.removeFirst(Self.headSize + length)
      switch kind {
      case .idle: break
      case .bytes: return .bytes(content)
      case .message:
        guard let message = MigrationMessage(wire: content)?.kind else {
          throw violation("it sent a message that is none")
        }
        return .message(message)
      }
    }
    return nil
  }

  // MARK: Bytes

  private func frame(_ kind: Kind, _ content: [UInt8]) throws(Failure) {
    guard content.count <= Self.frameLimit else {
      throw Failure("\(peer): a message is too long to be sent")
    }
    try write(Self.head(kind, content.count) + content)
  }

  private static func head(_ kind: Kind, _ count: Int) -> [UInt8] {
    LittleEndian.bytes(UInt32(count)) + [kind.rawValue]
  }

  private func write(_ bytes: [UInt8]) throws(Failure) {
    lastWrite = HostProcess.monotonicTime
    do throws(HostError) { try link.write(bytes, timeout: Self.patience) } catch {
      throw lastWords() ?? failure(error)
    }
  }

  /// Why a peer takes nothing more, if what it sent before tells. All that is read stays to be received.
  ///
  /// What it sent may still be on its way through ssh, which closes the other direction first.
  private func lastWords() -> Failure? {
    guard isFramed else { return nil }
    do throws(Failure) {
      while let frame = try nextFrame(within: 5 * Self.second) {
        switch frame {
        case .message(.refusal(let refusal)): throw refused(refusal)
        case .end: return Failure("\(peer): the link ended")
        case .message, .bytes: unread.append(frame)
        }
      }
    } catch { parting = error }
    return parting
  }

  /// The error for a peer that breaks the rules.
  func violation(_ what: String) -> Failure {
    isViolated = true
    return Failure("\(peer): \(what)")
  }

  /// The error for a peer that takes no part.
  func refused(_ refusal: Godwit_Migration_Refusal) -> Failure {
    isRefused = true
    return Failure("\(peer): \(refusal.reason.isEmpty ? "it refuses" : refusal.reason)")
  }

  private func read(_ limit: Int, timeout: Int64) throws(Failure) -> [UInt8] {
    do throws(HostError) { return try link.read(limit, timeout: timeout) } catch {
      throw failure(error)
    }
  }

  private func failure(_ error: HostError) -> Failure {
    switch error {
    case .timedOut: Failure("\(peer): it does not answer")
    case .brokenPipe, .connectionReset: Failure("\(peer): the link broke")
    default: Failure(peer, error)
    }
  }
}
