package import Machine

// The structures of System V IPC as 64-bit kernels have them (`asm-generic/ipcbuf.h`, `shmbuf.h`,
// `sembuf.h`, `msgbuf.h`, and x86's own `sembuf.h`).

/// `struct ipc64_perm`.
package struct IpcPerm: GuestStruct {
  package static let byteCount = 48

  package var key: Int32
  package var uid: UInt32
  package var gid: UInt32
  package var cuid: UInt32
  package var cgid: UInt32
  package var mode: UInt32
  package var seq: UInt16

  package init(
    key: Int32 = 0, uid: UInt32 = 0, gid: UInt32 = 0, cuid: UInt32 = 0, cgid: UInt32 = 0,
    mode: UInt32 = 0, seq: UInt16 = 0
  ) {
    self.key = key
    self.uid = uid
    self.gid = gid
    self.cuid = cuid
    self.cgid = cgid
    self.mode = mode
    self.seq = seq
  }

  package init(from reader: inout ByteReader) {
    key = reader.read()
    uid = reader.read()
    gid = reader.read()
    cuid = reader.read()
    cgid = reader.read()
    mode = reader.read()
    seq = reader.read()
    reader.skip(22)
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(key)
    writer.write(uid)
    writer.write(gid)
    writer.write(cuid)
    writer.write(cgid)
    writer.write(mode)
    writer.write(seq)
    writer.zero(22)
  }
}

/// `struct shmid64_ds`; times in seconds since 1970.
package struct ShmidDS: GuestStruct {
  package static let byteCount = 112

  package var shm_perm: IpcPerm
  /// Bytes.
  package var shm_segsz: UInt64
  package var shm_atime: Int64
  package var shm_dtime: Int64
  package var shm_ctime: Int64
  package var shm_cpid: Int32
  package var shm_lpid: Int32
  package var shm_nattch: UInt64

  package init(
    shm_perm: IpcPerm = IpcPerm(), shm_segsz: UInt64 = 0, shm_atime: Int64 = 0,
    shm_dtime: Int64 = 0, shm_ctime: Int64 = 0, shm_cpid: Int32 = 0, shm_lpid: Int32 = 0,
    shm_nattch: UInt64 = 0
  ) {
    self.shm_perm = shm_perm
    self.shm_segsz = shm_segsz
    self.shm_atime = shm_atime
    self.shm_dtime = shm_dtime
    self.shm_ctime = shm_ctime
    self.shm_cpid = shm_cpid
    self.shm_lpid = shm_lpid
    self.shm_nattch = shm_nattch
  }

  package init(from reader: inout ByteReader) {
    shm_perm = IpcPerm(from: &reader)
    shm_segsz = reader.read()
    shm_atime = reader.read()
    shm_dtime = reader.read()
    shm_ctime = reader.read()
    shm_cpid = reader.read()
    shm_lpid = reader.read()
    shm_nattch = reader.read()
    reader.skip(16)
  }

  package func encode(to writer: inout ByteWriter) {
    shm_perm.encode(to: &writer)
    writer.write(shm_segsz)
    writer.write(shm_atime)
    writer.write(shm_dtime)
    writer.write(shm_ctime)
    writer.write(shm_cpid)
    writer.write(shm_lpid)
    writer.write(shm_nattch)
    writer.zero(16)
  }
}

