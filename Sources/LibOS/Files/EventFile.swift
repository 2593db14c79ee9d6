package import LinuxABI
import Machine

/// What `eventfd(2)` opens: a counter that can be waited for.
package final class EventFile: OpenFile {
  /// The highest count.
  static let limit = UInt64.max - 1

  package private(set) var count: UInt64
  package let isSemaphore: Bool

  package init(count: UInt64, isSemaphore: Bool, flags: OpenFlags) {
    self.count = count
    self.isSemaphore = isSemaphore
    super.init(flags: flags)
  }

  /// Takes the whole count, or 1 of it as a semaphore: 8 bytes.
  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    guard buffer.byteCount >= 8 else { throw .EINVAL }
    guard count > 0 else { throw .EAGAIN }
    let value = isSemaphore ? 1 : count
    count -= value
    buffer.store(value)
    waitQueue.wake(.POLLOUT)
    return 8
  }

  /// Adds 8 bytes' value to the count: EAGAIN when that would pass the limit.
  package override func write(from bytes: RawSpan) throws(Errno) -> Int {
    guard bytes.byteCount >= 8 else { throw .EINVAL }
    let value: UInt64 = bytes.load()
    guard value != .max else { throw .EINVAL }
    guard value <= Self.limit - count else { throw .EAGAIN }
    count += value
    waitQueue.wake(.POLLIN)
    return 8
  }

  package override func pollEvents() -> PollEvents {
    var events: PollEvents = []
    if count > 0 { events.insert(.POLLIN) }
    if count < Self.limit { events.insert(.POLLOUT) }
    return events
  }

  package override var inode: Inode { get throws(Errno) { AnonymousInode() } }
  package override var linkName: String { "anon_inode:[eventfd]" }

  package override var fdinfo: String {
    let digits = String(count, radix: 16)
    let padding = String(repeating: " ", count: 16 - digits.count)
    return "eventfd-count: \(padding)\(digits)\neventfd-semaphore: \(isSemaphore ? 1 : 0)\n"
  }
}
