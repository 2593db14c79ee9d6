import LinuxABI
import Machine

extension SyscallTable {
  package static let memoryRows: [SyscallRow] = [
    SyscallRow("brk", x64: 12, generic: 214, [.address], sys_brk),
    SyscallRow(
      "mmap", x64: 9, generic: 222,
      [.address, .size, .flags(of: ProtectionFlags.self), .flags(of: MapFlags.self), .fd, .hex],
      sys_mmap),
    SyscallRow("munmap", x64: 11, generic: 215, [.address, .size], sys_munmap),
    SyscallRow(
      "mprotect", x64: 10, generic: 226, [.address, .size, .flags(of: ProtectionFlags.self)],
      sys_mprotect),
    SyscallRow(
      "pkey_mprotect", x64: 329, generic: 288,
      [.address, .size, .flags(of: ProtectionFlags.self), .int],
      note: "as on a processor without protection keys"
    ) { call throws(Errno) in
      try requireKeyCalls(call)
      guard call.int(3) == -1 else { throw .EINVAL }
      return try sys_mprotect(call)
    },
    SyscallRow(
      "pkey_alloc", x64: 330, generic: 289, [.hex, .hex],
      note: "as on a processor without protection keys"
    ) { call throws(Errno) in
      try requireKeyCalls(call)
      guard call[0] == 0, call[1] & ~3 == 0 else { throw .EINVAL }
      throw .ENOSPC
    },
    SyscallRow(
      "pkey_free", x64: 331, generic: 290, [.int],
      note: "as on a processor without protection keys"
    ) { call throws(Errno) in
      try requireKeyCalls(call)
      throw .EINVAL
    },
    SyscallRow(
      "mremap", x64: 25, generic: 216,
      [.address, .size, .size, .flags(of: RemapFlags.self), .address], sys_mremap),
    SyscallRow(
      "remap_file_pages", x64: 216, generic: 234,
      [.address, .size, .int, .size, .flags(of: MapFlags.self)], sys_remap_file_pages),
    SyscallRow(
      "madvise", x64: 28, generic: 233, [.address, .size, .oneOf(MemoryAdvice.self)], sys_madvise),
    SyscallRow(
      "msync", x64: 26, generic: 227, [.address, .size, .flags(of: SyncFlags.self)], sys_msync),
    SyscallRow(
      "riscv_flush_icache", x64: nil, generic: 259, [.address, .address, .hex], on: [.riscv64],
      sys_riscv_flush_icache),
    SyscallRow("mincore", x64: 27, generic: 232, [.address, .size, .address], sys_mincore),
    SyscallRow(
      "mbind", x64: 237, generic: 235, [.address, .size, .int, .address, .size, .int],
      support: .refused, note: "one memory node", { _ throws(Errno) in throw .ENOSYS }),
  ]
}

/// A page-aligned address and a length rounded up to pages that stays below the user limit.
private func range(_ call: SyscallContext, orElse overflow: Errno = .ENOMEM)
  throws(Errno) -> (start: GuestAddress, end: GuestAddress)
{
  let start = call.address(0)
  guard start.isPageAligned else { throw .EINVAL }
  guard let length = pageRoundedUp(call[1]) else { throw overflow }
  let limit = call.isa.userAddressLimit
  guard start <= limit, length <= limit - start else { throw overflow }
  return (start, start + length)
}

/// Linux 6.1 has the calls for protection keys on x86-64 only.
private func requireKeyCalls(_ call: SyscallContext) throws(Errno) {
  guard call.isa == .x86_64 else { throw .ENOSYS }
}

private func permissions(_ protection: UInt32) -> Permissions {
  Permissions(rawValue: UInt8(protection & 7))
}

extension Process {
  /// A protection as old programs mean it, for which what can be read can be executed (personality(2)).
  fileprivate func implied(_ protection: UInt32) -> UInt32 {
    let isImplied = personality & Self.READ_IMPLIES_EXEC != 0 && protection & 1 != 0
    return isImplied ? protection | 4 : protection
  }

  static let READ_IMPLIES_EXEC: UInt32 = 0x40_0000
}

// MARK: brk

