package import LinuxABI
import Machine

/// A POSIX message queue: a file of the `mqueue` filesystem (mq_overview(7)).
package final class PosixQueue: Inode {
  struct Message {
    /// Below `priorityLimit`; the highest is received first.
    var priority: UInt32
    var text: [UInt8]
  }

  /// Who wants to hear of the next message that comes to the empty queue (mq_notify(2)).
  struct Notification {
    var pid: Int32
    var notify: SigevNotify
    /// 0: none is sent.
    var signal: Int32
    var value: UInt64
    /// Of `SIGEV_THREAD`: the C library's thread reads the cookie from the socket.
    var cookie: [UInt8] = []
    var socket: NetlinkSocket?
  }

  static let priorityLimit: UInt32 = 32768

  /// `mq_maxmsg`, and `mq_msgsize` in bytes.
  let capacity: Int
  let messageSize: Int
  var own: OwnStatus
  private unowned let directory: PosixQueueDirectory
  private let account: PosixQueueAccount
  private let memory: MemoryCharge

  /// The messages of each priority, oldest first.
  private var queues: [UInt32: Queue<[UInt8]>] = [:]
  /// Those that there are messages of, ascending.
  private var priorities: [UInt32] = []
  private(set) var count = 0
  /// Bytes of all messages.
  private(set) var byteCount = 0
  private(set) var notification: Notification?
  /// Woken when a message came, and when one went.
  let receivers = WaitQueue()
  let senders = WaitQueue()
  private var files = ObjectQueue<PosixQueueFile>()

  init(
    _ directory: PosixQueueDirectory, number: UInt64, capacity: Int, messageSize: Int,
    own: OwnStatus, payer: UInt32
  ) {
    self.directory = directory
    self.capacity = capacity
    self.messageSize = messageSize
    self.own = own
    account = PosixQueueAccount(
      directory.accounts, payer, Self.footprint(capacity: capacity, messageSize: messageSize))
    memory = MemoryCharge(directory.arena, .ipc, bytes: Self.size)
    super.init(number: number)
  }

  /// Bytes that the library OS has for a queue, and for a message without its text.
  private static let size = 1024
  private static let entrySize = 96

  /// What `RLIMIT_MSGQUEUE` counts, in bytes: all messages that it may have, with what Linux has for each and for each
  /// priority.
  static func footprint(capacity: Int, messageSize: Int) -> UInt64 {
    UInt64(capacity * (48 + messageSize) + min(capacity, Int(priorityLimit)) * 48)
  }

  /// The user whose limit counts it.
  var payer: UInt32 { account.payer }

  package override var filesystem: Filesystem? { directory.filesystem }
  package override var type: FileType { .S_IFREG }

  package override func status() throws(Errno) -> FileStatus {
    // The size of what can be read (`FILENT_SIZE` in `ipc/mqueue.c`).
    FileStatus(
      inode: number, mode: FileMode(type: .S_IFREG, permissions: own.permissions),
      linkCount: own.linkCount, uid: own.uid, gid: own.gid, size: 80, accessed: own.accessed,
      modified: own.modified, changed: own.changed)
  }

  package override func setAttributes(_ change: StatusChange) throws(Errno) {
    own.apply(change, at: directory.now)
  }

  package override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    PosixQueueFile(self, flags, at: dentry)
  }

  /// Nothing becomes shorter.
  package override func truncate(to size: UInt64) throws(Errno) {
    own.changed = directory.now
    own.modified = own.changed
  }

  func attach(_ file: PosixQueueFile) { files.append(file) }
  func detach(_ file: PosixQueueFile) { files.remove(file) }

  /// Somebody looked at its attributes.
  func touch() {
    own.changed = directory.now
    own.accessed = own.changed
  }

  /// Somebody moved a message.
  private func noteMoved() {
    touch()
    own.modified = own.changed
  }

  // MARK: Messages

  var isFull: Bool { count >= capacity }

  var messages: [Message] {
    priorities.reversed().flatMap { priority in
      queues[priority]!.elements.map { Message(priority: priority, text: $0) }
    }
  }

  private var footprint: Int { Self.size + byteCount + count * Self.entrySize }

  /// Adds a message, for which there is room, and tells who wants to know.
  ///
  /// - Parameter sender: the process that sends it.
  /// - Throws: ENOMEM.
  func send(_ message: Message, by sender: Process) throws(Errno) {
    guard memory.resize(to: footprint + message.text.count + Self.entrySize) else { throw .ENOMEM }
    // Who waits for it gets it, and nobody hears of it.
    let isAwaited = !receivers.isEmpty
    add(message)
    noteMoved()
    if count == 1, !isAwaited { notify(sender) }
    receivers.wake()
    for file in files { file.waitQueue.wake(.readable) }
  }

  private func add(_ message: Message) {
    if queues[message.priority] == nil {
      queues[message.priority] = Queue()
      priorities.insert(
        message.priority, at: priorities.partitioningIndex { $0 > message.priority })
    }
    queues[message.priority]!.append(message.text)
    count += 1
    byteCount += message.text.count
  }

  /// Takes out the oldest message of the highest priority; nil if there is none.
  func receive() -> Message? {
    guard let priority = priorities.last else { return nil }
    let text = queues[priority]!.removeFirst()
    if queues[priority]!.isEmpty {
      queues[priority] = nil
      priorities.removeLast()
    }
    count -= 1
    byteCount -= text.count
    memory.set(footprint)
    noteMoved()
    senders.wake()
    for file in files { file.waitQueue.wake(.writable) }
    return Message(priority: priority, text: text)
  }

  /// Puts back the messages of a saved queue, in the order of `messages`.
  func restore(_ messages: [Message]) {
    for message in messages { add(message) }
    memory.set(footprint)
  }

  // MARK: Notification

  /// Registers who is to be told. Nobody else may be registered.
  func register(_ wanted: Notification) {
    notification = wanted
    wanted.socket?.retain()
  }

  /// Ends the registration of the process, if it has one.
  func unregister(_ pid: Int32) {
    guard let old = notification, old.pid == pid else { return }
    end(old, tellingThread: 2)
  }

  private func notify(_ sender: Process) {
    guard let wanted = notification else { return }
    if wanted.notify == .SIGEV_SIGNAL, wanted.signal != 0,
      let process = sender.kernel.processes[wanted.pid]
    {
      process.post(
        .queue(
          Signal(rawValue: wanted.signal), code: SignalCode.SI_MESGQ, pid: sender.pid,
          uid: sender.credentials.realUID, value: wanted.value))
    }
    end(wanted, tellingThread: 1)
  }

  /// - Parameter what: what becomes of the cookie's last byte, by which the C library's thread knows whether there is a
  ///   message (1) or the registration was ended (2).
  private func end(_ old: Notification, tellingThread what: UInt8) {
    notification = nil
    guard let socket = old.socket else { return }
    socket.deliver(old.cookie.dropLast() + [what])
    socket.release()
  }
}
