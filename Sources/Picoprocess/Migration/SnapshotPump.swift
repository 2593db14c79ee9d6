import HostABI
import JSONText
import MigrationMessages
import PosixHost

/// Passes on what a picoprocess writes into a pipe, as fast as the link carries it and no faster: so the picoprocess
/// sees how long its rounds take, and little is under way when its guest stops.
final class SnapshotPump {
  private let link: MigrationLink
  private let bandwidth: Int?
  private let maxPause: Int64
  private let progress: Progress
  /// What is done before the guest stops, and whether it may stop then.
  private let settle: () throws(Failure) -> ControlVerdict
  private let start = HostProcess.monotonicTime
  private(set) var sent: UInt64 = 0
  private var acknowledged: UInt64 = 0
  /// Bytes that may be under way.
  private var window: UInt64 = 1 << 20
  /// When bytes were last counted, and how many had been acknowledged.
  private var sample: (time: Int64, bytes: UInt64)
  /// When the first bytes were sent, and when the last ones were acknowledged.
  private var firstSent: Int64?
  private var lastAcknowledged: Int64 = 0
  /// Why no more can be sent.
  private(set) var failure: Failure?

  /// What the pipe may hold.
  private static let pipeRoom = 256 << 10
  private static let windows: ClosedRange<UInt64> = (512 << 10)...(8 << 20)
  private static let tick: Int64 = 20_000_000

  /// - Parameter settle: called when the guest would stop, if the picoprocess is to ask. It has an answer of the receiver
  ///   to what it sends.
  init(
    _ link: MigrationLink, _ pace: MigrationPace, _ progress: Progress,
    settle: @escaping () throws(Failure) -> ControlVerdict
  ) {
    self.settle = settle
    self.link = link
    bandwidth = pace.bandwidth
    maxPause = pace.maxPause
    self.progress = progress
    sample = (start, 0)
  }

  /// Sends `request`, and passes the snapshot on until the picoprocess answers and all is sent; nil if it has gone.
  func exchange(_ request: [UInt8], over connection: ControlConnection) throws(HostError)
    -> [UInt8]?
  {
    let pipe = try BytePipe(room: Self.pipeRoom)
    try connection.send(request, handing: pipe)
    while true {
      let answer: [UInt8]?
      do throws(HostError) {
        answer = try connection.receive(timeout: 0)
        if progress.takes(answer) { continue }
      } catch .wouldBlock {
        progress.tick()
        // After a failure the picoprocess finds its pipe closed, and says so.
        guard failure == nil else {
          HostProcess.sleep(nanoseconds: Self.tick)
          continue
        }
        let isReady = isReady
        pipe.wait(or: connection, or: link.link, reads: isReady, timeout: Self.tick)
        listen(within: 0)
        if failure != nil { pipe.stopReading() } else if isReady { _ = passPiece(pipe) }
        continue
      }
      // All was in the pipe before the answer was sent.
      while failure == nil {
        if isReady, !passPiece(pipe) { break }
        listen(within: isReady ? 0 : Self.tick)
      }
      guard let answer, JSON.decode(ControlAnswer.self, from: answer) == .settling else {
        return answer
      }
      try connection.send(Array(JSON.line(verdict(pipe)).utf8))
    }
  }

  /// Bytes a second that the receiver took; nil: too few to tell.
  var rate: Double? {
    guard let firstSent, acknowledged > 0, lastAcknowledged > firstSent else { return nil }
    return Double(acknowledged) / Double(lastAcknowledged - firstSent) * 1e9
  }

  private func verdict(_ pipe: BytePipe) -> ControlVerdict {
    defer { progress.resume() }
    do throws(Failure) {
      if let failure { throw failure }
      let verdict = try settle()
      // The receiver has answered, and so taken all that was sent before.
      acknowledged = sent
      return verdict
    } catch {
      failure = error
      pipe.stopReading()
      return .abort
    }
  }

  /// Takes what the receiver says.
  ///
  /// - Parameter time: nanoseconds to wait for it.
  private func listen(within time: Int64) {
    do throws(Failure) {
      var time = time
      while let frame = try link.receive(within: time) {
        try take(frame)
        time = 0
      }
      try link.checkLife()
    } catch { failure = error }
  }

  /// Whether more may be sent now.
  private var isReady: Bool {
    guard sent - acknowledged < window else { return false }
    guard let bandwidth else { return true }
    let time = Double(HostProcess.monotonicTime - start) / 1e9
    return Double(sent) <= time * Double(bandwidth)
  }

  /// - Returns: whether there was something to pass on.
  private func passPiece(_ pipe: BytePipe) -> Bool {
    do throws(Failure) {
      return try pipe.drainPiece { (bytes) throws(Failure) in
        try link.send(bytes: bytes)
        sent += UInt64(bytes.byteCount)
        if firstSent == nil { firstSent = HostProcess.monotonicTime }
      }
    } catch {
      // The receiver may have said why before it closed the link.
      failure = error
      while case .message(.refusal(let refusal))? = try? link.receive(within: Self.tick) {
        failure = link.refused(refusal)
      }
      pipe.stopReading()
      return false
    }
  }

  private func take(_ frame: MigrationLink.Frame) throws(Failure) {
    switch frame {
    case .message(.received(let received)):
      guard received.bytes >= acknowledged, received.bytes <= sent else {
        throw Failure("\(link.peer): it acknowledges what was not sent")
      }
      acknowledged = received.bytes
      lastAcknowledged = HostProcess.monotonicTime
      measure()
    case .message(.refusal(let refusal)): throw link.refused(refusal)
    case .message, .bytes: throw Failure("\(link.peer): its messages are out of order")
    case .end: throw Failure("\(link.peer): the link ended")
    }
  }

  /// Has as much under way as the link carries in the longest pause.
  private func measure() {
    let now = HostProcess.monotonicTime
    let time = now - sample.time
    guard time >= 100_000_000 else { return }
    window = Self.window(at: Double(acknowledged - sample.bytes) / Double(time) * 1e9, maxPause)
    sample = (now, acknowledged)
  }

  /// Bytes that may be under way.
  ///
  /// - Parameters:
  ///   - rate: of the link, in bytes a second.
  ///   - maxPause: in nanoseconds.
  static func window(at rate: Double, _ maxPause: Int64) -> UInt64 {
    let bytes = min(rate / 1e9 * Double(maxPause), Double(windows.upperBound))
    return max(UInt64(bytes), windows.lowerBound)
  }
}
