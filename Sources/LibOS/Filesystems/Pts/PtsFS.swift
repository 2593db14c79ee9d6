package import LinuxABI

/// `/dev/pts`: the slaves of the pseudoterminals there are (`devpts`).
package final class PtsFS: Filesystem {
  private let directory: PtsDirectory

  package init(_ kernel: Kernel) {
    directory = PtsDirectory(kernel)
    super.init(vfs: kernel.vfs)
    directory.owner = self
  }

  package override var typeName: String { "devpts" }
  package override var root: Inode { directory }
  package override var options: String { ",gid=5,mode=620,ptmxmode=000" }

  package override func statistics() throws(Errno) -> Statfs {
    Statfs(
      f_type: Int64(FilesystemMagic.DEVPTS_SUPER_MAGIC.rawValue), f_bsize: 4096, f_namelen: 255,
      f_frsize: 4096)
  }
}

/// The directory: `ptmx`, and a device for each pseudoterminal whose master is open.
private final class PtsDirectory: FixedDirectory {
  private unowned let terminals: PseudoterminalTable

  init(_ kernel: Kernel) {
    terminals = kernel.pseudoterminals
    super.init(number: 1)
    add("ptmx", DeviceInode(.ptmx, kernel, number: 2, permissions: 0))
  }

  override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let number = ProcFS.number(name) else { return try super.lookup(name) }
    guard let terminal = terminals[number], terminal.master != nil else { throw .ENOENT }
    return terminal.inode
  }

  /// One without a name may still be open.
  override func restoredEntry(_ name: [UInt8]) throws(Errno) -> Inode {
    guard let number = ProcFS.number(name), let terminal = terminals[number] else {
      return try super.lookup(name)
    }
    return terminal.inode
  }

  override func entries() throws(Errno) -> [InodeEntry] {
    try super.entries()
      + terminals.all.filter { $0.master != nil }.map {
        InodeEntry(
          name: Array(String($0.number).utf8), number: $0.inode.number, type: .S_IFCHR)
      }
  }
}
