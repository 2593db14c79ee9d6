// The C callbacks: they record what happened and stop the emulation, nothing else.

import CUnicorn
import CUnicornShims
import Machine

extension UnicornEngine {
  func addHooks() throws(EngineError) {
    // SAFETY: the context is this engine, which closes the instance, and with it the hooks, before it
    // goes away.
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    var hook: uc_hook = 0
    try Emulator.check(
      "hook TLB misses", unsafe godwit_uc_hook_tlb_fill(emulator.handle, &hook, onFill, context))
    try Emulator.check(
      "hook interrupts",
      unsafe godwit_uc_hook_interrupt(emulator.handle, &hook, onInterrupt, context))
    if isa == .x86_64 {
      // SAFETY: as above.
      try Emulator.check(
        "hook system calls",
        unsafe godwit_uc_hook_syscall(emulator.handle, &hook, onSyscall, context))
    }
  }

  /// Has the guest's counters ask `counterTime`.
  func setClock() {
    // SAFETY: as above.
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let error = unsafe uc_godwit_set_clock(
      emulator.handle, counterTime == nil ? nil : onClock, context)
    precondition(error == UC_ERR_OK)
  }

  /// Has `onTranslation` told of the blocks that are translated.
  func setTranslationHook() {
    // SAFETY: as above.
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let error = unsafe uc_godwit_on_translation(
      emulator.handle, onTranslation == nil ? nil : onBlock, context)
    precondition(error == UC_ERR_OK)
  }

  /// Answers a TLB miss of the guest; `nil` refuses it, with the reason left in `refusal`.
  @inline(__always)
  fileprivate func fill(_ page: UInt64, _ access: Access) -> (
    frame: Frame, permissions: Permissions
  )? {
    if !window.isEmpty, page &- Self.windowBase < UInt64(window.count) << 12 {
      return (window[Int((page - Self.windowBase) >> 12)], [.read, .execute])
    }
    statistics.tlbFills &+= 1
    refusedPage = page
    refusedAccess = access
    guard let space else {
      refusal = .fault(.unmapped)
      return nil
    }
    let address = GuestAddress(processor.untagged(page))
    switch space.translate(address, access, isOwnCode: isStuck(at: page)) {
    case .frame(let frame, let permissions): return (frame, permissions)
    case .retry: refusal = .retry
    case .notHere: refusal = .notHere
    case .refused(let reason): refusal = .fault(reason)
    }
    return nil
  }
}

private let onFill: uc_cb_tlbevent_t = { _, page, type, answer, context in
  // SAFETY: the context given in `addHooks`; `answer` is a local variable of the caller.
  unsafe Unmanaged<UnicornEngine>.fromOpaque(context!)._withUnsafeGuaranteedRef { engine in
    guard let (frame, permissions) = engine.fill(page, Access(type)) else { return false }
    unsafe answer!.pointee.paddr = frame.physicalAddress
    // Unicorn's bits are those of mmap.
    unsafe answer!.pointee.perms = uc_prot(UInt32(permissions.rawValue))
    return true
  }
}

private let onInterrupt: uc_cb_hookintr_t = { handle, number, context in
  // SAFETY: the context given in `addHooks`.
  unsafe Unmanaged<UnicornEngine>.fromOpaque(context!)._withUnsafeGuaranteedRef {
    $0.event = .interrupt(number)
  }
  _ = unsafe uc_emu_stop(handle)
}

private let onSyscall: uc_cb_insn_syscall_t = { handle, context in
  // SAFETY: the context given in `addHooks`.
  unsafe Unmanaged<UnicornEngine>.fromOpaque(context!)._withUnsafeGuaranteedRef {
    $0.event = .syscall
  }
  _ = unsafe uc_emu_stop(handle)
}

private let onClock: uc_godwit_clock_t = { context in
  // SAFETY: the context given in `setClock`.
  unsafe Unmanaged<UnicornEngine>.fromOpaque(context!)._withUnsafeGuaranteedRef {
    UInt64(bitPattern: $0.counterTime?() ?? 0)
  }
}

private let onBlock: uc_godwit_translation_t = { context, address, code, size in
  // SAFETY: the context given in `setTranslationHook`, and code that stays while this is called.
  unsafe Unmanaged<UnicornEngine>.fromOpaque(context!)._withUnsafeGuaranteedRef {
    let code = unsafe UnsafeRawBufferPointer(start: code, count: size)
    let place = UInt(bitPattern: code.baseAddress)
    unsafe $0.onTranslation?(GuestAddress(address), code.bytes, place)
  }
}
