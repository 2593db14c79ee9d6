package import LinuxABI
import Machine

/// `/dev/mqueue`: the POSIX message queues (`mqueue`).
package final class PosixQueueFS: Filesystem {
  let directory: PosixQueueDirectory

  package init(_ kernel: Kernel) {
    directory = PosixQueueDirectory(kernel)
    super.init(vfs: kernel.vfs)
    directory.owner = self
  }

  package override var typeName: String { "mqueue" }
  package override var root: Inode { directory }

  package override func statistics() throws(Errno) -> Statfs {
    Statfs(
      f_type: Int64(FilesystemMagic.MQUEUE_MAGIC.rawValue), f_bsize: 4096, f_namelen: 255,
      f_frsize: 4096)
  }
}

/// The limits in `/proc/sys/fs/mqueue`.
struct PosixQueueLimits {
  /// Queues of users who are not privileged.
  var queues: Int64 = 256
  /// `mq_maxmsg` and `mq_msgsize` that they may ask for.
  var messages: Int64 = 10
  var size: Int64 = 8192
  /// Those of a queue for which none are asked.
  var defaultMessages: Int64 = 10
  var defaultSize: Int64 = 8192

  static let messagesRange: ClosedRange<Int64> = 1...65536
  static let sizeRange: ClosedRange<Int64> = 128...(16 << 20)
}

/// The queues there are, those without a name included, by the users who pay for them.
final class PosixQueueAccounts {
  fileprivate(set) var count: Int64 = 0
  fileprivate(set) var bytes: [UInt32: UInt64] = [:]
}

/// A queue's part of it, as long as there is the queue.
final class PosixQueueAccount {
  private let accounts: PosixQueueAccounts
  let payer: UInt32
  private let bytes: UInt64

  init(_ accounts: PosixQueueAccounts, _ payer: UInt32, _ bytes: UInt64) {
    self.accounts = accounts
    self.payer = payer
    self.bytes = bytes
    accounts.count += 1
    accounts.bytes[payer, default: 0] += bytes
  }

  deinit {
    accounts.count -= 1
    accounts.bytes[payer]! -= bytes
    if accounts.bytes[payer] == 0 { accounts.bytes[payer] = nil }
  }
}

/// The directory of all queues, where everybody may make one and remove their own.
package final class PosixQueueDirectory: Inode {
  private unowned let kernel: Kernel
  unowned var owner: PosixQueueFS!
  let accounts = PosixQueueAccounts()
  var limits = PosixQueueLimits()
  var own: OwnStatus
  private(set) var queues: [[UInt8]: PosixQueue] = [:]
  var lastNumber: UInt64 = 1

  init(_ kernel: Kernel) {
    self.kernel = kernel
    own = OwnStatus(permissions: 0o1777, owner: Ownership(), now: kernel.vfs.now, linkCount: 2)
    super.init(number: 1)
  }

  var now: Timespec { kernel.vfs.now }
  var arena: FrameArena { kernel.arena }

  package override var filesystem: Filesystem? { owner }
  package override var type: FileType { .S_IFDIR }

  package override func status() throws(Errno) -> FileStatus {
    // `DIRENT_SIZE` for each entry.
    FileStatus(
      inode: number, mode: FileMode(type: .S_IFDIR, permissions: own.permissions),
      linkCount: own.linkCount, uid: own.uid, gid: own.gid, size: UInt64(queues.count) * 20,
      accessed: own.accessed, modified: own.modified, changed: own.changed)
  }

  package override func setAttributes(_ change: StatusChange) throws(Errno) {
    own.apply(change, at: now)
  }

  package override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let queue = queues[name] else { throw .ENOENT }
    return queue
  }

  package override func entries() throws(Errno) -> [InodeEntry] {
    queues.sorted { $0.value.number > $1.value.number }.map {
      InodeEntry(name: $0.key, number: $0.value.number, type: .S_IFREG)
    }
  }

  package override func create(_ name: [UInt8], permissions: UInt32, owner: Ownership)
    throws(Errno) -> Inode
  {
    try make(name, permissions, owner, nil, for: try kernel.requireCaller().process)
  }

  /// Makes a queue: ENOSPC with too many, EINVAL for sizes that may not be, EMFILE beyond `RLIMIT_MSGQUEUE`.
  func make(
    _ name: [UInt8], _ permissions: UInt32, _ owner: Ownership, _ wanted: MqAttr?,
    for process: Process
  ) throws(Errno) -> PosixQueue {
    let isPrivileged = process.credentials.has(.CAP_SYS_RESOURCE)
    guard accounts.count < limits.queues || isPrivileged else { throw .ENOSPC }
    let count = wanted?.mq_maxmsg ?? min(limits.messages, limits.defaultMessages)
    let size = wanted?.mq_msgsize ?? min(limits.size, limits.defaultSize)
    let counts = isPrivileged ? PosixQueueLimits.messagesRange.upperBound : limits.messages
    let sizes = isPrivileged ? PosixQueueLimits.sizeRange.upperBound : limits.size
    guard count > 0, count <= counts, size > 0, size <= sizes else { throw .EINVAL }
    let payer = process.credentials.realUID
    let bytes =
      accounts.bytes[payer, default: 0]
      + PosixQueue.footprint(capacity: Int(count), messageSize: Int(size))
    guard bytes <= process.limits[ResourceLimits.messageQueues].soft else { throw .EMFILE }
    guard arena.hasRoom(forKernel: 4096) else { throw .ENOMEM }
    lastNumber += 1
    let queue = PosixQueue(
      self, number: lastNumber, capacity: Int(count), messageSize: Int(size),
      own: OwnStatus(permissions: permissions, owner: owner, now: now), payer: payer)
    add(queue, named: name)
    entriesChanged()
    return queue
  }

  func add(_ queue: PosixQueue, named name: [UInt8]) { queues[name] = queue }

  package override func unlink(_ name: [UInt8]) throws(Errno) {
    guard let queue = queues.removeValue(forKey: name) else { throw .ENOENT }
    queue.own.linkCount = 0
    queue.own.changed = now
    entriesChanged()
  }

  private func entriesChanged() {
    own.modified = now
    own.changed = own.modified
    own.accessed = own.modified
  }
}
