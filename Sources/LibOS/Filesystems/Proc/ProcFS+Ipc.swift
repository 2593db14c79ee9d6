import LinuxABI
import Machine

// What `/proc` tells of System V IPC objects (proc(5)).
extension ProcFS {
  /// `/proc/sysvipc`.
  func addIpcFiles(to root: FixedDirectory) {
    let directory = subdirectory(root, "sysvipc")
    add(directory, "shm") { [unowned kernel] in segments(kernel) }
    add(directory, "sem") { [unowned kernel] in sets(kernel.ipc) }
    add(directory, "msg") { [unowned kernel] in queues(kernel.ipc) }
  }

  /// The limits in `/proc/sys/kernel`.
  func addIpcSettings(to settings: FixedDirectory) {
    add(settings, "shmmax") { "18446744073692774399\n" }
    add(settings, "shmall") { "18446744073692774399\n" }
    add(settings, "shm_rmid_forced") { "0\n" }
    let most = Int64(Int32.max)
    addLimits(to: settings, "shmmni", 0...IpcLimits.objects, [\.segments])
    addLimits(
      to: settings, "sem", 0...most, [\.semaphoresOfSet, \.semaphores, \.operations, \.sets])
    addLimits(to: settings, "msgmax", 0...most, [\.message])
    addLimits(to: settings, "msgmnb", 0...most, [\.queueBytes])
    addLimits(to: settings, "msgmni", 0...IpcLimits.objects, [\.queues])
    addNextID(to: settings, "shm_next_id", \.segments.nextID)
    addNextID(to: settings, "sem_next_id", \.sets.nextID)
    addNextID(to: settings, "msg_next_id", \.queues.nextID)
  }

  private func addNextID(
    to settings: FixedDirectory, _ name: String,
    _ id: ReferenceWritableKeyPath<IpcNamespace, Int32?>
  ) {
    add(settings, name, within: 0...Int64(Int32.max)) { [unowned kernel] in
      [kernel.ipc[keyPath: id].map(Int64.init) ?? -1]
    } set: { [unowned kernel] in
      kernel.ipc[keyPath: id] = Int32($0[0])
    }
  }

  private func addLimits(
    to settings: FixedDirectory, _ name: String, _ range: ClosedRange<Int64>,
    _ limits: [WritableKeyPath<IpcLimits, Int64>]
  ) {
    add(settings, name, within: range) { [unowned kernel] in
      limits.map { kernel.ipc.limits[keyPath: $0] }
    } set: { [unowned kernel] values in
      for (limit, value) in zip(limits, values) { kernel.ipc.limits[keyPath: limit] = value }
      kernel.ipc.limits.sets = min(kernel.ipc.limits.sets, IpcLimits.objects)
      kernel.ipc.limits.semaphoresOfSet = min(
        kernel.ipc.limits.semaphoresOfSet, Int64(SemaphoreSet.semaphoreLimit))
    }
  }
}

private typealias Cells = [(value: String, width: Int)]

/// A line of numbers as wide as proc(5) has them.
private func line(_ parts: Cells...) -> String {
  parts.joined().map { cell in
    String(repeating: " ", count: max(0, cell.width - cell.value.count)) + cell.value
  }.joined(separator: " ") + "\n"
}

extension IpcObject {
  fileprivate var mode: String { String(permissions.mode, radix: 8) }

  fileprivate var owners: Cells {
    [permissions.uid, permissions.gid, permissions.cuid, permissions.cgid].map { ("\($0)", 5) }
  }
}

private func segments(_ kernel: Kernel) -> String {
  kernel.ipc.purge()
  var text =
    "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid"
  text += "  cgid      atime      dtime      ctime                   rss                  swap\n"
  for segment in kernel.ipc.segments.objects {
    let count = segment.attachments(in: kernel.processes.values)
    let resident = (segment.object?.pages.count ?? 0) << 12
    text += line(
      [
        ("\(segment.key)", 10), ("\(segment.id)", 10), (segment.mode, 5), ("\(segment.size)", 21),
        ("\(segment.creator)", 5), ("\(segment.lastUser)", 5), ("\(count)", 6),
      ], segment.owners,
      [
        ("\(segment.attached)", 10), ("\(segment.detached)", 10), ("\(segment.changed)", 10),
        ("\(resident)", 21), ("0", 21),
      ])
  }
  return text
}

private func sets(_ ipc: IpcNamespace) -> String {
  var text =
    "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"
  for set in ipc.sets.objects {
    text += line(
      [
        ("\(set.key)", 10), ("\(set.id)", 10), (set.mode, 5), ("\(set.semaphores.count)", 10),
      ], set.owners,
      [("\(set.operated)", 10), ("\(set.changed)", 10)])
  }
  return text
}

private func queues(_ ipc: IpcNamespace) -> String {
  var text =
    "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid"
  text += "      stime      rtime      ctime\n"
  for queue in ipc.queues.objects {
    text += line(
      [
        ("\(queue.key)", 10), ("\(queue.id)", 10), (queue.mode, 5), ("\(queue.byteCount)", 11),
        ("\(queue.messages.count)", 10), ("\(queue.lastSender)", 5), ("\(queue.lastReceiver)", 5),
      ], queue.owners,
      [
        ("\(queue.sent)", 10), ("\(queue.received)", 10), ("\(queue.changed)", 10),
      ])
  }
  return text
}
