package import LinuxABI
import Machine

/// What SECCOMP_FILTER_FLAG_NEW_LISTENER opens: calls that a filter leaves to others to answer
/// (seccomp_unotify(2)).
package final class SeccompListener: OpenFile {
  private unowned let kernel: Kernel
  /// Calls that were received wait on at signals, but for deadly ones.
  let isKillableOnly: Bool
  private(set) var nextID: UInt64
  /// Those without an answer that their tasks know of, oldest first.
  private var notices: [SeccompNotice] = []
  /// Nobody answers once it is closed.
  private(set) var isOpen = true
  private let anonymous = AnonymousInode()

  init(
    _ kernel: Kernel, isKillableOnly: Bool, nextID: UInt64 = 1, flags: OpenFlags = .O_RDWR
  ) {
    self.kernel = kernel
    self.isKillableOnly = isKillableOnly
    self.nextID = nextID
    super.init(flags: flags)
  }

  package override var inode: Inode { get throws(Errno) { anonymous } }
  package override var linkName: String { "anon_inode:seccomp notify" }

  package override func close() {
    isOpen = false
    for notice in notices where notice.answer == nil {
      notice.settle(SeccompNotice.Answer(error: -Errno.ENOSYS.rawValue))
    }
  }

  package override func pollEvents() -> PollEvents {
    var events: PollEvents = []
    if notices.contains(where: { $0.isNew }) { events.formUnion(.readable) }
    if notices.contains(where: { $0.isReceived && $0.answer == nil }) {
      events.formUnion(.writable)
    }
    if !kernel.tasks.values.contains(where: { $0.hasFilter(of: self) }) { events.insert(.POLLHUP) }
    return events
  }

  // MARK: The calls

  func add(_ call: [UInt8], of task: Task) -> SeccompNotice {
    defer { nextID += 1 }
    return add(SeccompNotice(self, id: nextID, call, of: task))
  }

  @discardableResult
  func add(_ notice: SeccompNotice) -> SeccompNotice {
    notices.insert(notice, at: notices.firstIndex { $0.id > notice.id } ?? notices.endIndex)
    waitQueue.wake(.readable)
    return notice
  }

  func remove(_ notice: SeccompNotice) { notices.removeAll { $0 === notice } }

  /// The one with this number that is to be answered: ENOENT, EINPROGRESS.
  private func notice(_ id: UInt64) throws(Errno) -> SeccompNotice {
    guard let notice = notices.first(where: { $0.id == id }) else { throw .ENOENT }
    guard notice.isReceived, notice.answer == nil else { throw .EINPROGRESS }
    return notice
  }

  // MARK: Requests

  package override func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    let address = GuestAddress(argument)
    switch SeccompRequest(rawValue: request) {
    case .SECCOMP_IOCTL_NOTIF_RECV: return try receive(context, address)
    case .SECCOMP_IOCTL_NOTIF_SEND: return try send(context, address)
    case .SECCOMP_IOCTL_NOTIF_ID_VALID, .SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR:
      let id: UInt64 = try context.load(at: address)
      do { _ = try notice(id) } catch { throw .ENOENT }
      return .success
    case .SECCOMP_IOCTL_NOTIF_ADDFD, nil:
      guard SeccompRequest.SECCOMP_IOCTL_NOTIF_ADDFD.names(request) else { throw .EINVAL }
      return try addDescriptor(context, address, size: Int(request >> 16 & 0x3fff))
    }
  }

  /// Waits for a call, and tells of it in a `struct seccomp_notif`, which must be zero.
  private func receive(_ context: SyscallContext, _ address: GuestAddress) throws(Errno)
    -> SyscallResult
  {
    let size = 16 + FilterProgram.syscallDataSize
    guard try context.bytes(at: address, count: size).allSatisfy({ $0 == 0 }) else {
      throw .EINVAL
    }
    guard let notice = notices.first(where: { $0.isNew }) else {
      return try context.task.block(on: [waitQueue], interruption: .EINTR)
    }
    var writer = ByteWriter(capacity: size)
    writer.write(notice.id)
    writer.write(UInt32(bitPattern: notice.task.tid))
    writer.write(UInt32(0))
    try context.store(writer.bytes + notice.call, to: address)
    notice.isReceived = true
    waitQueue.wake(.writable)
    return .success
  }

  /// Answers a call with a `struct seccomp_notif_resp`.
  private func send(_ context: SyscallContext, _ address: GuestAddress) throws(Errno)
    -> SyscallResult
  {
    var reader = ByteReader(try context.bytes(at: address, count: 24))
    let id: UInt64 = reader.read()
    var answer = SeccompNotice.Answer()
    answer.value = reader.read()
    answer.error = reader.read()
    let flags: UInt32 = reader.read()
    answer.goesOn = flags == SeccompRequest.SECCOMP_USER_NOTIF_FLAG_CONTINUE
    guard flags == 0 || answer.goesOn && answer.value == 0 && answer.error == 0 else {
      throw .EINVAL
    }
    try notice(id).settle(answer)
    return .success
  }

  /// Gives the caller of a call a descriptor of the answerer's (`struct seccomp_notif_addfd`); returns its number
  /// there.
  private func addDescriptor(_ context: SyscallContext, _ address: GuestAddress, size: Int)
    throws(Errno) -> SyscallResult
  {
    guard size >= 24, size < 4096 else { throw .EINVAL }
    let bytes = try context.bytes(at: address, count: size)
    guard bytes.dropFirst(24).allSatisfy({ $0 == 0 }) else { throw .E2BIG }
    var reader = ByteReader(bytes)
    let id: UInt64 = reader.read()
    let flags: UInt32 = reader.read()
    let source: UInt32 = reader.read()
    let place: UInt32 = reader.read()
    let options = OpenFlags(reader.read() as UInt32, isa: context.isa)
    let setsPlace = flags & SeccompRequest.SECCOMP_ADDFD_FLAG_SETFD != 0
    let isAnswer = flags & SeccompRequest.SECCOMP_ADDFD_FLAG_SEND != 0
    guard options.subtracting(.O_CLOEXEC).isEmpty, flags & ~3 == 0, place == 0 || setsPlace else {
      throw .EINVAL
    }
    let file = try context.files.file(Int32(bitPattern: source))
    let notice = try notice(id)
    let table = notice.task.files
    let limit = notice.task.process.limits.openFileLimit
    let closes = options.contains(.O_CLOEXEC)
    var number = Int32(bitPattern: place)
    if setsPlace {
      guard number >= 0, UInt64(number) < limit else { throw .EBADF }
      table.replace(number, with: file, closeOnExec: closes)
    } else {
      number = try table.install(file, closeOnExec: closes, limit: limit)
    }
    if isAnswer { notice.settle(SeccompNotice.Answer(value: Int64(number))) }
    return .value(number)
  }
}

