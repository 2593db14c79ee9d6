/// `struct rusage` (`getrusage(2)`). `ru_maxrss` is in KiB.
package struct Rusage: GuestStruct {
  package static let byteCount = 144

  package var ru_utime: Timeval
  package var ru_stime: Timeval
  package var ru_maxrss: Int64
  package var ru_ixrss: Int64
  package var ru_idrss: Int64
  package var ru_isrss: Int64
  package var ru_minflt: Int64
  package var ru_majflt: Int64
  package var ru_nswap: Int64
  package var ru_inblock: Int64
  package var ru_oublock: Int64
  package var ru_msgsnd: Int64
  package var ru_msgrcv: Int64
  package var ru_nsignals: Int64
  package var ru_nvcsw: Int64
  package var ru_nivcsw: Int64

  package init(
    ru_utime: Timeval = Timeval(),
    ru_stime: Timeval = Timeval(),
    ru_maxrss: Int64 = 0,
    ru_ixrss: Int64 = 0,
    ru_idrss: Int64 = 0,
    ru_isrss: Int64 = 0,
    ru_minflt: Int64 = 0,
    ru_majflt: Int64 = 0,
    ru_nswap: Int64 = 0,
    ru_inblock: Int64 = 0,
    ru_oublock: Int64 = 0,
    ru_msgsnd: Int64 = 0,
    ru_msgrcv: Int64 = 0,
    ru_nsignals: Int64 = 0,
    ru_nvcsw: Int64 = 0,
    ru_nivcsw: Int64 = 0
  ) {
    self.ru_utime = ru_utime
    self.ru_stime = ru_stime
    self.ru_maxrss = ru_maxrss
    self.ru_ixrss = ru_ixrss
    self.ru_idrss = ru_idrss
    self.ru_isrss = ru_isrss
    self.ru_minflt = ru_minflt
    self.ru_majflt = ru_majflt
    self.ru_nswap = ru_nswap
    self.ru_inblock = ru_inblock
    self.ru_oublock = ru_oublock
    self.ru_msgsnd = ru_msgsnd
    self.ru_msgrcv = ru_msgrcv
    self.ru_nsignals = ru_nsignals
    self.ru_nvcsw = ru_nvcsw
    self.ru_nivcsw = ru_nivcsw
  }

  package init(from reader: inout ByteReader) {
    ru_utime = Timeval(from: &reader)
    ru_stime = Timeval(from: &reader)
    ru_maxrss = reader.read()
    ru_ixrss = reader.read()
    ru_idrss = reader.read()
    ru_isrss = reader.read()
    ru_minflt = reader.read()
    ru_majflt = reader.read()
    ru_nswap = reader.read()
    ru_inblock = reader.read()
    ru_oublock = reader.read()
    ru_msgsnd = reader.read()
    ru_msgrcv = reader.read()
    ru_nsignals = reader.read()
    ru_nvcsw = reader.read()
    ru_nivcsw = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    ru_utime.encode(to: &writer)
    ru_stime.encode(to: &writer)
    writer.write(ru_maxrss)
    writer.write(ru_ixrss)
    writer.write(ru_idrss)
    writer.write(ru_isrss)
    writer.write(ru_minflt)
    writer.write(ru_majflt)
    writer.write(ru_nswap)
    writer.write(ru_inblock)
    writer.write(ru_oublock)
    writer.write(ru_msgsnd)
    writer.write(ru_msgrcv)
    writer.write(ru_nsignals)
    writer.write(ru_nvcsw)
    writer.write(ru_nivcsw)
  }
}

/// `struct rlimit64` (`prlimit64(2)`): soft and hard limit.
package struct ResourceLimit: GuestStruct {
  package static let byteCount = 16

  package var rlim_cur: UInt64
  package var rlim_max: UInt64

  package init(
    rlim_cur: UInt64 = .max,
    rlim_max: UInt64 = .max
  ) {
    self.rlim_cur = rlim_cur
    self.rlim_max = rlim_max
  }

  package init(from reader: inout ByteReader) {
    rlim_cur = reader.read()
    rlim_max = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(rlim_cur)
    writer.write(rlim_max)
  }
}

