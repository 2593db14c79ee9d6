import HostABI
import LinuxABI
import Machine

// `/proc/sys`: values to read, some of which root may set.
extension ProcFS {
  func addSettings(to root: FixedDirectory) {
    let sys = subdirectory(root, "sys")
    addKernelSettings(to: subdirectory(sys, "kernel"))
    addMemorySettings(to: subdirectory(sys, "vm"))
    addFileSettings(to: subdirectory(sys, "fs"))
    addNetworkSettings(to: sys)
  }

  /// Values that never change.
  private func add(_ directory: FixedDirectory, _ values: KeyValuePairs<String, String>) {
    for (name, value) in values { add(directory, name) { value + "\n" } }
  }

  /// Numbers that root may set.
  func add(
    _ directory: FixedDirectory, _ name: String, within range: ClosedRange<Int64>,
    _ values: @escaping () -> [Int64], set: @escaping ([Int64]) -> Void
  ) {
    directory.add(
      name,
      ProcText(
        number: takeNumber(),
        text: { () throws(Errno) in
          Array((values().map(String.init).joined(separator: "\t") + "\n").utf8)
        },
        accept: { (text) throws(Errno) in
          var new = values()
          for (index, value) in try Self.numbers(text).prefix(new.count).enumerated() {
            guard range.contains(value) else { throw .EINVAL }
            new[index] = value
          }
          set(new)
        }))
  }

  /// A name of the system, which root may set; a longer one is cut off.
  private func add(
    _ directory: FixedDirectory, _ name: String,
    _ value: WritableKeyPath<KernelConfiguration, String>
  ) {
    directory.add(
      name,
      ProcText(
        number: takeNumber(),
        text: { [unowned kernel] () throws(Errno) in
          Array((kernel.configuration[keyPath: value] + "\n").utf8)
        },
        accept: { [unowned kernel] (text) throws(Errno) in
          let new = text.prefix { $0 != 10 && $0 != 0 }.prefix(Kernel.hostNameLimit)
          kernel.configuration[keyPath: value] = String(decoding: new, as: UTF8.self)
        }))
  }

  /// The numbers of a text, with white space between them: EINVAL.
  private static func numbers(_ text: [UInt8]) throws(Errno) -> [Int64] {
    try text.split(whereSeparator: { [9, 10, 32].contains($0) }).map { (word) throws(Errno) in
      guard let value = Int64(String(decoding: word, as: UTF8.self)) else { throw .EINVAL }
      return value
    }
  }

  private func addKernelSettings(to settings: FixedDirectory) {
    add(
      settings,
      [
        "osrelease": KernelIdentity.release, "ostype": KernelIdentity.name,
        "version": KernelIdentity.version,
        "pid_max": "\(Kernel.pidLimit)", "ngroups_max": "65536", "cap_last_cap": "40",
        "overflowuid": "65534", "overflowgid": "65534", "randomize_va_space": "0",
        "core_pipe_limit": "0",
        "printk": "4\t4\t1\t7", "tainted": "0", "panic": "0", "sysrq": "0",
        "dmesg_restrict": "1", "kptr_restrict": "1", "perf_event_paranoid": "3",
        "unprivileged_bpf_disabled": "2", "sched_rr_timeslice_ms": "100",
        "sched_rt_period_us": "1000000", "sched_rt_runtime_us": "950000",
        "sched_autogroup_enabled": "0", "numa_balancing": "0", "modprobe": "/sbin/modprobe",
      ])
    add(settings, "hostname", \.hostName)
    add(settings, "domainname", \.domainName)
    add(settings, "threads-max") { [unowned kernel] in "\(kernel.configuration.maximumTasks)\n" }
    addWritableSettings(to: settings)
    addIpcSettings(to: settings)
    let filters = subdirectory(settings, "seccomp")
    add(filters, "actions_avail") { Self.words(SeccompAction.allCases) }
    add(filters, "actions_logged") {
      Self.words(SeccompAction.allCases.filter { $0 != .SECCOMP_RET_ALLOW })
    }
    let terminals = subdirectory(settings, "pty")
    add(terminals, ["max": "\(PseudoterminalTable.limit)", "reserve": "0"])
    add(terminals, "nr") { [unowned kernel] in "\(kernel.pseudoterminals.all.count)\n" }
    addRandomSettings(to: subdirectory(settings, "random"))
  }

  private static func words(_ actions: [SeccompAction]) -> String {
    actions.map(\.word).joined(separator: " ") + "\n"
  }

