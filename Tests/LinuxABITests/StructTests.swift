import LinuxABI
import Machine
import Testing

/// The byte layout of each structure: what our decoder reads where, and where C puts it.
@Suite struct StructTests {
  /// A structure, its C name, and for each member its C name, offset, size and how to read it
  /// (`nil` for a nested structure, which has a check of its own).
  struct Layout: Sendable, CustomTestStringConvertible {
    let cName: String
    let byteCount: Int
    let members: [(name: String, offset: Int, size: Int)]
    /// The members that don't hold what a patterned image has in their place, and other surprises.
    let wrong: [String]
    var testDescription: String { cName }

    init<T: GuestStruct>(
      _ type: T.Type, _ cName: String,
      _ members: [(String, Int, Int, ((T) -> UInt64)?)]
    ) {
      self.cName = cName
      byteCount = T.byteCount
      self.members = members.map { ($0.0, $0.1, $0.2) }
      let image = (0..<T.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 129) }
      let value = T(bytes: image)
      var wrong: [String] = []
      for (name, offset, size, read) in members {
        guard let read else { continue }
        let expected = (0..<size).reversed().reduce(UInt64(0)) {
          $0 << 8 | UInt64(image[offset + $1])
        }
        let mask = size == 8 ? UInt64.max : (1 << UInt64(size * 8)) - 1
        if read(value) & mask != expected { wrong.append(name) }
      }
      if value.bytes.count != T.byteCount { wrong.append("size") }
      if T(bytes: value.bytes) != value { wrong.append("round trip") }
      self.wrong = wrong
    }
  }

  static let layouts: [Layout] = [
    .init(
      Timespec.self, "struct timespec",
      [
        ("tv_sec", 0, 8, { UInt64(truncatingIfNeeded: $0.tv_sec) }),
        ("tv_nsec", 8, 8, { UInt64(truncatingIfNeeded: $0.tv_nsec) }),
      ]),
    .init(
      Timeval.self, "struct timeval",
      [
        ("tv_sec", 0, 8, { UInt64(truncatingIfNeeded: $0.tv_sec) }),
        ("tv_usec", 8, 8, { UInt64(truncatingIfNeeded: $0.tv_usec) }),
      ]),
    .init(
      Itimerspec.self, "struct itimerspec",
      [
        ("it_interval", 0, 16, nil),
        ("it_value", 16, 16, nil),
      ]),
    .init(
      Itimerval.self, "struct itimerval",
      [
        ("it_interval", 0, 16, nil),
        ("it_value", 16, 16, nil),
      ]),
    .init(
      Timezone.self, "struct timezone",
      [
        ("tz_minuteswest", 0, 4, { UInt64(truncatingIfNeeded: $0.tz_minuteswest) }),
        ("tz_dsttime", 4, 4, { UInt64(truncatingIfNeeded: $0.tz_dsttime) }),
      ]),
    .init(
      Tms.self, "struct tms",
      [
        ("tms_utime", 0, 8, { UInt64(truncatingIfNeeded: $0.tms_utime) }),
        ("tms_stime", 8, 8, { UInt64(truncatingIfNeeded: $0.tms_stime) }),
        ("tms_cutime", 16, 8, { UInt64(truncatingIfNeeded: $0.tms_cutime) }),
        ("tms_cstime", 24, 8, { UInt64(truncatingIfNeeded: $0.tms_cstime) }),
      ]),
    .init(
      StatxTimestamp.self, "struct statx_timestamp",
      [
        ("tv_sec", 0, 8, { UInt64(truncatingIfNeeded: $0.tv_sec) }),
        ("tv_nsec", 8, 4, { UInt64(truncatingIfNeeded: $0.tv_nsec) }),
      ]),
    .init(
      Statx.self, "struct statx",
      [
        ("stx_mask", 0, 4, { UInt64(truncatingIfNeeded: $0.stx_mask) }),
        ("stx_blksize", 4, 4, { UInt64(truncatingIfNeeded: $0.stx_blksize) }),
        ("stx_attributes", 8, 8, { UInt64(truncatingIfNeeded: $0.stx_attributes) }),
        ("stx_nlink", 16, 4, { UInt64(truncatingIfNeeded: $0.stx_nlink) }),
        ("stx_uid", 20, 4, { UInt64(truncatingIfNeeded: $0.stx_uid) }),
        ("stx_gid", 24, 4, { UInt64(truncatingIfNeeded: $0.stx_gid) }),
        ("stx_mode", 28, 2, { UInt64(truncatingIfNeeded: $0.stx_mode) }),
        ("stx_ino", 32, 8, { UInt64(truncatingIfNeeded: $0.stx_ino) }),
        ("stx_size", 40, 8, { UInt64(truncatingIfNeeded: $0.stx_size) }),
        ("stx_blocks", 48, 8, { UInt64(truncatingIfNeeded: $0.stx_blocks) }),
        ("stx_attributes_mask", 56, 8, { UInt64(truncatingIfNeeded: $0.stx_attributes_mask) }),
        ("stx_atime", 64, 16, nil),
        ("stx_btime", 80, 16, nil),
        ("stx_ctime", 96, 16, nil),
        ("stx_mtime", 112, 16, nil),
        ("stx_rdev_major", 128, 4, { UInt64(truncatingIfNeeded: $0.stx_rdev_major) }),
        ("stx_rdev_minor", 132, 4, { UInt64(truncatingIfNeeded: $0.stx_rdev_minor) }),
        ("stx_dev_major", 136, 4, { UInt64(truncatingIfNeeded: $0.stx_dev_major) }),
        ("stx_dev_minor", 140, 4, { UInt64(truncatingIfNeeded: $0.stx_dev_minor) }),
        ("stx_mnt_id", 144, 8, { UInt64(truncatingIfNeeded: $0.stx_mnt_id) }),
        ("stx_dio_mem_align", 152, 4, { UInt64(truncatingIfNeeded: $0.stx_dio_mem_align) }),
        ("stx_dio_offset_align", 156, 4, { UInt64(truncatingIfNeeded: $0.stx_dio_offset_align) }),
      ]),
    .init(
      Statfs.self, "struct statfs",
      [
        ("f_type", 0, 8, { UInt64(truncatingIfNeeded: $0.f_type) }),
        ("f_bsize", 8, 8, { UInt64(truncatingIfNeeded: $0.f_bsize) }),
        ("f_blocks", 16, 8, { UInt64(truncatingIfNeeded: $0.f_blocks) }),
        ("f_bfree", 24, 8, { UInt64(truncatingIfNeeded: $0.f_bfree) }),
        ("f_bavail", 32, 8, { UInt64(truncatingIfNeeded: $0.f_bavail) }),
        ("f_files", 40, 8, { UInt64(truncatingIfNeeded: $0.f_files) }),
        ("f_ffree", 48, 8, { UInt64(truncatingIfNeeded: $0.f_ffree) }),
        ("f_fsid", 56, 8, { UInt64(truncatingIfNeeded: $0.f_fsid) }),
        ("f_namelen", 64, 8, { UInt64(truncatingIfNeeded: $0.f_namelen) }),
        ("f_frsize", 72, 8, { UInt64(truncatingIfNeeded: $0.f_frsize) }),
        ("f_flags", 80, 8, { UInt64(truncatingIfNeeded: $0.f_flags) }),
      ]),
    .init(
      Iovec.self, "struct iovec",
      [
        ("iov_base", 0, 8, { UInt64(truncatingIfNeeded: $0.iov_base) }),
        ("iov_len", 8, 8, { UInt64(truncatingIfNeeded: $0.iov_len) }),
      ]),
    .init(
      RecordLock.self, "struct flock",
      [
        ("l_type", 0, 2, { UInt64(truncatingIfNeeded: $0.l_type) }),
        ("l_whence", 2, 2, { UInt64(truncatingIfNeeded: $0.l_whence) }),
        ("l_start", 8, 8, { UInt64(truncatingIfNeeded: $0.l_start) }),
        ("l_len", 16, 8, { UInt64(truncatingIfNeeded: $0.l_len) }),
        ("l_pid", 24, 4, { UInt64(truncatingIfNeeded: $0.l_pid) }),
      ]),
    .init(
      OwnerEx.self, "struct f_owner_ex",
      [
        ("type", 0, 4, { UInt64(truncatingIfNeeded: $0.type) }),
        ("pid", 4, 4, { UInt64(truncatingIfNeeded: $0.pid) }),
      ]),
    .init(
      OpenHow.self, "struct open_how",
      [
        ("flags", 0, 8, { UInt64(truncatingIfNeeded: $0.flags) }),
        ("mode", 8, 8, { UInt64(truncatingIfNeeded: $0.mode) }),
        ("resolve", 16, 8, { UInt64(truncatingIfNeeded: $0.resolve) }),
      ]),
    .init(
      PollFD.self, "struct pollfd",
      [
        ("fd", 0, 4, { UInt64(truncatingIfNeeded: $0.fd) }),
        ("events", 4, 2, { UInt64(truncatingIfNeeded: $0.events) }),
        ("revents", 6, 2, { UInt64(truncatingIfNeeded: $0.revents) }),
      ]),
    .init(
      SignalSetArgument.self, "struct sigset_argument",
      [
        ("ss", 0, 8, { UInt64(truncatingIfNeeded: $0.ss) }),
        ("ss_len", 8, 8, { UInt64(truncatingIfNeeded: $0.ss_len) }),
      ]),
    .init(
      SignalfdSiginfo.self, "struct signalfd_siginfo",
      [
        ("ssi_signo", 0, 4, { UInt64(truncatingIfNeeded: $0.ssi_signo) }),
        ("ssi_errno", 4, 4, { UInt64(truncatingIfNeeded: $0.ssi_errno) }),
        ("ssi_code", 8, 4, { UInt64(truncatingIfNeeded: $0.ssi_code) }),
        ("ssi_pid", 12, 4, { UInt64(truncatingIfNeeded: $0.ssi_pid) }),
        ("ssi_uid", 16, 4, { UInt64(truncatingIfNeeded: $0.ssi_uid) }),
        ("ssi_fd", 20, 4, { UInt64(truncatingIfNeeded: $0.ssi_fd) }),
        ("ssi_tid", 24, 4, { UInt64(truncatingIfNeeded: $0.ssi_tid) }),
        ("ssi_band", 28, 4, { UInt64(truncatingIfNeeded: $0.ssi_band) }),
        ("ssi_overrun", 32, 4, { UInt64(truncatingIfNeeded: $0.ssi_overrun) }),
        ("ssi_trapno", 36, 4, { UInt64(truncatingIfNeeded: $0.ssi_trapno) }),
        ("ssi_status", 40, 4, { UInt64(truncatingIfNeeded: $0.ssi_status) }),
        ("ssi_int", 44, 4, { UInt64(truncatingIfNeeded: $0.ssi_int) }),
        ("ssi_ptr", 48, 8, { UInt64(truncatingIfNeeded: $0.ssi_ptr) }),
        ("ssi_utime", 56, 8, { UInt64(truncatingIfNeeded: $0.ssi_utime) }),
        ("ssi_stime", 64, 8, { UInt64(truncatingIfNeeded: $0.ssi_stime) }),
        ("ssi_addr", 72, 8, { UInt64(truncatingIfNeeded: $0.ssi_addr) }),
        ("ssi_addr_lsb", 80, 2, { UInt64(truncatingIfNeeded: $0.ssi_addr_lsb) }),
        ("ssi_syscall", 84, 4, { UInt64(truncatingIfNeeded: $0.ssi_syscall) }),
        ("ssi_call_addr", 88, 8, { UInt64(truncatingIfNeeded: $0.ssi_call_addr) }),
        ("ssi_arch", 96, 4, { UInt64(truncatingIfNeeded: $0.ssi_arch) }),
      ]),
    .init(
      Rusage.self, "struct rusage",
      [
        ("ru_utime", 0, 16, nil),
        ("ru_stime", 16, 16, nil),
        ("ru_maxrss", 32, 8, { UInt64(truncatingIfNeeded: $0.ru_maxrss) }),
        ("ru_ixrss", 40, 8, { UInt64(truncatingIfNeeded: $0.ru_ixrss) }),
        ("ru_idrss", 48, 8, { UInt64(truncatingIfNeeded: $0.ru_idrss) }),
        ("ru_isrss", 56, 8, { UInt64(truncatingIfNeeded: $0.ru_isrss) }),
        ("ru_minflt", 64, 8, { UInt64(truncatingIfNeeded: $0.ru_minflt) }),
        ("ru_majflt", 72, 8, { UInt64(truncatingIfNeeded: $0.ru_majflt) }),
        ("ru_nswap", 80, 8, { UInt64(truncatingIfNeeded: $0.ru_nswap) }),
        ("ru_inblock", 88, 8, { UInt64(truncatingIfNeeded: $0.ru_inblock) }),
        ("ru_oublock", 96, 8, { UInt64(truncatingIfNeeded: $0.ru_oublock) }),
        ("ru_msgsnd", 104, 8, { UInt64(truncatingIfNeeded: $0.ru_msgsnd) }),
        ("ru_msgrcv", 112, 8, { UInt64(truncatingIfNeeded: $0.ru_msgrcv) }),
        ("ru_nsignals", 120, 8, { UInt64(truncatingIfNeeded: $0.ru_nsignals) }),
        ("ru_nvcsw", 128, 8, { UInt64(truncatingIfNeeded: $0.ru_nvcsw) }),
        ("ru_nivcsw", 136, 8, { UInt64(truncatingIfNeeded: $0.ru_nivcsw) }),
      ]),
    .init(
      ResourceLimit.self, "struct rlimit64",
      [
        ("rlim_cur", 0, 8, { UInt64(truncatingIfNeeded: $0.rlim_cur) }),
        ("rlim_max", 8, 8, { UInt64(truncatingIfNeeded: $0.rlim_max) }),
      ]),
    .init(
      CloneArguments.self, "struct clone_args",
      [
        ("flags", 0, 8, { UInt64(truncatingIfNeeded: $0.flags) }),
        ("pidfd", 8, 8, { UInt64(truncatingIfNeeded: $0.pidfd) }),
        ("child_tid", 16, 8, { UInt64(truncatingIfNeeded: $0.child_tid) }),
        ("parent_tid", 24, 8, { UInt64(truncatingIfNeeded: $0.parent_tid) }),
        ("exit_signal", 32, 8, { UInt64(truncatingIfNeeded: $0.exit_signal) }),
        ("stack", 40, 8, { UInt64(truncatingIfNeeded: $0.stack) }),
        ("stack_size", 48, 8, { UInt64(truncatingIfNeeded: $0.stack_size) }),
        ("tls", 56, 8, { UInt64(truncatingIfNeeded: $0.tls) }),
        ("set_tid", 64, 8, { UInt64(truncatingIfNeeded: $0.set_tid) }),
        ("set_tid_size", 72, 8, { UInt64(truncatingIfNeeded: $0.set_tid_size) }),
        ("cgroup", 80, 8, { UInt64(truncatingIfNeeded: $0.cgroup) }),
      ]),
    .init(
      Sysinfo.self, "struct sysinfo",
      [
        ("uptime", 0, 8, { UInt64(truncatingIfNeeded: $0.uptime) }),
        ("loads[0]", 8, 8, { UInt64(truncatingIfNeeded: $0.load1) }),
        ("loads[1]", 16, 8, { UInt64(truncatingIfNeeded: $0.load5) }),
        ("loads[2]", 24, 8, { UInt64(truncatingIfNeeded: $0.load15) }),
        ("totalram", 32, 8, { UInt64(truncatingIfNeeded: $0.totalram) }),
        ("freeram", 40, 8, { UInt64(truncatingIfNeeded: $0.freeram) }),
        ("sharedram", 48, 8, { UInt64(truncatingIfNeeded: $0.sharedram) }),
        ("bufferram", 56, 8, { UInt64(truncatingIfNeeded: $0.bufferram) }),
        ("totalswap", 64, 8, { UInt64(truncatingIfNeeded: $0.totalswap) }),
        ("freeswap", 72, 8, { UInt64(truncatingIfNeeded: $0.freeswap) }),
        ("procs", 80, 2, { UInt64(truncatingIfNeeded: $0.procs) }),
        ("totalhigh", 88, 8, { UInt64(truncatingIfNeeded: $0.totalhigh) }),
        ("freehigh", 96, 8, { UInt64(truncatingIfNeeded: $0.freehigh) }),
        ("mem_unit", 104, 4, { UInt64(truncatingIfNeeded: $0.mem_unit) }),
      ]),
    .init(
      SchedulingAttributes.self, "struct sched_attr",
      [
        ("size", 0, 4, { UInt64(truncatingIfNeeded: $0.size) }),
        ("sched_policy", 4, 4, { UInt64(truncatingIfNeeded: $0.sched_policy) }),
        ("sched_flags", 8, 8, { UInt64(truncatingIfNeeded: $0.sched_flags) }),
        ("sched_nice", 16, 4, { UInt64(truncatingIfNeeded: $0.sched_nice) }),
        ("sched_priority", 20, 4, { UInt64(truncatingIfNeeded: $0.sched_priority) }),
        ("sched_runtime", 24, 8, { UInt64(truncatingIfNeeded: $0.sched_runtime) }),
        ("sched_deadline", 32, 8, { UInt64(truncatingIfNeeded: $0.sched_deadline) }),
        ("sched_period", 40, 8, { UInt64(truncatingIfNeeded: $0.sched_period) }),
        ("sched_util_min", 48, 4, { UInt64(truncatingIfNeeded: $0.sched_util_min) }),
        ("sched_util_max", 52, 4, { UInt64(truncatingIfNeeded: $0.sched_util_max) }),
      ]),
    .init(
      CapabilityHeader.self, "struct __user_cap_header_struct",
      [
        ("version", 0, 4, { UInt64(truncatingIfNeeded: $0.version) }),
        ("pid", 4, 4, { UInt64(truncatingIfNeeded: $0.pid) }),
      ]),
    .init(
      CapabilityData.self, "struct __user_cap_data_struct",
      [
        ("effective", 0, 4, { UInt64(truncatingIfNeeded: $0.effective) }),
        ("permitted", 4, 4, { UInt64(truncatingIfNeeded: $0.permitted) }),
        ("inheritable", 8, 4, { UInt64(truncatingIfNeeded: $0.inheritable) }),
      ]),
    .init(
      RobustListHead.self, "struct robust_list_head",
      [
        ("list.next", 0, 8, { UInt64(truncatingIfNeeded: $0.next) }),
        ("futex_offset", 8, 8, { UInt64(truncatingIfNeeded: $0.futex_offset) }),
        ("list_op_pending", 16, 8, { UInt64(truncatingIfNeeded: $0.list_op_pending) }),
      ]),
    .init(
      Rseq.self, "struct rseq",
      [
        ("cpu_id_start", 0, 4, { UInt64(truncatingIfNeeded: $0.cpu_id_start) }),
        ("cpu_id", 4, 4, { UInt64(truncatingIfNeeded: $0.cpu_id) }),
        ("rseq_cs", 8, 8, { UInt64(truncatingIfNeeded: $0.rseq_cs) }),
        ("flags", 16, 4, { UInt64(truncatingIfNeeded: $0.flags) }),
        ("node_id", 20, 4, { UInt64(truncatingIfNeeded: $0.node_id) }),
        ("mm_cid", 24, 4, { UInt64(truncatingIfNeeded: $0.mm_cid) }),
      ]),
    .init(
      RseqCriticalSection.self, "struct rseq_cs",
      [
        ("version", 0, 4, { UInt64(truncatingIfNeeded: $0.version) }),
        ("flags", 4, 4, { UInt64(truncatingIfNeeded: $0.flags) }),
        ("start_ip", 8, 8, { UInt64(truncatingIfNeeded: $0.start_ip) }),
        ("post_commit_offset", 16, 8, { UInt64(truncatingIfNeeded: $0.post_commit_offset) }),
        ("abort_ip", 24, 8, { UInt64(truncatingIfNeeded: $0.abort_ip) }),
      ]),
    .init(
      Winsize.self, "struct winsize",
      [
        ("ws_row", 0, 2, { UInt64(truncatingIfNeeded: $0.ws_row) }),
        ("ws_col", 2, 2, { UInt64(truncatingIfNeeded: $0.ws_col) }),
        ("ws_xpixel", 4, 2, { UInt64(truncatingIfNeeded: $0.ws_xpixel) }),
        ("ws_ypixel", 6, 2, { UInt64(truncatingIfNeeded: $0.ws_ypixel) }),
      ]),
  ]

  @Test(arguments: layouts + socketLayouts) func decodesEveryMemberInItsPlace(layout: Layout) {
    #expect(layout.wrong == [])
  }

  /// Members that only headers of newer kernels have.
  static let newer: Set<String> = ["node_id", "mm_cid"]

  @Test(arguments: GuestISA.allCases) func agreesWithC(isa: GuestISA) throws {
    let claims = (Self.layouts + Self.socketLayouts).flatMap {
      layout -> [(expression: String, value: UInt64)] in
      [("sizeof(\(layout.cName))", UInt64(layout.byteCount))]
        + layout.members.filter { !Self.newer.contains($0.name) }.flatMap { member in
          [
            ("__builtin_offsetof(\(layout.cName), \(member.name))", UInt64(member.offset)),
            ("sizeof(((\(layout.cName) *)0)->\(member.name))", UInt64(member.size)),
          ]
        }
    }
    let complaint = try CCompiler.complaint(
      about: CCompiler.structHeaders + CCompiler.assertions(claims), for: isa)
    #expect(complaint == nil)
  }
}
