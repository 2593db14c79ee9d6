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
  private lazy var initDirectory = filesystemHere?.directoryOfInit()

  private var filesystemHere: ProcFS? { filesystem as? ProcFS }

  package override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let pid = ProcFS.number(name), let proc = filesystemHere else {
      return try super.lookup(name)
    }
    // A thread's number leads to its process too, though no listing shows it (proc(5)).
    let process = proc.kernel.processes[pid] ?? proc.kernel.tasks[pid]?.process
    guard let process else {
      processes[pid] = nil
      if pid == Kernel.initPID, let initDirectory { return initDirectory }
      throw .ENOENT
    }
    if let known = processes[process.pid] as? ProcessDirectory, known.process === process {
      return known
    }
    let directory = proc.directory(of: process)
    processes[process.pid] = directory
    return directory
  }

  package override func status() throws(Errno) -> FileStatus {
    var status = try super.status()
    status.linkCount += UInt64(filesystemHere?.kernel.processes.count ?? 0) + 1
    return status
  }

  /// A process that is gone may have left files that somebody has open.
  package override func restoredEntry(_ name: [UInt8]) throws(Errno) -> Inode {
    do { return try lookup(name) } catch {
      guard let pid = ProcFS.number(name) else { throw error }
      return GoneDirectory(number: 0x1000 + UInt64(pid))
    }
  }

  package override func entries() throws(Errno) -> [InodeEntry] {
    let fixed = try super.entries()
    guard let proc = filesystemHere else { return fixed }
    return fixed
      + Set(proc.kernel.processes.keys).union([Kernel.initPID]).sorted().map {
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