/// brk(2), the system call: returns the break, moved or not.
private func sys_brk(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let process = call.process
  let wanted = call.address(0)
  let current = process.layout.breakEnd
  guard wanted >= process.layout.breakStart, wanted <= call.isa.userAddressLimit else {
    return .value(current.rawValue)
  }
  let oldEnd = current.roundedUpToPage
  let newEnd = wanted.roundedUpToPage
  if newEnd > oldEnd {
    let vma = VMA(
      start: oldEnd, end: newEnd, permissions: permissions(process.implied(3)), flags: .heap,
      name: "[heap]")
    let dataLimit = process.limits[ResourceLimits.data].soft
    guard wanted - process.layout.breakStart <= dataLimit, process.mayMap(vma),
      call.space.isFree(oldEnd, newEnd), call.space.map(vma)
    else { return .value(current.rawValue) }
  } else if newEnd < oldEnd {
    guard call.space.unmap(newEnd, oldEnd) else { return .value(current.rawValue) }
  }
  process.layout.breakEnd = wanted
  return .value(wanted.rawValue)
}

// MARK: mmap

/// mmap(2).
func sys_mmap(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  if call.task.progress.scratch != 0 { return try populate(call) }
  let flags = MapFlags(rawValue: call.uint(3))
  let protection = call.process.implied(call.uint(2))
  guard call[1] != 0 else { throw .EINVAL }
  guard let length = pageRoundedUp(call[1]), length <= call.isa.userAddressLimit.rawValue else {
    throw .ENOMEM
  }
  guard call[5] & 4095 == 0 else { throw .EINVAL }
  let isAnonymous = flags.contains(.MAP_ANONYMOUS)
  let isShared: Bool
  switch flags.type {
  case MapFlags.MAP_SHARED.rawValue: isShared = true
  case MapFlags.MAP_PRIVATE.rawValue: isShared = false
  case MapFlags.MAP_SHARED_VALIDATE where !isAnonymous: isShared = true
  default: throw .EINVAL
  }
  if flags.contains(.MAP_GROWSDOWN), isShared || !isAnonymous { throw .EINVAL }
  // There are no huge pages to be had.
  if flags.contains(.MAP_HUGETLB) { throw isAnonymous ? .ENOMEM : .EINVAL }

  var vmaFlags: VMA.Flags = []
  if flags.contains(.MAP_NORESERVE) { vmaFlags.insert(.noReserve) }
  if flags.contains(.MAP_LOCKED) {
    guard call.process.mayLock else { throw .EPERM }
    vmaFlags.insert(.locked)
  }
  var backing = VMA.Backing.anonymous
  var name = ""
  var holder: MappedFile?
  if isAnonymous {
    if isShared {
      backing = .object(MemoryObject(arena: call.kernel.arena, size: length), offset: 0)
      vmaFlags.insert(.shared)
      name = "/dev/zero (deleted)"
    } else if flags.contains(.MAP_GROWSDOWN) {
      vmaFlags.insert(.growsDown)
    }
  } else {
    let file = try call.file(4)
    guard !file.flags.contains(.O_PATH) else { throw .EBADF }
    if flags.type == MapFlags.MAP_SHARED_VALIDATE, !flags.subtracting(.known).isEmpty {
      throw .EOPNOTSUPP
    }
    let wantsWrite = isShared && protection & 2 != 0
    guard file.isReadable, !wantsWrite || file.isWritable else { throw .EACCES }
    guard isWithinFile(call[5], length) else { throw .EOVERFLOW }
    let object = try file.memoryObject(writable: wantsWrite)
    file.mapped()
    if isShared { object.forgetMappedWrites() }
    if file.isHeldByMappings { holder = file.holder(call.kernel) }
    if protection & 4 != 0 { call.vfs.keepProgram(object) }
    backing = .object(object, offset: call[5])
    name = file.linkName
    if isShared {
      vmaFlags.insert(.shared)
      if !file.isWritable { vmaFlags.insert(.readOnlyFile) }
    }
  }
  var vma = VMA(
    start: .null, end: .null + length, permissions: permissions(protection), flags: vmaFlags,
    backing: backing, name: name)
  vma.holder = holder
  if vmaFlags.contains(.locked) || call.space.locksMappings {
    guard call.process.mayLock(length) else { throw .EAGAIN }
  }
  let start = try place(call, flags, vma)
  (vma.start, vma.end) = (start, start + length)
  guard call.space.map(vma) else { throw .ENOMEM }
  let isPopulated = flags.contains(.MAP_POPULATE) && !flags.contains(.MAP_NONBLOCK)
  guard isPopulated || flags.contains(.MAP_LOCKED) else { return .value(start.rawValue) }
  call.task.progress.scratch = start.rawValue
  return try populate(call)
}

