import HostABI
import LinuxABI
import Machine

// The files of `/proc` about the whole system.
extension ProcFS {
  func addSystemFiles(to root: FixedDirectory) {
    add(root, "cpuinfo") { [unowned kernel] in cpuinfo(kernel) }
    add(root, "meminfo") { [unowned kernel] in meminfo(kernel) }
    add(root, "uptime") { [unowned kernel] in
      "\(hundredths(kernel.clock.boottime)) \(hundredths(kernel.takeIdleTime()))\n"
    }
    add(root, "stat") { [unowned kernel] in systemStat(kernel) }
    add(root, "loadavg") { [unowned kernel] in
      let running = max(1, kernel.scheduler.count)
      return "0.00 0.00 0.00 \(running)/\(kernel.tasks.count) \(kernel.nextPID - 1)\n"
    }
    add(root, "version") {
      "\(KernelIdentity.name) version \(KernelIdentity.release) (godwit) \(KernelIdentity.version)\n"
    }
    add(root, "cmdline") { "\n" }
    add(root, "locks") { [unowned kernel] in locksText(kernel) }
    add(root, "filesystems") {
      [
        "sysfs", "tmpfs", "proc", "devtmpfs", "devpts", "mqueue", "pipefs", "sockfs", "overlay",
        "9p",
      ]
      .map { "nodev\t\($0)\n" }.joined()
    }
    root.add("mounts", FixedLink(Array("self/mounts".utf8), number: takeNumber()))
    root.add(
      "self",
      ProcLink(number: takeNumber()) { [unowned kernel] () throws(Errno) in
        Array(String(try kernel.requireCaller().process.pid).utf8)
      })
    root.add(
      "thread-self",
      ProcLink(number: takeNumber()) { [unowned kernel] () throws(Errno) in
        let task = try kernel.requireCaller()
        return Array("\(task.process.pid)/task/\(task.tid)".utf8)
      })
    root.add("net", FixedLink(Array("self/net".utf8), number: takeNumber()))
    addTerminals(to: root)
    addMachine(to: root)
    addSettings(to: root)
    addIpcFiles(to: root)
    if !kernel.isDeterministic { addCheckpointFile(to: root) }
  }

  /// `/proc/tty`: by this ps(1) finds the names of terminals.
  private func addTerminals(to root: FixedDirectory) {
    let directory = subdirectory(root, "tty")
    add(directory, "drivers") {
      """
      /dev/tty             /dev/tty        5       0 system:/dev/tty
      /dev/console         /dev/console    5       1 system:console
      /dev/ptmx            /dev/ptmx       5       2 system
      pty_slave            /dev/pts      136 0-1048575 pty:slave
      pty_master           /dev/ptm      128 0-1048575 pty:master

      """
    }
    add(directory, "ldiscs") { "n_tty       0\n" }
  }

  /// What the machine has: little, as all of it is the library OS's.
  private func addMachine(to root: FixedDirectory) {
    add(root, "devices") {
      let devices = [
        "1 mem", "5 /dev/tty", "5 /dev/console", "5 /dev/ptmx", "128 ptm", "136 pts",
      ]
      let lines = devices.map { String(repeating: " ", count: $0.first == "1" ? 0 : 2) + $0 + "\n" }
      return "Character devices:\n" + lines.joined() + "\nBlock devices:\n"
    }
    add(root, "misc") { "" }
    add(root, "partitions") { "major minor  #blocks  name\n\n" }
    add(root, "diskstats") { "" }
    add(root, "swaps") { "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" }
    add(root, "cgroups") { "#subsys_name\thierarchy\tnum_cgroups\tenabled\n" }
    add(root, "modules") { "" }
    add(root, "vmstat") { [unowned kernel] in
      let used = kernel.memoryInUse >> 12
      let free = (kernel.configuration.memory >> 12) - min(used, kernel.configuration.memory >> 12)
      return "nr_free_pages \(free)\nnr_anon_pages \(used)\npgpgin 0\npgpgout 0\npswpin 0\n"
        + "pswpout 0\npgfault 0\npgmajfault 0\n"
    }
  }

  func add(_ directory: FixedDirectory, _ name: String, _ text: @escaping () -> String) {
    directory.add(name, ProcText(number: takeNumber()) { Array(text().utf8) })
  }

  func subdirectory(_ parent: FixedDirectory, _ name: String) -> FixedDirectory {
    let directory = FixedDirectory(number: takeNumber(), permissions: 0o555)
    directory.owner = self
    parent.add(name, directory)
    return directory
  }
}

extension Kernel {
  /// The task whose call is being answered, for names that depend on it (`/proc/self`).
  func requireCaller() throws(Errno) -> Task {
    guard let loaded else { throw .ENOENT }
    return loaded
  }
}

extension Kernel {
  /// Processor time of all processes.
  var busyTime: GuestDuration { processes.values.reduce(.zero) { $0 + $1.processorTime } }

  /// Nanoseconds in which nothing ran. They never become less, though processor time is not counted as it passes.
  func takeIdleTime() -> Int64 {
    idleTime = max(idleTime, clock.boottime - busyTime.nanoseconds)
    return idleTime
  }
}

/// Nanoseconds as seconds with two decimals.
func hundredths(_ nanoseconds: Int64) -> String {
  let ticks = nanoseconds / 10_000_000
  return "\(ticks / 100).\(ticks % 100 < 10 ? "0" : "")\(ticks % 100)"
}

