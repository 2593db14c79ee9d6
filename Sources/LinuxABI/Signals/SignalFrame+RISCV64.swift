import Machine

// RISC-V without vectors: arch/riscv/kernel/signal.c, asm/ucontext.h, asm/ptrace.h.
//
// From the handler's stack pointer up: siginfo_t (128), struct ucontext (960): its flags, link, stack and mask, padded to
// 16 bytes, then the program counter, x1 to x31, and the floating-point state in as much room as quadruple
// precision takes.

extension SignalFrame {
  /// Bytes of `struct rt_sigframe`.
  package static let frameSizeRISCV64 = 1088
  /// Of `struct ucontext` in the frame.
  package static let contextOffsetRISCV64 = 128
  /// Of `struct sigcontext` in the frame.
  package static let machineContextOffsetRISCV64 = 304
  /// Of the three words behind the floating-point state, which are zero as long as no extension uses them.
  private static let reservedOffset = 1076

  static func buildRISCV64(_ delivery: SignalDelivery) -> SignalFrame? {
    let old = delivery.registers
    let stack = delivery.stack
    var pointer = old.stackPointer
    let lowest = pointer &- UInt64(frameSizeRISCV64)
    if stack.isInUse(stackPointer: pointer), !stack.isInUse(stackPointer: lowest) { return nil }
    if delivery.action.flags.contains(.SA_ONSTACK), stack.status(stackPointer: pointer) == [] {
      pointer = stack.top
    }
    let frame = (pointer &- UInt64(frameSizeRISCV64)) & ~15

    var writer = ByteWriter(capacity: frameSizeRISCV64)
    delivery.info.encode(to: &writer)
    writer.zero(16)
    stack.encode(to: &writer)
    writer.write(delivery.mask.rawValue)
    writer.pad(to: machineContextOffsetRISCV64)
    writer.write(old.programCounter)
    for index in 0..<31 { writer.write(old.general[index]) }
    for index in 0..<32 { writer.write(old.vectors[index].low) }
    writer.write(old.floatControl)
    writer.pad(to: frameSizeRISCV64)

    var new = old
    new.general[RISCV64.Register.ra] = delivery.trampoline.rawValue
    new.general[RISCV64.Register.a0] = UInt64(UInt32(bitPattern: delivery.info.si_signo))
    new.general[RISCV64.Register.a1] = frame
    new.general[RISCV64.Register.a2] = frame &+ UInt64(contextOffsetRISCV64)
    new.stackPointer = frame
    new.programCounter = delivery.action.handler
    return SignalFrame(address: GuestAddress(frame), bytes: writer.bytes, registers: new)
  }

  static func parseRISCV64(
    _ current: RegisterFile, _ read: (GuestAddress, Int) throws(MemoryFault) -> [UInt8]
  ) throws(MemoryFault) -> Restored? {
    let bytes = try read(GuestAddress(current.stackPointer), frameSizeRISCV64)
    guard bytes[reservedOffset...].allSatisfy({ $0 == 0 }) else { return nil }
    var reader = ByteReader(bytes, at: contextOffsetRISCV64 + 16)
    let stack = SignalStack(from: &reader)
    let mask = SignalSet(rawValue: reader.read())
    reader = ByteReader(bytes, at: machineContextOffsetRISCV64)
    var registers = current
    registers.programCounter = reader.read()
    for index in 0..<31 { registers.general[index] = reader.read() }
    for index in 0..<32 { registers.vectors[index] = Vector128(low: reader.read()) }
    registers.floatControl = reader.read() & 0xff
    return Restored(
      registers: registers, mask: mask.subtracting(.unblockable), stack: stack)
  }
}
