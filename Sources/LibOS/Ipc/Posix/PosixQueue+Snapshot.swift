package import LibOSState
import LinuxABI
import Snapshot

extension PosixQueueFS {
  /// - Parameter held: queues that are open; some have no name any more.
  func save(held: [PosixQueue]) -> Godwit_State_PosixQueues {
    var state = Godwit_State_PosixQueues()
    state.lastNumber = directory.lastNumber
    state.directory = directory.own.save()
    let limits = directory.limits
    state.limits = [
      limits.queues, limits.messages, limits.size, limits.defaultMessages, limits.defaultSize,
    ]
    var queues = directory.queues.map { (name: $0.key, queue: $0.value) }
    for queue in held where !queues.contains(where: { $0.queue === queue }) {
      queues.append((name: [], queue: queue))
    }
    state.queues = queues.sorted { $0.queue.number < $1.queue.number }.map {
      $0.queue.save($0.name)
    }
    return state
  }

  /// The queues by number.
  func restore(_ state: Godwit_State_PosixQueues, _ loader: StateLoader)
    throws(SnapshotError) -> [UInt64: PosixQueue]
  {
    directory.lastNumber = try checked(state.lastNumber, SavedRange.counter, "the last queue")
    directory.own = try OwnStatus(state.directory)
    guard state.limits.count == 5, state.limits[0] >= 0,
      state.limits.dropFirst().allSatisfy({
        (1...PosixQueueLimits.sizeRange.upperBound).contains($0)
      })
    else { throw .invalidState("the limits of message queues") }
    directory.limits = PosixQueueLimits(
      queues: state.limits[0], messages: state.limits[1], size: state.limits[2],
      defaultMessages: state.limits[3], defaultSize: state.limits[4])
    var restored: [UInt64: PosixQueue] = [:]
    for state in state.queues {
      let queue = try PosixQueue(state, directory)
      guard queue.number > 1, queue.number <= directory.lastNumber,
        restored.updateValue(queue, forKey: queue.number) == nil
      else { throw .invalidState("message queue \(state.number)") }
      if state.name.isEmpty { continue }
      let name = try loader.fileName(state.name)
      guard directory.queues[name] == nil else { throw .invalidState("the name \(text(name))") }
      directory.add(queue, named: name)
    }
    return restored
  }
}

extension PosixQueue {
  fileprivate func save(_ name: [UInt8]) -> Godwit_State_PosixQueue {
    var state = Godwit_State_PosixQueue()
    state.number = number
    state.name = data(name)
    state.attributes = own.save()
    state.payer = payer
    state.capacity = UInt64(capacity)
    state.messageSize = UInt64(messageSize)
    state.messages = messages.map { message in
      var saved = Godwit_State_PosixMessage()
      saved.priority = message.priority
      saved.text = data(message.text)
      return saved
    }
    return state
  }

  fileprivate convenience init(_ state: Godwit_State_PosixQueue, _ directory: PosixQueueDirectory)
    throws(SnapshotError)
  {
    let what = "message queue \(state.number)"
    let capacity = try checked(
      state.capacity, 1...UInt64(PosixQueueLimits.messagesRange.upperBound), what)
    let size = try checked(
      state.messageSize, 1...UInt64(PosixQueueLimits.sizeRange.upperBound), what)
    guard state.messages.count <= capacity,
      state.messages.allSatisfy({
        $0.text.count <= size && $0.priority < Self.priorityLimit
      })
    else { throw .invalidState("the messages of \(what)") }
    self.init(
      directory, number: state.number, capacity: Int(capacity), messageSize: Int(size),
      own: try OwnStatus(state.attributes), payer: state.payer)
    restore(state.messages.map { Message(priority: $0.priority, text: Array($0.text)) })
  }
}

extension PosixQueueFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_PosixQueueFile()
    if let dentry { state.dentry = saver.id(of: dentry) }
    // Only a process that has the queue open is registered.
    if let wanted = queue.notification { state.notification = wanted.save(saver) }
    return .posixQueue(state)
  }

  func restore(_ state: Godwit_State_PosixQueueFile, _ loader: StateLoader) throws(SnapshotError) {
    guard state.hasNotification, queue.notification == nil else { return }
    queue.register(try PosixQueue.Notification(state.notification, loader))
  }
}

extension PosixQueue.Notification {
  fileprivate func save(_ saver: StateSaver) -> Godwit_State_QueueNotification {
    var state = Godwit_State_QueueNotification()
    state.pid = pid
    state.notify = notify.rawValue
    state.signal = signal
    state.value = value
    state.cookie = data(cookie)
    if let socket { state.socket = saver.id(of: socket, .notification) }
    return state
  }

  fileprivate init(_ state: Godwit_State_QueueNotification, _ loader: StateLoader)
    throws(SnapshotError)
  {
    let what = "the notification of a message queue"
    guard let notify = SigevNotify(rawValue: state.notify), notify != .SIGEV_THREAD_ID,
      (notify == .SIGEV_THREAD) == (state.socket != 0)
    else { throw .invalidState(what) }
    self.init(
      pid: try checked(state.pid, SavedRange.pid, what), notify: notify,
      signal: try checked(state.signal, SavedRange.optionalSignal, what), value: state.value)
    guard state.socket != 0 else { return }
    guard let socket = try loader.file(state.socket) as? NetlinkSocket,
      state.cookie.count == Self.cookieSize
    else { throw .invalidState(what) }
    self.socket = socket
    cookie = Array(state.cookie)
  }
}

extension StateLoader {
  func restorePosixQueue(_ state: Godwit_State_PosixQueueFile, _ flags: OpenFlags)
    throws(SnapshotError) -> OpenFile
  {
    let place = try dentry(state.dentry)
    guard let queue = place.inode as? PosixQueue else {
      throw .invalidState("an open message queue")
    }
    return PosixQueueFile(queue, flags, at: place)
  }
}