/// Makes the pages of the new mapping resident, private ones as if they had been written to.
private func populate(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let start = GuestAddress(call.task.progress.scratch)
  let length = pageRoundedUp(call[1]) ?? 0
  // A page that can't be had is no error here.
  let result = try call.forEachPage(start, start + length) { _ = call.space.populate($0) }
  if case .unfinished = result { return result }
  return .value(start.rawValue)
}

/// Whether `length` bytes from `offset` on are where a file can have some.
private func isWithinFile(_ offset: UInt64, _ length: UInt64) -> Bool {
  let (end, overflow) = offset.addingReportingOverflow(length)
  return !overflow && end <= UInt64(Int64.max)
}

/// Where a new mapping, at 0 as yet, goes; makes room for a fixed one.
private func place(_ call: SyscallContext, _ flags: MapFlags, _ vma: VMA)
  throws(Errno) -> GuestAddress
{
  let space = call.space
  let length = vma.length
  let hint = call.address(0)
  let limit = call.isa.userAddressLimit
  if flags.contains(.MAP_FIXED) || flags.contains(.MAP_FIXED_NOREPLACE) {
    guard hint.isPageAligned else { throw .EINVAL }
    guard hint <= limit, length <= limit - hint else { throw .ENOMEM }
    guard hint.rawValue >= 0x10000 || call.credentials.has(.CAP_SYS_RAWIO) else { throw .EPERM }
    if flags.contains(.MAP_FIXED_NOREPLACE) {
      guard space.isFree(hint, hint + length) else { throw .EEXIST }
    } else {
      guard call.process.mayMap(vma, replacing: hint) else { throw .ENOMEM }
      guard space.unmap(hint, hint + length) else { throw .ENOMEM }
      return hint
    }
    guard call.process.mayMap(vma) else { throw .ENOMEM }
    return hint
  }
  guard call.process.mayMap(vma) else { throw .ENOMEM }
  let wanted = hint.roundedDownToPage
  if wanted.rawValue >= 0x10000, wanted < limit, length <= limit - wanted,
    space.isFree(wanted, wanted + length)
  {
    return wanted
  }
  let top =
    flags.contains(.MAP_32BIT) && call.isa == .x86_64
    ? GuestAddress(0x8000_0000) : call.process.layout.mmapTop
  if let gap = space.findGap(length: length, below: top) { return gap }
  // The area below mmapTop is full: what lies above it may still do.
  if let gap = space.findGap(length: length, below: limit, above: call.process.layout.mmapTop) {
    return gap
  }
  throw .ENOMEM
}

func sys_munmap(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (start, end) = try range(call, orElse: .EINVAL)
  guard start < end else { throw .EINVAL }
  call.kernel.vfs.writeBack(call.space, start, end)
  guard call.space.unmap(start, end) else { throw .ENOMEM }
  return .success
}

/// mprotect(2): ENOMEM for a range with holes, after the mapped part before the hole was changed.
func sys_mprotect(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let protection = ProtectionFlags(rawValue: call.uint(2))
  guard protection.unknown.isEmpty,
    !protection.contains([.PROT_GROWSDOWN, .PROT_GROWSUP])
  else { throw .EINVAL }
  var (start, end) = try range(call)
  guard start < end else { return .success }
  let space = call.space
  if protection.contains(.PROT_GROWSDOWN) {
    start = try bottom(of: start, end, space)
  } else if protection.contains(.PROT_GROWSUP) {
    // No mapping grows upwards here.
    guard space.mapping(at: start) != nil else { throw .ENOMEM }
    throw .EINVAL
  }
  let wanted = permissions(call.process.implied(protection.rawValue))
  var stop = start
  var failure = Errno.ENOMEM
  // Bytes that may yet become private and writable.
  var room = wanted.contains(.write) ? call.process.dataRoom : .max
  for vma in space.mappings.overlapping(start, end) {
    guard vma.start <= stop else { break }
    var changed = vma.clipped(to: start, end)
    changed.permissions = wanted
    if changed.isData, !vma.isData {
      guard changed.length <= room else { break }
      room -= changed.length
    }
    if wanted.contains(.write), vma.flags.contains([.shared, .readOnlyFile]) {
      failure = .EACCES
      break
    }
    stop = min(vma.end, end)
  }
  if stop > start { guard space.protect(start, stop, wanted) else { throw .ENOMEM } }
  if stop < end { throw failure }
  return .success
}

