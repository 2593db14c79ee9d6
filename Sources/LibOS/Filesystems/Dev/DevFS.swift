package import LinuxABI

/// `/dev`: a fixed set of devices and links.
package final class DevFS: Filesystem {
  private unowned let kernel: Kernel
  private let directory: FixedDirectory
  private(set) var devices: [DeviceInode] = []

  package init(_ kernel: Kernel) {
    self.kernel = kernel
    directory = FixedDirectory(number: 1)
    super.init(vfs: kernel.vfs)
    directory.owner = self
    for (index, device) in Device.allCases.enumerated() {
      let inode = DeviceInode(device, kernel, number: UInt64(index) + 2)
      devices.append(inode)
      directory.add(device.name, inode)
    }
    let links = [
      ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
      ("stderr", "/proc/self/fd/2"),
    ]
    for (index, (name, target)) in links.enumerated() {
      directory.add(name, FixedLink(Array(target.utf8), number: UInt64(index) + 20))
    }
    for (number, name) in [(30, "shm"), (31, "pts"), (32, "mqueue")] {
      let mountPoint = FixedDirectory(number: UInt64(number))
      mountPoint.owner = self
      directory.add(name, mountPoint)
    }
  }

  package override var typeName: String { "devtmpfs" }
  package override var source: String { "udev" }
  package override var root: Inode { directory }

  /// Opens a character device by its number, wherever its node is: ENXIO if there is no such device.
  func open(_ number: DeviceNumber, _ flags: OpenFlags, at dentry: Dentry) throws(Errno) -> OpenFile
  {
    if let device = devices.first(where: { $0.device.number == number }) {
      return try device.open(flags, at: dentry)
    }
    for terminal in kernel.pseudoterminals.all where terminal.device == number {
      return try terminal.openSlave(flags, at: dentry)
    }
    throw .ENXIO
  }

  package override func statistics() throws(Errno) -> Statfs {
    Statfs(
      f_type: Int64(FilesystemMagic.TMPFS_MAGIC.rawValue), f_bsize: 4096, f_namelen: 255,
      f_frsize: 4096)
  }
}

/// A directory whose entries the library OS sets and the guest cannot change.
package class FixedDirectory: Inode {
  package unowned var owner: Filesystem!
  private let permissions: UInt32
  private var names: [[UInt8]: Inode] = [:]
  private var order: [[UInt8]] = []

  package init(number: UInt64, permissions: UInt32 = 0o755) {
    self.permissions = permissions
    super.init(number: number)
  }

  package func add(_ name: String, _ inode: Inode) {
    names[Array(name.utf8)] = inode
    order.append(Array(name.utf8))
  }

  package override var filesystem: Filesystem? { owner }
  package override var type: FileType { .S_IFDIR }

  package override func status() throws(Errno) -> FileStatus {
    FileStatus(
      inode: number, mode: FileMode(type: .S_IFDIR, permissions: permissions),
      linkCount: 2 + UInt64(names.values.count { $0.type == .S_IFDIR }))
  }

  package override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let inode = names[name] else { throw .ENOENT }
    return inode
  }

  package override func entries() throws(Errno) -> [InodeEntry] {
    order.map { InodeEntry(name: $0, number: names[$0]!.number, type: names[$0]!.type) }
  }
}

/// A symbolic link that never changes.
package final class FixedLink: Inode {
  private let target: [UInt8]

  package init(_ target: [UInt8], number: UInt64) {
    self.target = target
    super.init(number: number)
  }

  package override var type: FileType { .S_IFLNK }
  package override func readLink() throws(Errno) -> [UInt8] { target }
  package override func status() throws(Errno) -> FileStatus {
    FileStatus(
      inode: number, mode: FileMode(type: .S_IFLNK, permissions: 0o777), size: UInt64(target.count))
  }
}
