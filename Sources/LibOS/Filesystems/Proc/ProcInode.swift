package import LinuxABI

/// A file of `/proc`. Those of a process belong to whom the process acts for.
package class ProcInode: Inode {
  /// nil for what is the system's.
  weak var process: Process?
  let permissions: UInt32
  /// Only who may look into the process may open it.
  var isGuarded = false

  init(number: UInt64, permissions: UInt32) {
    self.permissions = permissions
    super.init(number: number)
  }

  package override func status() throws(Errno) -> FileStatus {
    let isDirectory = type == .S_IFDIR
    // Of a process that shows nothing of itself, only what everybody may read is not root's.
    let isRoots = process.map { !$0.isDumpable } ?? true && !(isDirectory && permissions == 0o555)
    let ids = isRoots ? nil : process?.credentials
    return FileStatus(
      inode: number, mode: FileMode(type: type, permissions: permissions),
      linkCount: isDirectory ? 2 : 1, uid: ids?.effectiveUID ?? 0, gid: ids?.effectiveGID ?? 0)
  }

  /// Whether the caller may look into the process.
  var isInspectable: Bool {
    guard let process, let caller = process.kernel.loaded else { return true }
    return caller.mayInspect(process, byFilesystem: true)
  }

  override func requireOpenable() throws(Errno) {
    guard !isGuarded || isInspectable else { throw .EACCES }
  }
}

/// A file of `/proc` whose text is made when it is read.
package class ProcText: ProcInode {
  private let text: () throws(Errno) -> [UInt8]
  private let accept: (([UInt8]) throws(Errno) -> Void)?

  init(
    number: UInt64, permissions: UInt32 = 0o444, text: @escaping () throws(Errno) -> [UInt8],
    accept: (([UInt8]) throws(Errno) -> Void)? = nil
  ) {
    self.text = text
    self.accept = accept
    super.init(number: number, permissions: accept == nil ? permissions : permissions | 0o200)
  }

  package override var type: FileType { .S_IFREG }

  package override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    open(flags, at: dentry, begun: nil)
  }

  /// Opens it; reading goes on in a text that was made before.
  func open(_ flags: OpenFlags, at dentry: Dentry, begun: [UInt8]?) -> OpenFile {
    // Root may open what has no write permission; the write fails then.
    TextFile(dentry, flags, begun: begun, make: text, accept: accept)
  }

  package override func truncate(to size: UInt64) throws(Errno) {}
}

/// A link of `/proc` whose target is found when it is followed.
package final class ProcLink: ProcInode {
  private let text: () throws(Errno) -> [UInt8]
  private let target: (() throws(Errno) -> MagicTarget)?

  init(
    number: UInt64, permissions: UInt32 = 0o777, text: @escaping () throws(Errno) -> [UInt8],
    target: (() throws(Errno) -> MagicTarget)? = nil
  ) {
    self.text = text
    self.target = target
    super.init(number: number, permissions: permissions)
  }

  package override var type: FileType { .S_IFLNK }
  package override func status() throws(Errno) -> FileStatus {
    var status = try super.status()
    status.size = target == nil ? 0 : 64
    return status
  }
  package override func readLink() throws(Errno) -> [UInt8] {
    try requireOpenable()
    return try text()
  }
  package override func followMagicLink() throws(Errno) -> MagicTarget? {
    guard let target else { return nil }
    try requireOpenable()
    return try target()
  }
}

/// A directory of `/proc` whose entries are the numbers of things that come and go: descriptors, threads.
package final class ProcNumbers: ProcInode {
  private let numbers: () throws(Errno) -> [Int32]
  private let contains: ((Int32) -> Bool)?
  private let entryType: FileType
  private let make: (Int32, _ number: UInt64) -> Inode
  private var known: [Int32: Inode] = [:]

  /// - Parameter contains: whether a number is one of them, for those of which there may be many.
  init(
    number: UInt64, permissions: UInt32 = 0o555, entryType: FileType,
    numbers: @escaping () throws(Errno) -> [Int32], contains: ((Int32) -> Bool)? = nil,
    make: @escaping (Int32, _ number: UInt64) -> Inode
  ) {
    self.entryType = entryType
    self.numbers = numbers
    self.contains = contains
    self.make = make
    super.init(number: number, permissions: permissions)
  }

  package override var type: FileType { .S_IFDIR }

  override var admitsCaller: Bool { process != nil && process?.kernel.loaded?.process === process }

  package override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let value = ProcFS.number(name) else { throw .ENOENT }
    let isThere: Bool
    if let contains { isThere = contains(value) } else { isThere = try numbers().contains(value) }
    guard isThere else { throw .ENOENT }
    return entry(value)
  }

  /// What is gone may still be open.
  package override func restoredEntry(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let value = ProcFS.number(name) else { throw .ENOENT }
    return entry(value)
  }

  private func entry(_ value: Int32) -> Inode {
    if let inode = known[value] { return inode }
    let inode = make(value, number(value))
    known[value] = inode
    return inode
  }

  /// A directory of directories has as many more links.
  package override func status() throws(Errno) -> FileStatus {
    var status = try super.status()
    if entryType == .S_IFDIR { status.linkCount += UInt64((try? numbers().count) ?? 0) }
    return status
  }

  private func number(_ value: Int32) -> UInt64 { ProcFS.number(self, String(value)) }

  package override func entries() throws(Errno) -> [InodeEntry] {
    try numbers().map {
      InodeEntry(name: Array(String($0).utf8), number: number($0), type: entryType)
    }
  }
}

/// `/proc/PID/mem`.
final class ProcMemory: ProcInode {
  init(number: UInt64) {
    super.init(number: number, permissions: 0o600)
    isGuarded = true
  }

  override var type: FileType { .S_IFREG }

  override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    ProcessMemoryFile(dentry, flags, process)
  }
}

/// What a link in `/proc/PID/ns` leads to.
final class NamespaceInode: ProcInode {
  private let namespace: Namespace

  init(_ namespace: Namespace) {
    self.namespace = namespace
    super.init(number: namespace.number, permissions: 0o444)
  }

  override var type: FileType { .S_IFREG }

  override func open(_ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile {
    NamespaceFile(namespace, flags, at: dentry)
  }
}

/// A directory of a process that is gone. Nothing is found in it any more; what was found before, and is
/// still open, answers ESRCH, or ENOENT in `fdinfo`.
final class GoneDirectory: Inode {
  /// It is `fdinfo`, whose numbers are files.
  private var isOfDetails = false

  override var isGone: Bool { true }
  override var type: FileType { .S_IFDIR }
  override func status() throws(Errno) -> FileStatus { throw .ESRCH }
  override func lookup(_ name: [UInt8]) throws(Errno) -> Inode { throw .ESRCH }
  override func entries() throws(Errno) -> [InodeEntry] { throw .ENOENT }

  override func restoredEntry(_ name: [UInt8]) throws(Errno) -> Inode {
    let text = String(decoding: name, as: UTF8.self)
    let number = ProcFS.number(self, text)
    if isOfDetails { return ProcText(number: number, text: { () throws(Errno) in throw .ENOENT }) }
    if ["task", "fd", "fdinfo", "ns", "net"].contains(text) || ProcFS.number(name) != nil {
      let directory = GoneDirectory(number: number)
      directory.isOfDetails = text == "fdinfo"
      return directory
    }
    return ProcText(number: number, text: { () throws(Errno) in throw .ESRCH })
  }
}
