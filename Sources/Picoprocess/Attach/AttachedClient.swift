import HostABI
import PosixHost

/// A client that is attached to the guest's console, or that only waits for the guest's end.
struct AttachedClient: Sendable {
  let number: Int
  let wantsOutput: Bool
  let givesInput: Bool
  /// What the relay calls it by which it comes; nil: it comes by none.
  let token: UInt64?
  /// The peer at which its user is; nil: this machine, or where the guest was before.
  let machine: String?
  /// When it came, on the host's monotonic clock, in nanoseconds.
  let start = HostProcess.monotonicTime
  /// nil until the client was told that it is attached.
  var stream: ByteStream?
  var reader = AttachFrame.Reader()

  private var pending = PendingBytes()
  /// Bytes of output that were left out since the last frame that is pending.
  private var skipped: UInt64 = 0

  /// Bytes that wait for a client that does not take them. What comes then is left out.
  static let limit = 4 << 20

  init(number: Int, wantsOutput: Bool, givesInput: Bool, token: UInt64?, machine: String?) {
    self.number = number
    self.wantsOutput = wantsOutput
    self.givesInput = givesInput
    self.token = token
    self.machine = machine
  }

  var isIdle: Bool { pending.isEmpty }

  /// What it was not sent yet.
  var undelivered: [UInt8] {
    pending.contents + (skipped > 0 ? AttachFrame.skipped(skipped).bytes : [])
  }

  /// Puts a frame with `count` bytes of output in the queue, or leaves it out.
  mutating func addOutput(_ frame: [UInt8], count: Int) {
    // One that has fallen behind catches up by half before it gets more.
    let room = skipped > 0 ? Self.limit / 2 : Self.limit
    guard pending.count + frame.count <= room else {
      skipped += UInt64(count)
      return
    }
    add(frame)
  }

  /// Puts a frame in the queue, however long that is.
  mutating func add(_ frame: [UInt8]) {
    tellSkipped()
    pending.append(frame)
  }

  private mutating func tellSkipped() {
    guard skipped > 0 else { return }
    pending.append(AttachFrame.skipped(skipped).bytes)
    skipped = 0
  }

  /// Sends what there is room for. Throws if the client has gone.
  mutating func send() throws(HostError) {
    guard let stream else { return }
    try pending.drain(stream.send)
    guard pending.isEmpty, skipped > 0 else { return }
    tellSkipped()
    try pending.drain(stream.send)
  }
}
