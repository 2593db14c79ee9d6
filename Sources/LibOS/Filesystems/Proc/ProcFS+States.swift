import LinuxABI
import Machine

// How a process is doing, in the formats of proc(5). Without a task it is a zombie's.

/// The letter of a task's state, and its name.
private func state(_ process: Process, _ task: Task?) -> (letter: String, name: String) {
  guard let task else { return ("Z", "zombie") }
  if process.signals.stopSignal != nil { return ("T", "stopped") }
  return switch task.state {
  case .runnable: ("R", "running")
  case .blocked: ("S", "sleeping")
  case .exited: ("X", "dead")
  }
}

extension Process {
  /// Threads, with a leader that has ended before others.
  var threadCount: Int { tasks.count + (leader == nil ? 1 : 0) }
}

extension Task {
  /// How often another task has run after it.
  var switches: UInt64 { voluntarySwitches + involuntarySwitches }
}

/// `stat`: fifty-two fields.
///
/// - Parameter isShown: whether addresses are; others see none (`do_task_stat`).
func statText(_ process: Process, _ task: Task?, isThread: Bool, isShown: Bool) -> [UInt8] {
  let layout = task == nil || !isShown ? Process.MemoryLayout() : process.layout
  let time = (isThread ? task?.currentProcessorTime : process.processorTime) ?? .zero
  let ofChildren = process.childrenProcessorTime
  let pending = task?.signals.pending.members.rawValue ?? 0
  let blocked = task?.signals.mask.rawValue ?? 0
  let (ignored, caught) = handlers(process)
  let terminal = process.controllingTerminal
  let number = isThread ? task?.tid ?? process.pid : process.pid
  let niceness = task?.niceness.value ?? 0
  let head = Array("\(number) (".utf8) + (task?.name ?? process.name).bytes
  let fields: [String] = [
    state(process, task).letter, "\(process.parentPID)", "\(process.processGroup)",
    "\(process.session)", "\(terminal?.device.rawValue ?? 0)", "\(terminal?.foreground ?? -1)",
    process.life.hasExecuted ? "4194304" : "4194368", "\(process.pageFaults)",
    "\(process.accounts.childrenFaults)", "0", "0",
    "\(time.nanoseconds / 10_000_000)", "0", "\(ofChildren.nanoseconds / 10_000_000)", "0",
    "\(task.map { $0.level > 0 ? -1 - $0.level : 20 + niceness } ?? 20)",
    "\(niceness)", "\(process.threadCount)", "0", "\(process.startTime / 10_000_000)",
    "\(process.space.mappedBytes)", "\(process.residentPages)", "18446744073709551615",
    "\(layout.codeStart.rawValue)", "\(layout.codeEnd.rawValue)", "\(layout.stackTop.rawValue)",
    "0", "0", "\(pending & 0x7fff_ffff)", "\(blocked & 0x7fff_ffff)",
    "\(ignored & 0x7fff_ffff)", "\(caught & 0x7fff_ffff)", task?.state == .blocked ? "1" : "0",
    "0", "0", "\(isThread && task?.isLeader == false ? -1 : process.life.exitSignal)", "0",
    "\(task?.scheduling.priority ?? 0)", "\(task?.scheduling.policy.rawValue ?? 0)", "0", "0",
    "0", "\(layout.dataStart.rawValue)", "\(layout.dataEnd.rawValue)",
    "\(layout.breakStart.rawValue)", "\(layout.argumentsStart.rawValue)",
    "\(layout.argumentsEnd.rawValue)", "\(layout.environmentStart.rawValue)",
    "\(layout.environmentEnd.rawValue)", "\(isShown ? exitCode(process) : 0)",
  ]
  return head + Array(") \(fields.joined(separator: " "))\n".utf8)
}

/// As wait(2) will tell it.
private func exitCode(_ process: Process) -> Int32 {
  switch process.life.ending {
  case .exited(let code): WaitStatus.exited(code: code & 0xff).rawValue
  case .killed(let signal):
    WaitStatus.signaled(signal: signal, coreDumped: process.life.hasDumpedCore).rawValue
  case nil: 0
  }
}