/// Where the mapping begins that grows down and is the first in a range: the change goes that far.
private func bottom(of start: GuestAddress, _ end: GuestAddress, _ space: AddressSpace)
  throws(Errno) -> GuestAddress
{
  guard let vma = space.mappings.overlapping(start, end).first else { throw .ENOMEM }
  guard vma.flags.contains(.growsDown) else { throw .EINVAL }
  return vma.start
}

// MARK: mremap

/// mremap(2).
private func sys_mremap(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = RemapFlags(rawValue: call.uint(3))
  let start = call.address(0)
  let target = call.address(4)
  let space = call.space
  let limit = call.isa.userAddressLimit
  let isFixed = flags.contains(.MREMAP_FIXED)
  let keepsOld = flags.contains(.MREMAP_DONTUNMAP)
  guard call[3] & ~7 == 0, start.isPageAligned,
    let oldLength = pageRoundedUp(call[1]), let newLength = pageRoundedUp(call[2]),
    newLength > 0, start <= limit, newLength <= limit.rawValue
  else { throw .EINVAL }
  if keepsOld, oldLength != newLength { throw .EINVAL }
  // Without MREMAP_FIXED the target is a wish, which must be one that could be granted.
  if isFixed || keepsOld {
    guard flags.contains(.MREMAP_MAYMOVE), target.isPageAligned, target <= limit,
      newLength <= limit - target,
      target + newLength <= start || start + oldLength <= target
    else { throw .EINVAL }
  }
  guard let vma = space.mapping(at: start) else { throw .EFAULT }
  if case .object(_, let offset) = vma.backing {
    guard isWithinFile(offset + (start - vma.start), newLength) else { throw .EINVAL }
  }
  guard oldLength > 0 else { return try duplicateMapping(call, vma, start, newLength, flags) }
  guard oldLength <= vma.end - start else { throw .EFAULT }
  if isFixed {
    guard space.unmap(target, target + newLength) else { throw .ENOMEM }
    return try move(call, start, oldLength, target, newLength, keepsOld)
  }
  if newLength <= oldLength, !keepsOld {
    if newLength < oldLength, !space.unmap(start + newLength, start + oldLength) {
      throw .ENOMEM
    }
    return .value(start.rawValue)
  }
  let growth = newLength - oldLength
  if vma.flags.contains(.locked) {
    guard call.process.mayLock(growth) else { throw .EAGAIN }
  }
  guard call.process.mayMap(growth, isData: vma.isData) else { throw .ENOMEM }
  if !keepsOld, start + oldLength == vma.end, newLength <= limit - start,
    space.isFree(vma.end, vma.end + growth)
  {
    guard space.extend(endingAt: vma.end, by: growth) else { throw .ENOMEM }
    return .value(start.rawValue)
  }
  guard flags.contains(.MREMAP_MAYMOVE),
    let place = keepsOld && !target.isNull && space.isFree(target, target + newLength)
      ? target : space.findGap(length: newLength, below: call.process.layout.mmapTop)
  else { throw .ENOMEM }
  return try move(call, start, oldLength, place, newLength, keepsOld)
}

private func move(
  _ call: SyscallContext, _ start: GuestAddress, _ oldLength: UInt64, _ target: GuestAddress,
  _ newLength: UInt64, _ keepsOld: Bool
) throws(Errno) -> SyscallResult {
  let common = min(oldLength, newLength)
  if oldLength > newLength, !call.space.unmap(start + newLength, start + oldLength) {
    throw .ENOMEM
  }
  guard
    call.space.move(
      from: start, oldLength: common, to: target, newLength: newLength, keepOld: keepsOld)
  else { throw .ENOMEM }
  return .value(target.rawValue)
}

