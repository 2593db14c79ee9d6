import LinuxABI
import Machine
import Testing

/// System V IPC: numbers and layouts against the kernel's headers.
@Suite struct IpcTests {
  typealias Claim = (expression: String, value: UInt64)

  private static let headers = """
    #define _GNU_SOURCE
    #include <stddef.h>
    #include <linux/types.h>
    #include <linux/ipc.h>
    #include <linux/shm.h>
    #include <linux/sem.h>
    #include <linux/msg.h>

    """

  private static let numbers: [Claim] =
    ConstantTests.flags(IpcFlags.self) + ConstantTests.flags(SharedMemoryFlags.self)
    + ConstantTests.flags(SemaphoreFlags.self) + ConstantTests.flags(MessageQueueFlags.self)
    + ConstantTests.enumeration(SharedMemoryCommand.self)
    + ConstantTests.enumeration(SemaphoreCommand.self)
    + ConstantTests.enumeration(MessageCommand.self)

  /// Where a member of a structure lies that holds nothing but that member.
  private static func place<T: GuestStruct>(
    _ type: String, _ member: String, _ value: T, in image: (T) -> [UInt8]
  ) -> Claim {
    ("offsetof(struct \(type), \(member))", UInt64(image(value).firstIndex { $0 != 0 } ?? 0))
  }

  private static func sem(_ status: SemidDS, _ member: String, _ isa: GuestISA) -> Claim {
    let place = status.bytes(for: isa).firstIndex { $0 != 0 } ?? 0
    return ("offsetof(struct semid64_ds, \(member))", UInt64(place))
  }

  @Test(arguments: GuestISA.allCases) func agreesWithHeaders(isa: GuestISA) throws {
    let claims: [Claim] =
      Self.numbers + [
        ("sizeof(struct ipc64_perm)", UInt64(IpcPerm.byteCount)),
        Self.place("ipc64_perm", "uid", IpcPerm(uid: 1), in: \.bytes),
        Self.place("ipc64_perm", "cgid", IpcPerm(cgid: 1), in: \.bytes),
        Self.place("ipc64_perm", "mode", IpcPerm(mode: 1), in: \.bytes),
        Self.place("ipc64_perm", "seq", IpcPerm(seq: 1), in: \.bytes),
        ("sizeof(struct shmid64_ds)", UInt64(ShmidDS.byteCount)),
        Self.place("shmid64_ds", "shm_segsz", ShmidDS(shm_segsz: 1), in: \.bytes),
        Self.place("shmid64_ds", "shm_ctime", ShmidDS(shm_ctime: 1), in: \.bytes),
        Self.place("shmid64_ds", "shm_lpid", ShmidDS(shm_lpid: 1), in: \.bytes),
        Self.place("shmid64_ds", "shm_nattch", ShmidDS(shm_nattch: 1), in: \.bytes),
        ("sizeof(struct msqid64_ds)", UInt64(MsqidDS.byteCount)),
        Self.place("msqid64_ds", "msg_stime", MsqidDS(msg_stime: 1), in: \.bytes),
        Self.place("msqid64_ds", "msg_cbytes", MsqidDS(msg_cbytes: 1), in: \.bytes),
        Self.place("msqid64_ds", "msg_qbytes", MsqidDS(msg_qbytes: 1), in: \.bytes),
        Self.place("msqid64_ds", "msg_lrpid", MsqidDS(msg_lrpid: 1), in: \.bytes),
        ("sizeof(struct semid64_ds)", UInt64(SemidDS.byteCount(for: isa))),
        Self.sem(SemidDS(sem_otime: 1), "sem_otime", isa),
        Self.sem(SemidDS(sem_ctime: 1), "sem_ctime", isa),
        Self.sem(SemidDS(sem_nsems: 1), "sem_nsems", isa),
        ("sizeof(struct sembuf)", UInt64(Sembuf.byteCount)),
      ]
    #expect(
      try CCompiler.complaint(about: Self.headers + CCompiler.assertions(claims), for: isa) == nil)
  }

  @Test(arguments: GuestISA.allCases) func decodesWhatItEncodes(isa: GuestISA) {
    let status = SemidDS(sem_perm: IpcPerm(key: 5, mode: 0o600), sem_otime: 7, sem_nsems: 3)
    #expect(SemidDS(bytes: status.bytes(for: isa), isa: isa) == status)
    let segment = ShmidDS(shm_perm: IpcPerm(uid: 9), shm_segsz: 4097, shm_cpid: 12, shm_nattch: 2)
    #expect(ShmidDS(bytes: segment.bytes) == segment)
    let queue = MsqidDS(msg_perm: IpcPerm(gid: 9), msg_qnum: 4, msg_qbytes: 16384, msg_lspid: 3)
    #expect(MsqidDS(bytes: queue.bytes) == queue)
  }
}
