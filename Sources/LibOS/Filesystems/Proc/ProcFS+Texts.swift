import LinuxABI
import Machine

// The larger texts of a process's directory in `/proc`, in the formats of proc(5).

/// `maps`.
func mapsText(_ process: Process) -> String {
  let text = process.space.mappings.map(mapsLine).joined()
  // A zombie has no memory.
  return process.isa == .x86_64 && !text.isEmpty ? text + VsyscallPage.mapsLine : text
}

/// A mapping's line, which `smaps` has too.
func mapsLine(_ vma: VMA) -> String {
  var offset: UInt64 = 0
  var device = DeviceNumber(major: 0, minor: 0)
  var inode: UInt64 = 0
  var name = vma.name
  if case .object(let object, let start) = vma.backing {
    offset = start
    if let owner = object.owner as? Inode {
      device = owner.filesystem?.device ?? device
      inode = owner.number
      if owner.isRemoved, !name.hasSuffix(" (deleted)") { name += " (deleted)" }
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
  vfs.shownMounts.map { mount in
    let filesystem = mount.filesystem
    return "\(filesystem.source) \(escaped(mount.path)) \(filesystem.typeName) "
      + "\(mount.isReadOnly ? "ro" : "rw"),relatime\(filesystem.options) 0 0\n"
  }.joined()
}

/// `mountinfo`.
func mountInfoText(_ vfs: VFS) -> String {
  vfs.shownMounts.map { mount in
    let filesystem = mount.filesystem
    let parent = mount.mountPoint?.mount.id ?? 1
    let options = mount.isReadOnly ? "ro" : "rw"
    return "\(mount.id) \(parent) \(filesystem.device.major):\(filesystem.device.minor) / "
      + "\(escaped(mount.path)) \(options),relatime - \(filesystem.typeName) "
      + "\(filesystem.source) \(options)\(filesystem.options)\n"
  }.joined()
}