/// An old length of 0 makes a second mapping of the same shared pages.
private func duplicateMapping(
  _ call: SyscallContext, _ vma: VMA, _ start: GuestAddress, _ length: UInt64, _ flags: RemapFlags
) throws(Errno) -> SyscallResult {
  guard vma.flags.contains(.shared) else { throw .EINVAL }
  guard flags.contains(.MREMAP_MAYMOVE), call.process.mayMap(length, isData: false),
    case .object(let object, let offset) = vma.backing,
    let place = flags.contains(.MREMAP_FIXED)
      ? call.address(4) : call.space.findGap(length: length, below: call.process.layout.mmapTop)
  else { throw .ENOMEM }
  guard call.space.unmap(place, place + length) else { throw .ENOMEM }
  var copy = vma
  copy.start = place
  copy.end = place + length
  copy.backing = .object(object, offset: offset + (start - vma.start))
  guard call.space.map(copy) else { throw .ENOMEM }
  return .value(place.rawValue)
}

/// remap_file_pages(2), which Linux, too, makes of ordinary mappings.
private func sys_remap_file_pages(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let start = call.address(0).roundedDownToPage
  let length = call[1] & ~4095
  let limit = call.isa.userAddressLimit
  let (offset, overflow) = call[3].multipliedReportingOverflow(by: 4096)
  guard call[2] == 0, length > 0, start <= limit, length <= limit - start, !overflow,
    isWithinFile(offset, length), let vma = call.space.mapping(at: start),
    vma.flags.contains(.shared), case .object(let object, _) = vma.backing
  else { throw .EINVAL }
  // All of the range shows one file in one way.
  var stop = start
  for next in call.space.mappings.overlapping(start, start + length) {
    guard next.start <= stop, next.permissions == vma.permissions, next.flags == vma.flags,
      case .object(let other, _) = next.backing, other === object
    else { throw .EINVAL }
    stop = next.end
  }
  guard stop >= start + length, call.space.unmap(start, start + length) else { throw .EINVAL }
  var new = vma
  (new.start, new.end) = (start, start + length)
  new.backing = .object(object, offset: offset)
  guard call.space.map(new) else { throw .ENOMEM }
  return .success
}

// MARK: Advice and residence

/// madvise(2).
private func sys_madvise(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  // What lies behind the end of the address space is a hole like any other.
  let start = call.address(0)
  guard start.isPageAligned, let length = pageRoundedUp(call[1]),
    !start.rawValue.addingReportingOverflow(length).overflow
  else { throw .EINVAL }
  let end = start + length
  guard let advice = MemoryAdvice(rawValue: call.uint(2)) else { throw .EINVAL }
  guard start < end else { return .success }
  let space = call.space
  switch advice {
  case .MADV_DONTNEED, .MADV_FREE:
    let refusing = space.mappings.overlapping(start, end).first { vma in
      if vma.flags.contains(.locked) { return true }
      return advice == .MADV_FREE && vma.isOfObject
    }
    space.discard(start, min(refusing?.start ?? end, end))
    if refusing != nil { throw .EINVAL }
    guard space.isMapped(start, end) else { throw .ENOMEM }
  case .MADV_REMOVE:
    for vma in space.mappings.overlapping(start, end) {
      guard case .object(let object, let offset) = vma.backing, !vma.flags.contains(.locked) else {
        throw .EINVAL
      }
      guard vma.flags.contains(.shared), vma.permissions.contains(.write) else { throw .EACCES }
      let part = vma.clipped(to: start, end)
      let first = offset + (part.start - vma.start)
      let range = first..<(first + part.length)
      // A host's file has its holes from the host: to zero it page by page would fill them.
      if let file = object.source as? HostPages {
        try file.punchHole(range)
      } else if !object.zero(range) {
        throw .ENOMEM
      }
    }
    guard space.isMapped(start, end) else { throw .ENOMEM }
  case .MADV_POPULATE_READ, .MADV_POPULATE_WRITE:
    return try call.forEachPage(start, end) { address throws(Errno) in
      try populate(space, address, advice == .MADV_POPULATE_READ ? .read : .write)
    }
  case .MADV_DONTFORK: try advise(call, start, end) { $0.insert(.dontFork) }
  case .MADV_DOFORK: try advise(call, start, end) { $0.remove(.dontFork) }
  case .MADV_WIPEONFORK:
    // Of what is a mapping's own alone.
    let refusing = space.mappings.overlapping(start, end).first(where: \.isOfObject)
    try advise(call, start, min(refusing?.start ?? end, end)) { $0.insert(.wipeOnFork) }
    if refusing != nil { throw .EINVAL }
    guard space.isMapped(start, end) else { throw .ENOMEM }
  case .MADV_DONTDUMP, .MADV_DODUMP:
    try advise(call, start, end) {
      if advice == .MADV_DONTDUMP { $0.insert(.dontDump) } else { $0.remove(.dontDump) }
    }
    guard space.isMapped(start, end) else { throw .ENOMEM }
  case .MADV_KEEPONFORK: try advise(call, start, end) { $0.remove(.wipeOnFork) }
  case .MADV_HWPOISON: throw .EPERM
  default:
    guard space.isMapped(start, end) else { throw .ENOMEM }
  }
  return .success
}

