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
    let system = ["devices", "system"].reduce(directory) { addDirectory($1, to: $0) }
    addNode(
      system, processors: all, count: last + 1, memory: kernel.configuration.memory)
    let processors = addDirectory("cpu", to: system)
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

  /// `/sys/devices/system/node`: one node, with all processors and all memory.
  private func addNode(_ system: FixedDirectory, processors: String, count: Int, memory: UInt64) {
    let nodes = addDirectory("node", to: system)
    for name in ["online", "possible", "has_cpu", "has_memory", "has_normal_memory"] {
      addText(name, "0", to: nodes)
    }
    let node = addDirectory("node0", to: nodes)
    addText("cpulist", processors, to: node)
    // Words of 32 processors, the highest first.
    let words = stride(from: 0, to: count, by: 32).map { start in
      hex(count - start >= 32 ? 0xffff_ffff : (1 << UInt64(count - start)) - 1, width: 8)
    }
    addText("cpumap", words.reversed().joined(separator: ","), to: node)
    addText("distance", "10", to: node)
    addText("meminfo", "Node 0 MemTotal:       \(memory >> 10) kB", to: node)
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