/// `struct clone_args` (`clone3(2)`). Callers may pass a shorter one, from 64 bytes on: decode it,
/// what is missing reads as zero.
package struct CloneArguments: GuestStruct {
  package static let byteCount = 88

  package var flags: UInt64
  package var pidfd: UInt64
  package var child_tid: UInt64
  package var parent_tid: UInt64
  package var exit_signal: UInt64
  package var stack: UInt64
  package var stack_size: UInt64
  package var tls: UInt64
  package var set_tid: UInt64
  package var set_tid_size: UInt64
  package var cgroup: UInt64

  package init(
    flags: UInt64 = 0,
    pidfd: UInt64 = 0,
    child_tid: UInt64 = 0,
    parent_tid: UInt64 = 0,
    exit_signal: UInt64 = 0,
    stack: UInt64 = 0,
    stack_size: UInt64 = 0,
    tls: UInt64 = 0,
    set_tid: UInt64 = 0,
    set_tid_size: UInt64 = 0,
    cgroup: UInt64 = 0
  ) {
    self.flags = flags
    self.pidfd = pidfd
    self.child_tid = child_tid
    self.parent_tid = parent_tid
    self.exit_signal = exit_signal
    self.stack = stack
    self.stack_size = stack_size
    self.tls = tls
    self.set_tid = set_tid
    self.set_tid_size = set_tid_size
    self.cgroup = cgroup
  }

  package init(from reader: inout ByteReader) {
    flags = reader.read()
    pidfd = reader.read()
    child_tid = reader.read()
    parent_tid = reader.read()
    exit_signal = reader.read()
    stack = reader.read()
    stack_size = reader.read()
    tls = reader.read()
    set_tid = reader.read()
    set_tid_size = reader.read()
    cgroup = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(flags)
    writer.write(pidfd)
    writer.write(child_tid)
    writer.write(parent_tid)
    writer.write(exit_signal)
    writer.write(stack)
    writer.write(stack_size)
    writer.write(tls)
    writer.write(set_tid)
    writer.write(set_tid_size)
    writer.write(cgroup)
  }

  /// The size of the first version (`CLONE_ARGS_SIZE_VER0`), the least that `clone3` accepts.
  package static let minimumByteCount = 64
}

/// `struct sysinfo` (`sysinfo(2)`). Sizes count `mem_unit` bytes; loads are fixed point with 16
/// fraction bits.
package struct Sysinfo: GuestStruct {
  package static let byteCount = 112

  package var uptime: Int64
  package var load1: UInt64
  package var load5: UInt64
  package var load15: UInt64
  package var totalram: UInt64
  package var freeram: UInt64
  package var sharedram: UInt64
  package var bufferram: UInt64
  package var totalswap: UInt64
  package var freeswap: UInt64
  package var procs: UInt16
  package var totalhigh: UInt64
  package var freehigh: UInt64
  package var mem_unit: UInt32

  package init(
    uptime: Int64 = 0,
    load1: UInt64 = 0,
    load5: UInt64 = 0,
    load15: UInt64 = 0,
    totalram: UInt64 = 0,
    freeram: UInt64 = 0,
    sharedram: UInt64 = 0,
    bufferram: UInt64 = 0,
    totalswap: UInt64 = 0,
    freeswap: UInt64 = 0,
    procs: UInt16 = 0,
    totalhigh: UInt64 = 0,
    freehigh: UInt64 = 0,
    mem_unit: UInt32 = 1
  ) {
    self.uptime = uptime
    self.load1 = load1
    self.load5 = load5
    self.load15 = load15
    self.totalram = totalram
    self.freeram = freeram
    self.sharedram = sharedram
    self.bufferram = bufferram
    self.totalswap = totalswap
    self.freeswap = freeswap
    self.procs = procs
    self.totalhigh = totalhigh
    self.freehigh = freehigh
    self.mem_unit = mem_unit
  }

  package init(from reader: inout ByteReader) {
    uptime = reader.read()
    load1 = reader.read()
    load5 = reader.read()
    load15 = reader.read()
    totalram = reader.read()
    freeram = reader.read()
    sharedram = reader.read()
    bufferram = reader.read()
    totalswap = reader.read()
    freeswap = reader.read()
    procs = reader.read()
    reader.skip(6)
    totalhigh = reader.read()
    freehigh = reader.read()
    mem_unit = reader.read()
    reader.skip(4)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(uptime)
    writer.write(load1)
    writer.write(load5)
    writer.write(load15)
    writer.write(totalram)
    writer.write(freeram)
    writer.write(sharedram)
    writer.write(bufferram)
    writer.write(totalswap)
    writer.write(freeswap)
    writer.write(procs)
    writer.zero(6)
    writer.write(totalhigh)
    writer.write(freehigh)
    writer.write(mem_unit)
    writer.zero(4)
  }
}

