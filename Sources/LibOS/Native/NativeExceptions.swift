import LibOSState
import LinuxABI
import Machine
import Snapshot

/// Where a thread goes on after an exception.
struct ExceptionHandler {
  var entry: UInt64
  /// The end of the memory that the handler has for its stack.
  var stack: UInt64
  /// The registers at the exception, while the handler runs.
  var interrupted: RegisterFile?
}

/// What a handler is told of an exception: kinds by the numbers of Docs/HostABI.json, and 1, 2, 3 for an access that
/// read, wrote or executed.
struct NativeException {
  var kind: UInt64
  var address: UInt64 = 0
  var access: UInt64 = 0

  init(_ fault: MemoryFault) {
    kind = 1 + UInt64(fault.reason.rawValue)
    address = fault.address.rawValue
    access =
      switch fault.access {
      case .read: 1
      case .write: 2
      case .execute: 3
      }
  }

  init(_ exception: GuestException) { kind = 16 + UInt64(exception.rawValue) }

  /// Bytes of `struct godwit_exception`.
  static let size: UInt64 = 304
}

extension SyscallTable {
  static let nativeExceptionRows: [SyscallRow] = [
    nativeCall(72, "setExceptionHandler(_:_:)", [.address, .address]) { call throws(Errno) in
      let limit = call.isa.userAddressLimit.rawValue
      guard call[0] < limit, call[1] <= limit else { throw .EINVAL }
      // While a handler runs, what it interrupted stays.
      let interrupted = call.task.exceptionHandler?.interrupted
      if call.address(0).isNull {
        guard interrupted == nil else { throw .EBUSY }
        call.task.exceptionHandler = nil
      } else {
        call.task.exceptionHandler = ExceptionHandler(
          entry: call[0], stack: call[1], interrupted: interrupted)
      }
      return .success
    },
    nativeCall(73, "resumeException(_:)", [.address]) { call throws(Errno) in
      try resume(call)
    },
  ]
}

extension Task {
  /// Has the thread's handler run next, with a record of what happened. `false` if there is none, or it runs already.
  func enterExceptionHandler(_ exception: NativeException) -> Bool {
    guard process.processor.isNative, let handler = exceptionHandler, handler.interrupted == nil,
      handler.stack >= NativeException.size + 128
    else { return false }
    let old = engine.registers
    var writer = ByteWriter()
    for value in [
      exception.kind, exception.address, exception.access, old.programCounter, old.stackPointer,
      old.threadPointer, old.flags,
    ] {
      writer.write(value)
    }
    for index in 0..<31 { writer.write(old.general[index]) }
    let record = (handler.stack - NativeException.size) & ~15
    guard (try? process.space.store(writer.bytes, to: GuestAddress(record))) != nil else {
      return false
    }
    exceptionHandler?.interrupted = old
    var registers = old
    registers.flags = RegisterFile(isa: old.isa).flags
    registers.programCounter = handler.entry
    // As if it had been called, from nowhere.
    switch old.isa {
    case .x86_64: registers.stackPointer = record - 8
    case .aarch64, .riscv64: registers.stackPointer = record
    }
    registers.setSyscallArgument(0, record)
    engine.registers = registers
    return true
  }
}

/// The bits of the flags that a handler may change: those that arithmetic sets.
private func changeableFlags(_ isa: GuestISA) -> UInt64 {
  switch isa {
  case .x86_64: 0xcd5
  case .aarch64: 0xf000_0000
  case .riscv64: 0
  }
}

/// Goes on where the exception was, with the registers that are in the record now.
private func resume(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard var registers = call.task.exceptionHandler?.interrupted else { throw .EINVAL }
  let size = Int(NativeException.size)
  var reader = ByteReader(try call.bytes(at: call.address(0), count: size))
  let _: (UInt64, UInt64, UInt64) = (reader.read(), reader.read(), reader.read())
  let counter: UInt64 = reader.read()
  let stack: UInt64 = reader.read()
  let thread: UInt64 = reader.read()
  let flags: UInt64 = reader.read()
  let limit = call.isa.userAddressLimit.rawValue
  guard counter < limit, thread < limit else { throw .EINVAL }
  for index in 0..<31 { registers.general[index] = reader.read() }
  registers.programCounter = counter
  registers.stackPointer = stack
  registers.threadPointer = thread
  let mask = changeableFlags(call.isa)
  registers.flags = registers.flags & ~mask | flags & mask
  call.task.exceptionHandler?.interrupted = nil
  call.task.engine.registers = registers
  return .registersReplaced
}

// MARK: State

extension ExceptionHandler {
  func save() -> Godwit_State_ExceptionHandler {
    var state = Godwit_State_ExceptionHandler()
    state.entry = entry
    state.stack = stack
    if let interrupted { state.interrupted = interrupted.save() }
    return state
  }

  init(_ state: Godwit_State_ExceptionHandler, _ isa: GuestISA, _ tid: Int32)
    throws(SnapshotError)
  {
    let limit = isa.userAddressLimit.rawValue
    guard state.entry < limit, state.stack <= limit else {
      throw .invalidState("the exception handler of task \(tid)")
    }
    entry = state.entry
    stack = state.stack
    guard state.hasInterrupted else { return }
    guard let registers = RegisterFile(isa: isa, state.interrupted) else {
      throw .invalidState("what the exception handler of task \(tid) interrupted")
    }
    interrupted = registers
  }
}