/// The signals that are ignored, and those with a handler, as masks.
private func handlers(_ process: Process) -> (ignored: UInt64, caught: UInt64) {
  var ignored: UInt64 = 0
  var caught: UInt64 = 0
  for number in 1...Int32(64) {
    let bit: UInt64 = 1 << UInt64(number - 1)
    switch process.signals[Signal(rawValue: number)].handler {
    case Sigaction.SIG_DFL: break
    case Sigaction.SIG_IGN: ignored |= bit
    default: caught |= bit
    }
  }
  return (ignored, caught)
}

/// `status`.
func statusText(_ process: Process, _ task: Task?) -> [UInt8] {
  let state = state(process, task)
  let ids = task?.credentials ?? process.credentials
  let (ignored, caught) = handlers(process)
  let sets = ids.capabilities
  func mask(_ value: UInt64) -> String { hex(value, width: 16) }
  let umask = String((task?.fs ?? process.fs).umask, radix: 8)
  let own = task?.signals.pending
  let shared = process.signals.pending
  let number = task?.tid ?? process.pid
  var lines: [(String, String)] = [
    ("Umask", String(repeating: "0", count: max(0, 4 - umask.count)) + umask),
    ("State", "\(state.letter) (\(state.name))"),
    ("Tgid", "\(process.pid)"), ("Ngid", "0"), ("Pid", "\(number)"),
    ("PPid", "\(process.parentPID)"), ("TracerPid", "0"),
    ("Uid", "\(ids.realUID)\t\(ids.effectiveUID)\t\(ids.savedUID)\t\(ids.fsUID)"),
    ("Gid", "\(ids.realGID)\t\(ids.effectiveGID)\t\(ids.savedGID)\t\(ids.fsGID)"),
    ("FDSize", "\(max(64, (task?.files ?? process.files).descriptors.count))"),
    ("Groups", ids.groups.map { "\($0) " }.joined()),
    ("NStgid", "\(process.pid)"), ("NSpid", "\(number)"), ("NSpgid", "\(process.processGroup)"),
    ("NSsid", "\(process.session)"),
  ]
  if task != nil { lines += memoryLines(process) }
  let pending = (own?.count ?? 0) + shared.count
  lines += [
    ("Threads", "\(process.threadCount)"), ("SigQ", "\(pending)/65536"),
    ("SigPnd", mask(own?.members.rawValue ?? 0)), ("ShdPnd", mask(shared.members.rawValue)),
    ("SigBlk", mask(task?.signals.mask.rawValue ?? 0)), ("SigIgn", mask(ignored)),
    ("SigCgt", mask(caught)), ("CapInh", mask(sets.inheritable.rawValue)),
    ("CapPrm", mask(sets.permitted.rawValue)), ("CapEff", mask(sets.effective.rawValue)),
    ("CapBnd", mask(sets.bounding.rawValue)), ("CapAmb", mask(sets.ambient.rawValue)),
    ("NoNewPrivs", task?.noNewPrivileges ?? process.noNewPrivileges ? "1" : "0"),
    ("Seccomp", "\(task?.seccomp?.mode ?? 0)"),
    ("Seccomp_filters", "\(task?.seccomp?.filters.count ?? 0)"), ("Cpus_allowed", "1"),
    ("Cpus_allowed_list", "0"),
    ("Mems_allowed", "1"), ("Mems_allowed_list", "0"),
    ("voluntary_ctxt_switches", "\(task?.voluntarySwitches ?? 0)"),
    ("nonvoluntary_ctxt_switches", "\(task?.involuntarySwitches ?? 0)"),
  ]
  let rest = lines.map { "\($0.0):\t\($0.1)\n" }.joined()
  return Array("Name:\t".utf8) + (task?.name ?? process.name).bytes + [10] + Array(rest.utf8)
}

