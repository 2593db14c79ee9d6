import Machine

// AArch64 without SVE or SME: arch/arm64/kernel/signal.c, asm/sigcontext.h, asm/ucontext.h.
//
// From the handler's stack pointer up: siginfo_t (128), struct ucontext (4560, the last 4096 of
// them records), then the frame record {x29, x30} that x29 points to, so that unwinders get
// through.

extension SignalFrame {
  /// Bytes of `struct rt_sigframe`, before the frame record.
  package static let frameSizeAArch64 = 4688
  /// Of `struct ucontext` in the frame.
  package static let contextOffsetAArch64 = 128
  /// Of `struct sigcontext`: the mask's field is padded to 1024 bits, then to 16 bytes.
  package static let machineContextOffsetAArch64 = 304
  /// Of the records (`__reserved`).
  package static let recordsOffsetAArch64 = 592

  private static let fpsimdMagic: UInt32 = 0x4650_8001
  private static let fpsimdSize: UInt32 = 528
  private static let syndromeMagic: UInt32 = 0x4553_5201
  private static let syndromeSize: UInt32 = 16

  /// NZCV, all that a program may set here.
  private static let userFlags: UInt64 = 0xf000_0000

  /// Mode, AArch32 and interrupt masks: a frame that sets any of these is refused
  /// (`valid_native_regs` in `arch/arm64/kernel/ptrace.c`).
  private static let forbiddenFlags: UInt64 = 0x3df

  static func buildAArch64(_ delivery: SignalDelivery) -> SignalFrame? {
    let old = delivery.registers
    let stack = delivery.stack
    var pointer = old.stackPointer
    if delivery.action.flags.contains(.SA_ONSTACK), stack.status(stackPointer: pointer) == [] {
      pointer = stack.top
    }
    let record = (pointer &- 16) & ~15
    let frame = record &- UInt64(frameSizeAArch64)

    let wantsInfo = delivery.action.flags.contains(.SA_SIGINFO)
    var writer = ByteWriter(capacity: frameSizeAArch64 + 16)
    if wantsInfo { delivery.info.encode(to: &writer) } else { writer.zero(Siginfo.byteCount) }
    writer.zero(16)
    stack.encode(to: &writer)
    writer.write(delivery.mask.rawValue)
    writer.pad(to: machineContextOffsetAArch64)
    writer.write(delivery.fault.address)
    for index in 0..<31 { writer.write(old.general[index]) }
    writer.write(old.stackPointer)
    writer.write(old.programCounter)
    writer.write(old.flags)
    writer.pad(to: recordsOffsetAArch64)
    writeRecords(delivery, to: &writer)
    writer.pad(to: frameSizeAArch64)
    writer.write(old.general[29])
    writer.write(old.general[30])

    var new = old
    new.general[0] = UInt64(UInt32(bitPattern: delivery.info.si_signo))
    if wantsInfo {
      new.general[1] = frame
      new.general[2] = frame &+ UInt64(contextOffsetAArch64)
    }
    new.general[29] = record
    new.general[30] =
      delivery.action.flags.contains(.SA_RESTORER)
      ? delivery.action.restorer : delivery.trampoline.rawValue
    new.stackPointer = frame
    new.programCounter = delivery.action.handler
    return SignalFrame(address: GuestAddress(frame), bytes: writer.bytes, registers: new)
  }

  private static func writeRecords(_ delivery: SignalDelivery, to writer: inout ByteWriter) {
    let registers = delivery.registers
    writer.write(fpsimdMagic)
    writer.write(fpsimdSize)
    writer.write(registers.floatStatus)
    writer.write(registers.floatControl)
    for index in 0..<32 {
      writer.write(registers.vectors[index].low)
      writer.write(registers.vectors[index].high)
    }
    if delivery.fault.syndrome != 0 {
      writer.write(syndromeMagic)
      writer.write(syndromeSize)
      writer.write(delivery.fault.syndrome)
    }
    // The terminator: magic and size 0.
    writer.zero(8)
  }

  static func parseAArch64(
    _ current: RegisterFile, _ read: (GuestAddress, Int) throws(MemoryFault) -> [UInt8]
  ) throws(MemoryFault) -> Restored? {
    guard current.stackPointer & 15 == 0 else { return nil }
    let bytes = try read(GuestAddress(current.stackPointer), frameSizeAArch64)
    var reader = ByteReader(bytes, at: contextOffsetAArch64 + 16)
    let stack = SignalStack(from: &reader)
    let mask = SignalSet(rawValue: reader.read())
    reader = ByteReader(bytes, at: machineContextOffsetAArch64 + 8)
    var registers = current
    for index in 0..<31 { registers.general[index] = reader.read() }
    registers.stackPointer = reader.read()
    registers.programCounter = reader.read()
    let flags: UInt64 = reader.read()
    guard flags & forbiddenFlags == 0 else { return nil }
    registers.flags = flags & userFlags
    guard readRecords(bytes, into: &registers) else { return nil }
    return Restored(
      registers: registers, mask: mask.subtracting(.unblockable), stack: stack)
  }

  /// Walks the records as `parse_user_sigframe` does: each 16-byte aligned, whole and known, one of
  /// them the floating-point state. `EXTRA_MAGIC`, which the kernel writes for frames that outgrow
  /// 4096 bytes only, is refused.
  private static func readRecords(_ bytes: [UInt8], into registers: inout RegisterFile) -> Bool {
    var offset = recordsOffsetAArch64
    var found = false
    while true {
      guard offset & 15 == 0, bytes.count - offset >= 8 else { return false }
      var reader = ByteReader(bytes, at: offset)
      let magic: UInt32 = reader.read()
      let size: UInt32 = reader.read()
      guard size <= bytes.count - offset else { return false }
      switch magic {
      case 0:
        return size == 0 && found
      case fpsimdMagic:
        guard !found, size == fpsimdSize else { return false }
        found = true
        registers.floatStatus = reader.read()
        registers.floatControl = reader.read()
        for index in 0..<32 {
          registers.vectors[index] = Vector128(low: reader.read(), high: reader.read())
        }
      case syndromeMagic:
        guard size >= 8 else { return false }
      default:
        return false
      }
      offset += Int(size)
    }
  }
}
