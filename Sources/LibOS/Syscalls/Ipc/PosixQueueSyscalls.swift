import LinuxABI
import Machine

// mq_overview(7).

extension SyscallTable {
  package static let posixQueueRows: [SyscallRow] = [
    SyscallRow(
      "mq_open", x64: 240, generic: 180, [.path, .openFlags, .openMode(flags: 1), .address],
      sys_mq_open),
    SyscallRow("mq_unlink", x64: 241, generic: 181, [.path], sys_mq_unlink),
    SyscallRow(
      "mq_timedsend", x64: 242, generic: 182,
      [.fd, .inBuffer(length: 2), .size, .unsigned, .timespec], sys_mq_timedsend),
    SyscallRow(
      "mq_timedreceive", x64: 243, generic: 183, [.fd, .outBuffer, .size, .address, .timespec],
      sys_mq_timedreceive),
    SyscallRow("mq_notify", x64: 244, generic: 184, [.fd, .address], sys_mq_notify),
    SyscallRow(
      "mq_getsetattr", x64: 245, generic: 185, [.fd, .address, .address], sys_mq_getsetattr),
  ]
}

extension SyscallContext {
  /// Where the queues are, and the name in argument 0: a single one, without the slash that the C library takes off.
  fileprivate func queueName() throws(Errno) -> (root: Dentry, name: [UInt8]) {
    let name = try path(0)
    if name.isEmpty { throw .ENOENT }
    if name == Array(".".utf8) || name == Array("..".utf8) || name.contains(UInt8(ascii: "/")) {
      throw .EACCES
    }
    guard name.count <= Limits.NAME_MAX else { throw .ENAMETOOLONG }
    guard let mount = vfs.messageQueues else { throw .ENOSYS }
    return (mount.root, name)
  }

  /// The open queue in argument 0: EBADF.
  fileprivate func queueFile() throws(Errno) -> PosixQueueFile {
    guard let file = try file(0) as? PosixQueueFile else { throw .EBADF }
    return file
  }

  /// When the call gives up, in guest monotonic nanoseconds: the wall time at argument 4, read anew at each run.
  fileprivate func queueDeadline() throws(Errno) -> Int64? {
    guard let time = try timeout(self, address(4)) else { return nil }
    return kernel.clock.monotonicTime(of: time, on: .realtime)
  }

  /// Waits for a change, unless the file or the time forbids it.
  fileprivate func wait(_ file: PosixQueueFile, on queue: WaitQueue, until deadline: Int64?)
    throws(Errno) -> SyscallResult
  {
    if file.isNonBlocking { throw .EAGAIN }
    if let deadline, deadline <= kernel.clock.monotonic {
      throw task.mustEndCall ? .ERESTARTSYS : .ETIMEDOUT
    }
    return try task.block(on: [queue], until: deadline)
  }
}

private func sys_mq_open(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = OpenFlags(call.uint(1), isa: call.isa)
  var wanted: MqAttr?
  if !call.address(3).isNull { wanted = try call.load(at: call.address(3)) }
  let (root, name) = try call.queueName()
  guard let queues = call.vfs.posixQueues else { throw .ENOSYS }
  let caller = call.pathCaller
  let queue: PosixQueue
  if let found = queues.queues[name] {
    if flags.contains([.O_CREAT, .O_EXCL]) { throw .EEXIST }
    var access: AccessMode = []
    if flags.isReadable { access.insert(.R_OK) }
    if flags.isWritable { access.insert(.W_OK) }
    guard !access.isEmpty else { throw .EINVAL }
    try caller.credentials.require(access, found)
    queue = found
  } else {
    guard flags.contains(.O_CREAT) else { throw .ENOENT }
    try call.vfs.requireWritable(root, caller)
    queue = try queues.make(
      name, call.uint(2) & 0o7777 & ~UInt32(caller.fs.umask), caller.credentials.ownership, wanted,
      for: call.process)
    queues.report(.IN_CREATE, entry: name)
  }
  let file = PosixQueueFile(
    queue, flags.intersection([.O_ACCMODE, .O_NONBLOCK]), at: root.child(name, queue))
  file.reportOpened()
  return .value(try call.install(file, closeOnExec: true))
}

