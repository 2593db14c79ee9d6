/// `struct robust_list_head` (`set_robust_list(2)`, Documentation/locking/robust-futex-ABI.rst).
package struct RobustListHead: GuestStruct {
  package static let byteCount = 24

  package var next: UInt64
  package var futex_offset: Int64
  package var list_op_pending: UInt64

  package init(
    next: UInt64 = 0,
    futex_offset: Int64 = 0,
    list_op_pending: UInt64 = 0
  ) {
    self.next = next
    self.futex_offset = futex_offset
    self.list_op_pending = list_op_pending
  }

  package init(from reader: inout ByteReader) {
    next = reader.read()
    futex_offset = reader.read()
    list_op_pending = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(next)
    writer.write(futex_offset)
    writer.write(list_op_pending)
  }
}

/// `struct rseq` of the size that `rseq(2)` first had (`linux/rseq.h`), which the C library
/// registers.
package struct Rseq: GuestStruct {
  package static let byteCount = 32

  package var cpu_id_start: UInt32
  package var cpu_id: UInt32
  package var rseq_cs: UInt64
  package var flags: UInt32
  package var node_id: UInt32
  package var mm_cid: UInt32

  package init(
    cpu_id_start: UInt32 = 0,
    cpu_id: UInt32 = 0,
    rseq_cs: UInt64 = 0,
    flags: UInt32 = 0,
    node_id: UInt32 = 0,
    mm_cid: UInt32 = 0
  ) {
    self.cpu_id_start = cpu_id_start
    self.cpu_id = cpu_id
    self.rseq_cs = rseq_cs
    self.flags = flags
    self.node_id = node_id
    self.mm_cid = mm_cid
  }

  package init(from reader: inout ByteReader) {
    cpu_id_start = reader.read()
    cpu_id = reader.read()
    rseq_cs = reader.read()
    flags = reader.read()
    node_id = reader.read()
    mm_cid = reader.read()
    reader.skip(4)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(cpu_id_start)
    writer.write(cpu_id)
    writer.write(rseq_cs)
    writer.write(flags)
    writer.write(node_id)
    writer.write(mm_cid)
    writer.zero(4)
  }

  /// `cpu_id` before registration (`RSEQ_CPU_ID_UNINITIALIZED`).
  package static let uninitialized: UInt32 = 0xffff_ffff
  /// `cpu_id` after a registration that failed (`RSEQ_CPU_ID_REGISTRATION_FAILED`).
  package static let registrationFailed: UInt32 = 0xffff_fffe
  /// The flag of `rseq(2)` that takes the registration back (`RSEQ_FLAG_UNREGISTER`).
  package static let RSEQ_FLAG_UNREGISTER: UInt32 = 1
}

/// `struct rseq_cs`: the critical section that a thread is in.
package struct RseqCriticalSection: GuestStruct {
  package static let byteCount = 32

  package var version: UInt32
  package var flags: UInt32
  package var start_ip: UInt64
  package var post_commit_offset: UInt64
  package var abort_ip: UInt64

  package init(
    version: UInt32 = 0,
    flags: UInt32 = 0,
    start_ip: UInt64 = 0,
    post_commit_offset: UInt64 = 0,
    abort_ip: UInt64 = 0
  ) {
    self.version = version
    self.flags = flags
    self.start_ip = start_ip
    self.post_commit_offset = post_commit_offset
    self.abort_ip = abort_ip
  }

  package init(from reader: inout ByteReader) {
    version = reader.read()
    flags = reader.read()
    start_ip = reader.read()
    post_commit_offset = reader.read()
    abort_ip = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(version)
    writer.write(flags)
    writer.write(start_ip)
    writer.write(post_commit_offset)
    writer.write(abort_ip)
  }
}