private func memoryLines(_ process: Process) -> [(String, String)] {
  func line(_ name: String, _ kilobytes: Int) -> (String, String) {
    let digits = String(kilobytes)
    return (name, String(repeating: " ", count: max(0, 8 - digits.count)) + digits + " kB")
  }
  let size = Int(process.space.mappedBytes >> 10)
  let resident = process.residentPages * 4
  let stack = process.space.mappings.filter { $0.flags.contains(.stack) }
    .reduce(0) { $0 + $1.length }
  let code = process.layout.codeEnd - process.layout.codeStart
  return [
    line("VmPeak", size), line("VmSize", size), line("VmLck", Int(process.space.lockedBytes >> 10)),
    line("VmPin", 0),
    line("VmHWM", Int(process.peakPages) * 4), line("VmRSS", resident), line("RssAnon", resident),
    line("RssFile", 0), line("RssShmem", 0), line("VmData", size),
    line("VmStk", Int(stack >> 10)), line("VmExe", Int(code >> 10)), line("VmLib", 0),
    line("VmPTE", 0), line("VmSwap", 0), ("CoreDumping", "0"),
  ]
}

/// `sched`: what does not depend on the scheduler's insides.
func schedText(_ process: Process, _ task: Task?) -> [UInt8] {
  func line(_ name: String, _ value: String) -> String {
    name + String(repeating: " ", count: max(1, 45 - name.count)) + ":"
      + String(repeating: " ", count: max(1, 21 - value.count)) + value + "\n"
  }
  func milliseconds(_ nanoseconds: Int64) -> String {
    let digits = String(nanoseconds % 1_000_000)
    let zeros = String(repeating: "0", count: 6 - digits.count)
    return "\(nanoseconds / 1_000_000).\(zeros)\(digits)"
  }
  let title = "\(task?.tid ?? process.pid), #threads: \(process.threadCount)"
  let text =
    " (\(title))\n" + String(repeating: "-", count: 67) + "\n"
    + line("se.exec_start", milliseconds(process.kernel.clock.monotonic))
    + line("se.sum_exec_runtime", milliseconds(task?.currentProcessorTime.nanoseconds ?? 0))
    + line("nr_switches", "\(task?.switches ?? 0)")
    + line("nr_voluntary_switches", "\(task?.voluntarySwitches ?? 0)")
    + line("nr_involuntary_switches", "\(task?.involuntarySwitches ?? 0)")
    + line("policy", "\(task?.scheduling.policy.rawValue ?? 0)")
    + line("prio", "\(task.map { $0.level > 0 ? 99 - $0.level : 120 + $0.niceness.value } ?? 120)")
  return (task?.name ?? process.name).bytes + Array(text.utf8)
}

/// `io`. Nothing of what is read or written here goes to storage of the guest's own.
func ioText(_ accounts: ProcessAccounts) -> [UInt8] {
  Array(
    """
    rchar: \(accounts.bytesRead)
    wchar: \(accounts.bytesWritten)
    syscr: \(accounts.reads)
    syscw: \(accounts.writes)
    read_bytes: 0
    write_bytes: 0
    cancelled_write_bytes: 0

    """.utf8)
}

/// `/proc/PID/syscall`: the call in which a thread waits, or where it is.
func callText(_ task: Task?) -> [UInt8] {
  guard let task, task.state != .runnable || task.kernel.loaded === task else {
    return Array("running\n".utf8)
  }
  func word(_ value: UInt64) -> String { " 0x" + String(value, radix: 16) }
  var text = "-1"
  if let call = task.call {
    text = "\(Int64(bitPattern: call.number))"
    for index in 0..<6 { text += word(call.arguments[index]) }
  }
  let place = task.place
  return Array("\(text)\(word(place.stackPointer))\(word(place.programCounter))\n".utf8)
}

extension Task {
  /// Where it is in its program.
  fileprivate var place: (stackPointer: UInt64, programCounter: UInt64) {
    let engine = engine
    if kernel.loaded === self { return (engine.stackPointer, engine.programCounter) }
    let others = engine.makeContext()
    engine.save(to: others)
    engine.restore(from: context)
    defer { engine.restore(from: others) }
    return (engine.stackPointer, engine.programCounter)
  }
}
