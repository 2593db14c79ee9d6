import HostABI
import LinuxABI
import Machine

// The guest half of the host ABI: what a picoprocess answers from itself.

extension SyscallTable {
  static let nativeMemoryRows: [SyscallRow] = [
    nativeCall(64, "mapMemory(_:_:at:)", [.size, .hex, .address]) { call throws(Errno) in
      try requireProtection(call[1])
      var flags: MapFlags = [.MAP_PRIVATE, .MAP_ANONYMOUS]
      if !call.address(2).isNull { flags.insert(.MAP_FIXED_NOREPLACE) }
      return try sys_mmap(
        call.with(call[2], call[0], call[1], UInt64(flags.rawValue), .max, 0))
    },
    nativeCall(65, "unmapMemory(_:_:)", [.address, .size]) { call throws(Errno) in
      try sys_munmap(call)
    },
    nativeCall(66, "protectMemory(_:_:_:)", [.address, .size, .hex]) { call throws(Errno) in
      try requireProtection(call[2])
      try requireMapped(call)
      return try sys_mprotect(call)
    },
  ]

  static let nativeThreadRows: [SyscallRow] = [
    nativeCall(67, "startThread(_:_:_:_:_:)", [.address, .address, .hex, .address, .address]) {
      call throws(Errno) in
      try requireUserAddresses(call, call[0], call[1], call[3], call[4])
      guard !call.address(0).isNull, !call.address(1).isNull, call[4] & 3 == 0 else {
        throw .EINVAL
      }
      var request = CloneRequest(
        flags: [
          .CLONE_VM, .CLONE_FS, .CLONE_FILES, .CLONE_SIGHAND, .CLONE_THREAD, .CLONE_SETTLS,
        ], exitSignal: 0, stackPointer: call.address(1), parentTID: .null,
        childTID: call.address(4), threadPointer: call[3])
      if !call.address(4).isNull { request.flags.insert(.CLONE_CHILD_CLEARTID) }
      request.entry = (call[0], call[2])
      do throws(Errno) { return try thread(call, request) } catch {
        throw error == .EAGAIN ? .ENOMEM : error
      }
    },
    nativeCall(68, "end(_:process:)", [.int, .int]) { call throws(Errno) in
      let status = ExitStatus.exited(call.int(0) & 0xff)
      if call[1] != 0 { call.process.exit(status) } else { call.task.exit(status) }
      return .exited
    },
    nativeCall(69, "setThreadPointer(_:)", [.address]) { call throws(Errno) in
      try requireUserAddresses(call, call[0])
      call.task.engine.threadPointer = call[0]
      return .success
    },
    nativeCall(70, "waitOnAddress(_:_:until:)", [.address, .unsigned, .hex]) { call throws(Errno) in
      try requireWord(call)
      return try waitAtAddress(call, call.address(0), while: call.uint(1)) {
        () throws(Errno) in call.moment(2)
      }
    },
    nativeCall(71, "wakeAddress(_:_:)", [.address, .size]) { call throws(Errno) in
      try requireWord(call)
      let count = Int(min(call[1], UInt64(Int32.max)))
      guard count > 0 else { return .success }
      let key = FutexKey(call.space, call.address(0))
      return .value(call.kernel.futexes.wake(key, count: count, bitset: .max))
    },
  ]
}

private func requireProtection(_ bits: UInt64) throws(Errno) {
  guard bits & ~7 == 0 else { throw .EINVAL }
}

/// All pages between an address and a length in the first registers must be there.
private func requireMapped(_ call: SyscallContext) throws(Errno) {
  let start = call.address(0)
  let limit = call.isa.userAddressLimit
  guard start.isPageAligned, start <= limit, let length = pageRoundedUp(call[1]),
    length <= limit - start
  else { throw .EINVAL }
  guard call.space.isMapped(start, start + length) else { throw .EINVAL }
}

private func requireUserAddresses(_ call: SyscallContext, _ addresses: UInt64...) throws(Errno) {
  guard addresses.allSatisfy({ $0 < call.isa.userAddressLimit.rawValue }) else { throw .EINVAL }
}

/// The first register must have the address of four bytes that can be read.
private func requireWord(_ call: SyscallContext) throws(Errno) {
  guard call[0] & 3 == 0 else { throw .EINVAL }
  guard call.address(0) < call.isa.userAddressLimit,
    call.space.mapping(at: call.address(0))?.permissions.contains(.read) == true
  else { throw .EFAULT }
}
