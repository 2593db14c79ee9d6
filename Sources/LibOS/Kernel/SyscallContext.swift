package import LinuxABI
package import Machine

/// One system call under way: who called, with what. What every handler is given.
package struct SyscallContext {
  package let kernel: Kernel
  package let task: Task
  package let frame: SyscallFrame

  package var process: Process { task.process }
  package var files: FileTable { task.files }
  package var fs: FSContext { task.fs }
  package var credentials: Credentials { task.credentials }
  package var space: AddressSpace { task.process.space }
  package var isa: GuestISA { task.process.isa }

  // MARK: Arguments

  package subscript(index: Int) -> UInt64 { frame.arguments[index] }
  package func int(_ index: Int) -> Int32 { Int32(truncatingIfNeeded: frame.arguments[index]) }
  package func uint(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: frame.arguments[index]) }
  package func signed(_ index: Int) -> Int64 { Int64(bitPattern: frame.arguments[index]) }
  package func address(_ index: Int) -> GuestAddress { GuestAddress(frame.arguments[index]) }

  /// A byte count as read(2) and its kin take it: what exceeds `MAX_RW_COUNT` is cut off.
  package func count(_ index: Int) throws(Errno) -> Int {
    guard signed(index) >= 0 else { throw .EINVAL }
    return Int(min(frame.arguments[index], 0x7fff_f000))
  }

  /// The open file behind the descriptor in argument `index`; EBADF.
  package func file(_ index: Int) throws(Errno) -> OpenFile {
    try files.file(int(index))
  }

  /// The path in argument `index`, without its NUL: EFAULT, ENAMETOOLONG.
  package func path(_ index: Int) throws(Errno) -> [UInt8] {
    try string(at: address(index), limit: 4096, orElse: .ENAMETOOLONG)
  }

  // MARK: Guest memory

  /// A NUL-terminated string of fewer than `limit` bytes.
  package func string(at address: GuestAddress, limit: Int, orElse tooLong: Errno)
    throws(Errno) -> [UInt8]
  {
    do {
      guard let bytes = try space.cString(at: address, limit: limit) else { throw tooLong }
      return bytes
    } catch let error as Errno { throw error } catch { throw .EFAULT }
  }

  package func bytes(at address: GuestAddress, count: Int) throws(Errno) -> [UInt8] {
    do { return try space.bytes(at: address, count: count) } catch { throw .EFAULT }
  }

  package func store(_ bytes: [UInt8], to address: GuestAddress) throws(Errno) {
    do { try space.store(bytes, to: address) } catch { throw .EFAULT }
  }

  package func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type = T.self, at address: GuestAddress
  ) throws(Errno) -> T {
    do { return try space.load(type, at: address) } catch { throw .EFAULT }
  }

  package func store<T: FixedWidthInteger & BitwiseCopyable>(
    _ value: T, to address: GuestAddress
  ) throws(Errno) {
    do { try space.store(value, to: address) } catch { throw .EFAULT }
  }
}

// MARK: Turns

extension SyscallContext {
  /// Bytes of files or of address space that a call goes through in one turn, some milliseconds' worth: two
  /// gigabytes in one go would keep others waiting for seconds.
  static var bytesPerTurn: UInt64 { 16 << 20 }

  /// The end of a turn in which the call has come to `bytesDone`. It goes on in the task's next one.
  func unfinished(after bytesDone: UInt64) -> SyscallResult {
    task.progress.bytesDone = bytesDone
    return .unfinished
  }
}
