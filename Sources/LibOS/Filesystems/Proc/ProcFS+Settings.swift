import HostABI
import LinuxABI
import Machine

// `/proc/sys`: values to read; none can be set.
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

  private func addKernelSettings(to settings: FixedDirectory) {
    add(
      settings,
      [
        "osrelease": KernelIdentity.release, "ostype": KernelIdentity.name,
        "version": KernelIdentity.version, "domainname": "(none)",
        "pid_max": "\(Kernel.pidLimit)", "ngroups_max": "65536", "cap_last_cap": "40",
        "overflowuid": "65534", "overflowgid": "65534", "randomize_va_space": "0",
        "core_pattern": "core", "core_uses_pid": "0", "core_pipe_limit": "0",
        "printk": "4\t4\t1\t7", "tainted": "0", "panic": "0", "sysrq": "0",
        "dmesg_restrict": "1", "kptr_restrict": "1", "perf_event_paranoid": "3",
        "unprivileged_bpf_disabled": "2", "sched_rr_timeslice_ms": "100",
        "sched_rt_period_us": "1000000", "sched_rt_runtime_us": "950000",
        "sched_autogroup_enabled": "0", "numa_balancing": "0", "modprobe": "/sbin/modprobe",
      ])
    add(settings, "hostname") { [unowned kernel] in kernel.configuration.hostName + "\n" }
    add(settings, "threads-max") { [unowned kernel] in "\(kernel.configuration.maximumTasks)\n" }
    add(settings, "ns_last_pid") { [unowned kernel] in "\(kernel.nextPID - 1)\n" }
    addIpcSettings(to: settings)
    let terminals = subdirectory(settings, "pty")
    add(terminals, ["max": "\(PseudoterminalTable.limit)", "reserve": "0"])
    add(terminals, "nr") { [unowned kernel] in "\(kernel.pseudoterminals.all.count)\n" }
    addRandomSettings(to: subdirectory(settings, "random"))
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
        "protected_regular": "2", "lease-break-time": "45", "leases-enable": "1",
        "dir-notify-enable": "1", "inode-state": "0\t0\t0\t0\t0\t0\t0",
        "inode-nr": "0\t0", "dentry-state": "0\t0\t45\t0\t0\t0", "mount-max": "100000",
      ])
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
    add(
      subdirectory(files, "mqueue"),
      [
        "queues_max": "256", "msg_max": "10", "msg_default": "10", "msgsize_max": "8192",
        "msgsize_default": "8192",
      ])
  }
}
