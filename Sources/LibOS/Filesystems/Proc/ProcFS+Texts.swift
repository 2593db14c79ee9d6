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

/// `smaps_rollup`: all mappings as one.
func rollupText(_ process: Process) -> String {
  guard let first = process.space.mappings.first, let last = process.space.mappings.last else {
    return ""
  }
  func kilobytes(_ mappings: [VMA]) -> Int {
    mappings.reduce(0) { $0 + process.residentPages(of: $1) * 4 }
  }
  let all = process.space.mappings
  let total = kilobytes(all)
  let anonymous = kilobytes(all.filter { if case .anonymous = $0.backing { true } else { false } })
  let lines: [(String, Int)] = [
    ("Rss", total), ("Pss", total), ("Pss_Dirty", anonymous), ("Pss_Anon", anonymous),
    ("Pss_File", total - anonymous), ("Pss_Shmem", 0), ("Shared_Clean", 0), ("Shared_Dirty", 0),
    ("Private_Clean", total - anonymous), ("Private_Dirty", anonymous), ("Referenced", total),
    ("Anonymous", anonymous), ("LazyFree", 0), ("AnonHugePages", 0), ("Swap", 0), ("SwapPss", 0),
    ("Locked", 0),
  ]
  let head =
    "\(hex(first.start.rawValue, width: 8))-\(hex(last.end.rawValue, width: 8)) ---p 00000000 00:00 0 "
  let padding = String(repeating: " ", count: max(0, 73 - head.utf8.count))
  return head + padding + "[rollup]\n"
    + lines.map { name, value in
      let digits = String(value)
      let gap = String(repeating: " ", count: max(1, 24 - name.count - 1 - digits.count))
      return "\(name):\(gap)\(digits) kB\n"
    }.joined()
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