func uuid(_ host: any Host) -> String {
  var bytes = [UInt8](repeating: 0, count: 16)
  bytes.withMutableRawSpan { host.entropy(into: &$0) }
  bytes[6] = bytes[6] & 0x0f | 0x40
  bytes[8] = bytes[8] & 0x3f | 0x80
  var text = ""
  for (index, byte) in bytes.enumerated() {
    if [4, 6, 8, 10].contains(index) { text += "-" }
    text += hex(UInt64(byte), width: 2)
  }
  return text
}

/// Lower-case hexadecimal digits, at least `width` of them.
func hex(_ value: UInt64, width: Int) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

private func systemStat(_ kernel: Kernel) -> String {
  let busy = kernel.busyTime.nanoseconds / 10_000_000
  let idle = kernel.takeIdleTime() / 10_000_000
  let started = (kernel.clock.realtime - kernel.clock.boottime) / 1_000_000_000
  var text = "cpu  \(busy) 0 0 \(idle) 0 0 0 0 0 0\n"
  for index in 0..<kernel.configuration.processors {
    text += "cpu\(index) \(index == 0 ? busy : 0) 0 0 \(idle) 0 0 0 0 0 0\n"
  }
  text += "intr 0\nctxt 0\nbtime \(started)\nprocesses \(kernel.nextPID - 1)\n"
  return text + "procs_running \(max(1, kernel.scheduler.count))\nprocs_blocked 0\n"
}

private func meminfo(_ kernel: Kernel) -> String {
  let total = kernel.configuration.memory >> 10
  let used = min(total, kernel.memoryInUse >> 10)
  // What the library OS takes is chance in a deterministic run: buffers keep the size that they had.
  let isCounted = kernel.deterministicHost == nil
  let own = isCounted ? min(used, UInt64(kernel.arena.kernelBytes) >> 10) : 0
  let tables = min(own, UInt64(kernel.arena.kernelMemory[KernelMemory.pageTables.rawValue]) >> 10)
  let lines: [(String, UInt64)] = [
    ("MemTotal", total), ("MemFree", total - used), ("MemAvailable", total - used),
    ("Buffers", 0), ("Cached", 0), ("SwapCached", 0), ("Active", used), ("Inactive", 0),
    ("SwapTotal", 0), ("SwapFree", 0), ("Dirty", 0), ("Writeback", 0), ("AnonPages", used - own),
    ("Mapped", 0), ("Shmem", 0), ("Slab", own - tables), ("SReclaimable", 0),
    ("SUnreclaim", own - tables), ("PageTables", tables), ("CommitLimit", total),
    ("Committed_AS", used),
  ]
  return lines.map { name, value in
    let digits = String(value)
    let padding = String(repeating: " ", count: max(1, 24 - name.count - 1 - digits.count))
    return "\(name):\(padding)\(digits) kB\n"
  }.joined()
}

/// What the emulated processor is and can do; see `HardwareCapabilities`.
private func cpuinfo(_ kernel: Kernel) -> String {
  // Like a compatible processor: what it shows is what the asking program runs on.
  guard let processor = try? kernel.processor(for: kernel.loaded?.process.isa ?? kernel.isa)
  else { return "" }
  let capabilities = processor.engine.hwcaps
  var text = ""
  for index in 0..<kernel.configuration.processors {
    switch processor.isa {
    case .x86_64: text += x86Processor(index, capabilities)
    case .aarch64:
      let features =
        AArch64.cpuinfoNames(HWCapAArch64(rawValue: capabilities.hwcap))
        + AArch64.cpuinfoNames(HWCap2AArch64(rawValue: capabilities.hwcap2))
      text += """
        processor\t: \(index)
        BogoMIPS\t: 100.00
        Features\t: \(features.joined(separator: " "))
        CPU implementer\t: 0x00
        CPU architecture: 8
        CPU variant\t: 0x0
        CPU part\t: 0x051
        CPU revision\t: 0


        """
    case .riscv64:
      let extensions = RISCV64.extensions.filter {
        capabilities.hwcap & RISCV64.capability($0) != 0
      }
      text += """
        processor\t: \(index)
        hart\t\t: \(index)
        isa\t\t: rv64\(extensions)
        mmu\t\t: sv48
        mvendorid\t: 0x0
        marchid\t\t: 0x0
        mimpid\t\t: 0x0


        """
    }
  }
  return text
}

private func x86Processor(_ index: Int, _ capabilities: HardwareCapabilities) -> String {
  // The engine's processor is a Westmere with SHA: CPUID leaf 1's edx, and what else that has.
  let flags =
    X86_64.hwcapNames.filter { capabilities.hwcap >> UInt64($0.bit) & 1 == 1 }.map { $0.name }
    + [
      "syscall", "nx", "rdtscp", "lm", "pni", "pclmulqdq", "ssse3", "cx16", "sse4_1", "sse4_2",
      "popcnt",
      "aes", "lahf_lm", "sha_ni",
    ]
  return """
    processor\t: \(index)
    vendor_id\t: GenuineIntel
    cpu family\t: 6
    model\t\t: 44
    model name\t: Westmere E56xx/L56xx/X56xx (emulated)
    stepping\t: 1
    cpu MHz\t\t: 1000.000
    cache size\t: 512 KB
    physical id\t: \(index)
    siblings\t: 1
    core id\t\t: 0
    cpu cores\t: 1
    fpu\t\t: yes
    fpu_exception\t: yes
    cpuid level\t: 11
    wp\t\t: yes
    flags\t\t: \(flags.joined(separator: " "))
    bugs\t\t:
    bogomips\t: 2000.00
    clflush size\t: 64
    cache_alignment\t: 64
    address sizes\t: 40 bits physical, 48 bits virtual
    power management:


    """
}