private func sys_mq_unlink(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (root, name) = try call.queueName()
  try call.vfs.unlink(name, from: root, caller: call.pathCaller)
  return .success
}

private func sys_mq_timedsend(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let deadline = try call.queueDeadline()
  let priority = call.uint(3)
  guard priority < PosixQueue.priorityLimit else { throw .EINVAL }
  let file = try call.queueFile()
  guard file.isWritable else { throw .EBADF }
  let queue = file.queue
  guard call[2] <= UInt64(queue.messageSize) else { throw .EMSGSIZE }
  let text = try call.bytes(at: call.address(1), count: Int(call[2]))
  if queue.isFull { return try call.wait(file, on: queue.senders, until: deadline) }
  try queue.send(PosixQueue.Message(priority: priority, text: text), by: call.process)
  return .success
}

private func sys_mq_timedreceive(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let deadline = try call.queueDeadline()
  let file = try call.queueFile()
  guard file.isReadable else { throw .EBADF }
  let queue = file.queue
  guard call[2] >= UInt64(queue.messageSize) else { throw .EMSGSIZE }
  guard let message = queue.receive() else {
    return try call.wait(file, on: queue.receivers, until: deadline)
  }
  // The message is gone, even if it can't be handed over.
  if !call.address(3).isNull { try call.store(message.priority, to: call.address(3)) }
  try call.store(message.text, to: call.address(1))
  return .value(message.text.count)
}

private func sys_mq_notify(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  var wanted: PosixQueue.Notification?
  if !call.address(1).isNull { wanted = try notification(call, call.load(at: call.address(1))) }
  let queue = try call.queueFile().queue
  if let wanted {
    guard queue.notification == nil else { throw .EBUSY }
    queue.register(wanted)
  } else {
    guard queue.notification?.pid == call.process.pid else { return .success }
    queue.unregister(call.process.pid)
  }
  queue.touch()
  return .success
}

/// What `event` asks for. With `SIGEV_THREAD` the C library gives a netlink socket in place of a signal.
private func notification(_ call: SyscallContext, _ event: Sigevent)
  throws(Errno) -> PosixQueue.Notification
{
  guard let notify = SigevNotify(rawValue: event.sigev_notify), notify != .SIGEV_THREAD_ID else {
    throw .EINVAL
  }
  var wanted = PosixQueue.Notification(
    pid: call.process.pid, notify: notify, signal: 0, value: event.sigev_value)
  switch notify {
  case .SIGEV_SIGNAL:
    guard (0...64).contains(event.sigev_signo) else { throw .EINVAL }
    wanted.signal = event.sigev_signo
  case .SIGEV_THREAD:
    wanted.cookie = try call.bytes(
      at: GuestAddress(event.sigev_value), count: PosixQueue.Notification.cookieSize)
    guard let socket = try call.files.file(event.sigev_signo).socket else {
      throw .ENOTSOCK
    }
    guard let netlink = socket as? NetlinkSocket else { throw .EINVAL }
    wanted.socket = netlink
  default: break
  }
  return wanted
}

extension PosixQueue.Notification {
  /// Bytes of the cookie (`NOTIFY_COOKIE_LEN`).
  static let cookieSize = 32
}

private func sys_mq_getsetattr(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let nonBlocking = Int64(OpenFlags.O_NONBLOCK.encoded(for: call.isa))
  var new: MqAttr?
  if !call.address(1).isNull {
    let wanted: MqAttr = try call.load(at: call.address(1))
    guard wanted.mq_flags & ~nonBlocking == 0 else { throw .EINVAL }
    new = wanted
  }
  let file = try call.queueFile()
  let queue = file.queue
  let old = MqAttr(
    mq_flags: file.isNonBlocking ? nonBlocking : 0, mq_maxmsg: Int64(queue.capacity),
    mq_msgsize: Int64(queue.messageSize), mq_curmsgs: Int64(queue.count))
  if let new {
    if new.mq_flags == 0 {
      file.flags.remove(.O_NONBLOCK)
    } else {
      file.flags.insert(.O_NONBLOCK)
    }
    queue.touch()
  }
  if !call.address(2).isNull { try call.store(old, to: call.address(2)) }
  return .success
}
