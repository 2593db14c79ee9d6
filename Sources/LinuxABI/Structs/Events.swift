/// `struct pollfd` (`poll(2)`). The event words are `PollEvents`.
package struct PollFD: GuestStruct {
  package static let byteCount = 8

  package var fd: Int32
  package var events: UInt16
  package var revents: UInt16

  package init(
    fd: Int32 = 0,
    events: UInt16 = 0,
    revents: UInt16 = 0
  ) {
    self.fd = fd
    self.events = events
    self.revents = revents
  }

  package init(from reader: inout ByteReader) {
    fd = reader.read()
    events = reader.read()
    revents = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(fd)
    writer.write(events)
    writer.write(revents)
  }
}

/// The sixth argument of `pselect6`: address and size of a signal mask (`select(2)`).
package struct SignalSetArgument: GuestStruct {
  package static let byteCount = 16

  package var ss: UInt64
  package var ss_len: UInt64

  package init(
    ss: UInt64 = 0,
    ss_len: UInt64 = 0
  ) {
    self.ss = ss
    self.ss_len = ss_len
  }

  package init(from reader: inout ByteReader) {
    ss = reader.read()
    ss_len = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(ss)
    writer.write(ss_len)
  }
}

/// `struct signalfd_siginfo`: what a read of a `signalfd(2)` yields.
package struct SignalfdSiginfo: GuestStruct {
  package static let byteCount = 128

  package var ssi_signo: UInt32
  package var ssi_errno: Int32
  package var ssi_code: Int32
  package var ssi_pid: UInt32
  package var ssi_uid: UInt32
  package var ssi_fd: Int32
  package var ssi_tid: UInt32
  package var ssi_band: UInt32
  package var ssi_overrun: UInt32
  package var ssi_trapno: UInt32
  package var ssi_status: Int32
  package var ssi_int: Int32
  package var ssi_ptr: UInt64
  package var ssi_utime: UInt64
  package var ssi_stime: UInt64
  package var ssi_addr: UInt64
  package var ssi_addr_lsb: UInt16
  package var ssi_syscall: Int32
  package var ssi_call_addr: UInt64
  package var ssi_arch: UInt32

  package init(
    ssi_signo: UInt32 = 0,
    ssi_errno: Int32 = 0,
    ssi_code: Int32 = 0,
    ssi_pid: UInt32 = 0,
    ssi_uid: UInt32 = 0,
    ssi_fd: Int32 = 0,
    ssi_tid: UInt32 = 0,
    ssi_band: UInt32 = 0,
    ssi_overrun: UInt32 = 0,
    ssi_trapno: UInt32 = 0,
    ssi_status: Int32 = 0,
    ssi_int: Int32 = 0,
    ssi_ptr: UInt64 = 0,
    ssi_utime: UInt64 = 0,
    ssi_stime: UInt64 = 0,
    ssi_addr: UInt64 = 0,
    ssi_addr_lsb: UInt16 = 0,
    ssi_syscall: Int32 = 0,
    ssi_call_addr: UInt64 = 0,
    ssi_arch: UInt32 = 0
  ) {
    self.ssi_signo = ssi_signo
    self.ssi_errno = ssi_errno
    self.ssi_code = ssi_code
    self.ssi_pid = ssi_pid
    self.ssi_uid = ssi_uid
    self.ssi_fd = ssi_fd
    self.ssi_tid = ssi_tid
    self.ssi_band = ssi_band
    self.ssi_overrun = ssi_overrun
    self.ssi_trapno = ssi_trapno
    self.ssi_status = ssi_status
    self.ssi_int = ssi_int
    self.ssi_ptr = ssi_ptr
    self.ssi_utime = ssi_utime
    self.ssi_stime = ssi_stime
    self.ssi_addr = ssi_addr
    self.ssi_addr_lsb = ssi_addr_lsb
    self.ssi_syscall = ssi_syscall
    self.ssi_call_addr = ssi_call_addr
    self.ssi_arch = ssi_arch
  }

  package init(from reader: inout ByteReader) {
    ssi_signo = reader.read()
    ssi_errno = reader.read()
    ssi_code = reader.read()
    ssi_pid = reader.read()
    ssi_uid = reader.read()
    ssi_fd = reader.read()
    ssi_tid = reader.read()
    ssi_band = reader.read()
    ssi_overrun = reader.read()
    ssi_trapno = reader.read()
    ssi_status = reader.read()
    ssi_int = reader.read()
    ssi_ptr = reader.read()
    ssi_utime = reader.read()
    ssi_stime = reader.read()
    ssi_addr = reader.read()
    ssi_addr_lsb = reader.read()
    reader.skip(2)
    ssi_syscall = reader.read()
    ssi_call_addr = reader.read()
    ssi_arch = reader.read()
    reader.skip(28)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(ssi_signo)
    writer.write(ssi_errno)
    writer.write(ssi_code)
    writer.write(ssi_pid)
    writer.write(ssi_uid)
    writer.write(ssi_fd)
    writer.write(ssi_tid)
    writer.write(ssi_band)
    writer.write(ssi_overrun)
    writer.write(ssi_trapno)
    writer.write(ssi_status)
    writer.write(ssi_int)
    writer.write(ssi_ptr)
    writer.write(ssi_utime)
    writer.write(ssi_stime)
    writer.write(ssi_addr)
    writer.write(ssi_addr_lsb)
    writer.zero(2)
    writer.write(ssi_syscall)
    writer.write(ssi_call_addr)
    writer.write(ssi_arch)
    writer.zero(28)
  }
}
