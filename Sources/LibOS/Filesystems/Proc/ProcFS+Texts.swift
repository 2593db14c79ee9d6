import LinuxABI
import Machine

// The larger texts of a process's directory in `/proc`, in the formats of proc(5).

/// `maps`, and with details `smaps`.
func mapsText(_ process: Process, isDetailed: Bool) -> String {
  var text = ""
  for vma in process.space.mappings {
    text += mapsLine(vma)
    guard isDetailed else { continue }
    let resident = process.residentPages(of: vma) * 4
    text += """
      Size:           \(vma.length >> 10) kB
      KernelPageSize:        4 kB
      MMUPageSize:           4 kB
      Rss:            \(resident) kB
      Pss:            \(resident) kB
      Shared_Clean:          0 kB
      Shared_Dirty:          0 kB
      Private_Clean:         0 kB
      Private_Dirty:  \(resident) kB
      Referenced:     \(resident) kB
      Anonymous:      \(resident) kB
      Swap:                  0 kB
      Locked:                0 kB

      """
  }
  return text
}

private func mapsLine(_ vma: VMA) -> String {
  var offset: UInt64 = 0
  var device = DeviceNumber(major: 0, minor: 0)
  var inode: UInt64 = 0
  var name = vma.name
  if case .object(let object, let start) = vma.backing {
    offset = start
    if let owner = object.owner as? Inode {
      device = owner.filesystem?.device ?? device
      inode = owner.number
      let isDeleted = (owner as? LayeredNode)?.own?.linkCount == 0
      if isDeleted, !name.hasSuffix(" (deleted)") { name += " (deleted)" }
    }
  }
  let permissions =
    (vma.permissions.contains(.read) ? "r" : "-") + (vma.permissions.contains(.write) ? "w" : "-")
    + (vma.permissions.contains(.execute) ? "x" : "-") + (vma.flags.contains(.shared) ? "s" : "p")
  var line =
    "\(hex(vma.start.rawValue, width: 8))-\(hex(vma.end.rawValue, width: 8)) \(permissions) "
    + "\(hex(offset, width: 8)) \(hex(UInt64(device.major), width: 2)):"
    + "\(hex(UInt64(device.minor), width: 2)) \(inode) "
  if !name.isEmpty {
    line += String(repeating: " ", count: max(0, 73 - line.utf8.count)) + name
  }
  return line + "\n"
}

/// The letter of a task's state.
private func stateLetter(_ task: Task) -> (letter: String, name: String) {
  switch task.state {
  case .runnable: ("R", "running")
  case .blocked: ("S", "sleeping")
  case .exited: ("Z", "zombie")
  }
}