/// Advice that stays with the mappings: EAGAIN at their limit (`madvise_behavior` in `mm/madvise.c`).
private func advise(
  _ call: SyscallContext, _ start: GuestAddress, _ end: GuestAddress,
  _ change: (inout VMA.Flags) -> Void
) throws(Errno) {
  guard call.space.updateFlags(start, end, change) else { throw .EAGAIN }
}

private func populate(_ space: AddressSpace, _ address: GuestAddress, _ access: Access)
  throws(Errno)
{
  while true {
    switch space.translate(address, access) {
    case .frame: return
    case .retry: continue
    case .notHere: space.arena.waitForStoredPages()
    case .refused(.unmapped), .refused(.outOfMemory): throw .ENOMEM
    case .refused(.protection): throw .EINVAL
    case .refused: throw .EFAULT
    }
  }
}

extension SyscallContext {
  /// Calls `body` with each page of a range; a long range is worked through in several turns
  /// of the task.
  func forEachPage(
    _ start: GuestAddress, _ end: GuestAddress, _ body: (GuestAddress) throws(Errno) -> Void
  ) throws(Errno) -> SyscallResult {
    let done = min(task.progress.bytesDone & ~4095, end - start)
    var address = start + done
    let stop = address + min(Self.bytesPerTurn, end - address)
    while address < stop {
      try body(address)
      address += 4096
    }
    return stop < end ? unfinished(after: stop - start) : .success
  }

  /// The same with all mapped pages that the guest may access.
  func forEachMappedPage(_ body: (GuestAddress) throws(Errno) -> Void) throws(Errno)
    -> SyscallResult
  {
    var done = task.progress.bytesDone & ~4095
    var passed: UInt64 = 0
    for vma in space.mappings where !vma.permissions.isEmpty {
      if done < passed + vma.length {
        let rest = passed + vma.length - done
        let start = vma.end - rest
        for address in stride(from: start.rawValue, to: vma.end.rawValue, by: 4096) {
          guard done < task.progress.bytesDone + Self.bytesPerTurn else {
            return unfinished(after: done)
          }
          try body(GuestAddress(address))
          done += 4096
        }
      }
      passed += vma.length
    }
    return .success
  }
}

private func sys_msync(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = SyncFlags(rawValue: call.uint(2))
  guard call[2] & ~7 == 0, !flags.contains([.MS_ASYNC, .MS_SYNC]) else { throw .EINVAL }
  let (start, end) = try range(call)
  guard call.space.isMapped(start, end) else { throw .ENOMEM }
  if flags.contains(.MS_INVALIDATE),
    call.space.mappings.overlapping(start, end).contains(where: { $0.flags.contains(.locked) })
  {
    throw .EBUSY
  }
  call.kernel.vfs.writeBack(call.space, start, end)
  for vma in call.space.mappings.overlapping(start, end) where vma.flags.contains(.shared) {
    if case .object(let object, _) = vma.backing { object.forgetMappedWrites() }
  }
  return .success
}

/// Changed code is never run as it was, so there is nothing to do.
private func sys_riscv_flush_icache(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  // Bit 0: only for this thread.
  guard call[2] <= 1 else { throw .EINVAL }
  return .success
}

/// mincore(2), a page of answers at a time: a reservation may be larger than the host's memory.
private func sys_mincore(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (start, end) = try range(call)
  guard call.space.isMapped(start, end) else { throw .ENOMEM }
  let step: UInt64 = 4096
  // One step for each page of answers: so `forEachPage` cuts this work like any other.
  let answers = (end.page - start.page + step - 1) / step
  return try call.forEachPage(start, start + answers << 12) { place throws(Errno) in
    let first = start.page + (place.page - start.page) * step
    let pages = first..<min(first + step, end.page)
    try call.store(call.process.residence(of: pages), to: call.address(2) + (first - start.page))
  }
}
