import LinuxABI

// `/proc/1`: the library OS's own init, which reaps orphans and is no process of the guest's.
extension ProcFS {
  private static let name = "init"

  func directoryOfInit() -> FixedDirectory {
    let directory = FixedDirectory(number: 0x1000 + UInt64(Kernel.initPID), permissions: 0o555)
    directory.owner = self
    addInitFiles(to: directory)
    directory.add(
      "task",
      ProcNumbers(
        number: Self.number(directory, "task"), entryType: .S_IFDIR, numbers: { [Kernel.initPID] }
      ) { [unowned self] _, number in
        let directory = FixedDirectory(number: number, permissions: 0o555)
        directory.owner = self
        addInitFiles(to: directory)
        return directory
      })
    return directory
  }

  private func addInitFiles(to directory: FixedDirectory) {
    func text(_ name: String, permissions: UInt32 = 0o444, _ make: @escaping () -> String) {
      directory.add(
        name,
        ProcText(number: Self.number(directory, name), permissions: permissions) {
          Array(make().utf8)
        })
    }
    let name = Self.name
    let kernel = kernel
    text("stat") {
      func zeros(_ count: Int) -> String { String(repeating: "0 ", count: count) }
      return "1 (\(name)) S 0 1 1 0 -1 4194560 \(zeros(8))20 0 1 0 0 0 0 18446744073709551615 "
        + "\(zeros(12))17 \(zeros(13))0\n"
    }
    text("status") {
      """
      Name:\t\(name)
      Umask:\t0022
      State:\tS (sleeping)
      Tgid:\t1
      Ngid:\t0
      Pid:\t1
      PPid:\t0
      TracerPid:\t0
      Uid:\t0\t0\t0\t0
      Gid:\t0\t0\t0\t0
      FDSize:\t64
      Groups:\t 
      NStgid:\t1
      NSpid:\t1
      NSpgid:\t1
      NSsid:\t1
      Threads:\t1

      """
    }
    text("statm") { "0 0 0 0 0 0 0\n" }
    text("comm") { name + "\n" }
    text("cmdline") { name + "\0" }
    text("environ", permissions: 0o400) { "" }
    text("maps") { "" }
    text("sched") { "\(name) (1, #threads: 1)\n" }
    text("cgroup") { "0::/\n" }
    text("oom_score") { "0\n" }
    text("oom_score_adj") { "0\n" }
    text("mounts") { [unowned kernel] in mountsText(kernel.vfs) }
    text("mountinfo") { [unowned kernel] in mountInfoText(kernel.vfs) }
    addNamespaces(to: directory, nil)
    for (name, type) in [("fd", FileType.S_IFLNK), ("fdinfo", .S_IFREG)] {
      directory.add(
        name,
        ProcNumbers(
          number: Self.number(directory, name), permissions: name == "fd" ? 0o500 : 0o555,
          entryType: type, numbers: { [] }
        ) { _, number in GoneDirectory(number: number) })
    }
    for name in ["cwd", "root"] {
      directory.add(
        name,
        ProcLink(
          number: Self.number(directory, name), text: { Array("/".utf8) },
          target: { [unowned vfs] () throws(Errno) in .dentry(vfs.root) }))
    }
    // It runs no program, as a thread of Linux's kernel doesn't.
    directory.add(
      "exe",
      ProcLink(
        number: Self.number(directory, "exe"), text: { () throws(Errno) in throw .ENOENT },
        target: { () throws(Errno) in throw .ENOENT }))
  }
}
