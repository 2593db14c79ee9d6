import LinuxABI
import Machine

// Where memory is, of machines whose processors are nearer to some of it: there is one node here, with all of it.
extension SyscallTable {
  package static let nodeRows: [SyscallRow] = [
    SyscallRow(
      "get_mempolicy", x64: 239, generic: 236, [.address, .address, .size, .address, .hex],
      support: .partial, note: "one memory node; MPOL_F_ADDR tells the thread's policy",
      sys_get_mempolicy),
    SyscallRow(
      "set_mempolicy", x64: 238, generic: 237, [.int, .address, .size], support: .partial,
      note: "kept and inherited; there is one memory node", sys_set_mempolicy),
    SyscallRow(
      "set_mempolicy_home_node", x64: 450, generic: 450, [.hex, .size, .unsigned, .hex],
      support: .refused, note: "no policies of ranges (mbind): ENOENT", sys_set_mempolicy_home_node),
    SyscallRow(
      "migrate_pages", x64: 256, generic: 238, [.pid, .size, .address, .address], support: .partial,
      note: "one memory node, where the pages are", sys_migrate_pages),
    SyscallRow(
      "move_pages", x64: 279, generic: 239,
      [.pid, .size, .address, .address, .address, .hex], support: .partial,
      note: "one memory node, where the pages are", sys_move_pages),
  ]
}

/// The first nodes of a set of `count` - 1 bits: EINVAL, EFAULT.
private func nodes(_ call: SyscallContext, at address: GuestAddress, count: UInt64)
  throws(Errno) -> UInt64
{
  guard !address.isNull, count != 1 else { return 0 }
  guard (1...1 << 15 + 1).contains(count) else { throw .EINVAL }
  let nodes: UInt64 = try call.load(at: address)
  return count > 64 ? nodes : nodes & (1 << (count - 1) - 1)
}

/// set_mempolicy(2): the mode, with its flags, and node 0 or none.
private func sys_set_mempolicy(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (mode, flags) = (call.uint(0) & 0x1fff, call.uint(0) & 0xe000)
  // MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other.
  guard mode <= 5, flags & 0xc000 != 0xc000 else { throw .EINVAL }
  let nodes = try nodes(call, at: call.address(1), count: call[2])
  switch mode {
  case 0, 4: guard nodes == 0 else { throw .EINVAL }  // MPOL_DEFAULT, MPOL_LOCAL
  case 1: guard nodes & 1 == nodes else { throw .EINVAL }  // MPOL_PREFERRED
  default: guard nodes & 1 != 0 else { throw .EINVAL }
  }
  call.task.memoryPolicy = MemoryPolicy(mode: call.uint(0), nodes: nodes & 1)
  return .success
}

/// get_mempolicy(2).
private func sys_get_mempolicy(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[4] & ~7 == 0 else { throw .EINVAL }
  let policy = call.task.memoryPolicy
  let wantsNodes = call[4] & 4 != 0
  if !call.address(0).isNull {
    // With MPOL_F_NODE it is the next node, of which there is one.
    try call.store(call[4] == 0 ? policy.mode : 0, to: call.address(0))
  }
  guard !call.address(1).isNull else { return .success }
  guard call[2] >= 1, call[2] <= 1 << 15 else { throw .EINVAL }
  // MPOL_F_MEMS_ALLOWED asks for the nodes there are, of which the first is the only one.
  var nodes = [UInt8](repeating: 0, count: Int((call[2] + 63) / 64) * 8)
  nodes[0] = wantsNodes ? 1 : UInt8(truncatingIfNeeded: policy.nodes)
  try call.store(nodes, to: call.address(1))
  return .success
}

/// set_mempolicy_home_node(2), where no range has a policy.
private func sys_set_mempolicy_home_node(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let start = call.address(0)
  guard start.isPageAligned, call[3] == 0, call[2] == 0, let length = pageRoundedUp(call[1]),
    length <= .max - start.rawValue
  else { throw .EINVAL }
  if length == 0 { return .success }
  throw .ENOENT
}

/// The process with the memory that is asked about; 0 is the caller's.
private func inspected(_ call: SyscallContext) throws(Errno) -> Process {
  guard call.int(0) != 0 else { return call.process }
  return try inspectable(call, call.int(0)).process
}

/// migrate_pages(2): how many pages could not be moved.
private func sys_migrate_pages(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  _ = try nodes(call, at: call.address(2), count: call[1])
  let new = try nodes(call, at: call.address(3), count: call[1])
  _ = try inspected(call)
  guard new & ~1 == 0 || call.credentials.has(.CAP_SYS_NICE) else { throw .EPERM }
  guard new & 1 != 0 else { throw .EINVAL }
  return .success
}

/// move_pages(2): tells the node of each page, which is the only one, or why it is on none.
private func sys_move_pages(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (movesAll, moves) = (UInt64(4), UInt64(2))  // MPOL_MF_MOVE_ALL, MPOL_MF_MOVE
  guard call[5] & ~(movesAll | moves) == 0 else { throw .EINVAL }
  guard call[5] & movesAll == 0 || call.credentials.has(.CAP_SYS_NICE) else { throw .EPERM }
  let process = try inspected(call)
  // No list is longer than the address space.
  let count = min(call[1], 1 << 45)
  var done = min(call.task.progress.bytesDone, count)
  let turn = done + (1 << 14)
  while done < count {
    guard done < turn else { return call.unfinished(after: done) }
    let address = GuestAddress(try call.load(at: call.address(2) + done * 8) as UInt64)
    if !call.address(3).isNull {
      let node: Int32 = try call.load(at: call.address(3) + done * 4)
      guard node == 0 else { throw .ENODEV }
    }
    try call.store(status(of: address, process), to: call.address(4) + done * 4)
    done += 1
  }
  return .success
}

/// 0, the node; or an error below 0.
private func status(of address: GuestAddress, _ process: Process) -> Int32 {
  guard let vma = process.space.mapping(at: address) else { return -Errno.EFAULT.rawValue }
  if process.residence(of: address.page..<address.page + 1) == [1] { return 0 }
  // Nothing is where an anonymous page was not touched.
  return vma.isOfObject ? -Errno.ENOENT.rawValue : -Errno.EFAULT.rawValue
}