/// `stat`: fifty-two fields.
func statText(_ process: Process, _ task: Task, isThread: Bool) -> [UInt8] {
  let layout = process.layout
  let time = (isThread ? task.currentProcessorTime : process.processorTime) / 10_000_000
  let pending = (isThread ? task.signals.pending : process.signals.pending).members.rawValue
  let (ignored, caught) = handlers(process)
  let terminal = process.controllingTerminal
  let head = Array("\(isThread ? task.tid : process.pid) (".utf8) + task.name
  let fields: [String] = [
    stateLetter(task).letter, "\(process.parentPID)", "\(process.processGroup)",
    "\(process.session)", "\(terminal?.device.rawValue ?? 0)", "\(terminal?.foreground ?? -1)",
    "4194304", "0", "0", "0", "0", "\(time)", "0", "0", "0",
    "\(20 + task.niceness)", "\(task.niceness)", "\(process.tasks.count)", "0",
    "\(process.startTime / 10_000_000)", "\(process.space.mappedBytes)",
    "\(process.residentPages)", "18446744073709551615", "\(layout.codeStart.rawValue)",
    "\(layout.codeEnd.rawValue)", "\(layout.stackTop.rawValue)", "0", "0",
    "\(pending & 0x7fff_ffff)", "\(task.signals.mask.rawValue & 0x7fff_ffff)",
    "\(ignored & 0x7fff_ffff)", "\(caught & 0x7fff_ffff)", "0", "0", "0", "17", "0", "0", "0",
    "0", "0", "0", "\(layout.dataStart.rawValue)", "\(layout.dataEnd.rawValue)",
    "\(layout.breakStart.rawValue)", "\(layout.argumentsStart.rawValue)",
    "\(layout.argumentsEnd.rawValue)", "\(layout.environmentStart.rawValue)",
    "\(layout.environmentEnd.rawValue)", "0",
  ]
  return head + Array(") \(fields.joined(separator: " "))\n".utf8)
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
func statusText(_ process: Process, _ task: Task) -> [UInt8] {
  let state = stateLetter(task)
  let ids = process.credentials
  let (ignored, caught) = handlers(process)
  let size = process.space.mappedBytes >> 10
  let resident = process.residentPages * 4
  let stack = process.space.mappings.filter { $0.flags.contains(.stack) }
    .reduce(0) { $0 + $1.length }
  let capabilities = ids.isPrivileged ? "000001ffffffffff" : "0000000000000000"
  func mask(_ value: UInt64) -> String { hex(value, width: 16) }
  func memory(_ name: String, _ kilobytes: Int) -> (String, String) {
    let digits = String(kilobytes)
    return (name, String(repeating: " ", count: max(0, 8 - digits.count)) + digits + " kB")
  }
  let lines: [(String, String)] = [
    ("Umask", "0" + String(process.umask, radix: 8)),
    ("State", "\(state.letter) (\(state.name))"),
    ("Tgid", "\(process.pid)"), ("Ngid", "0"), ("Pid", "\(task.tid)"),
    ("PPid", "\(process.parentPID)"), ("TracerPid", "0"),
    ("Uid", "\(ids.realUID)\t\(ids.effectiveUID)\t\(ids.savedUID)\t\(ids.fsUID)"),
    ("Gid", "\(ids.realGID)\t\(ids.effectiveGID)\t\(ids.savedGID)\t\(ids.fsGID)"),
    ("FDSize", "\(max(64, process.files.descriptors.count))"),
    ("Groups", ids.groups.map { "\($0) " }.joined()),
    ("NStgid", "\(process.pid)"), ("NSpid", "\(task.tid)"), ("NSpgid", "\(process.processGroup)"),
    ("NSsid", "\(process.session)"),
    memory("VmPeak", Int(size)), memory("VmSize", Int(size)), memory("VmLck", 0),
    memory("VmPin", 0), memory("VmHWM", resident), memory("VmRSS", resident),
    memory("RssAnon", resident), memory("RssFile", 0), memory("RssShmem", 0),
    memory("VmData", Int(size)), memory("VmStk", Int(stack >> 10)),
    memory("VmExe", Int((process.layout.codeEnd - process.layout.codeStart) >> 10)),
    memory("VmLib", 0), memory("VmPTE", 0), memory("VmSwap", 0),
    ("CoreDumping", "0"), ("Threads", "\(process.tasks.count)"),
    ("SigQ", "\(task.signals.pending.count + process.signals.pending.count)/65536"),
    ("SigPnd", mask(task.signals.pending.members.rawValue)),
    ("ShdPnd", mask(process.signals.pending.members.rawValue)),
    ("SigBlk", mask(task.signals.mask.rawValue)), ("SigIgn", mask(ignored)),
    ("SigCgt", mask(caught)), ("CapInh", "0000000000000000"), ("CapPrm", capabilities),
    ("CapEff", capabilities), ("CapBnd", "000001ffffffffff"), ("CapAmb", "0000000000000000"),
    ("NoNewPrivs", process.noNewPrivileges ? "1" : "0"), ("Seccomp", "0"),
    ("Seccomp_filters", "0"), ("Cpus_allowed", "1"), ("Cpus_allowed_list", "0"),
    ("Mems_allowed", "1"), ("Mems_allowed_list", "0"),
    ("voluntary_ctxt_switches", "\(task.voluntarySwitches)"),
    ("nonvoluntary_ctxt_switches", "\(task.involuntarySwitches)"),
  ]
  let rest = lines.map { "\($0.0):\t\($0.1)\n" }.joined()
  return Array("Name:\t".utf8) + task.name + [10] + Array(rest.utf8)
}

/// `limits`: three columns, in the order of the limits' numbers.
func limitsText(_ limits: ResourceLimits) -> String {
  let names: [(String, String)] = [
    ("Max cpu time", "seconds"), ("Max file size", "bytes"), ("Max data size", "bytes"),
    ("Max stack size", "bytes"), ("Max core file size", "bytes"), ("Max resident set", "bytes"),
    ("Max processes", "processes"), ("Max open files", "files"), ("Max locked memory", "bytes"),
    ("Max address space", "bytes"), ("Max file locks", "locks"), ("Max pending signals", "signals"),
    ("Max msgqueue size", "bytes"), ("Max nice priority", ""), ("Max realtime priority", ""),
    ("Max realtime timeout", "us"),
  ]
  func column(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
  func value(_ limit: UInt64) -> String {
    limit == ResourceLimits.infinity ? "unlimited" : String(limit)
  }
  var text =
    column("Limit", 26) + column("Soft Limit", 21) + column("Hard Limit", 21) + "Units     \n"
  for (index, (name, unit)) in names.enumerated() {
    text += column(name, 26) + column(value(limits[index].soft), 21)
    text += column(value(limits[index].hard), 21) + column(unit, 10) + "\n"
  }
  return text
}

/// A path with blanks and backslashes as octal escapes.
private func escaped(_ path: [UInt8]) -> String {
  var text: [UInt8] = []
  for byte in path {
    switch byte {
    case 0x20, 0x09, 0x0a, 0x5c: text += Array(("\\" + octal(byte)).utf8)
    default: text.append(byte)
    }
  }
  return String(decoding: text, as: UTF8.self)
}

private func octal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 8)
  return String(repeating: "0", count: 3 - digits.count) + digits
}

/// `mounts`.
func mountsText(_ vfs: VFS) -> String {
  vfs.mounts.map { mount in
    let filesystem = mount.filesystem
    return "\(filesystem.source) \(escaped(mount.path)) \(filesystem.typeName) "
      + "\(mount.isReadOnly ? "ro" : "rw"),relatime\(filesystem.options) 0 0\n"
  }.joined()
}

/// `mountinfo`.
func mountInfoText(_ vfs: VFS) -> String {
  vfs.mounts.map { mount in
    let filesystem = mount.filesystem
    let parent = mount.mountPoint?.mount.id ?? 1
    let options = mount.isReadOnly ? "ro" : "rw"
    return "\(mount.id) \(parent) \(filesystem.device.major):\(filesystem.device.minor) / "
      + "\(escaped(mount.path)) \(options),relatime - \(filesystem.typeName) "
      + "\(filesystem.source) \(options)\(filesystem.options)\n"
  }.joined()
}
