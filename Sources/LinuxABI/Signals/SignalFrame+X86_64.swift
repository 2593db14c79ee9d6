import Machine

// x86-64, for a processor without XSAVE: arch/x86/kernel/signal.c, signal_64.c and fpu/signal.c,
// asm/sigcontext.h, asm/ucontext.h.
//
// From the handler's stack pointer up: return address (8), struct ucontext (304), siginfo_t (128),
// padding, the FXSAVE image (512) on a 64-byte boundary.

extension SignalFrame {
  /// Bytes up to the end of `siginfo_t`.
  package static let frameSizeX86_64 = 440
  /// Of `siginfo_t` in the frame.
  package static let infoOffsetX86_64 = 312
  /// Of `struct ucontext`.
  package static let contextOffsetX86_64 = 8

  /// `UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS`: `ss` is saved, and restored as it is.
  /// `UC_FP_XSTATE` is not set, as there is no XSAVE.
  private static let contextFlags: UInt64 = 6

  /// Below the stack pointer a function may use 128 bytes (System V ABI, 3.2.2).
  private static let redZone: UInt64 = 128

  private static let userCodeSegment: UInt16 = 0x33
  private static let userDataSegment: UInt16 = 0x2b

  /// The flags that a program may set by `rt_sigreturn` (`FIX_EFLAGS`): AC RF OF DF TF SF ZF AF PF
  /// CF.
  private static let userFlags: UInt64 = 0x50dd5

  /// DF, RF and TF are clear when a handler starts.
  private static let flagsClearedOnEntry: UInt64 = 0x1_0500

  /// The general registers in the order of `struct sigcontext`, up to rcx.
  private static let contextOrder = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1]

  static func buildX86_64(_ delivery: SignalDelivery) -> SignalFrame? {
    let old = delivery.registers
    let stack = delivery.stack
    guard delivery.action.flags.contains(.SA_RESTORER) else { return nil }

    let nested = stack.isInUse(stackPointer: old.stackPointer)
    var entering = false
    var pointer = old.stackPointer &- redZone
    if delivery.action.flags.contains(.SA_ONSTACK), stack.status(stackPointer: pointer) == [] {
      pointer = stack.top
      entering = true
    }
    let image = (pointer &- UInt64(FXSaveImage.byteCount)) & ~63
    let frame = ((image &- UInt64(frameSizeX86_64)) & ~15) &- 8
    if nested || entering, !stack.contains(frame) { return nil }

    var writer = ByteWriter(capacity: Int(image &- frame) + FXSaveImage.byteCount)
    writer.write(delivery.action.restorer)
    writeContext(delivery, image: image, to: &writer)
    if delivery.action.flags.contains(.SA_SIGINFO) {
      delivery.info.encode(to: &writer)
    }
    writer.pad(to: Int(image &- frame))
    writer.write(FXSaveImage.encode(old))

    var new = old
    new.general[0] = 0
    new.general[7] = UInt64(UInt32(bitPattern: delivery.info.si_signo))
    new.general[6] = frame &+ UInt64(infoOffsetX86_64)
    new.general[2] = frame &+ UInt64(contextOffsetX86_64)
    new.stackPointer = frame
    new.programCounter = delivery.action.handler
    new.flags &= ~flagsClearedOnEntry
    // A handler starts with a fresh floating-point unit (fpu__clear_user_states).
    let fresh = RegisterFile(isa: .x86_64)
    new.vectors = fresh.vectors
    new.floatControl = fresh.floatControl
    new.x87 = fresh.x87
    return SignalFrame(address: GuestAddress(frame), bytes: writer.bytes, registers: new)
  }

  private static func writeContext(
    _ delivery: SignalDelivery, image: UInt64, to writer: inout ByteWriter
  ) {
    let registers = delivery.registers
    writer.write(contextFlags)
    writer.write(UInt64(0))
    delivery.stack.encode(to: &writer)
    for index in contextOrder { writer.write(registers.general[index]) }
    writer.write(registers.stackPointer)
    writer.write(registers.programCounter)
    writer.write(registers.flags)
    writer.write(userCodeSegment)
    // gs and fs.
    writer.zero(4)
    writer.write(userDataSegment)
    writer.write(delivery.fault.errorCode)
    writer.write(delivery.fault.trapNumber)
    writer.write(delivery.mask.rawValue)
    writer.write(delivery.fault.address)
    writer.write(image)
    writer.zero(64)
    writer.write(delivery.mask.rawValue)
  }

  static func parseX86_64(
    _ current: RegisterFile, _ read: (GuestAddress, Int) throws(MemoryFault) -> [UInt8]
  ) throws(MemoryFault) -> Restored? {
    // The handler's return has taken the return address off the stack.
    let frame = GuestAddress(current.stackPointer) - 8
    var reader = ByteReader(try read(frame, infoOffsetX86_64))
    reader.skip(8 + 16)
    let stack = SignalStack(from: &reader)
    var registers = current
    for index in contextOrder { registers.general[index] = reader.read() }
    registers.stackPointer = reader.read()
    registers.programCounter = reader.read()
    let flags: UInt64 = reader.read()
    registers.flags = current.flags & ~userFlags | flags & userFlags
    // The privilege level is not the program's to choose; another segment would be 32-bit code or
    // none, and the return to it faults.
    let codeSegment: UInt16 = reader.read()
    guard codeSegment | 3 == userCodeSegment else { return nil }
    // gs, fs, ss, err, trapno, oldmask, cr2.
    reader.skip(6 + 32)
    let image: UInt64 = reader.read()
    reader.skip(64)
    let mask = SignalSet(rawValue: reader.read())

    if image == 0 {
      let fresh = RegisterFile(isa: .x86_64)
      registers.vectors = fresh.vectors
      registers.floatControl = fresh.floatControl
      registers.x87 = fresh.x87
    } else {
      // `fxrstor` wants 16-byte alignment.
      guard image & 15 == 0 else { return nil }
      let bytes = try read(GuestAddress(image), FXSaveImage.byteCount)
      guard FXSaveImage.decode(bytes, into: &registers) else { return nil }
    }
    return Restored(
      registers: registers, mask: mask.subtracting(.unblockable), stack: stack)
  }
}
