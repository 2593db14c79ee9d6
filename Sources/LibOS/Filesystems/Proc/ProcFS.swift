package import LinuxABI

/// `/proc`: what the library OS says of itself and its processes, made when it is looked at.
package final class ProcFS: Filesystem {
  package unowned let kernel: Kernel
  private let directory: ProcRoot
  private var nextNumber: UInt64 = 0x1_0000

  package init(_ kernel: Kernel) {
    self.kernel = kernel
    directory = ProcRoot(number: 1)
    super.init(vfs: kernel.vfs)
    directory.owner = self
    addSystemFiles(to: directory)
  }

  package override var typeName: String { "proc" }
  package override var root: Inode { directory }

  package override func statistics() throws(Errno) -> Statfs {
    Statfs(
      f_type: Int64(FilesystemMagic.PROC_SUPER_MAGIC.rawValue), f_bsize: 4096, f_namelen: 255,
      f_frsize: 4096)
  }

  func takeNumber() -> UInt64 {
    defer { nextNumber += 1 }
    return nextNumber
  }
}

/// The top of `/proc`: fixed entries, and a directory for each process.
package final class ProcRoot: FixedDirectory {
  private var processes: [Int32: FixedDirectory] = [:]

  private var filesystemHere: ProcFS? { filesystem as? ProcFS }

  package override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let pid = ProcFS.number(name), let proc = filesystemHere else {
      return try super.lookup(name)
    }
    // A thread's number leads to its process too, though no listing shows it (proc(5)).
    let process = proc.kernel.processes[pid] ?? proc.kernel.tasks[pid]?.process
    guard let process else {
      processes[pid] = nil
      throw .ENOENT
    }
    if let known = processes[process.pid] { return known }
    let directory = proc.directory(of: process)
    processes[process.pid] = directory
    return directory
  }

  package override func entries() throws(Errno) -> [InodeEntry] {
    let fixed = try super.entries()
    guard let proc = filesystemHere else { return fixed }
    return fixed
      + proc.kernel.processes.keys.sorted().map {
        InodeEntry(name: Array(String($0).utf8), number: 0x1000 + UInt64($0), type: .S_IFDIR)
      }
  }
}

extension ProcFS {
  /// The `st_ino` of the entry `name`, the same whenever it is asked for and after a resume.
  static func number(_ directory: Inode, _ name: String) -> UInt64 {
    LayeredFS.number(ofLower: Array("\(directory.number)/\(name)".utf8))
  }

  /// A name that is a number without leading zeroes.
  static func number(_ name: [UInt8]) -> Int32? {
    guard let first = name.first, first != UInt8(ascii: "0") || name.count == 1,
      name.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
    else { return nil }
    return Int32(String(decoding: name, as: UTF8.self))
  }
}

/// A file of `/proc` whose text is made when it is opened.
package final class ProcText: Inode {
  private let permissions: UInt32
  private let text: () throws(Errno) -> [UInt8]
  private let accept: (([UInt8]) throws(Errno) -> Void)?

  init(
    number: UInt64, permissions: UInt32 = 0o444, text: @escaping () throws(Errno) -> [UInt8],
    accept: (([UInt8]) throws(Errno) -> Void)? = nil
  ) {
    self.permissions = accept == nil ? permissions : permissions | 0o200
    self.text = text
    self.accept = accept
    super.init(number: number)
  }

  package override var type: FileType { .S_IFREG }

  package override func status() throws(Errno) -> FileStatus {
    FileStatus(inode: number, mode: FileMode(type: .S_IFREG, permissions: permissions))
  }

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
package final class ProcLink: Inode {
  private let text: () throws(Errno) -> [UInt8]
  private let target: (() throws(Errno) -> MagicTarget)?
  private let permissions: UInt32

  init(
    number: UInt64, permissions: UInt32 = 0o777, text: @escaping () throws(Errno) -> [UInt8],
    target: (() throws(Errno) -> MagicTarget)? = nil
  ) {
    self.text = text
    self.target = target
    self.permissions = permissions
    super.init(number: number)
  }

  package override var type: FileType { .S_IFLNK }
  package override func status() throws(Errno) -> FileStatus {
    FileStatus(
      inode: number, mode: FileMode(type: .S_IFLNK, permissions: permissions),
      size: target == nil ? 0 : 64)
  }
  package override func readLink() throws(Errno) -> [UInt8] { try text() }
  package override func followMagicLink() throws(Errno) -> MagicTarget? { try target?() }
}

/// A directory of `/proc` whose entries are the numbers of things that come and go: descriptors, threads.
package final class ProcNumbers: Inode {
  private let numbers: () throws(Errno) -> [Int32]
  private let entryType: FileType
  private let make: (Int32, _ number: UInt64) -> Inode
  private var known: [Int32: Inode] = [:]

  init(
    number: UInt64, entryType: FileType, numbers: @escaping () throws(Errno) -> [Int32],
    make: @escaping (Int32, _ number: UInt64) -> Inode
  ) {
    self.entryType = entryType
    self.numbers = numbers
    self.make = make
    super.init(number: number)
  }

  package override var type: FileType { .S_IFDIR }

  package override func status() throws(Errno) -> FileStatus {
    FileStatus(inode: number, mode: FileMode(type: .S_IFDIR, permissions: 0o555), linkCount: 2)
  }

  package override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let value = ProcFS.number(name), try numbers().contains(value) else { throw .ENOENT }
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

  private func number(_ value: Int32) -> UInt64 { ProcFS.number(self, String(value)) }

  package override func entries() throws(Errno) -> [InodeEntry] {
    try numbers().map {
      InodeEntry(name: Array(String($0).utf8), number: number($0), type: entryType)
    }
  }
}
