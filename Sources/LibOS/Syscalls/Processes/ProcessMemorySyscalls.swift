import LinuxABI
import Machine

extension SyscallTable {
  package static let processMemoryRows: [SyscallRow] = [
    SyscallRow(
      "process_vm_readv", x64: 310, generic: 270,
      [.pid, .address, .unsigned, .address, .unsigned, .hex]
    ) { call throws(Errno) in try transfer(call, writes: false) },
    SyscallRow(
      "process_vm_writev", x64: 311, generic: 271,
      [.pid, .address, .unsigned, .address, .unsigned, .hex]
    ) { call throws(Errno) in try transfer(call, writes: true) },
    SyscallRow(
      "process_madvise", x64: 440, generic: 440,
      [.fd, .address, .unsigned, .oneOf(MemoryAdvice.self), .hex], sys_process_madvise),
    SyscallRow(
      "process_mrelease", x64: 448, generic: 448, [.fd, .hex], sys_process_mrelease),
    SyscallRow("kcmp", x64: 312, generic: 272, [.pid, .pid, .int, .hex, .hex], sys_kcmp),
  ]
}

/// The thread with that id, whose process the caller may look into: ESRCH, EPERM.
func inspectable(_ call: SyscallContext, _ id: Int32) throws(Errno) -> Task {
  guard let task = call.kernel.tasks[id] else { throw call.kernel.isInit(id) ? .EPERM : .ESRCH }
  guard call.task.mayInspect(task.process) else { throw .EPERM }
  return task
}

/// process_vm_readv(2) and process_vm_writev(2): as much as both sides have memory for, in several turns of the
/// task if that is much.
private func transfer(_ call: SyscallContext, writes: Bool) throws(Errno) -> SyscallResult {
  guard call[5] == 0 else { throw .EINVAL }
  let local = try call.segments(call.address(1), count: Int(clamping: call[2]))
  let remote = try call.segments(call.address(3), count: Int(clamping: call[4]))
  guard !local.isEmpty, !remote.isEmpty else { return .success }
  let other = try inspectable(call, call.int(0)).process.space
  let (sources, targets) = writes ? (local, remote) : (remote, local)
  let (from, to) = writes ? (call.space, other) : (other, call.space)
  var (source, target) = (Cursor(sources), Cursor(targets))
  var done = min(Int(clamping: call.task.progress.bytesDone), Limits.MAX_RW_COUNT)
  source.advance(done)
  target.advance(done)
  let turn = done + Int(SyscallContext.bytesPerTurn)
  while let piece = source.piece, let place = target.piece {
    guard done < turn else { return call.unfinished(after: UInt64(done)) }
    let wanted = min(piece.count, place.count, turn - done)
    let result = from.withBytes(at: piece.address, count: wanted) { offset, bytes in
      to.copyOut(bytes, to: place.address + UInt64(offset)).count
    }
    done += result.count
    guard result.count == wanted else { break }
    source.advance(wanted)
    target.advance(wanted)
  }
  if done == 0 { throw .EFAULT }
  return .value(done)
}

/// A place in a list of segments.
private struct Cursor {
  private var segments: ArraySlice<Segment>
  private var offset = 0

  init(_ segments: [Segment]) { self.segments = segments[...] }

  /// What is left of the current segment.
  var piece: Segment? {
    segments.first.map { Segment(address: $0.address + UInt64(offset), count: $0.count - offset) }
  }

  /// Moves over `count` bytes, or to the end.
  mutating func advance(_ count: Int) {
    var count = count
    while let piece, count > 0 {
      let part = min(count, piece.count)
      count -= part
      offset += part
      guard part == piece.count else { return }
      segments.removeFirst()
      offset = 0
    }
  }
}

/// process_madvise(2): advice on pages that another process has to spare, or will need. All of it is heard, and changes
/// nothing here.
private func sys_process_madvise(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[4] == 0 else { throw .EINVAL }
  let ranges = try call.segments(call.address(1), count: Int(clamping: call[2]))
  let target = try PidFile.behind(call.int(0), call.files).target()
  switch MemoryAdvice(rawValue: call.uint(3)) {
  case .MADV_COLD, .MADV_PAGEOUT, .MADV_WILLNEED: break
  default: throw .EINVAL
  }
  guard !target.isZombie else { throw .ESRCH }
  guard call.task.mayInspect(target, byFilesystem: true), call.credentials.has(.CAP_SYS_NICE) else {
    throw .EPERM
  }
  var done = 0
  for range in ranges {
    guard range.address.isPageAligned, let length = pageRoundedUp(UInt64(range.count)) else {
      if done == 0 { throw .EINVAL }
      break
    }
    guard target.space.isMapped(range.address, range.address + length) else {
      if done == 0 { throw .ENOMEM }
      break
    }
    done += range.count
  }
  return .value(done)
}

/// process_mrelease(2): the memory of a process that is killed, which goes at once here.
private func sys_process_mrelease(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[1] == 0 else { throw .EINVAL }
  let target = try PidFile.behind(call.int(0), call.files).target()
  guard !target.isZombie else { throw .ESRCH }
  guard target.isExiting else { throw .EINVAL }
  return .success
}

/// kcmp(2): whether two threads share something; otherwise which comes first in an order that only has
/// to be one.
private func sys_kcmp(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (first, second) = (try inspectable(call, call.int(0)), try inspectable(call, call.int(1)))
  let isSame: Bool
  switch call.int(2) {
  case 0:  // KCMP_FILE
    isSame = try first.files.file(call.int(3)) === second.files.file(call.int(4))
  case 1: isSame = first.process.space === second.process.space  // KCMP_VM
  case 2: isSame = first.files === second.files  // KCMP_FILES
  case 3: isSame = first.fs === second.fs  // KCMP_FS
  case 4:  // KCMP_SIGHAND
    isSame =
      first.process.signals.actionsIdentity == second.process.signals.actionsIdentity
  case 5, 6: isSame = first.process === second.process  // KCMP_IO, KCMP_SYSVSEM
  default: throw .EINVAL
  }
  return .value(isSame ? 0 : first.tid <= second.tid ? 1 : 2)
}
