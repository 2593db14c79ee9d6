import CUnicorn
import CUnicornShims
import Machine

/// One instance of Unicorn: its C interface with types, and nothing more.
///
/// Unicorn's functions return an error when they are misused; here that is a failed precondition,
/// but while an instance is being made.
@safe final class Emulator {
  // SAFETY: opened in init, closed in deinit; all methods pass it to functions that expect it.
  let handle: OpaquePointer

  /// Outlives the instance.
  private let codeBuffer: CodeBuffer

  /// Opens an instance over `arena`, which must outlive it, with all said that must be said before
  /// its first use.
  init(_ isa: GuestISA, _ arena: FrameArena) throws(EngineError) {
    codeBuffer = try CodeBuffer()
    var opened: OpaquePointer?
    switch isa {
    case .x86_64:
      try Self.check(
        "open an x86-64 emulator", unsafe uc_open(UC_ARCH_X86, UC_MODE_64, &opened))
    case .aarch64:
      try Self.check(
        "open an AArch64 emulator", unsafe uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &opened))
    case .riscv64:
      try Self.check(
        "open a RISC-V emulator", unsafe uc_open(UC_ARCH_RISCV, UC_MODE_RISCV64, &opened))
    }
    guard let handle = unsafe opened else {
      throw EngineError(operation: "open an emulator", reason: "no instance")
    }
    unsafe self.handle = handle
    switch isa {
    case .x86_64:
      // The newest model without extensions that Unicorn lacks (AVX) or does slowly (ERMS).
      try Self.check(
        "choose the processor model",
        unsafe godwit_uc_set_cpu_model(handle, Int32(UC_CPU_X86_WESTMERE.rawValue)))
    case .aarch64:
      try Self.check(
        "choose the processor model",
        unsafe godwit_uc_set_cpu_model(handle, Int32(UC_CPU_ARM64_MAX.rawValue)))
      try Self.check("choose the page size", unsafe godwit_uc_set_page_size(handle, 4096))
    case .riscv64:
      // RV64GC with supervisor and user mode.
      try Self.check(
        "choose the processor model",
        unsafe godwit_uc_set_cpu_model(handle, Int32(UC_CPU_RISCV64_SIFIVE_U54.rawValue)))
    }
    // SAFETY: executable memory of that size, which the instance has for itself.
    try Self.check(
      "use the code buffer",
      unsafe godwit_uc_use_code_buffer(handle, codeBuffer.address, CodeBuffer.size))
    try Self.check("use the virtual TLB", unsafe godwit_uc_use_virtual_tlb(handle))
    // No address ends a run: only hooks do.
    try Self.check("enable exits", unsafe godwit_uc_set_exits(handle, nil, 0))
    try Self.check(
      "map the arena",
      unsafe uc_mem_map_ptr(handle, 0, .init(arena.capacity), UC_PROT_ALL.rawValue, arena.base))
  }

  deinit { _ = unsafe uc_close(handle) }

  static func check(_ operation: String, _ error: uc_err) throws(EngineError) {
    guard error != UC_ERR_OK else { return }
    // SAFETY: a constant string of Unicorn's.
    throw EngineError(operation: operation, reason: unsafe String(cString: uc_strerror(error)))
  }

  // MARK: Running

  /// Runs from `start` on until a hook stops it.
  func run(from start: UInt64) -> uc_err {
    // With exits enabled Unicorn does not look at `until`. A count or a timeout is very slow.
    unsafe uc_emu_start(handle, start, 0, 0, 0)
  }

  /// Has the next run stop before any of these addresses.
  func setExits(_ addresses: [UInt64]) {
    // SAFETY: the array lives during the call, which copies it.
    let error = unsafe addresses.withUnsafeBufferPointer {
      unsafe godwit_uc_set_exits(handle, $0.baseAddress, $0.count)
    }
    precondition(error == UC_ERR_OK)
  }

  // MARK: Counting

  /// Counts the guest's instructions from now on.
  func countInstructions() throws(EngineError) {
    // SAFETY: the open instance, as for all that follows here.
    try Self.check("count instructions", unsafe godwit_uc_count_instructions(handle))
  }

  /// Has `run` return when `budget` more instructions are done; counters show `time` now.
  func setBudget(_ budget: UInt64, time: UInt64) {
    let error = unsafe godwit_uc_set_budget(handle, budget, time)
    precondition(error == UC_ERR_OK)
  }

  // SAFETY: the open instance.
  var budget: UInt64 { unsafe godwit_uc_budget(handle) }

  func clearExclusive() { unsafe godwit_uc_clear_exclusive(handle) }

  // MARK: Pauses

  /// Has `run` return behind instructions by which the guest says that it only waits.
  func stopAtPause(_ stops: Bool) { unsafe godwit_uc_stop_at_pause(handle, stops) }

  /// Whether it did since this was asked last.
  func takePause() -> Bool { unsafe godwit_uc_take_pause(handle) }

  // MARK: Translations

  func flushTLB() {
    let error = unsafe godwit_uc_flush_tlb(handle)
    precondition(error == UC_ERR_OK)
  }

  /// Drops all code. The next is taken for the program's: jumps are quick between blocks that run in the
  /// mode of the first one.
  func removeAllCode() {
    let error = unsafe godwit_uc_remove_all_code(handle)
    precondition(error == UC_ERR_OK)
  }

  /// Drops the code translated from the `length` physical bytes that begin where the virtual
  /// address `start` translates to.
  func removeCode(at start: UInt64, length: UInt64) {
    let error = unsafe godwit_uc_remove_code(handle, start, start + length)
    precondition(error == UC_ERR_OK)
  }

  // MARK: Faults

  /// The access that the TLB hook refused last, or that was misaligned, to the byte.
  var lastFault: (address: UInt64, access: Access) {
    var address: UInt64 = 0
    var type = UC_MEM_READ
    // SAFETY: two local variables.
    let error = unsafe uc_godwit_fault(handle, &address, &type)
    precondition(error == UC_ERR_OK)
    return (address, Access(type))
  }

  // MARK: Registers of unusual shape

  func setModelSpecific(_ number: UInt32, _ value: UInt64) throws(EngineError) {
    var register = uc_x86_msr(rid: number, value: value)
    // SAFETY: the structure that this register wants.
    let error = unsafe uc_reg_write(handle, Int32(UC_X86_REG_MSR.rawValue), &register)
    try Self.check("set a model-specific register", error)
  }

  func setSystemRegister(_ register: uc_arm64_cp_reg) throws(EngineError) {
    var register = register
    // SAFETY: the structure that this register wants.
    let error = unsafe uc_reg_write(handle, Int32(UC_ARM64_REG_CP_REG.rawValue), &register)
    try Self.check("set a system register", error)
  }
}

extension Access {
  init(_ type: uc_mem_type) {
    switch type {
    case UC_MEM_WRITE: self = .write
    case UC_MEM_FETCH: self = .execute
    default: self = .read
    }
  }
}
