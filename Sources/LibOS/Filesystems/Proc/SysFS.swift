package import LinuxABI

/// `/sys`: the few files that C libraries read to count processors.
package final class SysFS: Filesystem {
  private let directory: FixedDirectory
  private var nextNumber: UInt64 = 1

  package init(_ kernel: Kernel) {
    directory = FixedDirectory(number: 1, permissions: 0o555)
    super.init(vfs: kernel.vfs)
    directory.owner = self
    var place = directory
    for name in ["devices", "system", "cpu"] {
      let below = FixedDirectory(number: takeNumber(), permissions: 0o555)
      below.owner = self
      place.add(name, below)
      place = below
    }
    for name in ["online", "possible", "present"] {
      place.add(
        name,
        ProcText(number: takeNumber()) { [unowned kernel] in
          let last = kernel.configuration.processors - 1
          return Array((last == 0 ? "0\n" : "0-\(last)\n").utf8)
        })
    }
  }

  private func takeNumber() -> UInt64 {
    nextNumber += 1
    return nextNumber
  }

  package override var typeName: String { "sysfs" }
  package override var root: Inode { directory }

  package override func statistics() throws(Errno) -> Statfs {
    Statfs(
      f_type: Int64(FilesystemMagic.SYSFS_MAGIC.rawValue), f_bsize: 4096, f_namelen: 255,
      f_frsize: 4096)
  }
}