/// `struct sched_attr` (`sched_setattr(2)`). Callers may pass a shorter one, from 48 bytes on.
package struct SchedulingAttributes: GuestStruct {
  package static let byteCount = 56

  package var size: UInt32
  package var sched_policy: UInt32
  package var sched_flags: UInt64
  package var sched_nice: Int32
  package var sched_priority: UInt32
  package var sched_runtime: UInt64
  package var sched_deadline: UInt64
  package var sched_period: UInt64
  package var sched_util_min: UInt32
  package var sched_util_max: UInt32

  package init(
    size: UInt32 = 56,
    sched_policy: UInt32 = 0,
    sched_flags: UInt64 = 0,
    sched_nice: Int32 = 0,
    sched_priority: UInt32 = 0,
    sched_runtime: UInt64 = 0,
    sched_deadline: UInt64 = 0,
    sched_period: UInt64 = 0,
    sched_util_min: UInt32 = 0,
    sched_util_max: UInt32 = 0
  ) {
    self.size = size
    self.sched_policy = sched_policy
    self.sched_flags = sched_flags
    self.sched_nice = sched_nice
    self.sched_priority = sched_priority
    self.sched_runtime = sched_runtime
    self.sched_deadline = sched_deadline
    self.sched_period = sched_period
    self.sched_util_min = sched_util_min
    self.sched_util_max = sched_util_max
  }

  package init(from reader: inout ByteReader) {
    size = reader.read()
    sched_policy = reader.read()
    sched_flags = reader.read()
    sched_nice = reader.read()
    sched_priority = reader.read()
    sched_runtime = reader.read()
    sched_deadline = reader.read()
    sched_period = reader.read()
    sched_util_min = reader.read()
    sched_util_max = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(size)
    writer.write(sched_policy)
    writer.write(sched_flags)
    writer.write(sched_nice)
    writer.write(sched_priority)
    writer.write(sched_runtime)
    writer.write(sched_deadline)
    writer.write(sched_period)
    writer.write(sched_util_min)
    writer.write(sched_util_max)
  }
}

/// The header of `capget(2)`.
package struct CapabilityHeader: GuestStruct {
  package static let byteCount = 8

  package var version: UInt32
  package var pid: Int32

  package init(
    version: UInt32 = 0,
    pid: Int32 = 0
  ) {
    self.version = version
    self.pid = pid
  }

  package init(from reader: inout ByteReader) {
    version = reader.read()
    pid = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(version)
    writer.write(pid)
  }

  /// The version that passes two `CapabilityData` (`_LINUX_CAPABILITY_VERSION_3`).
  package static let version3: UInt32 = 0x2008_0522
}

/// 32 capabilities of `capget(2)`.
package struct CapabilityData: GuestStruct {
  package static let byteCount = 12

  package var effective: UInt32
  package var permitted: UInt32
  package var inheritable: UInt32

  package init(
    effective: UInt32 = 0,
    permitted: UInt32 = 0,
    inheritable: UInt32 = 0
  ) {
    self.effective = effective
    self.permitted = permitted
    self.inheritable = inheritable
  }

  package init(from reader: inout ByteReader) {
    effective = reader.read()
    permitted = reader.read()
    inheritable = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(effective)
    writer.write(permitted)
    writer.write(inheritable)
  }
}