/// A call that waits for what a listener says.
final class SeccompNotice {
  /// What the call returns, unless it is to be made.
  struct Answer: Equatable {
    var value: Int64 = 0
    /// A negative errno, or 0.
    var error: Int32 = 0
    var goesOn = false
  }

  let listener: SeccompListener
  let id: UInt64
  /// A `struct seccomp_data`.
  let call: [UInt8]
  unowned let task: Task
  var isReceived = false
  private(set) var answer: Answer?
  /// Woken when there is an answer.
  let waitQueue = WaitQueue()

  init(_ listener: SeccompListener, id: UInt64, _ call: [UInt8], of task: Task) {
    self.listener = listener
    self.id = id
    self.call = call
    self.task = task
  }

  var isNew: Bool { !isReceived && answer == nil }

  func settle(_ answer: Answer) {
    self.answer = answer
    waitQueue.wake()
  }
}

extension Task {
  func hasFilter(of listener: SeccompListener) -> Bool {
    seccomp?.filters.contains { $0.listener === listener } ?? false
  }

  /// Has a listener answer the call that is under way.
  func leave(_ call: [UInt8], to listener: SeccompListener) {
    notice = listener.add(call, of: self)
    waitForAnswer()
  }

  /// Looks for the answer to the call under way; whether the call is to be made.
  func takeAnswer() -> Bool {
    guard let notice else { return true }
    guard let answer = notice.answer else {
      waitForAnswer()
      return false
    }
    dropNotice()
    if answer.goesOn { return true }
    call = nil
    engine.setSyscallResult(
      UInt64(bitPattern: answer.error != 0 ? Int64(answer.error) : answer.value))
    return false
  }

  /// A signal withdraws the call, which may begin anew.
  private func waitForAnswer() {
    guard let notice else { return }
    do {
      _ = try block(
        on: [notice.waitQueue],
        isKillableOnly: notice.isReceived && notice.listener.isKillableOnly)
    } catch {
      dropNotice()
      interruption = error
      kernel.needsAttention = true
    }
  }

  private func dropNotice() {
    guard let notice else { return }
    notice.listener.remove(notice)
    self.notice = nil
  }

  /// Listeners hear that the task has ended.
  func leaveListeners() {
    dropNotice()
    for filter in seccomp?.filters ?? [] { filter.listener?.waitQueue.wake(.POLLHUP) }
  }
}
