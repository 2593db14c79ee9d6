package import LinuxABI
import Machine

/// An open POSIX message queue. `read` shows how it stands; messages go by calls of their own.
package final class PosixQueueFile: OpenFile {
  let queue: PosixQueue
  private let place: Dentry

  init(_ queue: PosixQueue, _ flags: OpenFlags, at dentry: Dentry) {
    self.queue = queue
    place = dentry
    super.init(flags: flags)
    queue.attach(self)
  }

  package override func close() { queue.detach(self) }

  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { queue } }
  package override var isSeekable: Bool { true }
  package override var isPollable: Bool { true }

  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    let text = queue.text
    guard offset < UInt64(text.count), buffer.byteCount > 0 else { return 0 }
    let start = Int(offset)
    let count = min(buffer.byteCount, text.count - start)
    text.withRawSpan { buffer.copy(from: $0.extracting(start..<(start + count))) }
    queue.touch()
    return count
  }

  package override func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int {
    throw .EINVAL
  }

  package override func pollEvents() -> PollEvents {
    var events: PollEvents = []
    if queue.count > 0 { events.formUnion(.readable) }
    if !queue.isFull { events.formUnion(.writable) }
    return events
  }

  package override func descriptorClosed(by process: Process) { queue.unregister(process.pid) }
}

extension PosixQueue {
  /// What reading the file shows (mq_overview(7)).
  fileprivate var text: [UInt8] {
    func padded(_ value: some BinaryInteger, _ width: Int) -> String {
      let digits = String(value)
      return digits + String(repeating: " ", count: max(0, width - digits.count))
    }
    let wanted = notification
    let signal = wanted?.notify == .SIGEV_SIGNAL ? wanted?.signal ?? 0 : 0
    let line =
      "QSIZE:\(padded(byteCount, 10)) NOTIFY:\(padded(wanted?.notify.rawValue ?? 0, 5)) "
      + "SIGNO:\(padded(signal, 5)) NOTIFY_PID:\(padded(wanted?.pid ?? 0, 6))\n"
    return Array(line.utf8)
  }
}
