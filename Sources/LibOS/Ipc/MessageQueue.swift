import LinuxABI
import Machine

/// What `msgget(2)` makes: messages of several types, first in, first out within each.
package final class MessageQueue: IpcObject {
  struct Message: Equatable {
    /// Above 0.
    var type: Int64
    var text: [UInt8]
  }

  private(set) var messages: [Message] = []
  /// Bytes of all messages.
  private(set) var byteCount: UInt64 = 0
  /// Bytes that all messages together may have.
  var capacity: UInt64 = 0
  /// Seconds since 1970, and who it was.
  var sent: Int64 = 0
  var received: Int64 = 0
  var lastSender: Int32 = 0
  var lastReceiver: Int32 = 0

  override init(_ arena: FrameArena, _ permissions: IpcPerm, changed: Int64) {
    super.init(arena, permissions, changed: changed)
  }

  /// Bytes that the library OS has for a message, without its text.
  private static let messageSize = 96

  private var footprint: Int { Int(byteCount) + messages.count * Self.messageSize }

  /// - Throws: ENOMEM.
  func append(_ message: Message) throws(Errno) {
    guard hold(footprint + Self.messageSize + message.text.count) else { throw .ENOMEM }
    messages.append(message)
    byteCount += UInt64(message.text.count)
  }

  func remove(at index: Int) {
    byteCount -= UInt64(messages.remove(at: index).text.count)
    restoreHeld(footprint)
  }

  /// Puts back the messages of a saved queue.
  func restore(_ messages: [Message]) {
    self.messages = messages
    byteCount = messages.reduce(0) { $0 + UInt64($1.text.count) }
    restoreHeld(footprint)
  }

  /// Whether a message of so many bytes need not wait.
  func hasRoom(for count: Int) -> Bool {
    byteCount + UInt64(count) <= capacity && UInt64(messages.count) < capacity
  }

  /// The place of the message that msgrcv(2) takes for `type` (or with `MSG_COPY` for an index).
  func index(for type: Int64, _ flags: MessageQueueFlags) -> Int? {
    if flags.contains(.MSG_COPY) {
      return messages.indices.contains(Int(clamping: type)) ? Int(type) : nil
    }
    if type == 0 { return messages.isEmpty ? nil : 0 }
    if type > 0 {
      return messages.firstIndex { ($0.type == type) != flags.contains(.MSG_EXCEPT) }
    }
    let limit = type == .min ? Int64.max : -type
    guard let lowest = messages.map(\.type).filter({ $0 <= limit }).min() else { return nil }
    return messages.firstIndex { $0.type == lowest }
  }
}