/// `struct msqid64_ds`; times in seconds since 1970.
package struct MsqidDS: GuestStruct {
  package static let byteCount = 120

  package var msg_perm: IpcPerm
  package var msg_stime: Int64
  package var msg_rtime: Int64
  package var msg_ctime: Int64
  /// Bytes in the queue.
  package var msg_cbytes: UInt64
  package var msg_qnum: UInt64
  /// Bytes that it may hold.
  package var msg_qbytes: UInt64
  package var msg_lspid: Int32
  package var msg_lrpid: Int32

  package init(
    msg_perm: IpcPerm = IpcPerm(), msg_stime: Int64 = 0, msg_rtime: Int64 = 0,
    msg_ctime: Int64 = 0, msg_cbytes: UInt64 = 0, msg_qnum: UInt64 = 0, msg_qbytes: UInt64 = 0,
    msg_lspid: Int32 = 0, msg_lrpid: Int32 = 0
  ) {
    self.msg_perm = msg_perm
    self.msg_stime = msg_stime
    self.msg_rtime = msg_rtime
    self.msg_ctime = msg_ctime
    self.msg_cbytes = msg_cbytes
    self.msg_qnum = msg_qnum
    self.msg_qbytes = msg_qbytes
    self.msg_lspid = msg_lspid
    self.msg_lrpid = msg_lrpid
  }

  package init(from reader: inout ByteReader) {
    msg_perm = IpcPerm(from: &reader)
    msg_stime = reader.read()
    msg_rtime = reader.read()
    msg_ctime = reader.read()
    msg_cbytes = reader.read()
    msg_qnum = reader.read()
    msg_qbytes = reader.read()
    msg_lspid = reader.read()
    msg_lrpid = reader.read()
    reader.skip(16)
  }

  package func encode(to writer: inout ByteWriter) {
    msg_perm.encode(to: &writer)
    writer.write(msg_stime)
    writer.write(msg_rtime)
    writer.write(msg_ctime)
    writer.write(msg_cbytes)
    writer.write(msg_qnum)
    writer.write(msg_qbytes)
    writer.write(msg_lspid)
    writer.write(msg_lrpid)
    writer.zero(16)
  }
}

/// `struct semid64_ds`; times in seconds since 1970. x86-64 keeps room behind each of them.
package struct SemidDS: GuestISAStruct {
  package var sem_perm: IpcPerm
  package var sem_otime: Int64
  package var sem_ctime: Int64
  package var sem_nsems: UInt64

  package init(
    sem_perm: IpcPerm = IpcPerm(), sem_otime: Int64 = 0, sem_ctime: Int64 = 0,
    sem_nsems: UInt64 = 0
  ) {
    self.sem_perm = sem_perm
    self.sem_otime = sem_otime
    self.sem_ctime = sem_ctime
    self.sem_nsems = sem_nsems
  }

  package static func byteCount(for isa: GuestISA) -> Int {
    switch isa {
    case .x86_64: 104
    case .aarch64, .riscv64: 88
    }
  }

  /// Bytes behind each time, once meant for its upper half.
  private static func padding(for isa: GuestISA) -> Int {
    switch isa {
    case .x86_64: 8
    case .aarch64, .riscv64: 0
    }
  }

  package init(from reader: inout ByteReader, isa: GuestISA) {
    sem_perm = IpcPerm(from: &reader)
    sem_otime = reader.read()
    reader.skip(Self.padding(for: isa))
    sem_ctime = reader.read()
    reader.skip(Self.padding(for: isa))
    sem_nsems = reader.read()
    reader.skip(16)
  }

  package func encode(to writer: inout ByteWriter, isa: GuestISA) {
    sem_perm.encode(to: &writer)
    writer.write(sem_otime)
    writer.zero(Self.padding(for: isa))
    writer.write(sem_ctime)
    writer.zero(Self.padding(for: isa))
    writer.write(sem_nsems)
    writer.zero(16)
  }
}

/// `struct sembuf`: one operation of `semop(2)`.
package struct Sembuf: GuestStruct {
  package static let byteCount = 6

  package var sem_num: UInt16
  package var sem_op: Int16
  package var sem_flg: UInt16

  package init(sem_num: UInt16 = 0, sem_op: Int16 = 0, sem_flg: UInt16 = 0) {
    self.sem_num = sem_num
    self.sem_op = sem_op
    self.sem_flg = sem_flg
  }

  package init(from reader: inout ByteReader) {
    sem_num = reader.read()
    sem_op = reader.read()
    sem_flg = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(sem_num)
    writer.write(sem_op)
    writer.write(sem_flg)
  }
}
