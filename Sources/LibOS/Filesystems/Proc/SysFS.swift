package import LinuxABI

/// `/sys`: the few files that C libraries and programs read to count processors.
package final class SysFS: Filesystem {
  private let directory: FixedDirectory
  private var nextNumber: UInt64 = 1

  package init(_ kernel: Kernel) {
    directory = FixedDirectory(number: 1, permissions: 0o555)
    super.init(vfs: kernel.vfs)
    directory.owner = self
    let last = kernel.configuration.processors - 1
    let all = last == 0 ? "0" : "0-\(last)"
    let processors = ["devices", "system", "cpu"].reduce(directory) { addDirectory($1, to: $0) }
    for name in ["online", "possible", "present"] { addText(name, all, to: processors) }
    for name in ["offline", "isolated"] { addText(name, "", to: processors) }
    addText("kernel_max", "\(last)", to: processors)
    // Each a core of its own, all in one package.
    for number in 0...last {
      let topology = addDirectory("topology", to: addDirectory("cpu\(number)", to: processors))
      addText("physical_package_id", "0", to: topology)
      addText("core_id", "\(number)", to: topology)
      for name in ["core_cpus_list", "thread_siblings_list"] {
        addText(name, "\(number)", to: topology)
      }
      for name in ["package_cpus_list", "core_siblings_list"] { addText(name, all, to: topology) }
    }
  }

  private func addDirectory(_ name: String, to place: FixedDirectory) -> FixedDirectory {
    let below = FixedDirectory(number: takeNumber(), permissions: 0o555)
    below.owner = self
    place.add(name, below)
    return below
  }

  private func addText(_ name: String, _ line: String, to place: FixedDirectory) {
    place.add(name, ProcText(number: takeNumber()) { Array((line + "\n").utf8) })
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