  /// What root may set.
  private func addWritableSettings(to settings: FixedDirectory) {
    let kernel = kernel
    add(settings, "ns_last_pid", within: 0...Int64(Kernel.pidLimit - 2)) { [unowned kernel] in
      [Int64(kernel.nextPID) - 1]
    } set: { [unowned kernel] in
      kernel.nextPID = max(Int32($0[0]) + 1, 2)
    }
    add(settings, "core_uses_pid", within: 0...1) { [unowned kernel] in
      [kernel.coreUsesPID ? 1 : 0]
    } set: { [unowned kernel] in
      kernel.coreUsesPID = $0[0] == 1
    }
    settings.add(
      "core_pattern",
      ProcText(
        number: takeNumber(),
        text: { [unowned kernel] () throws(Errno) in kernel.corePattern + [10] },
        accept: { [unowned kernel] (bytes) throws(Errno) in
          let pattern = bytes.prefix { $0 != 10 && $0 != 0 }
          // There is nobody who would run a program for it.
          guard pattern.count < 128, pattern.first != UInt8(ascii: "|") else { throw .EINVAL }
          kernel.corePattern = Array(pattern)
        }))
  }

  private func addRandomSettings(to random: FixedDirectory) {
    let host = kernel.host
    add(random, "boot_id") { [unowned kernel] in
      if kernel.bootID.isEmpty { kernel.bootID = uuid(host) }
      return kernel.bootID + "\n"
    }
    add(random, "uuid") { uuid(host) + "\n" }
    add(
      random,
      [
        "entropy_avail": "256", "poolsize": "256", "write_wakeup_threshold": "256",
        "urandom_min_reseed_secs": "60",
      ])
  }

  private func addMemorySettings(to memory: FixedDirectory) {
    add(
      memory,
      [
        "overcommit_memory": "0", "overcommit_ratio": "50", "overcommit_kbytes": "0",
        "max_map_count": "65530", "mmap_min_addr": "65536", "swappiness": "60",
        "dirty_ratio": "20", "dirty_background_ratio": "10", "dirty_bytes": "0",
        "dirty_background_bytes": "0", "dirty_expire_centisecs": "3000",
        "dirty_writeback_centisecs": "500", "min_free_kbytes": "67584", "nr_hugepages": "0",
        "nr_overcommit_hugepages": "0", "hugetlb_shm_group": "0", "page-cluster": "3",
        "vfs_cache_pressure": "100", "panic_on_oom": "0", "oom_kill_allocating_task": "0",
        "oom_dump_tasks": "1", "admin_reserve_kbytes": "8192", "user_reserve_kbytes": "131072",
        "legacy_va_layout": "0", "zone_reclaim_mode": "0", "laptop_mode": "0",
        "unprivileged_userfaultfd": "0",
      ])
  }

  private func addFileSettings(to files: FixedDirectory) {
    add(
      files,
      [
        "file-max": "9223372036854775807", "nr_open": "1048576",
        "pipe-max-size": "\(Pipe.maximumCapacity)", "pipe-user-pages-soft": "16384",
        "pipe-user-pages-hard": "0", "aio-max-nr": "65536", "aio-nr": "0",
        "overflowuid": "65534", "overflowgid": "65534", "suid_dumpable": "0",
        "protected_symlinks": "1", "protected_hardlinks": "1", "protected_fifos": "1",
        "protected_regular": "2", "leases-enable": "1",
        "dir-notify-enable": "1", "inode-state": "0\t0\t0\t0\t0\t0\t0",
        "inode-nr": "0\t0", "dentry-state": "0\t0\t45\t0\t0\t0", "mount-max": "100000",
      ])
    add(files, "lease-break-time", within: 0...Int64(Int32.max)) { [unowned kernel] in
      [kernel.leaseBreakTime]
    } set: { [unowned kernel] in
      kernel.leaseBreakTime = $0[0]
    }
    add(files, "file-nr") { [unowned kernel] in
      var seen: Set<ObjectIdentifier> = []
      for process in kernel.processes.values {
        for descriptor in process.files.descriptors {
          guard let file = try? process.files.file(descriptor) else { continue }
          seen.insert(ObjectIdentifier(file))
        }
      }
      return "\(seen.count)\t0\t9223372036854775807\n"
    }
    add(
      subdirectory(files, "inotify"),
      [
        "max_queued_events": "\(InotifyFile.queueLimit)", "max_user_instances": "128",
        "max_user_watches": "\(InotifyFile.watchLimit)",
      ])
    add(subdirectory(files, "epoll"), ["max_user_watches": "3613900"])
    addQueueSettings(to: subdirectory(files, "mqueue"))
  }

  /// The limits of POSIX message queues.
  private func addQueueSettings(to settings: FixedDirectory) {
    let files: [(String, WritableKeyPath<PosixQueueLimits, Int64>, ClosedRange<Int64>)] = [
      ("queues_max", \.queues, 0...Int64(Int32.max)),
      ("msg_max", \.messages, PosixQueueLimits.messagesRange),
      ("msg_default", \.defaultMessages, PosixQueueLimits.messagesRange),
      ("msgsize_max", \.size, PosixQueueLimits.sizeRange),
      ("msgsize_default", \.defaultSize, PosixQueueLimits.sizeRange),
    ]
    for (name, limit, range) in files {
      add(settings, name, within: range) { [unowned vfs] in
        [(vfs.posixQueues?.limits ?? PosixQueueLimits())[keyPath: limit]]
      } set: { [unowned vfs] in
        vfs.posixQueues?.limits[keyPath: limit] = $0[0]
      }
    }
  }
}
